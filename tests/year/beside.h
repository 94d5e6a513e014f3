#pragma once

#include "lastmeter/command/v1/command.pb.h"
#include "tests/sim/random.h"
#include "tests/year/acts.h"
#include "tests/year/case_book.h"
#include "tests/year/district.h"

namespace lastmeter::year {

// What people do beside the help itself and after it: planned work, other departments, what others
// give, follow-up visits, certifications, bulletins. Called by acts.h and by nobody else.

// Takes, begins or ends a turn of planned work, which is nobody's but one's own.
bool IsTurn(Act act);
// Of an open case.
bool IsTurnStillNeeded(const Intent& intent, const KnownCase& c);
// Of an open case in the cycle in which it was meant.
bool IsBesideStillNeeded(const Intent& intent, const KnownCase& c);
// Somebody has it and nothing is awaited or owed; turns of planned work may go on.
bool IsReadyToEnd(const KnownCase& c);

// False where nobody is found who could be named.
bool FillBeside(const Intent& intent, const KnownCase& c, const District& district, Random* random,
                command::v1::Command* command);

}  // namespace lastmeter::year

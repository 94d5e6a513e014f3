#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/event/v1/record.pb.h"
#include "tests/year/life.h"

namespace lastmeter::year {

// Every record of the log of record, partition by partition.
void ForEachRecord(Engine& engine, const std::function<void(const event::v1::Record&)>& take);

// What must hold of a year that was lived; empty when it does:
//   everything that tests/sim/checks.h asks of a run, the independent judge and the second decision
//   of every input among it;
//   every accepted report came to exactly one case, and a repeated one to nothing more;
//   nothing was late by a fault of the engine's, since none had one;
//   the towns told whoever was on duty, by nights and by the rota too (duty_check.h);
//   the statistics of each month are those of an independent count over the log.
std::vector<std::string> VerifyYear(Life& life);

// Whether a year of this length tried everything that people can do: one that no longer does
// proves nothing. Empty when it did.
std::vector<std::string> WhatWasNeverTried(const Figures& figures);

// The statistics of the days from `from` to `to`, and of what is open at the end.
api::v1::Statistics StatisticsOf(Life& life, Date from, Date to);

}  // namespace lastmeter::year

#pragma once

#include <string>
#include <string_view>

// Text in the cells of a terminal, where a Chinese character takes two.
namespace lastmeter::demo {

// Cells that a well-formed UTF-8 text takes: 2 for wide characters (Unicode's East Asian width W
// and F), 0 for combining marks and escape sequences of colour, 1 for everything else.
int DisplayWidth(std::string_view text);

// At most `cells` wide: cut between characters, with "…" at the end where something was cut off.
// Escape sequences are kept. Not longer than asked for, but perhaps a cell shorter.
std::string Clip(std::string_view text, int cells);

// Exactly `cells` wide: clipped, or filled up with blanks.
std::string Fit(std::string_view text, int cells);

// Whatever people wrote, on one line and unable to move the cursor: control characters become
// blanks.
std::string OneLine(std::string_view text);

}  // namespace lastmeter::demo

#pragma once

#include <string>
#include <string_view>

// Where this checkout and its programs lie. Functions, so that one file alone depends on it and a
// compiler cache serves every checkout with the others.
namespace lastmeter::test {

// SourcePath("deploy/rules")
std::string SourcePath(std::string_view below_root);
// ProgramPath("lastmeterctl"), as built with these tests.
std::string ProgramPath(std::string_view program);

}  // namespace lastmeter::test

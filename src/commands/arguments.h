#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace planner::commands {

/// What an option or operand takes, in one word (`FILE`, `N`); empty for a flag.
std::string value_name(const CLI::Option& option);

/// What is wrong with the arguments, and what to do about it.
struct ArgumentProblem {
  std::string what;
  std::string hint;
};
/// ``did you mean `split`? `` when one of the names is near enough to be meant.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

ArgumentProblem argument_problem(const CLI::App& program, const CLI::ParseError& error);

/// `planner help split` is `planner split --help`.
std::vector<const char*> without_help_word(int argc, const char* const* argv);

}  // namespace planner::commands

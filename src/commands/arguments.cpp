#include "src/commands/arguments.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "planner/recognize/recognize.h"
#include "src/project/config.h"

namespace planner::commands {
namespace {

/// The command that was being read, and how it is called: `planner backfill run`.
struct Called {
  std::vector<const CLI::App*> chain;  ///< the program first
  std::string words;
  const CLI::App& command() const { return *chain.back(); }
};

Called called(const CLI::App& program) {
  Called result{{&program}, program.get_name()};
  while (!result.command().get_subcommands().empty()) {
    result.chain.push_back(result.command().get_subcommands().back());
    result.words += " " + result.command().get_name();
  }
  return result;
}

std::string usage(const Called& at) {
  std::string text = at.words + " [OPTIONS]";
  for (const CLI::Option* option : at.command().get_options()) {
    if (!option->get_positional()) continue;
    const bool several = option->get_expected_max() >= CLI::detail::expected_max_vector_size;
    const std::string name = option->get_name(true) + (several ? "..." : "");
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text;
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> options_of(const Called& at) {
  std::vector<std::string> names;
  for (const CLI::App* command : at.chain) {
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

/// The option that stands there without the value it takes; nullptr when the error is another one.
const CLI::Option* without_value(const Called& at, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) == nullptr) return nullptr;
  for (const CLI::App* command : at.chain) {
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_items_expected_min() > 0 && option->count() == 0 &&
          std::string_view(error.what()).starts_with(option->get_name() + ":"))
        return option;
    }
  }
  return nullptr;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return text;
}

}  // namespace

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  constexpr double kAlike = 0.6;
  const std::vector<std::string> near = project::nearest(word, known, 1);
  if (near.empty() || name_similarity(word, near.front()) < kAlike) return "";
  return fmt::format("did you mean `{}`? ", near.front());
}

std::string value_name(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  // Behind the colon CLI11 says what a validator accepts; the error says it when it matters.
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

ArgumentProblem argument_problem(const CLI::App& program, const CLI::ParseError& error) {
  const Called at = called(program);
  const std::string help = fmt::format("`{} --help` shows what there is", at.words);
  const std::vector<std::string> left = program.remaining(true);
  for (const std::string& word : left) {
    if (word.size() < 2 || word.front() != '-') continue;
    const std::string option = word.substr(0, word.find('='));
    return {fmt::format("`{}` has no option `{}`", at.words, option),
            did_you_mean(option, options_of(at)) + help};
  }
  const std::vector<const CLI::App*> below = at.command().get_subcommands(nullptr);
  if (!below.empty()) {
    const std::vector<std::string> names = names_of(below);
    if (!left.empty())
      return {fmt::format("there is no command `{} {}`", at.words, left.front()),
              did_you_mean(left.front(), names) + help};
    return {fmt::format("`{}` needs a command", at.words),
            names.size() > 8 ? help : fmt::format("one of {}; {}", joined(names), help)};
  }
  for (const CLI::Option* option : at.command().get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    return {fmt::format("`{}` needs {}", at.words,
                        option->get_positional() ? option->get_name(true) : option->get_name()),
            fmt::format("{}; {}", usage(at), help)};
  }
  if (!left.empty())
    return {fmt::format("`{}` does not take one more argument: {}", at.words, left.front()),
            fmt::format("{}; {}", usage(at), help)};
  if (const CLI::Option* option = without_value(at, error))
    return {fmt::format("{} needs a value: {}", option->get_name(), value_name(*option)),
            fmt::format("{}; {}", option->get_description(), help)};
  return {error.what(), help};
}

std::vector<const char*> without_help_word(int argc, const char* const* argv) {
  std::vector<const char*> words(argv, argv + argc);
  if (argc > 1 && std::strcmp(argv[1], "help") == 0) {
    words.erase(words.begin() + 1);
    words.push_back("--help");
  }
  return words;
}

}  // namespace planner::commands

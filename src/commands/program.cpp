#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <optional>

#include "planner/error.h"
#include "src/commands/arguments.h"
#include "src/commands/commands.h"
#include "src/commands/help.h"
#include "src/database/url.h"
#include "version.h"

namespace planner::commands {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done and nothing found; 1 findings; 2 it could not run.\n\n"
    "Examples:\n"
    "  planner analyze                        what is risky in the migrations that are new on this branch\n"
    "  planner split rename_name_to_fullname  rewrite one of them into phases that can be deployed one by "
    "one\n\n"
    "`planner COMMAND --help` shows a command's options.";

/// One line what is wrong, one line what to do. Passwords never get here, and are looked for once more all
/// the same.
void print_error(Context& context, const std::string& what, const std::string& hint) {
  const report::TextStyle style = context.err_style();
  context.complain(fmt::format("planner: {}: {}\n", report::painted(style, report::Ink::Error, "error"),
                               report::printable(redact(what))));
  std::string text = redact(hint);
  std::size_t at = 0;
  bool first = true;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = report::printable(text.substr(at, end - at));
    const std::string word = first ? report::painted(style, report::Ink::Help, "hint") + ": " : "";
    context.complain(fmt::format("  {}{}\n", word, line));
    first = false;
    at = end + 1;
  }
}

void set_color(Context& context, const std::string& word) {
  if (word == "always") {
    context.color = ColorChoice::Always;
  } else if (word == "never") {
    context.color = ColorChoice::Never;
  } else if (word == "auto") {
    context.color = ColorChoice::Auto;
  } else {
    throw Error(fmt::format("--color does not know \"{}\"", word), "use auto, always or never");
  }
}

/// The first argument that should have been a command and is none.
std::optional<std::string> unknown_command(const CLI::App& program, int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--color") {
      ++i;
    } else if (word.empty() || word.front() != '-') {
      const auto commands = program.get_subcommands(nullptr);
      const bool known = std::any_of(commands.begin(), commands.end(),
                                     [&](const CLI::App* command) { return command->get_name() == word; });
      return known ? std::nullopt : std::optional(word);
    }
  }
  return std::nullopt;
}

/// An option that may be given several times takes one value each time: `--format json PATH` must not take
/// PATH for a second format. An option whose value may be left out (`--database`) keeps its own count.
void one_value_each(CLI::App& program) {
  for (CLI::App* command : program.get_subcommands(nullptr)) {
    for (CLI::Option* option : command->get_options()) {
      if (!option->nonpositional() || option->get_items_expected_min() != 1) continue;
      if (option->get_items_expected_max() > 1) option->allow_extra_args(false);
    }
    one_value_each(*command);
  }
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  Context context;
  CLI::App program(
      "planner turns PostgreSQL migrations into phases that can be deployed while the application runs.",
      "planner");
  program.formatter(help_formatter(context));
  program.set_version_flag("--version", std::string("planner ") + kPlannerVersion);
  program
      .add_option_function<std::string>(
          "--color", [&context](const std::string& word) { set_color(context, word); },
          "auto (default), always or never")
      ->type_name("WHEN")
      ->trigger_on_parse();
  program.require_subcommand(1);
  program.fallthrough();
  program.footer(kFooter);
  add_analyze(program, context);
  add_split(program, context);
  add_rules(program, context);
  add_explain(program, context);
  add_verify(program, context);
  add_rehearse(program, context);
  add_report(program, context);
  add_status(program, context);
  add_history(program, context);
  add_next(program, context);
  add_gate(program, context);
  add_deploy(program, context);
  add_backfill(program, context);
  add_resolve(program, context);
  add_rollback(program, context);
  add_abandon(program, context);
  add_new(program, context);
  add_reset(program, context);
  add_schema(program, context);
  add_diff(program, context);
  add_drift(program, context);
  add_trace(program, context);
  add_shell(program, context);
  one_value_each(program);

  try {
    const std::vector<const char*> words = without_help_word(argc, argv);
    program.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::Success& success) {
    return program.exit(success);  // --help and --version
  } catch (const CLI::ParseError& problem) {
    if (const std::optional<std::string> word = unknown_command(program, argc, argv)) {
      std::vector<std::string> known;
      for (const CLI::App* command : program.get_subcommands(nullptr)) known.push_back(command->get_name());
      print_error(context, fmt::format("there is no command `{}`", *word),
                  did_you_mean(*word, known) + "`planner --help` lists them all");
      return kExitError;
    }
    const ArgumentProblem wrong = argument_problem(program, problem);
    print_error(context, wrong.what, wrong.hint);
    return kExitError;
  } catch (const Error& error) {
    print_error(context, error.what(), error.hint);
    return kExitError;
  } catch (const std::filesystem::filesystem_error& error) {
    const bool here = error.path1().empty() || error.path1() == ".";
    print_error(
        context,
        fmt::format("{}: {}", here ? "the current folder" : error.path1().string(), error.code().message()),
        here ? "it was removed or may not be read: go to another one"
             : "check that it is there and may be read");
    return kExitError;
  } catch (const std::exception& error) {
    print_error(context, std::string("unexpected: ") + error.what(),
                "this is a mistake in planner; please report it with the migration that shows it");
    return kExitError;
  }
  return context.exit_code;
}

}  // namespace planner::commands

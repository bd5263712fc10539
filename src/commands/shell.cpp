// `planner completion` and `planner man`: what a shell and `man` know of planner, made from the argument
// parser so that it cannot lie.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "planner/error.h"
#include "src/commands/arguments.h"
#include "src/commands/commands.h"
#include "version.h"

namespace planner::commands {
namespace {

struct Offered {
  std::vector<std::string> words;  ///< `--format`, `-h`
  std::string value;               ///< `NAME`; empty: a flag
  std::string description;
};

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  std::vector<const CLI::App*> all;
  for (const CLI::App* command :
       app.get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); })) {
    if (!command->get_group().empty()) all.push_back(command);
  }
  return all;
}

std::vector<Offered> options_of(const CLI::App& app) {
  std::vector<Offered> all;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->nonpositional() || option->get_group().empty()) continue;
    Offered offered;
    for (const std::string& name : option->get_snames()) offered.words.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) offered.words.push_back("--" + name);
    offered.value = value_name(*option);
    offered.description = option->get_description();
    all.push_back(std::move(offered));
  }
  return all;
}

std::vector<const CLI::Option*> operands_of(const CLI::App& app) {
  std::vector<const CLI::Option*> all;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) all.push_back(option);
  }
  return all;
}

std::string option_words(const CLI::App& app) {
  std::string words;
  for (const Offered& option : options_of(app)) {
    for (const std::string& word : option.words) words += (words.empty() ? "" : " ") + word;
  }
  return words;
}

std::string joined_names(const CLI::App& app, std::string_view between, std::string_view in_front = "") {
  std::string names;
  for (const CLI::App* command : commands_of(app)) {
    if (!names.empty()) names += between;
    names += in_front;
    names += command->get_name();
  }
  return names;
}

struct NamedCommand {
  std::string words;  ///< `backfill run`
  const CLI::App* command;
};

/// Commands and the commands below them.
std::vector<NamedCommand> every_command(const CLI::App& app) {
  std::vector<NamedCommand> all;
  for (const CLI::App* command : commands_of(app)) {
    all.push_back({command->get_name(), command});
    for (const auto& [words, below] : every_command(*command))
      all.push_back({command->get_name() + " " + words, below});
  }
  return all;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

/// Inside single quotes of bash, zsh and fish alike.
std::string in_quotes(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

std::string bash_completion(const CLI::App& app) {
  std::string out =
      "# bash completion for planner: source it, or put it into "
      "/usr/share/bash-completion/completions/planner\n"
      "_planner() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} command='' word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $command,$word in\n";
  out += fmt::format("      {}) command=$word ;;\n", joined_names(app, " | ", ","));
  for (const CLI::App* command : commands_of(app)) {
    if (commands_of(*command).empty()) continue;
    const std::string name = command->get_name();
    out +=
        fmt::format("      {}) command=\"{} $word\" ;;\n", joined_names(*command, " | ", name + ","), name);
  }
  out += "    esac\n  done\n  case $command in\n";
  out += fmt::format("    '') mapfile -t COMPREPLY < <(compgen -W {} -- \"$current\") ;;\n",
                     in_quotes(joined_names(app, " ") + " " + option_words(app)));
  for (const auto& [words, command] : every_command(app)) {
    std::string offered = option_words(*command);
    if (!commands_of(*command).empty()) offered += " " + joined_names(*command, " ");
    out += fmt::format(
        "    '{}') mapfile -t COMPREPLY < <(compgen -W {} -- \"$current\"; compgen -f -- \"$current\") ;;\n",
        words, in_quotes(offered));
  }
  return out + "  esac\n}\ncomplete -o filenames -F _planner planner\n";
}

std::string for_zsh(const std::string& text) {
  return replaced(replaced(replaced(text, "[", "("), "]", ")"), ":", "\\:");
}

/// `_describe` of an app's commands at a word, and for each what it takes.
std::string zsh_cases(const CLI::App& app, int word) {
  const std::string in(static_cast<std::size_t>(word) * 4 - 6, ' ');
  std::string out = in + "commands=(\n";
  for (const CLI::App* command : commands_of(app))
    out += fmt::format("{}  {}\n", in, in_quotes(command->get_name() + ":" + command->get_description()));
  out += fmt::format(
      "{0})\n{0}if (( CURRENT == {1} )); then\n{0}  _describe command commands\n{0}  return\n"
      "{0}fi\n{0}case ${{words[{1}]}} in\n",
      in, word);
  for (const CLI::App* command : commands_of(app)) {
    out += fmt::format("{}  {})\n", in, command->get_name());
    if (!commands_of(*command).empty()) out += zsh_cases(*command, word + 1);
    out += in + "    _arguments";
    for (const Offered& option : options_of(*command)) {
      for (const std::string& name : option.words) {
        const std::string value = option.value.empty() ? "" : ":" + for_zsh(option.value) + ":_files";
        out += fmt::format(" \\\n{}      {}", in,
                           in_quotes("*" + name + "[" + for_zsh(option.description) + "]" + value));
      }
    }
    out += fmt::format(" \\\n{0}      '*:file:_files'\n{0}    ;;\n", in);
  }
  return out + in + "esac\n";
}

std::string zsh_completion(const CLI::App& app) {
  return "#compdef planner\n# zsh completion for planner: put it into a folder of $fpath as _planner\n"
         "_planner() {\n  local -a commands\n" +
         zsh_cases(app, 2) + "}\n_planner \"$@\"\n";
}

std::string fish_completion(const CLI::App& app) {
  std::string out = "# fish completion for planner: put it into ~/.config/fish/completions/planner.fish\n";
  for (const CLI::App* command : commands_of(app)) {
    out += fmt::format("complete -c planner -n __fish_use_subcommand -f -a {} -d {}\n", command->get_name(),
                       in_quotes(command->get_description()));
    for (const CLI::App* below : commands_of(*command))
      out += fmt::format("complete -c planner -n '__fish_seen_subcommand_from {}' -f -a {} -d {}\n",
                         command->get_name(), below->get_name(), in_quotes(below->get_description()));
  }
  for (const auto& [words, command] : every_command(app)) {
    std::string seen;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      seen += fmt::format("{}__fish_seen_subcommand_from {}", seen.empty() ? "" : "; and ",
                          words.substr(at, end - at));
      at = end + 1;
    }
    for (const Offered& option : options_of(*command)) {
      out += fmt::format("complete -c planner -n '{}'", seen);
      for (const std::string& word : option.words) {
        out += word.rfind("--", 0) == 0 ? " -l " + word.substr(2) : " -s " + word.substr(1);
      }
      out += fmt::format("{} -d {}\n", option.value.empty() ? "" : " -r", in_quotes(option.description));
    }
  }
  return out;
}

/// Text inside a man page: no line of it is a request, and its hyphens and backslashes are what they look
/// like.
std::string roff(const std::string& text) {
  std::string out = replaced(replaced(text, "\\", "\\e"), "-", "\\-");
  out = replaced(out, "\n.", "\n\\&.");
  out = replaced(out, "\n'", "\n\\&'");
  if (!out.empty() && (out.front() == '.' || out.front() == '\'')) out.insert(0, "\\&");
  return out;
}

/// Sentences are filled to the reader's width; indented lines are examples and stay as they are.
std::string roff_footer(const std::string& footer) {
  std::string out;
  bool as_is = false;
  for (std::size_t at = 0; at < footer.size();) {
    const std::size_t end = std::min(footer.find('\n', at), footer.size());
    const std::string line = footer.substr(at, end - at);
    const bool example = !line.empty() && line.front() == ' ';
    if (example != as_is) out += example ? ".nf\n" : ".fi\n";
    as_is = example;
    out += line.empty() ? ".PP\n" : roff(line) + (example ? "\n" : "\n.br\n");
    at = end + 1;
  }
  return out + (as_is ? ".fi\n" : "");
}

void options_section(const CLI::App& app, std::string& out) {
  for (const CLI::Option* operand : operands_of(app)) {
    out += fmt::format(".TP\n.I {}\n{}\n", roff(operand->get_name(true)), roff(operand->get_description()));
  }
  for (const Offered& option : options_of(app)) {
    std::string words;
    for (const std::string& word : option.words) words += (words.empty() ? "" : ", ") + word;
    out += fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", roff(words),
                       option.value.empty() ? "" : " \\fI" + roff(option.value) + "\\fR",
                       roff(option.description));
  }
}

std::string man_page(const CLI::App& app) {
  std::string out = fmt::format(
      ".TH PLANNER 1 \"\" \"planner {}\" \"User Commands\"\n.SH NAME\nplanner \\- {}\n", kPlannerVersion,
      roff("rewrites PostgreSQL migrations into phases that can be deployed while the application runs"));
  out += ".SH SYNOPSIS\n.B planner\n.I COMMAND\n[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n.SH DESCRIPTION\n" +
         roff(app.get_description()) + "\n";
  out += ".SH OPTIONS\n";
  options_section(app, out);
  out += ".SH COMMANDS\n";
  for (const auto& [words, command] : every_command(app)) {
    out += fmt::format(".SS planner {}\n{}\n", roff(words), roff(command->get_description()));
    options_section(*command, out);
    if (!command->get_footer().empty()) out += ".PP\n" + roff_footer(command->get_footer());
  }
  out += ".SH EXIT STATUS\n" + roff_footer(app.get_footer());
  return out;
}

}  // namespace

void add_shell(CLI::App& program, Context&) {
  CLI::App* completion = program.add_subcommand("completion", "Print the completion script for a shell");
  auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "bash, zsh or fish")->required();
  completion->footer(
      "Examples:\n  source <(planner completion bash)\n  planner completion fish > "
      "~/.config/fish/completions/planner.fish");
  completion->callback([shell, &program] {
    if (*shell == "bash") {
      fmt::print("{}", bash_completion(program));
    } else if (*shell == "zsh") {
      fmt::print("{}", zsh_completion(program));
    } else if (*shell == "fish") {
      fmt::print("{}", fish_completion(program));
    } else {
      throw Error(fmt::format("there is no completion for `{}`", *shell),
                  "there is one for bash, zsh and fish");
    }
  });
  CLI::App* man = program.add_subcommand("man", "Print the manual page");
  man->footer("Example:\n  planner man | man -l -");
  man->callback([&program] { fmt::print("{}", man_page(program)); });
}

}  // namespace planner::commands

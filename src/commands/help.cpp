#include "src/commands/help.h"

#include <algorithm>

#include "src/commands/arguments.h"

namespace planner::commands {
namespace {

constexpr int kDescriptions = 28;  // the column where descriptions begin

/// A name and what it is; a long name has its description below.
std::string entry(const std::string& name, const std::string& description, int width) {
  std::string out = "  " + name;
  if (!description.empty()) {
    const int column = report::display_width(out);
    if (column + 2 > kDescriptions) {
      out += "\n" + std::string(kDescriptions, ' ');
    } else {
      out += std::string(static_cast<std::size_t>(kDescriptions - column), ' ');
    }
    out += report::wrapped(description, width, kDescriptions, kDescriptions);
  }
  return out + "\n";
}

/// `  planner split NAME  what it is for`, over two lines when one is too narrow; the command stays one that
/// can be copied.
std::string example(const std::string& line, int width) {
  const std::size_t begin = line.find_first_not_of(' ');
  const std::size_t gap = line.find("  ", begin);
  const std::string command = line.substr(begin, gap == std::string::npos ? gap : gap - begin);
  std::string out = std::string(begin, ' ');
  int column = static_cast<int>(begin);
  for (std::size_t at = 0; at < command.size();) {
    // Quoted words are not broken: the shell would keep the line break.
    std::size_t end = at;
    char quote = 0;
    while (end < command.size() && (quote != 0 || command[end] != ' ')) {
      if (quote == 0 && (command[end] == '\'' || command[end] == '"')) {
        quote = command[end];
      } else if (command[end] == quote) {
        quote = 0;
      }
      ++end;
    }
    const std::string word = command.substr(at, end - at);
    const int needs = report::display_width(word);
    const bool last = end >= command.size();
    if (at > 0 && column + 1 + needs + (last ? 0 : 2) > width) {
      out += " \\\n      ";
      column = 6;
    } else if (at > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += needs;
    at = end + 1;
  }
  if (gap != std::string::npos)
    out += "\n      " + report::wrapped(line.substr(line.find_first_not_of(' ', gap)), width, 6, 6);
  return out + "\n";
}

class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(const Context& context) : context_(context) {}

  std::string make_description(const CLI::App* app) const override {
    return report::folded(CLI::Formatter::make_description(app), width());
  }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    return report::folded(CLI::Formatter::make_usage(app, std::move(name)), width());
  }

  std::string make_option(const CLI::Option* option, bool positional) const override {
    return entry(make_option_name(option, positional) + (positional ? "" : make_option_opts(option)),
                 make_option_desc(option), width());
  }

  /// Without `{*}`, the value that a flag stands for when none is given.
  std::string make_option_name(const CLI::Option* option, bool positional) const override {
    const std::string name = CLI::Formatter::make_option_name(option, positional);
    return name.substr(0, name.find('{'));
  }

  /// What an operand is and whether it may be left out, the usage above says.
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string value = value_name(*option);
    if (value.empty()) return "";
    if (option->get_expected_max() >= CLI::detail::expected_max_vector_size) value += " ...";
    return " " + value + (option->get_required() ? " (required)" : "");
  }

  std::string make_subcommand(const CLI::App* command) const override {
    return entry(command->get_name(), command->get_description(), width());
  }

  /// Sentences are wrapped; indented lines are examples.
  std::string make_footer(const CLI::App* app) const override {
    const std::string footer = app->get_footer();
    if (footer.empty()) return "";
    std::string out;
    for (std::size_t at = 0; at < footer.size();) {
      const std::size_t end = std::min(footer.find('\n', at), footer.size());
      const std::string line = footer.substr(at, end - at);
      if (report::display_width(line) <= width()) {
        out += line + "\n";
      } else if (line.front() == ' ') {
        out += example(line, width());
      } else {
        out += report::wrapped(line, width(), 0, 0) + "\n";
      }
      at = end + 1;
    }
    return out;
  }

 private:
  int width() const { return context_.out_style().width; }

  const Context& context_;
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter(const Context& context) {
  return std::make_shared<HelpFormatter>(context);
}

}  // namespace planner::commands

#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "src/report/terminal.h"

/// What every command shares: where output goes and how it is drawn.
namespace planner::commands {

/// Exit codes, for every command.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFindings = 1;
inline constexpr int kExitError = 2;

enum class ColorChoice { Auto, Always, Never };

class Context {
 public:
  ColorChoice color = ColorChoice::Auto;
  int exit_code = kExitOk;

  void print(std::string_view text);  ///< a result for people: standard output, folded to a terminal's width
  void write(std::string_view text);  ///< a document for programs (JSON, SQL, ...): standard output, as it is
  void say(std::string_view text);    ///< a message on standard error, `planner: ` in front
  void warn(std::string_view text);
  void complain(std::string_view text);  ///< text on standard error, folded to a terminal's width

  report::TextStyle out_style() const;
  report::TextStyle err_style() const;

  bool can_ask() const;  ///< standard input and standard error are a terminal
  /// Asks on standard error and reads one line; nullopt at the end of input.
  std::optional<std::string> ask(std::string_view question);
};

/// An environment variable that is set and not empty.
std::optional<std::string> environment(const std::string& name);

}  // namespace planner::commands

#include "src/commands/context.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "planner/error.h"

namespace planner::commands {
namespace {

constexpr int kNarrowest = 80;
constexpr int kWidest = 100;

report::TextStyle style_of(int descriptor, ColorChoice choice) {
  report::TextStyle style;
  const bool terminal = ::isatty(descriptor) == 1;
  const std::optional<std::string> kind = environment("TERM");
  switch (choice) {
    case ColorChoice::Always:
      style.color = true;
      break;
    case ColorChoice::Never:
      break;
    case ColorChoice::Auto:
      style.color = terminal && !environment("NO_COLOR") && kind.value_or("dumb") != "dumb";
  }
  style.terminal = terminal;
  winsize size{};
  if (terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = std::clamp(static_cast<int>(size.ws_col), kNarrowest, kWidest);
  }
  return style;
}

}  // namespace

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

void Context::print(std::string_view text) {
  const report::TextStyle style = out_style();
  write(style.terminal ? report::folded(text, style.width) : std::string(text));
}

void Context::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error("cannot write to standard output", "is the disk full?");
  }
}

void Context::say(std::string_view text) { complain(fmt::format("planner: {}\n", report::printable(text))); }

void Context::warn(std::string_view text) {
  complain(fmt::format("planner: {}: {}\n", report::painted(err_style(), report::Ink::Warning, "warning"),
                       report::printable(text)));
}

void Context::complain(std::string_view text) {
  const report::TextStyle style = err_style();
  std::fflush(stdout);
  fmt::print(stderr, "{}", style.terminal ? report::folded(text, style.width) : std::string(text));
}

report::TextStyle Context::out_style() const { return style_of(STDOUT_FILENO, color); }
report::TextStyle Context::err_style() const { return style_of(STDERR_FILENO, color); }

bool Context::can_ask() const { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

std::optional<std::string> Context::ask(std::string_view question) {
  std::fflush(stdout);
  fmt::print(stderr, "{} ", question);
  std::fflush(stderr);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return line;
}

}  // namespace planner::commands

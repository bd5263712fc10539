#include "src/report/page.h"

#include <fmt/core.h>

#include <algorithm>

namespace planner::report {
namespace {

/// What stands behind the fence's language: ```` ```sql finds ````.
std::string_view example_title(std::string_view fence) {
  fence.remove_prefix(std::min<std::size_t>(3, fence.size()));
  const std::size_t space = fence.find(' ');
  const std::string_view word =
      space == std::string_view::npos ? std::string_view() : fence.substr(space + 1);
  if (word == "given") return "With this schema:";
  if (word == "finds") return "It finds:";
  if (word == "passes") return "It passes:";
  return word;
}

}  // namespace

std::string page_as_text(std::string_view markdown, const TextStyle& style) {
  std::string out, paragraph;
  int indent = 0;
  const auto flush = [&] {
    if (paragraph.empty()) return;
    out += wrapped(paragraph, style.width, 0, indent) + "\n";
    paragraph.clear();
    indent = 0;
  };
  bool in_code = false;
  std::size_t at = 0;
  while (at < markdown.size()) {
    const std::size_t end = std::min(markdown.find('\n', at), markdown.size());
    const std::string_view line = markdown.substr(at, end - at);
    at = end + 1;
    if (line.substr(0, 3) == "```") {
      flush();
      in_code = !in_code;
      if (in_code && !example_title(line).empty())
        out += painted(style, Ink::Info, example_title(line)) + "\n";
      continue;
    }
    if (in_code) {
      out += fmt::format("    {}\n", line);
    } else if (line.empty()) {
      flush();
      if (!out.empty() && out.substr(out.size() >= 2 ? out.size() - 2 : 0) != "\n\n") out += '\n';
    } else if (line.front() == '#') {
      flush();
      out += painted(style, Ink::Strong, line.substr(std::min(line.find_first_not_of("# "), line.size()))) +
             "\n";
    } else if (line.front() == '|') {
      flush();
      out += fmt::format("{}\n", line);
    } else {
      if (line.substr(0, 2) == "- ") {
        flush();
        indent = 2;
      }
      if (!paragraph.empty()) paragraph += ' ';
      paragraph += line;
    }
  }
  flush();
  return out;
}

}  // namespace planner::report

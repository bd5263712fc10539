#include "src/report/snippet.h"

#include <fmt/core.h>

#include <algorithm>

namespace planner::report {
namespace {

constexpr std::size_t kMostLines = 3;
constexpr int kTab = 4;

/// A source line made printable, with the columns of an underline.
struct Line {
  std::string text;
  int from = 0, to = 0;  ///< columns of the underlined part
};

Line laid_out(std::string_view raw, std::size_t from, std::size_t to) {
  Line line;
  int column = 0;
  line.from = -1;
  for (std::size_t at = 0; at < raw.size();) {
    std::size_t length = 1;
    while (at + length < raw.size() && (static_cast<unsigned char>(raw[at + length]) & 0xC0u) == 0x80u)
      ++length;
    if (at >= from && line.from < 0) line.from = column;
    if (raw[at] == '\t') {
      const int gap = kTab - column % kTab;
      line.text.append(static_cast<std::size_t>(gap), ' ');
      column += gap;
    } else {
      const std::string piece = printable(raw.substr(at, length));
      line.text += piece;
      column += display_width(piece);
    }
    at += length;
    if (at <= to) line.to = column;
  }
  if (line.from < 0) line.from = column;
  line.to = std::max(line.to, line.from + 1);
  return line;
}

/// Cuts a long line so that the underlined part is inside.
void clip(Line& line, int width) {
  if (display_width(line.text) <= width) return;
  const std::string dots = "…";
  int first = 0;
  if (line.to > width - 1) first = std::max(0, std::min(line.from - 8, line.to - width + 2));
  if (line.from - first > width - 8) first = std::max(0, line.from - 8);
  std::string kept = first > 0 ? dots : "";
  int column = 0;
  const int last = first + width - (first > 0 ? 2 : 1);
  bool cut = false;
  for (std::size_t at = 0; at < line.text.size();) {
    std::size_t length = 1;
    while (at + length < line.text.size() &&
           (static_cast<unsigned char>(line.text[at + length]) & 0xC0u) == 0x80u)
      ++length;
    const std::string_view piece = std::string_view(line.text).substr(at, length);
    const int wide = display_width(piece);
    if (column >= first && column + wide <= last) kept += piece;
    if (column + wide > last) cut = true;
    column += wide;
    at += length;
  }
  if (cut) kept += dots;
  const int shift = first > 0 ? first - 1 : 0;
  line.text = kept;
  line.from = std::max(0, line.from - shift);
  line.to = std::min(line.to - shift, width);
  line.to = std::max(line.to, line.from + 1);
}

}  // namespace

std::string snippet(std::string_view text, Span span, int line_number, Ink ink, int gutter,
                    const TextStyle& style) {
  const std::size_t begin = std::min<std::size_t>(span.begin, text.size());
  const std::size_t end = std::clamp<std::size_t>(span.end, begin, text.size());
  const std::string bar = painted(style, Ink::Place, "|");
  const std::string blank(static_cast<std::size_t>(gutter), ' ');
  std::string out = fmt::format("{} {}\n", blank, bar);

  const std::size_t line_break = text.substr(0, begin).rfind('\n');
  std::size_t line_begin = line_break == std::string_view::npos ? 0 : line_break + 1;
  std::size_t lines = 0;
  std::size_t left =
      static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                          text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
  while (true) {
    std::size_t line_end = std::min(text.find('\n', line_begin), text.size());
    std::string_view raw = text.substr(line_begin, line_end - line_begin);
    if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
    std::size_t from =
        begin > line_begin ? begin - line_begin : std::min(raw.find_first_not_of(" \t"), raw.size());
    const std::size_t to = std::min(end - line_begin, raw.size());
    from = std::min(from, raw.size());
    Line line = laid_out(raw, from, to);
    clip(line, style.width - gutter - 3);
    out += fmt::format("{} {} {}\n", painted(style, Ink::Place, fmt::format("{:>{}}", line_number, gutter)),
                       bar, line.text);
    if (to > from || raw.empty()) {
      out +=
          fmt::format("{} {} {}{}\n", blank, bar, std::string(static_cast<std::size_t>(line.from), ' '),
                      painted(style, ink, std::string(static_cast<std::size_t>(line.to - line.from), '^')));
    }
    if (++lines == kMostLines || line_end >= end || line_end >= text.size()) break;
    line_begin = line_end + 1;
    ++line_number;
    --left;
  }
  if (left > 0 && lines == kMostLines)
    out += fmt::format("{} {} ... {} more\n", blank, bar, counted(left, "line"));
  return out;
}

}  // namespace planner::report

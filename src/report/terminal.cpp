#include "src/report/terminal.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace planner::report {
namespace {

struct Decoded {
  std::uint32_t code = 0xFFFD;
  std::size_t length = 1;
};

Decoded decode(std::string_view text, std::size_t at) {
  const auto lead = static_cast<std::uint8_t>(text[at]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (length == 1 || at + length > text.size()) return {};
  std::uint32_t code = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[at + i]);
    if ((byte & 0xC0) != 0x80) return {};
    code = code << 6 | (byte & 0x3Fu);
  }
  return {code, length};
}

struct Range {
  std::uint32_t first, last;
};
constexpr std::array<Range, 9> kCombining{{{0x0300, 0x036F},
                                           {0x0483, 0x0489},
                                           {0x0591, 0x05BD},
                                           {0x064B, 0x065F},
                                           {0x1AB0, 0x1AFF},
                                           {0x1DC0, 0x1DFF},
                                           {0x200B, 0x200F},
                                           {0x20D0, 0x20FF},
                                           {0xFE00, 0xFE0F}}};
constexpr std::array<Range, 9> kWide{{{0x1100, 0x115F},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0x1F300, 0x1FAFF},
                                      {0x20000, 0x3FFFD}}};

template <std::size_t N>
bool in_any(const std::array<Range, N>& ranges, std::uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

}  // namespace

std::string painted(const TextStyle& style, Ink ink, std::string_view text) {
  if (!style.color) return std::string(text);
  const char* code = "1";
  switch (ink) {
    case Ink::Error:
      code = "1;31";
      break;
    case Ink::Warning:
      code = "1;33";
      break;
    case Ink::Info:
      code = "1;36";
      break;
    case Ink::Help:
      code = "1;32";
      break;
    case Ink::Place:
      code = "1;34";
      break;
    case Ink::Good:
      code = "32";
      break;
    case Ink::Strong:
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

int display_width(std::string_view text) {
  int width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    at += next.length;
    if (in_any(kCombining, next.code)) continue;
    width += in_any(kWide, next.code) ? 2 : 1;
  }
  return width;
}

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    if (next.code == '\n') {
      safe += '\n';
    } else if (next.code == '\t') {
      safe += ' ';
    } else if (next.code < 0x20 || next.code == 0x7F || (next.code >= 0x80 && next.code < 0xA0) ||
               (next.code >= 0x202A && next.code <= 0x202E) || (next.code >= 0x2066 && next.code <= 0x2069)) {
      safe += "\xEF\xBF\xBD";  // also the marks that turn the reading direction round and hide code from
                               // reviewers
    } else {
      safe.append(text.substr(at, next.length));
    }
    at += next.length;
  }
  return safe;
}

std::string wrapped(std::string_view text, int width, int first_indent, int indent) {
  std::string out;
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  int column = first_indent;
  bool line_empty = true;
  const auto new_line = [&] {
    out += '\n';
    out += margin;
    column = indent;
    line_empty = true;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '\n') {
      new_line();
      ++at;
      continue;
    }
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    // A command in backquotes stays on one line: people copy it.
    std::size_t end = at;
    bool in_code = false;
    while (end < text.size() && text[end] != '\n' && (in_code || text[end] != ' ')) {
      if (text[end] == '`') in_code = !in_code;
      ++end;
    }
    if (in_code) end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const int needs = display_width(word);
    if (!line_empty && column + 1 + needs > width) new_line();
    if (!line_empty) {
      out += ' ';
      ++column;
    }
    out += word;
    column += needs;
    line_empty = false;
    at = end;
  }
  return out;
}

std::string table(const std::vector<std::vector<std::string>>& rows, const TextStyle& style) {
  std::vector<int> widths;
  for (const auto& row : rows) {
    if (widths.size() < row.size()) widths.resize(row.size(), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  // Where the last column has no room of its own, it gets a line of its own.
  constexpr int kLeastRoom = 32;
  constexpr int kBelow = 4;
  int before_last = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) before_last += widths[i] + 2;
  const int room = style.width - before_last;
  const bool below = !widths.empty() && widths.back() > room && room < kLeastRoom;
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    int column = 0;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      const std::string& cell = rows[r][i];
      if (i + 1 == rows[r].size()) {
        const int left = below ? kBelow : column;
        if (below && !cell.empty()) {
          while (!line.empty() && line.back() == ' ') line.pop_back();
          line += "\n" + std::string(kBelow, ' ');
        }
        const std::string text = wrapped(cell, style.width, left, left);
        line += r == 0 ? painted(style, Ink::Strong, text) : text;
        break;
      }
      line += r == 0 ? painted(style, Ink::Strong, cell) : cell;
      line += std::string(static_cast<std::size_t>(widths[i] - display_width(cell) + 2), ' ');
      column += widths[i] + 2;
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  return out;
}

std::string counted(std::size_t number, std::string_view singular, std::string_view plural) {
  if (number == 1) return fmt::format("1 {}", singular);
  return plural.empty() ? fmt::format("{} {}s", number, singular) : fmt::format("{} {}", number, plural);
}

}  // namespace planner::report

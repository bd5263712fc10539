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
    // A command in backquotes stays on one line, and so does a word in the shell's quotes: people copy them.
    std::size_t end = at;
    bool in_code = false, in_quotes = false;
    const bool quoted = text[at] == '\'';
    while (end < text.size() && text[end] != '\n' && (in_code || in_quotes || text[end] != ' ')) {
      if (text[end] == '`') in_code = !in_code;
      if (quoted && text[end] == '\\' && !in_quotes && end + 1 < text.size()) {
        ++end;
      } else if (quoted && text[end] == '\'') {
        in_quotes = !in_quotes;
      }
      ++end;
    }
    if (in_code || in_quotes) end = std::min(text.find_first_of(" \n", at), text.size());
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

namespace {

/// Without the escape sequences of colours.
std::string plain_of(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\x1b') {
      at = std::min(text.find('m', at), text.size());
    } else {
      plain += text[at];
    }
  }
  return plain;
}
int shown_width(std::string_view text) { return display_width(plain_of(text)); }

/// Words and the spaces in front of them; a command in backquotes is one word unless it is wider than `most`.
struct Word {
  std::string_view space, text;
};
std::vector<Word> words_of(std::string_view line, int most) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = std::min(line.find_first_not_of(' ', at), line.size());
    std::size_t end = std::min(line.find(' ', begin), line.size());
    const std::size_t tick = line.find('`', begin);
    if (tick < end) {
      const std::size_t closing = line.find('`', tick + 1);
      if (closing != std::string_view::npos && closing > end) {
        const std::size_t behind = std::min(line.find(' ', closing), line.size());
        if (shown_width(line.substr(begin, behind - begin)) <= most) end = behind;
      }
    }
    words.push_back({line.substr(at, begin - at), line.substr(begin, end - begin)});
    at = end;
  }
  return words;
}

/// Where the further lines of a line begin: below its last column, below what follows a mark, else a bit in.
int hanging_indent(const std::vector<Word>& words, int width) {
  int column = 0, hanging = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const int gap = static_cast<int>(words[i].space.size());
    column += gap;
    if (column > width / 2) break;
    if (i == 0) hanging = column + 2;
    const bool behind_mark = i == 1 && (plain_of(words[0].text) == "->" || plain_of(words[0].text) == "-");
    if (i > 0 && (gap > 1 || behind_mark)) hanging = column;
    column += shown_width(words[i].text);
  }
  return hanging;
}

void fold_line(std::string_view line, int width, std::string& out) {
  if (shown_width(line) <= width) {
    out += line;
    return;
  }
  const int hanging = hanging_indent(words_of(line, width), width);
  const std::vector<Word> words = words_of(line, width - hanging);
  int column = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const int gap = static_cast<int>(words[i].space.size()), needs = shown_width(words[i].text);
    // `-->` alone on a line would point at nothing.
    const bool may_break =
        i > 0 && !(i == 1 && plain_of(words[0].text).find_first_not_of("->") == std::string::npos);
    if (may_break && column + gap + needs > width && column > hanging) {
      out += '\n';
      out += std::string(static_cast<std::size_t>(hanging), ' ');
      column = hanging;
    } else {
      out += words[i].space;
      column += gap;
    }
    out += words[i].text;
    column += needs;
  }
}

/// The widest thing in a cell that is not broken.
int longest_word(const std::string& cell) {
  int longest = 0;
  for (const Word& word : words_of(cell, display_width(cell)))
    longest = std::max(longest, display_width(word.text));
  return longest;
}

/// Columns two spaces apart as wide as their cells, the widest made narrower until they fit; a name is not
/// cut.
std::vector<int> widths_that_fit(const std::vector<std::vector<std::string>>& rows, std::size_t columns,
                                 int width) {
  std::vector<int> widths(columns, 0), least(columns, 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < std::min(columns, row.size()); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
      least[i] = std::max(least[i], longest_word(row[i]));
    }
  }
  int over = 2 * (static_cast<int>(columns) - 1) - width;
  for (const int wide : widths) over += wide;
  for (; over > 0; --over) {
    std::size_t widest = columns;
    for (std::size_t i = 0; i < columns; ++i) {
      if (widths[i] > least[i] && (widest == columns || widths[i] > widths[widest])) widest = i;
    }
    if (widest == columns) break;
    --widths[widest];
  }
  return widths;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

/// A cell's lines; spaces in front of it indent them all.
std::vector<std::string> cell_lines(const std::string& cell, int width) {
  const std::size_t indent = std::min(cell.find_first_not_of(' '), cell.size());
  const int margin = static_cast<int>(indent);
  return lines_of(cell.substr(0, indent) + wrapped(cell, width, margin, margin));
}

}  // namespace

std::string folded(std::string_view text, int width) {
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    fold_line(text.substr(at, end - at), width, out);
    if (end < text.size()) out += '\n';
    at = end + 1;
  }
  return out;
}

std::string clipped(std::string_view text, int width) {
  if (display_width(text) <= width) return std::string(text);
  std::string kept;
  int column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Decoded next = decode(text, at);
    const std::string_view piece = text.substr(at, next.length);
    column += display_width(piece);
    if (column > width - 1) break;
    kept += piece;
    at += next.length;
  }
  return kept + "…";
}

std::string table(const std::vector<std::vector<std::string>>& rows, const TextStyle& style) {
  // Where the last column has no room of its own, it gets a line of its own.
  constexpr int kLeastRoom = 32;
  constexpr int kBelow = 4;
  std::size_t columns = 0;
  int last_wants = 0, last_needs = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  for (const auto& row : rows) {
    if (row.size() < columns || columns == 0) continue;
    last_wants = std::max(last_wants, display_width(row.back()));
    // In a pipe a row whose name is too long stays one line, for programs that read lines.
    if (style.terminal) last_needs = std::max(last_needs, longest_word(row.back()));
  }
  const std::size_t before = columns == 0 ? 0 : columns - 1;
  std::vector<int> widths = widths_that_fit(rows, before, style.width);
  int room = style.width;
  for (const int wide : widths) room -= wide + 2;
  const bool below = before > 0 && last_wants > room && std::max(last_needs, kLeastRoom) > room;
  widths.push_back(below ? style.width - kBelow : std::max(room, kLeastRoom));
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::vector<std::string>> cells;
    std::size_t height = 0;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      cells.push_back(cell_lines(rows[r][i], widths[i]));
      if (!below || i < before) height = std::max(height, cells.back().size());
    }
    const auto cell = [&](std::size_t column, std::size_t line) {
      const std::string text = line < cells[column].size() ? cells[column][line] : "";
      return r == 0 && !text.empty() ? painted(style, Ink::Strong, text) : text;
    };
    for (std::size_t l = 0; l < height; ++l) {
      std::string line, gap;
      for (std::size_t i = 0; i < cells.size() && (!below || i < before); ++i) {
        const std::string text = cell(i, l);
        if (!text.empty()) line += gap + text;
        if (!text.empty()) gap.clear();
        gap += std::string(static_cast<std::size_t>(std::max(0, widths[i] - shown_width(text)) + 2), ' ');
      }
      out += line + "\n";
    }
    if (!below || cells.size() <= before || rows[r].back().empty()) continue;
    for (std::size_t l = 0; l < cells.back().size(); ++l)
      out += std::string(kBelow, ' ') + cell(before, l) + "\n";
  }
  return out;
}

std::string counted(std::size_t number, std::string_view singular, std::string_view plural) {
  if (number == 1) return fmt::format("1 {}", singular);
  return plural.empty() ? fmt::format("{} {}s", number, singular) : fmt::format("{} {}", number, plural);
}

}  // namespace planner::report

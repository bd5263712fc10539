#include "src/project/markers.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <string_view>

namespace planner::project {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// What follows `-- +goose ` in the line; empty when the line is none.
std::string_view goose_command(std::string_view line) {
  line = trimmed(line);
  if (!starts_with(line, "--")) return {};
  line = trimmed(line.substr(2));
  if (!starts_with(line, "+goose")) return {};
  return trimmed(line.substr(6));
}

/// What follows `-- migrate:` in the line; empty when the line is none.
std::string_view dbmate_command(std::string_view line) {
  if (!starts_with(line, "--")) return {};
  line = trimmed(line.substr(2));
  if (!starts_with(line, "migrate:")) return {};
  return trimmed(line.substr(8));
}

void each_line(const std::string& text,
               const std::function<void(std::size_t begin, std::string_view line)>& look) {
  const std::string_view view(text);
  std::size_t at = 0;
  while (at < view.size()) {
    const std::size_t end = std::min(view.find('\n', at), view.size());
    look(at, view.substr(at, end - at));
    at = end + 1;
  }
}

enum class Section { Before, Up, Down };

/// Blanks every line outside the forward section. Spaces keep lines, columns and offsets where people see
/// them.
template <typename SectionOf>
std::string forward_only(const std::string& text, SectionOf section_of) {
  std::string kept = text;
  Section section = Section::Before;
  each_line(text, [&](std::size_t begin, std::string_view line) {
    section = section_of(line, section);
    if (section == Section::Up) return;
    for (std::size_t i = 0; i < line.size(); ++i) kept[begin + i] = ' ';
  });
  return kept;
}

}  // namespace

bool has_goose_marks(const std::string& text) {
  bool found = false;
  each_line(text, [&](std::size_t, std::string_view line) { found = found || goose_command(line) == "Up"; });
  return found;
}

bool goose_without_transaction(const std::string& text) {
  bool found = false;
  each_line(text, [&](std::size_t, std::string_view line) {
    found = found || goose_command(line) == "NO TRANSACTION";
  });
  return found;
}

std::string goose_forward(const std::string& text) {
  return forward_only(text, [](std::string_view line, Section now) {
    const std::string_view command = goose_command(line);
    if (command == "Up") return Section::Up;
    if (command == "Down") return Section::Down;
    return now;
  });
}

std::vector<std::string> goose_pieces(const std::string& forward) {
  std::vector<std::string> pieces;
  std::string piece;
  bool block = false;
  const auto end_piece = [&] {
    if (!trimmed(piece).empty()) pieces.push_back(std::move(piece));
    piece.clear();
  };
  each_line(forward, [&](std::size_t, std::string_view line) {
    const std::string_view command = goose_command(line);
    if (command == "StatementBegin") block = true;
    if (command == "StatementEnd") {
      block = false;
      end_piece();
    }
    const std::string_view words = trimmed(line);
    // A comment before a statement belongs to nothing.
    if (!command.empty() || (piece.empty() && (words.empty() || starts_with(words, "--")))) return;
    piece += std::string(line) + "\n";
    // As goose looks for it: the last word before one that begins a comment.
    std::string_view last;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find_first_of(" \t", at), words.size());
      const std::string_view word = words.substr(at, end - at);
      if (starts_with(word, "--")) break;
      if (!word.empty()) last = word;
      at = end + 1;
    }
    if (!block && !last.empty() && last.back() == ';') end_piece();
  });
  end_piece();
  return pieces;
}

bool goose_substitutes(const std::string& text) {
  bool found = false;
  each_line(text, [&](std::size_t, std::string_view line) {
    std::string command(goose_command(line));
    std::transform(command.begin(), command.end(), command.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    found = found || command == "ENVSUB ON" || command == "ENVSUBST ON";
  });
  return found;
}

bool has_dbmate_marks(const std::string& text) {
  bool found = false;
  each_line(text, [&](std::size_t, std::string_view line) {
    found = found || starts_with(dbmate_command(line), "up");
  });
  return found;
}

bool dbmate_without_transaction(const std::string& text) {
  bool found = false;
  each_line(text, [&](std::size_t, std::string_view line) {
    const std::string_view command = dbmate_command(line);
    found =
        found || (starts_with(command, "up") && command.find("transaction:false") != std::string_view::npos);
  });
  return found;
}

std::string dbmate_forward(const std::string& text) {
  return forward_only(text, [](std::string_view line, Section now) {
    const std::string_view command = dbmate_command(line);
    if (starts_with(command, "up")) return Section::Up;
    if (starts_with(command, "down")) return Section::Down;
    return now;
  });
}

int dbmate_sections(const std::string& text) {
  int sections = 0;
  each_line(text, [&](std::size_t, std::string_view line) {
    if (starts_with(dbmate_command(line), "up")) ++sections;
  });
  return sections;
}

std::string drizzle_statements(const std::string& text) {
  const std::string_view mark = "--> statement-breakpoint";
  std::string changed = text;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + mark.size())) {
    // `--> s` and `;-- s` have the same length.
    changed.replace(at, 4, ";-- ");
  }
  return changed;
}

bool flyway_switches_transaction_off(const std::string& settings) {
  bool off = false;
  each_line(settings, [&](std::size_t, std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || trimmed(line.substr(0, equals)) != "executeInTransaction") return;
    off = trimmed(line.substr(equals + 1)) == "false";
  });
  return off;
}

}  // namespace planner::project

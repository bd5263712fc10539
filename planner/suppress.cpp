#include "planner/suppress.h"

#include <algorithm>
#include <cstddef>

namespace planner {
namespace {

constexpr std::string_view kDirective = "planner:ignore";
constexpr std::string_view kFileSuffix = "-file";

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// The first word, removed from `text`.
std::string_view next_word(std::string_view& text) {
  text = trimmed(text);
  const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
  const std::string_view word = text.substr(0, end);
  text = trimmed(text.substr(end));
  return word;
}

std::vector<std::string> split_commas(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) parts.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

/// The statement a comment stands in, behind on the same line, or above.
std::size_t statement_of(const ParsedFile& file, std::string_view text, const Span& comment) {
  for (std::size_t i = 0; i < file.statements.size(); ++i) {
    const Span& span = file.statements[i].span;
    if (comment.begin >= span.end) {
      const std::string_view between = text.substr(span.end, comment.begin - span.end);
      const bool next_starts_before =
          i + 1 < file.statements.size() && file.statements[i + 1].span.begin < comment.begin;
      if (!next_starts_before && between.find('\n') == std::string_view::npos) return i;
      continue;
    }
    return i;
  }
  return file.statements.size();
}

}  // namespace

std::vector<Suppression> suppressions_of(const ParsedFile& file, std::string_view text) {
  std::vector<Suppression> suppressions;
  if (text.find(kDirective) == std::string_view::npos) return suppressions;
  for (const FileComment& comment : comments_of(text)) {
    std::string_view words = trimmed(comment.text);
    if (words.substr(0, kDirective.size()) != kDirective) continue;
    words.remove_prefix(kDirective.size());
    Suppression suppression;
    if (words.substr(0, kFileSuffix.size()) == kFileSuffix) {
      suppression.whole_file = true;
      words.remove_prefix(kFileSuffix.size());
    }
    if (!words.empty() && trimmed(words.substr(0, 1)).empty() == false)
      continue;  // planner:ignored, planner:ignore-next
    suppression.rules = split_commas(next_word(words));
    suppression.reason = std::string(words);
    suppression.span = comment.span;
    suppression.statement = statement_of(file, text, comment.span);
    suppressions.push_back(std::move(suppression));
  }
  return suppressions;
}

const Suppression* find_suppression(std::vector<Suppression>& suppressions, std::string_view rule,
                                    std::size_t statement) {
  for (Suppression& suppression : suppressions) {
    if (!suppression.whole_file && suppression.statement != statement) continue;
    if (std::find(suppression.rules.begin(), suppression.rules.end(), rule) == suppression.rules.end())
      continue;
    suppression.used = true;
    if (!suppression.reason.empty()) return &suppression;
  }
  return nullptr;
}

}  // namespace planner

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
  // The first statement that does not end before the comment.
  const auto next =
      std::partition_point(file.statements.begin(), file.statements.end(),
                           [&](const Statement& statement) { return statement.span.end <= comment.begin; });
  const auto place = static_cast<std::size_t>(next - file.statements.begin());
  if (place == 0 || (next != file.statements.end() && next->span.begin < comment.begin)) return place;
  const Span& before = file.statements[place - 1].span;
  const std::string_view between = text.substr(before.end, comment.begin - before.end);
  return between.find('\n') == std::string_view::npos ? place - 1 : place;
}

}  // namespace

Suppressions::Suppressions(const ParsedFile& file, std::string_view text) {
  if (text.find(kDirective) == std::string_view::npos) return;
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
    const auto join = [&](Group& group) {
      if (!group.members.empty() && group.members.back() == all_.size()) return;  // it names the rule twice
      group.members.push_back(all_.size());
      if (group.silences == kNobody && !suppression.reason.empty()) group.silences = all_.size();
    };
    for (const std::string& rule : suppression.rules) {
      if (suppression.whole_file) {
        join(of_file_[rule]);
      } else {
        join(of_statements_[{rule, suppression.statement}]);
      }
    }
    all_.push_back(std::move(suppression));
  }
}

const Suppression* Suppressions::find(std::string_view rule, std::size_t statement) {
  if (all_.empty()) return nullptr;
  const auto file = of_file_.find(rule);
  const auto here = of_statements_.find(std::pair(std::string(rule), statement));
  std::size_t silences = kNobody;
  if (file != of_file_.end()) silences = file->second.silences;
  if (here != of_statements_.end()) silences = std::min(silences, here->second.silences);
  // Those above it without a reason are used too: it is the reason that is missing.
  const auto mark = [&](Group& group) {
    while (group.marked < group.members.size() && group.members[group.marked] <= silences)
      all_[group.members[group.marked++]].used = true;
  };
  if (file != of_file_.end()) mark(file->second);
  if (here != of_statements_.end()) mark(here->second);
  return silences == kNobody ? nullptr : &all_[silences];
}

}  // namespace planner

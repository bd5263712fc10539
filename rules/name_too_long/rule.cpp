#include "rules/about.h"

namespace planner::rules {
namespace {

/// Does the word in the file go on at this place?
bool goes_on(std::string_view text, std::size_t at) {
  if (at >= text.size()) return false;
  const char c = text[at];
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<std::string> names;
  std::visit(
      [&](const auto& op) {
        if constexpr (requires { op.to.str(); }) names.push_back(op.to.str());
        if constexpr (requires { op.constraint.name.str(); }) names.push_back(op.constraint.name.str());
        if constexpr (requires { op.column.name.str(); }) names.push_back(op.column.name.str());
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, CreateIndex> || std::is_same_v<Op, CreateTrigger> ||
                      std::is_same_v<Op, CreatePolicy>) {
          names.push_back(op.name.str());
        }
        if constexpr (std::is_same_v<Op, CreateTable>) {
          names.push_back(op.table.name.str());
          for (const ColumnDefinition& column : op.columns) names.push_back(column.name.str());
          for (const ConstraintDefinition& constraint : op.constraints)
            names.push_back(constraint.name.str());
        }
      },
      subject.intention.operation);
  std::vector<Verdict> verdicts;
  // One change in several statements (a constraint dropped and made again) names it in the last of them.
  const SourceRef at = subject.intention.sources.back();
  const Span& span = subject.file.statements[at.statement].span;
  const std::string_view text =
      std::string_view(subject.migration.text).substr(span.begin, span.end - span.begin);
  for (const std::string& name : names) {
    // The parser has cut it already: what the file says is longer.
    if (name.size() + 4 < kMaxNameBytes) continue;
    std::size_t place = text.find(name);
    while (place != std::string_view::npos && !goes_on(text, place + name.size()))
      place = text.find(name, place + 1);
    if (place == std::string_view::npos) continue;
    Verdict verdict;
    verdict.object = name;
    verdict.at = at;
    verdict.message = "PostgreSQL keeps only 63 bytes of a name: this one becomes \"" + name +
                      "\", and whoever names it in full by other means misses it";
    verdict.help = "Give it a shorter name";
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace

extern const Rule name_too_long;
const Rule name_too_long{.id = "name-too-long",
                         .summary = "A name longer than PostgreSQL keeps",
                         .severity = Severity::Warning,
                         .category = Category::Hygiene,
                         .check = check};

}  // namespace planner::rules

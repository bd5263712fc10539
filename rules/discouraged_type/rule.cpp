#include <cstdint>
#include <utility>

#include "rules/about.h"

namespace planner::rules {
namespace {

/// Why one would rather not, and what to use; empty when there is nothing to say.
std::pair<std::string, std::string> advice(const TypeName& type) {
  if (type.is("bpchar"))
    return {"is padded with blanks, which comparisons ignore and clients see", "Use text"};
  if (type.is("money"))
    return {"rounds and prints as the server's locale says",
            "Use numeric, and the currency in a column of its own"};
  if (type.is("timetz"))
    return {"is a time with an offset but without a date, so daylight saving cannot be told",
            "Use timestamptz"};
  if ((type.is("timestamp") || type.is("timestamptz")) && type.modifiers == std::vector<std::int32_t>{0})
    return {"rounds to whole seconds, also into the future",
            "Leave the (0) out, and use date_trunc where it matters"};
  if (type.is("float4")) return {"keeps about six digits", "Use double precision, or numeric for amounts"};
  return {};
}

std::vector<Verdict> check(const Subject& subject) {
  std::vector<Verdict> verdicts;
  for_each_new_column(
      subject.intention.operation, [&](const TableName& table, const ColumnDefinition& column) {
        auto [why, instead] = advice(column.type);
        if (why.empty()) return;
        Verdict verdict;
        verdict.object = object_of(table, column.name);
        verdict.message = column_of(table, column.name) + " is " + display(column.type) + ", which " + why;
        verdict.help = std::move(instead);
        verdicts.push_back(std::move(verdict));
      });
  return verdicts;
}

}  // namespace

extern const Rule discouraged_type;
const Rule discouraged_type{.id = "discouraged-type",
                            .summary = "A column of a type that surprises people",
                            .severity = Severity::Info,
                            .category = Category::Hygiene,
                            .opt_in = true,
                            .check = check};

}  // namespace planner::rules

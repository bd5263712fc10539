#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const SetReplicaIdentity& op, const Subject& subject) {
  if (op.identity != 'n') return std::nullopt;
  const TableName table = subject.before.resolve_relation(op.table);
  std::vector<std::string> publications;
  for (const auto& [name, tables] : subject.before.publications) {
    if (tables != nullptr && std::find(tables->begin(), tables->end(), table) != tables->end())
      publications.push_back("\"" + name.str() + "\"");
  }
  Verdict verdict;
  verdict.object = display(op.table);
  verdict.message = publications.empty()
                        ? "Without a replica identity, every UPDATE and DELETE on " + name_of(op.table) +
                              " fails as soon as a publication holds the table"
                        : "Without a replica identity, every UPDATE and DELETE on " + name_of(op.table) +
                              " fails from now on: it is published in " + join_words(publications);
  if (publications.empty()) verdict.severity = Severity::Warning;
  verdict.help = "Keep the default, or use REPLICA IDENTITY USING INDEX or FULL";
  return about_table(subject, op.table, Matters::Anyway, std::move(verdict));
}

}  // namespace

extern const Rule replica_identity;
const Rule replica_identity{
    .id = "replica-identity",
    .summary = "A published table without a replica identity refuses UPDATE and DELETE",
    .severity = Severity::Error,
    .category = Category::BreaksRelease,
    .check = on<check>};

}  // namespace planner::rules

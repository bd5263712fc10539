#include <algorithm>

#include "rules/about.h"

namespace planner::rules {
namespace {

bool rebuilds_index(const Effects& effects, const std::vector<TableName>& family) {
  return std::any_of(effects.indexes.begin(), effects.indexes.end(), [&](const IndexEffect& index) {
    return std::find(family.begin(), family.end(), index.table) != family.end() &&
           (index.work == IndexWork::Rebuilt || index.work == IndexWork::Built);
  });
}

/// Tables on the other end of a foreign key are locked too.
std::string others_locked(const Effects& effects, const Schema& met, const TableName& table) {
  std::vector<ObjectName> others;
  for (const RelationLock& lock : felt_locks(effects, met)) {
    if (lock.relation != table && lock.kind == LockedKind::Table) others.push_back(lock.relation);
  }
  return others.empty() ? std::string() : "it is locked together with " + list_of(others);
}

bool is_utc_by_name(const std::string& zone) {
  return zone == "UTC" || zone == "utc" || zone == "Etc/UTC" || zone == "GMT";
}

std::optional<Verdict> check(const ChangeType& change, const Subject& subject) {
  const Table* table = subject.before.table(change.table);
  const Column* column = table != nullptr ? table->column(change.column) : nullptr;
  Verdict verdict;
  verdict.object = object_of(change.table, change.column);
  const std::string what = "Changing " + column_of(change.table, change.column) +
                           (column != nullptr ? " from " + display(column->type) : std::string()) + " to " +
                           display(change.type);
  for (const Failure& failure : subject.own.failures) {
    if (failure.only_with_rows || failure.depends_on_data) continue;
    verdict.message = what + " fails: " + failure.message;
    verdict.help = failure.sqlstate == "0A000"
                       ? "Drop what depends on the column before, and create it again after"
                       : "Write a USING expression that converts the values, and drop the default first";
    return about_table(subject, change.table, Matters::Anyway, std::move(verdict));
  }
  if (column == nullptr) {
    verdict.message =
        what +
        " rewrites the table while nobody can read or write it, unless the new type only widens the old one";
    verdict.help = "Fill a second column of the new type and swap the two";
    return about_table(subject, change.table, Matters::Size, std::move(verdict));
  }
  TypeChange cast = type_change(column->type, change.type, change.using_expression, change.column,
                                subject.before, subject.settings.effects);
  const std::vector<TableName> family = family_of(subject.before, change.table);
  const std::string others = others_locked(subject.own, subject.before, change.table);
  if (!others.empty()) verdict.notes.push_back(others);
  const auto zone =
      change.using_expression ? at_time_zone_of_column(change.using_expression, change.column) : std::nullopt;
  if (cast.may_lose_data)
    verdict.notes.push_back(column->type.is("bpchar") ? "blanks at the end of the values are lost"
                                                      : "values that do not fit are rounded or cut off");
  if (cast.may_fail_on_data && !zone)
    verdict.notes.push_back("it fails when a value does not fit the new type");
  if (rewrites_any(subject.own, family)) {
    verdict.message =
        what +
        (subject.own.rewrites_table(change.table) ? " rewrites the table and all its indexes"
                                                  : " rewrites every partition and all indexes") +
        " while nobody can read or write it";
    if (!cast.depends_on.empty())
      verdict.notes.push_back("whether it rewrites depends on " + cast.depends_on);
    verdict.help = "Fill a second column of the new type and swap the two";
    if (zone && is_utc_by_name(*zone) && subject.settings.effects.server_version >= 120000) {
      verdict.notes.push_back(
          "USING makes PostgreSQL rewrite the table; without it, in a session whose TimeZone is UTC, the "
          "same "
          "change costs nothing when no index is on the column");
    }
    return about_table(subject, change.table, Matters::Size, std::move(verdict));
  }
  if (depends_on_time_zone(cast, subject)) {
    verdict.severity = Severity::Warning;
    verdict.message = what +
                      " rewrites the table and all its indexes while nobody can read or write it, unless the "
                      "session that migrates has TimeZone UTC";
    verdict.help =
        "SET timezone = 'UTC' in front of it if the values are in UTC, and say time_zone = \"UTC\" in "
        "planner.toml if the migrating role has it";
    verdict.splittable = false;
    return about_table(subject, change.table, Matters::Size, std::move(verdict));
  }
  if (rebuilds_index(subject.own, family)) {
    verdict.message = what + " rebuilds the indexes on the column while nobody can read or write the table";
    verdict.help = "Fill a second column of the new type and swap the two";
    return about_table(subject, change.table, Matters::Size, std::move(verdict));
  }
  if (scans_any(subject.own, family)) {
    verdict.message =
        what + " reads every row while nobody can read or write the table, because a CHECK names the column";
    verdict.help = "Drop the CHECK, change the type, then add the CHECK as NOT VALID and validate it";
    return about_table(subject, change.table, Matters::Size, std::move(verdict));
  }
  return std::nullopt;
}

}  // namespace

extern const Rule change_type;
const Rule change_type{
    .id = "change-type",
    .summary = "A type change that rewrites the table, rebuilds its indexes or reads every row",
    .severity = Severity::Error,
    .category = Category::Blocks,
    .recipe = "change-type",
    .check = on<check>};

}  // namespace planner::rules

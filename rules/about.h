#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/rule.h"

/// What rules say again and again: who waits, for how long, and how sure we are.
namespace planner::rules {

/// `"users"`, `"billing"."invoices"` for sentences.
std::string name_of(const ObjectName& name);
/// `"email" of "users"`.
std::string column_of(const TableName& table, const Identifier& column);
/// `users.email`: for Verdict::object.
std::string object_of(const TableName& table, const Identifier& column);
/// `"a" and "b"`, `"a", "b" and "c"`.
std::string list_of(const std::vector<Identifier>& names);
std::string list_of(const std::vector<ObjectName>& names);
std::string join_words(const std::vector<std::string>& words);

/// `nobody can read or write the table`, `nobody can write to the table`, `` when neither is blocked.
std::string who_waits(LockMode mode);
/// The same for a relation that is named: `nobody can read or write "users"`.
std::string who_waits_on(LockMode mode, const ObjectName& relation);

/// Created by a pending migration, or temporary: no rows, no readers, nothing on it is risky.
bool is_new(const Schema& schema, const TableName& table);
bool is_new_column(const Schema& schema, const TableName& table, const Identifier& column);
/// A table of the schema at all, with columns we trust.
bool is_known(const Schema& schema, const TableName& table);

/// Fewer rows than the team's threshold, as a database told.
bool is_small(const Subject& subject, const TableName& table);
bool is_small(const Schema& schema, const RuleSettings& settings, const TableName& table);

/// What a finding costs depends on the table's size (locks held during scans, builds, rewrites), or it does
/// not (a running release breaks).
enum class Matters { Size, Anyway };

/// The verdict with severity and notes fitted to what is known about the table: nothing for a new one, milder
/// for a small one or one that no migration creates; the size of a large one is noted.
std::optional<Verdict> about_table(const Subject& subject, const TableName& table, Matters matters,
                                   Verdict verdict);
std::optional<Verdict> about_table(const Schema& schema, const RuleSettings& settings, const TableName& table,
                                   Matters matters, Severity usual, Verdict verdict);

/// Locks of these effects that somebody can feel: on relations that exist, are not new, and that conflict
/// with reads or writes.
std::vector<RelationLock> felt_locks(const Effects& effects, const Schema& met);

/// Calls `look(table, column)` for every column that the operation makes.
void for_each_new_column(const Operation& operation,
                         const std::function<void(const TableName&, const ColumnDefinition&)>& look);

/// Milliseconds of a timeout as SET takes it (`5s`, `2min`, `250`); nullopt when it does not read as one.
std::optional<double> milliseconds_of(const SetVariable& set);

/// Does the cost of the cast hang on a TimeZone that neither the file nor planner.toml says?
bool depends_on_time_zone(const TypeChange& change, const Subject& subject);

/// The table and, when it is partitioned or has children, all of them: an ALTER TABLE works on each.
std::vector<TableName> family_of(const Schema& schema, const TableName& table);
bool rewrites_any(const Effects& effects, const std::vector<TableName>& family);
bool scans_any(const Effects& effects, const std::vector<TableName>& family);
bool scans_any(const Effects& effects, const std::vector<TableName>& family, ScanReason reason);

/// Does any way the file may be delivered put the two statements into one transaction?
bool may_share_transaction(const std::vector<Delivered>& deliveries, std::size_t a, std::size_t b);
/// Does every way put them into one?
bool always_share_transaction(const std::vector<Delivered>& deliveries, std::size_t a, std::size_t b);
/// The group of a statement in the delivery, or nullptr.
const TransactionGroup* group_of(const Delivered& delivery, std::size_t statement);

/// Is the column's DROP or ADD half of a DROP + ADD that may be a rename (which then is what is reported)?
bool is_questioned(const std::vector<Intention>& questions, const TableName& table, const Identifier& column);
bool is_questioned(const std::vector<Intention>& questions, const TableName& table);

std::string count_of(std::size_t number, std::string_view thing);  ///< `1 row`, `3 rows`

}  // namespace planner::rules

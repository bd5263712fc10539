#include "rules/about.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <map>


#include "planner/effects/text.h"

namespace planner::rules {
namespace {

std::string in_quotes(const std::string& text) { return '"' + text + '"'; }

std::string human_rows(double rows) {
  if (rows >= 1e9) return fmt::format("{:.1f} billion", rows / 1e9);
  if (rows >= 1e6) return fmt::format("{:.1f} million", rows / 1e6);
  if (rows >= 1e4) return fmt::format("{:.0f} thousand", rows / 1e3);
  return fmt::format("{:.0f}", rows);
}

std::string human_bytes(std::int64_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (size >= 1e9) return fmt::format("{:.1f} GB", size / 1e9);
  if (size >= 1e6) return fmt::format("{:.1f} MB", size / 1e6);
  return fmt::format("{:.0f} kB", size / 1e3);
}

}  // namespace

std::string name_of(const ObjectName& name) {
  const bool show_schema = !name.schema.empty() && name.schema.str() != "public";
  return show_schema ? in_quotes(name.schema.str()) + "." + in_quotes(name.name.str())
                     : in_quotes(name.name.str());
}

std::string column_of(const TableName& table, const Identifier& column) {
  return in_quotes(column.str()) + " of " + name_of(table);
}

std::string object_of(const TableName& table, const Identifier& column) {
  return display(table) + "." + column.str();
}

std::string join_words(const std::vector<std::string>& words) {
  std::string joined;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) joined += i + 1 == words.size() ? " and " : ", ";
    joined += words[i];
  }
  return joined;
}

std::string list_of(const std::vector<Identifier>& names) {
  std::vector<std::string> words;
  for (const Identifier& name : names) words.push_back(in_quotes(name.str()));
  return join_words(words);
}

std::string list_of(const std::vector<ObjectName>& names) {
  std::vector<std::string> words;
  for (const ObjectName& name : names) words.push_back(name_of(name));
  return join_words(words);
}

std::string who_waits(LockMode mode) { return nobody_can(mode, "the table"); }

std::string who_waits_on(LockMode mode, const ObjectName& relation) {
  return nobody_can(mode, name_of(relation));
}

bool is_new(const Schema& schema, const TableName& table) {
  const Table* found = schema.table(table);
  return found != nullptr && (found->is_new || found->persistence == Persistence::Temporary);
}

bool is_new_column(const Schema& schema, const TableName& table, const Identifier& column) {
  const Table* found = schema.table(table);
  const Column* known = found != nullptr ? found->column(column) : nullptr;
  return known != nullptr && known->is_new;
}

bool is_known(const Schema& schema, const TableName& table) {
  const Table* found = schema.table(table);
  return found != nullptr && found->certainty == Certainty::Known;
}

bool is_small(const Schema& schema, const RuleSettings& settings, const TableName& table) {
  const Table* found = schema.table(table);
  return found != nullptr && found->size && found->size->rows >= 0 &&
         found->size->rows < settings.small_table_rows;
}

bool is_small(const Subject& subject, const TableName& table) {
  return is_small(subject.before, subject.settings, table);
}

std::optional<Verdict> about_table(const Schema& schema, const RuleSettings& settings, const TableName& table,
                                   Matters matters, Severity usual, Verdict verdict) {
  if (is_new(schema, table)) return std::nullopt;
  const Table* found = schema.table(table);
  const Severity severity = verdict.severity.value_or(usual);
  if (found == nullptr && schema.view(table) != nullptr) return verdict;
  if (found == nullptr) {
    verdict.severity = std::min(severity, Severity::Warning);
    verdict.notes.push_back("no migration here creates " + name_of(table) +
                            ": its columns, indexes and size are not known");
    return verdict;
  }
  if (found->certainty == Certainty::Uncertain) {
    verdict.severity = std::min(severity, Severity::Warning);
    verdict.notes.push_back("an earlier statement that planner does not follow may have changed " +
                            name_of(table));
  }
  if (found->size && found->size->rows >= 0) {
    std::string size = fmt::format("{} has about {} rows ({})", name_of(table), human_rows(found->size->rows),
                                   human_bytes(found->size->total_bytes));
    if (matters == Matters::Size && is_small(schema, settings, table)) {
      verdict.severity = std::min(severity, Severity::Info);
      size += ": this takes a moment";
    }
    verdict.notes.push_back(std::move(size));
  }
  return verdict;
}

std::optional<Verdict> about_table(const Subject& subject, const TableName& table, Matters matters,
                                   Verdict verdict) {
  return about_table(subject.before, subject.settings, table, matters, Severity::Error, std::move(verdict));
}

std::vector<RelationLock> felt_locks(const Effects& effects, const Schema& met) {
  std::vector<RelationLock> felt;
  for (const RelationLock& lock : effects.locks) {
    if (lock.created || !blocks_writes(lock.mode)) continue;
    if (lock.kind != LockedKind::Table && lock.kind != LockedKind::MaterializedView &&
        lock.kind != LockedKind::View)
      continue;
    if (is_new(met, lock.relation)) continue;
    felt.push_back(lock);
  }
  return felt;
}

const TransactionGroup* group_of(const Delivered& delivery, std::size_t statement) {
  for (const TransactionGroup& group : delivery.groups) {
    if (std::find(group.statements.begin(), group.statements.end(), statement) != group.statements.end())
      return &group;
  }
  return nullptr;
}

void for_each_new_column(const Operation& operation,
                         const std::function<void(const TableName&, const ColumnDefinition&)>& look) {
  if (const auto* add = std::get_if<AddColumn>(&operation)) {
    look(add->table, add->column);
  } else if (const auto* create = std::get_if<CreateTable>(&operation)) {
    for (const ColumnDefinition& column : create->columns) look(create->table, column);
  }
}

std::optional<double> milliseconds_of(const SetVariable& set) {
  if (set.reset || set.values.size() != 1) return std::nullopt;
  const std::string& text = set.values.front();
  double number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (bad != std::errc()) return std::nullopt;
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::size_t first = std::min(rest.find_first_not_of(' '), rest.size());
  const std::string_view unit = rest.substr(first);
  static const std::map<std::string_view, double> kUnits{
      {"", 1}, {"us", 0.001}, {"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  const auto found = kUnits.find(unit);
  return found == kUnits.end() ? std::nullopt : std::optional(number * found->second);
}

bool depends_on_time_zone(const TypeChange& change, const Subject& subject) {
  return !change.depends_on.empty() && subject.before.time_zone.empty() &&
         !subject.settings.effects.time_zone_known;
}

std::vector<TableName> family_of(const Schema& schema, const TableName& table) {
  std::vector<TableName> family{schema.resolve_relation(table)};
  for (TableName& child : schema.partitions_and_children(table)) family.push_back(std::move(child));
  return family;
}

bool rewrites_any(const Effects& effects, const std::vector<TableName>& family) {
  return std::any_of(family.begin(), family.end(),
                     [&](const TableName& table) { return effects.rewrites_table(table); });
}

bool scans_any(const Effects& effects, const std::vector<TableName>& family) {
  return std::any_of(family.begin(), family.end(),
                     [&](const TableName& table) { return effects.scans_table(table); });
}

bool scans_any(const Effects& effects, const std::vector<TableName>& family, ScanReason reason) {
  return std::any_of(effects.scans.begin(), effects.scans.end(), [&](const Scan& scan) {
    return scan.reason == reason && std::find(family.begin(), family.end(), scan.relation) != family.end();
  });
}

bool always_share_transaction(const std::vector<Delivered>& deliveries, std::size_t a, std::size_t b) {
  return !deliveries.empty() &&
         std::all_of(deliveries.begin(), deliveries.end(), [&](const Delivered& delivery) {
           const TransactionGroup* group = group_of(delivery, a);
           return group != nullptr && group == group_of(delivery, b);
         });
}

bool may_share_transaction(const std::vector<Delivered>& deliveries, std::size_t a, std::size_t b) {
  return std::any_of(deliveries.begin(), deliveries.end(), [&](const Delivered& delivery) {
    const TransactionGroup* group = group_of(delivery, a);
    return group != nullptr && group == group_of(delivery, b);
  });
}

bool is_questioned(const std::vector<Intention>& questions, const TableName& table,
                   const Identifier& column) {
  return std::any_of(questions.begin(), questions.end(), [&](const Intention& question) {
    const auto* rename = std::get_if<RenameColumn>(&question.operation);
    return rename != nullptr && rename->table == table && (rename->from == column || rename->to == column);
  });
}

bool is_questioned(const std::vector<Intention>& questions, const TableName& table) {
  return std::any_of(questions.begin(), questions.end(), [&](const Intention& question) {
    const auto* rename = std::get_if<RenameTable>(&question.operation);
    return rename != nullptr && rename->table == table;
  });
}

std::string count_of(std::size_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

}  // namespace planner::rules

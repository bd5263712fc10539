#include <algorithm>
#include <set>

#include "planner/effects/build.h"
#include "planner/effects/rows.h"
#include "planner/sql/conditions.h"
#include "planner/sql/written_rows.h"

/// Data, sessions and what cannot be followed.
namespace planner::physics {
namespace {

bool overlap(const std::vector<Identifier>& a, const std::vector<Identifier>& b) {
  return std::any_of(a.begin(), a.end(),
                     [&](const Identifier& name) { return std::find(b.begin(), b.end(), name) != b.end(); });
}

void lock_with_indexes(Builder& b, const TableName& name, LockMode mode) {
  b.lock(name, mode);
  const Table* table = b.schema.tables.find(name);
  if (table == nullptr) return;
  if (table->kind == RelationKind::PartitionedTable && b.major() < 16) return;
  // The planner opens every index of a table it works on, in the table's mode.
  for (const Index& index : table->indexes) b.lock(index.name, mode, LockedKind::Index);
}

/// The row a foreign key refers to is held with FOR KEY SHARE.
void check_own_keys(Builder& b, const Table& table, const std::vector<Identifier>* changed) {
  for (const Constraint& key : table.constraints) {
    if (key.definition.kind != ConstraintKind::ForeignKey || !key.enforced ||
        key.definition.initially_deferred)
      continue;
    if (changed != nullptr && !overlap(*changed, key.definition.columns)) continue;
    lock_with_indexes(b, key.definition.references.table, LockMode::RowShare);
  }
}

/// Rows that refer to changed or deleted ones are looked for, or follow.
void follow_references(Builder& b, const TableName& table, const std::vector<Identifier>* changed) {
  for (const Schema::Reference& reference : references_with_parents(b, table)) {
    const Table* from = b.schema.tables.find(reference.from);
    const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
    if (key == nullptr || !key->enforced || key->definition.initially_deferred) continue;
    if (changed != nullptr && !overlap(*changed, key->definition.references.columns)) continue;
    const ForeignKeyAction action =
        changed == nullptr ? key->definition.references.on_delete : key->definition.references.on_update;
    const bool writes = action == ForeignKeyAction::Cascade || action == ForeignKeyAction::SetNull ||
                        action == ForeignKeyAction::SetDefault;
    const LockMode mode = writes ? LockMode::RowExclusive : LockMode::RowShare;
    lock_with_indexes(b, reference.from, mode);
    for (const TableName& partition : b.partitions(reference.from)) lock_with_indexes(b, partition, mode);
  }
}

/// Is a row found through an index: equality (or a list) on the first column of one?
bool found_by_index(const Table& table, const Expression& where) {
  const auto all = alternatives(where);
  return !all.empty() && std::all_of(all.begin(), all.end(), [&](const std::vector<Comparison>& together) {
    return std::any_of(together.begin(), together.end(), [&](const Comparison& c) {
      if (c.comparison != "=" && c.comparison != "in") return false;
      return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
        return !index.elements.empty() && index.elements.front().column == c.column && !index.predicate &&
               index.valid;
      });
    });
  });
}

/// Sequences that give the columns values which the statement does not.
void draw_from_sequences(Builder& b, const Table& table, const std::vector<Identifier>& given) {
  for (const Column& column : table.columns) {
    if (std::find(given.begin(), given.end(), column.name) != given.end()) continue;
    if (const auto sequence = nextval_sequence(column.default_value))
      b.lock(b.schema.resolve_relation(*sequence), LockMode::RowExclusive, LockedKind::Sequence);
    if (!column.identity) continue;
    for (const ObjectName& name : table.owned_sequences) {
      const Sequence* owned = b.schema.sequences.find(name);
      if (owned != nullptr && owned->internal && owned->owner_column == column.name)
        b.lock(name, LockMode::RowExclusive, LockedKind::Sequence);
    }
  }
}

/// What rules on the table do beside (or instead of) what is written to it.
void follow_rules(Builder& b, const std::vector<RewriteRule>& rules, std::string_view event) {
  for (const RewriteRule& rule : rules) {
    if (rule.definition.event != event || rule.state == TriggerState::Disable) continue;
    for (const Expression& action : rule.definition.actions) {
      const QueryAccess access = query_access(action);
      for (const ObjectName& written : access.written) {
        const ObjectName name = b.schema.resolve_relation(written);
        b.lock(name, LockMode::RowExclusive);
        // A plain INSERT gives the locks on indexes back.
        if (std::find(access.changed.begin(), access.changed.end(), written) != access.changed.end() ||
            has_on_conflict(action))
          lock_with_indexes(b, name, LockMode::RowExclusive);
      }
    }
  }
}

/// What a statement about a view does to the table under it.
struct Below {
  ObjectName name;                  ///< the view's own name where it passes nothing on
  std::vector<Identifier> columns;  ///< those that the statement names, as the table has them
  Identifier computed;              ///< one that no table has
};

Below below_views(const Builder& b, ObjectName name, std::vector<Identifier> columns,
                  std::string_view event) {
  constexpr int kDeepest = 16;
  Identifier computed;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const View* view = b.schema.views.find(name);
    const auto base = view == nullptr ? std::nullopt : passed_on_to(b, *view, event);
    if (!base) break;
    const std::vector<Identifier> outputs = updatable_columns(view->query);
    std::vector<Identifier> there;
    for (const Identifier& column : columns) {
      const auto held = std::find(view->columns.begin(), view->columns.end(), column);
      const auto at = static_cast<std::size_t>(held - view->columns.begin());
      if (held == view->columns.end() || at >= outputs.size()) continue;
      if (outputs[at].empty()) {
        computed = column;
      } else {
        there.push_back(outputs[at]);
      }
    }
    name = *base;
    columns = std::move(there);
  }
  return {std::move(name), std::move(columns), std::move(computed)};
}

void refuse_computed(Builder& b, const Below& below, const ObjectName& view) {
  if (!below.computed.empty())
    b.fail("0A000",
           "cannot write to column \"" + below.computed.str() + "\" of view \"" + view.name.str() + "\"");
}

/// 42703 for a column that a table, all of whose columns are known, does not have.
void require_columns(Builder& b, const TableName& name, const std::vector<Identifier>& columns) {
  const Table* table = b.schema.tables.find(name);
  if (table == nullptr || table->columns.empty() || table->certainty != Certainty::Known) return;
  for (const Identifier& column : columns) {
    if (table->column(column) == nullptr)
      b.fail("42703",
             "column \"" + column.str() + "\" of relation \"" + name.name.str() + "\" does not exist");
  }
}

void refuse_as_target(Builder& b, const ObjectName& name) {
  if (b.schema.sequences.contains(name))
    b.fail("42809", "cannot change sequence \"" + name.name.str() + "\"");
  if (b.schema.index_tables.contains(name)) b.fail("42809", "\"" + name.name.str() + "\" is an index");
}

void write_rows(Builder& b, const TableName& written, const Expression& where, std::string_view event,
                bool only = false) {
  const TableName name = b.schema.resolve_relation(written);
  require_relation(b, name);
  if (const View* view = b.schema.views.find(name)) {
    if (view->materialized) b.fail("42809", "cannot change materialized view \"" + name.name.str() + "\"");
    judge_view_change(b, name, event);
    b.lock(name, LockMode::RowExclusive, LockedKind::View);
    follow_rules(b, view->rules, event);
    if (const auto base = passed_on_to(b, *view, event)) write_rows(b, *base, where, event);
    b.effects.dml = true;
    return;
  }
  refuse_as_target(b, name);
  judge_foreign_change(b, name, "change rows");
  if (const Table* table = b.schema.tables.find(name)) follow_rules(b, table->rules, event);
  for (const TableName& each : b.family(name, only)) {
    lock_with_indexes(b, each, LockMode::RowExclusive);
    const Table* table = b.schema.tables.find(each);
    // Without its partitions a partitioned table is planned like any other: its indexes are opened.
    if (only && table != nullptr) {
      for (const Index& index : table->indexes) b.lock(index.name, LockMode::RowExclusive, LockedKind::Index);
    }
    if (table == nullptr) {
      if (!where && !b.schema.views.contains(each)) b.scan(each, ScanReason::Query);
    } else if (table->kind == RelationKind::Table && (!where || !found_by_index(*table, where))) {
      b.scan(each, ScanReason::Query);
    }
  }
  b.effects.dml = true;
}

void read_others(Builder& b, const TableName& target, const Expression& statement) {
  // WITH gone AS (DELETE ..) and its like.
  for (const ObjectName& written : query_access(statement).written) {
    const ObjectName name = b.schema.resolve_relation(written);
    if (name == b.schema.resolve_relation(target)) continue;
    if (b.schema.tables.contains(name)) lock_with_indexes(b, name, LockMode::RowExclusive);
  }
  for (const ObjectName& relation : statement.facts().relations) {
    const ObjectName name = b.schema.resolve_relation(relation);
    if (name != b.schema.resolve_relation(target)) b.lock(name, LockMode::AccessShare);
  }
}

/// FOR UPDATE and its like reach through views to the rows of tables.
void lock_rows(Builder& b, const ObjectName& name, bool only) {
  if (b.schema.tables.contains(name)) {
    for (const TableName& each : b.family(name, only)) lock_with_indexes(b, each, LockMode::RowShare);
    return;
  }
  const View* view = b.schema.views.find(name);
  if (view == nullptr || view->materialized) {
    if (view != nullptr || b.schema.sequences.contains(name))
      b.fail("42809", "cannot lock rows in \"" + name.name.str() + "\"");
    return;
  }
  b.lock(name, LockMode::RowShare, LockedKind::View);
  for (const auto& [base, columns] : view->reads) lock_rows(b, base, false);
  for (const ObjectName& base : view->reads_all_of) lock_rows(b, base, false);
}

void read_relation(Builder& b, const ObjectName& name, bool reads_rows, std::set<ObjectName>& seen) {
  if (!seen.insert(name).second) return;
  b.lock(name, LockMode::AccessShare);
  if (const View* view = b.schema.views.find(name)) {
    if (view->materialized) {
      if (reads_rows && !view->populated)
        b.fail("55000", "materialized view \"" + name.name.str() + "\" has not been populated");
      if (reads_rows) b.scan(name, ScanReason::Query);
      return;
    }
    if (!reads_rows) return;
    for (const auto& [base, columns] : view->reads) read_relation(b, base, reads_rows, seen);
    for (const ObjectName& base : view->reads_all_of) read_relation(b, base, reads_rows, seen);
    return;
  }
  if (!reads_rows || !b.schema.tables.contains(name)) return;
  for (const Table* each : b.stored(name)) b.scan(each->name, ScanReason::Query);
}

/// Deferred checks of rows written earlier in the transaction stand in the way of DDL on that table
/// (CheckTableNotInUse).
bool has_pending_triggers(const Builder& b, const Table& table) {
  const auto deferred = [](const ConstraintDefinition& c) { return c.initially_deferred; };
  for (const Operation* each : b.earlier) {
    const TableName* target = target_relation(*each);
    const auto* update = std::get_if<Update>(each);
    const auto* insert = std::get_if<Insert>(each);
    const auto* removal = std::get_if<Delete>(each);
    if (target == nullptr || (update == nullptr && insert == nullptr && removal == nullptr)) continue;
    if (b.schema.resolve_relation(*target) != table.name) continue;
    if (removal == nullptr) {
      for (const Constraint& key : table.constraints) {
        if (key.definition.kind != ConstraintKind::ForeignKey || !deferred(key.definition)) continue;
        if (insert != nullptr || overlap(update->columns, key.definition.columns)) return true;
      }
      for (const Constraint& key : table.constraints) {
        const bool unique = key.definition.kind == ConstraintKind::Unique ||
                            key.definition.kind == ConstraintKind::PrimaryKey;
        if (unique && deferred(key.definition) && update != nullptr &&
            overlap(update->columns, key.definition.columns))
          return true;
      }
    }
    if (insert == nullptr) {
      for (const Schema::Reference& reference : b.schema.references_to(table.name)) {
        const Table* from = b.schema.tables.find(reference.from);
        const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
        if (key == nullptr || !deferred(key->definition)) continue;
        if (removal != nullptr || overlap(update->columns, key->definition.references.columns)) return true;
      }
    }
    for (const Trigger& trigger : table.triggers) {
      const CreateTrigger& t = trigger.definition;
      if (!t.initially_deferred || trigger.state == TriggerState::Disable) continue;
      const bool of_columns =
          t.update_columns.empty() || (update != nullptr && overlap(update->columns, t.update_columns));
      if ((insert != nullptr && t.on_insert) || (removal != nullptr && t.on_delete) ||
          (update != nullptr && t.on_update && of_columns))
        return true;
    }
  }
  return false;
}

/// Text constants and the columns they may be stored in.
std::vector<const Expression*> expressions_of(const Operation& operation) {
  return std::visit(
      [](const auto& op) -> std::vector<const Expression*> {
        using T = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<T, SetDefault>) return {&op.value};
        if constexpr (std::is_same_v<T, AddColumn>) return {&op.column.default_value};
        if constexpr (std::is_same_v<T, AddCheck>) return {&op.constraint.expression};
        if constexpr (std::is_same_v<T, ChangeType>) return {&op.using_expression};
        if constexpr (std::is_same_v<T, Update> || std::is_same_v<T, Insert> || std::is_same_v<T, Delete> ||
                      std::is_same_v<T, Merge>)
          return {&op.statement};
        if constexpr (std::is_same_v<T, Select> || std::is_same_v<T, CreateView> ||
                      std::is_same_v<T, CreateMaterializedView> || std::is_same_v<T, CreateTableAs>)
          return {&op.query};
        if constexpr (std::is_same_v<T, CreateIndex>) return {&op.predicate};
        if constexpr (std::is_same_v<T, CreatePolicy>) return {&op.using_expression, &op.with_check};
        if constexpr (std::is_same_v<T, CreateTable>) {
          std::vector<const Expression*> all;
          for (const ColumnDefinition& column : op.columns) all.push_back(&column.default_value);
          for (const ConstraintDefinition& constraint : op.constraints) all.push_back(&constraint.expression);
          return all;
        }
        return {};
      },
      operation);
}

/// Does the operation deal with the enum: a cast to it, or a relation that has a column of it?
bool touches_enum(const Builder& b, const Operation& operation, const Expression& expression,
                  const ObjectName& type) {
  const ExpressionFacts& facts = expression.facts();
  for (const ObjectName& cast : facts.casts_to) {
    if (b.schema.resolve_type(cast) == type) return true;
  }
  const auto column_is = [&](const Column& column) { return column.type.name == type; };
  if (const auto* set = std::get_if<SetDefault>(&operation)) {
    const Table* table = b.schema.table(set->table);
    const Column* column = table == nullptr ? nullptr : table->column(set->column);
    return column != nullptr && column_is(*column);
  }
  if (const auto* add = std::get_if<AddColumn>(&operation))
    return b.schema.resolve_type(add->column.type.name) == type;
  if (const auto* create = std::get_if<CreateTable>(&operation)) {
    return std::any_of(create->columns.begin(), create->columns.end(), [&](const ColumnDefinition& column) {
      return b.schema.resolve_type(column.type.name) == type && &column.default_value == &expression;
    });
  }
  std::vector<ObjectName> relations = facts.relations;
  if (const ObjectName* target = target_relation(operation)) relations.push_back(*target);
  return std::any_of(relations.begin(), relations.end(), [&](const ObjectName& name) {
    const Table* table = b.schema.table(name);
    return table != nullptr && std::any_of(table->columns.begin(), table->columns.end(), column_is);
  });
}

void check_new_labels(Builder& b, const Operation& operation) {
  for (const Operation* each : b.earlier) {
    const auto* add = std::get_if<AddEnumValue>(each);
    if (add == nullptr) continue;
    const ObjectName type = b.schema.resolve_type(add->type);
    const bool made_here = std::any_of(b.earlier.begin(), b.earlier.end(), [&](const Operation* other) {
      const auto* create = std::get_if<CreateEnum>(other);
      return create != nullptr && b.schema.resolve_type(create->type) == type;
    });
    // From 17 on the labels of a type made in the same transaction are safe.
    if (made_here && b.major() >= 17) continue;
    for (const Expression* expression : expressions_of(operation)) {
      if (!*expression) continue;
      const auto& constants = expression->facts().string_constants;
      if (std::find(constants.begin(), constants.end(), add->label) == constants.end()) continue;
      if (!touches_enum(b, operation, *expression, type)) continue;
      b.fail("55P04", "unsafe use of new value \"" + add->label + "\" of enum type " + type.name.str() +
                          ": it must be committed before it can be used");
    }
  }
}

}  // namespace

void read_query(Builder& b, const Expression& query, bool reads_rows) {
  std::set<ObjectName> seen;
  for (const ObjectName& relation : query.facts().relations)
    read_relation(b, b.schema.resolve_relation(relation), reads_rows, seen);
}

void apply(Builder& b, const Update& update) {
  judge_change(b, update.table, update.statement, update.from_other_tables);
  write_rows(b, update.table, update.where, "update", only_target(update.statement));
  read_others(b, update.table, update.statement);
  const ObjectName written = b.schema.resolve_relation(update.table);
  require_columns(b, written, update.columns);
  const Below below = below_views(b, written, update.columns, "update");
  refuse_computed(b, below, written);
  if (const Table* table = b.schema.tables.find(below.name)) {
    check_own_keys(b, *table, &below.columns);
    follow_references(b, below.name, &below.columns);
  }
}

void apply(Builder& b, const Delete& removal) {
  judge_change(b, removal.table, removal.statement, removal.from_other_tables);
  write_rows(b, removal.table, removal.where, "delete", only_target(removal.statement));
  read_others(b, removal.table, removal.statement);
  const TableName name = below_views(b, b.schema.resolve_relation(removal.table), {}, "delete").name;
  if (b.schema.tables.contains(name)) follow_references(b, name, nullptr);
}

void apply(Builder& b, const Insert& insert) {
  const TableName name = b.schema.resolve_relation(insert.table);
  b.effects.dml = true;
  require_relation(b, name);
  require_columns(b, name, insert.columns);
  refuse_as_target(b, name);
  judge_insert(b, insert);
  judge_foreign_change(b, name, "take rows");
  b.lock(name, LockMode::RowExclusive);
  if (const View* view = b.schema.views.find(name)) {
    if (view->materialized) b.fail("42809", "cannot change materialized view \"" + name.name.str() + "\"");
    follow_rules(b, view->rules, "insert");
  }
  std::vector<Identifier> given = insert.columns;
  if (const View* view = b.schema.views.find(name); view != nullptr && given.empty()) given = view->columns;
  const Below below = below_views(b, name, std::move(given), "insert");
  if (!insert.columns.empty()) refuse_computed(b, below, name);
  if (below.name != name) b.lock(below.name, LockMode::RowExclusive);
  if (const Table* table = b.schema.tables.find(below.name)) {
    follow_rules(b, table->rules, "insert");
    draw_from_sequences(b, *table, below.columns);
  }
  for (const TableName& partition : b.partitions(below.name)) b.lock(partition, LockMode::RowExclusive);
  for (const ObjectName& written : query_access(insert.statement).written) {
    const ObjectName other = b.schema.resolve_relation(written);
    if (other != name && b.schema.tables.contains(other)) lock_with_indexes(b, other, LockMode::RowExclusive);
  }
  // Only ON CONFLICT keeps the locks on indexes; a plain INSERT gives them back at its end.
  if (has_on_conflict(insert.statement)) lock_with_indexes(b, name, LockMode::RowExclusive);
  for (const TableName& source : insert.source_tables) {
    const ObjectName from = b.schema.resolve_relation(source);
    b.lock(from, LockMode::AccessShare);
    if (b.schema.tables.contains(from)) {
      for (const Table* each : b.stored(from)) b.scan(each->name, ScanReason::Query);
    }
  }
  if (const Table* table = b.schema.tables.find(below.name))
    check_own_keys(b, *table, below.columns.empty() ? nullptr : &below.columns);
}

void apply(Builder& b, const Merge& merge) {
  if (b.major() < 15) b.fail("42601", "MERGE is known from PostgreSQL 15 on");
  const ObjectName into = b.schema.resolve_relation(merge.table);
  const Table* with_rules = b.schema.tables.find(into);
  const View* view = b.schema.views.find(into);
  if ((view != nullptr && (b.major() < 17 || view->materialized || !view->rules.empty())) ||
      (with_rules != nullptr && !with_rules->rules.empty()))
    b.fail("0A000",
           "cannot execute MERGE on relation \"" + into.name.str() + "\": it is a view or has rules");
  write_rows(b, merge.table, Expression(), "merge");
  for (const ObjectName& relation : merge.statement.facts().relations) {
    const ObjectName name = b.schema.resolve_relation(relation);
    if (name == b.schema.resolve_relation(merge.table)) continue;
    b.lock(name, LockMode::AccessShare);
    if (b.schema.tables.contains(name)) b.scan(name, ScanReason::Query);
  }
  // Which of its actions run is for the data to decide: keys are looked up on both ends.
  const TableName target = b.schema.resolve_relation(merge.table);
  if (const Table* table = b.schema.tables.find(target)) {
    check_own_keys(b, *table, nullptr);
    follow_references(b, target, nullptr);
  }
}

void apply(Builder& b, const Copy& copy) {
  const TableName name = b.schema.resolve_relation(copy.table);
  b.lock(name, copy.from ? LockMode::RowExclusive : LockMode::AccessShare);
  b.effects.dml = copy.from;
  const Table* held = b.schema.tables.find(name);
  const View* view = b.schema.views.find(name);
  require_relation(b, name);
  // From 18 on a materialized view's rows are copied like a table's.
  const bool stored_view = view != nullptr && view->materialized && view->populated && b.major() >= 18;
  if (!copy.from && view != nullptr && view->materialized && !view->populated && b.major() >= 18) {
    b.fail("0A000", "cannot copy from unpopulated materialized view \"" + name.name.str() + "\"");
    return;
  }
  if (!copy.from &&
      ((view != nullptr && !stored_view) || (held != nullptr && held->kind != RelationKind::Table)))
    b.fail("42809", "cannot copy from \"" + name.name.str() + "\": only a table's own rows are copied");
  if (copy.from && view != nullptr && !takes_copies(*view))
    b.fail("42809", "cannot copy to view \"" + name.name.str() + "\"");
  if (b.schema.sequences.contains(name))
    b.fail("42809", "cannot copy \"" + name.name.str() + "\": it is a sequence");
  if (!copy.from) {
    for (const Table* each : b.stored(name, false)) b.scan(each->name, ScanReason::Query);
  } else if (const Table* table = b.schema.tables.find(name)) {
    check_own_keys(b, *table, nullptr);
  }
}

void apply(Builder& b, const Select& select) {
  judge_query(b, select.query);
  read_query(b, select.query, true);
  const QueryAccess access = query_access(select.query);
  for (const QueryAccess::RowLocked& each : access.row_locked)
    lock_rows(b, b.schema.resolve_relation(each.relation), each.only);
  for (const ObjectName& written : access.written) {
    lock_with_indexes(b, b.schema.resolve_relation(written), LockMode::RowExclusive);
    b.effects.dml = true;
  }
  const SequenceCalls calls = sequence_calls(select.query);
  for (const ObjectName& written : calls.named) {
    const ObjectName name = b.schema.resolve_relation(written);
    require_relation(b, name);
    if (b.schema.sequences.contains(name)) b.lock(name, LockMode::RowExclusive, LockedKind::Sequence);
  }
  for (const auto& [written, column] : calls.of_columns) {
    const Table* table = b.schema.table(written);
    if (table == nullptr) continue;
    for (const ObjectName& name : table->owned_sequences) {
      const Sequence* owned = b.schema.sequences.find(name);
      if (owned != nullptr && owned->owner_column == column)
        b.lock(name, LockMode::RowExclusive, LockedKind::Sequence);
    }
  }
}

void apply(Builder& b, const Call& call) { b.unknown("what procedure " + display(call.procedure) + " does"); }

void apply(Builder& b, const Unrecognized& unrecognized) {
  if (unrecognized.what == "ALTER SYSTEM") b.refuse_in_transaction();
  b.unknown(unrecognized.dynamic ? "what is put together at run time: " + unrecognized.what
                                 : unrecognized.what);
  // Whatever it is that it does, ALTER TABLE asks for this lock for nearly all of it.
  if (unrecognized.what.starts_with("ALTER TABLE")) {
    for (const TableName& written : unrecognized.may_touch)
      b.lock(b.schema.resolve_relation(written), LockMode::AccessExclusive);
  }
  b.advance_quietly_by(unrecognized);
}

void check_transaction(Builder& b, const Operation& operation) {
  if (b.earlier.empty()) return;
  check_new_labels(b, operation);
  const bool looks_at_use =
      is_alter_table_part(operation) || std::holds_alternative<CreateIndex>(operation) ||
      std::holds_alternative<DropTable>(operation) || std::holds_alternative<Truncate>(operation) ||
      std::holds_alternative<AttachPartition>(operation) ||
      std::holds_alternative<DetachPartition>(operation);
  if (!looks_at_use) return;
  std::vector<TableName> targets;
  if (const auto* truncate = std::get_if<Truncate>(&operation)) {
    targets = truncate->tables;
  } else if (const ObjectName* target = target_relation(operation)) {
    targets.push_back(*target);
  }
  for (const TableName& written : targets) {
    const Table* table = b.schema.table(written);
    if (table != nullptr && has_pending_triggers(b, *table)) {
      b.fail("55006", "cannot change table \"" + table->name.name.str() +
                          "\" because it has pending trigger events: deferred checks of rows written earlier "
                          "in the transaction");
    }
  }
}

}  // namespace planner::physics

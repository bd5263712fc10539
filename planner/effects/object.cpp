#include <algorithm>

#include "planner/casts.h"
#include "planner/effects/build.h"
#include "planner/effects/rows.h"
#include "planner/schema_catalog.h"
#include "planner/sql/conditions.h"
#include "planner/sql/parse.h"

/// Tables, views, triggers, policies, sequences, types: statements that make or change one object.
namespace planner::physics {
namespace {

/// Partitions get a copy of a row trigger.
void lock_with_partitions(Builder& b, const TableName& table, LockMode mode) {
  b.lock(table, mode);
  for (const TableName& partition : b.partitions(table)) b.lock(partition, mode);
}

void lock_table_and_advance(Builder& b, const TableName& written, const Operation& operation) {
  b.lock(b.schema.resolve_relation(written), LockMode::AccessExclusive);
  b.advance_quietly(operation);
}

const Trigger* trigger_of(const Builder& b, const TableName& table, const Identifier& name) {
  const SharedList<Trigger>* triggers = nullptr;
  if (const Table* held = b.schema.tables.find(table)) triggers = &held->triggers;
  if (const View* held = b.schema.views.find(table)) triggers = &held->triggers;
  if (triggers == nullptr) return nullptr;
  const auto found = std::find_if(triggers->begin(), triggers->end(),
                                  [&](const Trigger& t) { return t.definition.name == name; });
  return found == triggers->end() ? nullptr : &*found;
}

std::vector<TableName> tables_of_type(const Builder& b, const ObjectName& type) {
  std::vector<TableName> out;
  for (const auto& [name, table] : b.schema.tables) {
    if (table->of_type == type) out.push_back(name);
  }
  return out;
}

bool uses_domain(const TypeName& type, const ObjectName& domain, const Schema& schema) {
  ObjectName current = type.name;
  for (int depth = 0; depth < 32; ++depth) {
    if (current == domain) return true;
    const Domain* held = schema.domains.find(current);
    if (held == nullptr) return false;
    current = held->base.name;
  }
  return false;
}

/// Output columns of a view: each once, and those it had before in front, unchanged.
void judge_columns(Builder& b, const std::vector<Identifier>& columns,
                   const std::vector<Identifier>& before) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (std::find(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(i), columns[i]) !=
        columns.begin() + static_cast<std::ptrdiff_t>(i))
      b.fail("42701", "column \"" + columns[i].str() + "\" specified more than once");
  }
  if (before.empty() || columns.empty()) return;
  if (columns.size() < before.size()) b.fail("42P16", "cannot drop columns from view");
  for (std::size_t i = 0; i < before.size() && i < columns.size(); ++i) {
    if (before[i] != columns[i])
      b.fail("42P16",
             "cannot change name of view column \"" + before[i].str() + "\" to \"" + columns[i].str() + "\"");
  }
}

void lock_key_targets(Builder& b, const TableName& table,
                      const std::vector<ConstraintDefinition>& constraints) {
  for (const ConstraintDefinition& each : constraints) {
    if (each.kind != ConstraintKind::ForeignKey) continue;
    const TableName target = b.schema.resolve_relation(each.references.table);
    if (target == table) continue;
    lock_with_partitions(b, target, LockMode::ShareRowExclusive);
  }
}

}  // namespace

// ---- tables

void apply(Builder& b, const CreateTable& create) {
  const TableName name = b.schema.resolve_relation(create.table);
  if (create.if_not_exists && is_known(b, name)) return;
  const std::optional<TableName> parent =
      create.partition_of ? std::optional(b.schema.resolve_relation(*create.partition_of)) : std::nullopt;
  judge_temporary(b, create.persistence == Persistence::Temporary, create.table);
  judge_options(b, create.options, OptionsOf::Table);
  if (create.partition_by && create.partition_by->strategy.starts_with("l") &&
      create.partition_by->elements.size() > 1)
    b.fail("42P17", "cannot use \"list\" partition strategy with more than one column");
  for (const ColumnDefinition& column : create.columns) {
    judge_definition(b, column, name);
    judge_constancy(b, column.generated, "generation expression is not immutable");
  }
  b.advance_by(create);
  const bool temporary = create.persistence == Persistence::Temporary;
  const TableName own = temporary ? TableName(Identifier("pg_temp"), create.table.name) : name;
  if (const Table* made = b.schema.tables.find(own);
      made != nullptr && made->persistence == Persistence::Temporary) {
    for (const Constraint& each : made->constraints) {
      const Table* to = b.schema.tables.find(each.definition.references.table);
      if (each.definition.kind == ConstraintKind::ForeignKey && to != nullptr &&
          to->persistence != Persistence::Temporary)
        b.fail("42P16", "constraints on temporary tables may reference only temporary tables");
    }
  }
  lock_key_targets(b, name, create.constraints);
  for (const ColumnDefinition& column : create.columns) lock_key_targets(b, name, column.constraints);
  for (const TableName& each : create.inherits)
    b.lock(b.schema.resolve_relation(each), LockMode::ShareUpdateExclusive);
  for (const LikeClause& like : create.likes)
    b.lock(b.schema.resolve_relation(like.source), LockMode::AccessShare);
  if (!parent) return;
  b.lock(*parent, LockMode::AccessExclusive);
  const Table* held = b.schema.tables.find(*parent);
  const Table* made = b.schema.tables.find(name);
  if (held != nullptr && made != nullptr) {
    adopt_partition(b, *held, *made, false);
  } else if (held == nullptr) {
    b.unknown("the default partition, indexes and foreign keys of " + display(*parent) +
              " are not known here");
  }
}

void apply(Builder& b, const CreateTableAs& create) {
  if (create.if_not_exists && is_known(b, b.schema.resolve_relation(create.table))) return;
  read_query(b, create.query, create.with_data);
  b.advance_by(create);
}

void apply(Builder& b, const RenameTable& rename) {
  const TableName name = b.schema.resolve_relation(rename.table);
  b.lock(name, LockMode::AccessExclusive);
  b.effects.waits_even_if_noop = rename.if_exists;
  b.advance_quietly_by(rename);
}

void apply(Builder& b, const RenameColumn& rename) {
  const TableName target = b.schema.resolve_relation(rename.table);
  const Table* held = b.schema.tables.find(target);
  if (rename.only && held != nullptr && !held->children.empty())
    b.fail("42P16", "inherited column \"" + rename.from.str() + "\" must be renamed in child tables too");
  refuse_other_parents(b, target, rename.from, "rename");
  for (const TableName& each : b.family(b.schema.resolve_relation(rename.table), rename.only))
    b.lock(each, LockMode::AccessExclusive);
  b.effects.breaks_cached_plans = true;
  b.advance_quietly_by(rename);
}

void apply(Builder& b, const RenameConstraint& rename) {
  const TableName name = b.schema.resolve_relation(rename.table);
  const Table* table = b.schema.tables.find(name);
  const Constraint* constraint = table == nullptr ? nullptr : table->constraint(rename.from);
  b.lock(name, LockMode::AccessExclusive);
  if (table != nullptr && constraint == nullptr && b.major() >= 18 &&
      column_of_not_null_name(*table, rename.from))
    return;
  if (constraint != nullptr && constraint->definition.kind == ConstraintKind::Check &&
      !constraint->definition.no_inherit) {
    for (const TableName& each : b.family(name)) b.lock(each, LockMode::AccessExclusive);
  }
  if (constraint != nullptr && !constraint->index.empty()) {
    b.lock(constraint->index, b.major() >= 12 ? LockMode::ShareUpdateExclusive : LockMode::AccessExclusive,
           LockedKind::Index);
  }
  b.advance_quietly_by(rename);
}

// ---- functions

namespace {

/// Names of a body that are not there, unless check_function_bodies is off: that another file or a setting of
/// the role may have said.
void judge_body(Builder& b, const CreateFunction& create, const Expression& query) {
  const bool names_arguments = std::any_of(create.arguments.begin(), create.arguments.end(),
                                           [](const FunctionArgument& each) { return !each.name.empty(); });
  const ResolvedQuery resolved = resolve_query(query, SchemaCatalog(b.schema));
  if (resolved.error.empty() || (names_arguments && resolved.sqlstate != "42P01")) return;
  b.effects.failures.push_back(
      {resolved.sqlstate, resolved.error + ", in the body of the function", false, true});
}

}  // namespace

void apply(Builder& b, const CreateFunction& create) {
  // The body of an SQL function is parsed, and what it names is locked as if it were about to run.
  if (create.language == "sql") {
    std::vector<Operation> body;
    for (Statement& statement : parse_file(create.body).statements)
      body.insert(body.end(), statement.operations.begin(), statement.operations.end());
    for (const Operation& each : body) {
      const auto* select = std::get_if<Select>(&each);
      const ObjectName* target = target_relation(each);
      const bool writes = std::holds_alternative<Insert>(each) || std::holds_alternative<Update>(each) ||
                          std::holds_alternative<Delete>(each) || std::holds_alternative<Merge>(each);
      if (select != nullptr) read_query(b, select->query, false);
      if (select != nullptr) judge_body(b, create, select->query);
      if (writes && target != nullptr && is_known(b, b.schema.resolve_relation(*target)))
        b.lock(b.schema.resolve_relation(*target), LockMode::RowExclusive);
    }
    if (create.sql_body) {
      read_query(b, create.sql_body, false);
      judge_body(b, create, create.sql_body);
      for (const ObjectName& written : query_access(create.sql_body).written) {
        if (is_known(b, b.schema.resolve_relation(written)))
          b.lock(b.schema.resolve_relation(written), LockMode::RowExclusive);
      }
    }
  }
  b.advance_by(create);
}

// ---- views

void apply(Builder& b, const CreateView& create) {
  const ObjectName name = b.schema.resolve_relation(create.view);
  judge_temporary(b, create.temporary, create.view);
  judge_options(b, create.options, OptionsOf::View);
  const View* old = b.schema.views.find(name);
  const std::vector<Identifier> old_columns = old == nullptr ? std::vector<Identifier>{} : old->columns;
  const bool replaces = create.replace && old != nullptr && !old->materialized;
  read_query(b, create.query, false);
  b.advance_by(create);
  const View* made = b.schema.views.find(name);
  if (made != nullptr && !b.failed())
    judge_columns(b, made->columns, replaces ? old_columns : std::vector<Identifier>{});
  if (made != nullptr && create.check_option != 'n' && !b.failed() && !is_updatable(b, *made))
    b.fail("0A000", "WITH CHECK OPTION is supported only on automatically updatable views");
  // What cannot be replaced is refused before the view is locked.
  if (replaces && !b.failed()) b.lock(name, LockMode::AccessExclusive, LockedKind::View);
}

void apply(Builder& b, const CreateMaterializedView& create) {
  if (create.if_not_exists && is_known(b, b.schema.resolve_relation(create.view))) return;
  read_query(b, create.query, create.with_data);
  b.advance_by(create);
}

void apply(Builder& b, const RenameView& rename) { lock_table_and_advance(b, rename.view, b.whole(rename)); }
void apply(Builder& b, const RenameViewColumn& rename) {
  // Whatever kind ALTER names, a column is renamed where it is.
  if (b.schema.tables.contains(b.schema.resolve_relation(rename.view)))
    return apply(b, RenameColumn{rename.view, rename.from, rename.to, false});
  lock_table_and_advance(b, rename.view, b.whole(rename));
}
void apply(Builder& b, const SetViewDefault& set) {
  const View* view = b.schema.views.find(b.schema.resolve_relation(set.view));
  if (view != nullptr && !view->columns.empty() &&
      std::find(view->columns.begin(), view->columns.end(), set.column) == view->columns.end())
    b.fail("42703", "column \"" + set.column.str() + "\" of relation \"" + view->name.name.str() +
                        "\" does not exist");
  lock_table_and_advance(b, set.view, b.whole(set));
}

void apply(Builder& b, const RefreshMaterializedView& refresh) {
  const ObjectName name = b.schema.resolve_relation(refresh.view);
  const View* view = b.schema.views.find(name);
  require_relation(b, name);
  if (refresh.concurrently && !refresh.with_data)
    b.fail("42601", "CONCURRENTLY and WITH NO DATA options cannot be used together");
  if (b.schema.tables.contains(name) || (view != nullptr && !view->materialized)) {
    b.fail(view != nullptr ? "42809" : "0A000", "\"" + name.name.str() + "\" is not a materialized view");
    return;
  }
  b.lock(name, refresh.concurrently ? LockMode::Exclusive : LockMode::AccessExclusive,
         LockedKind::MaterializedView);
  if (view == nullptr) {
    b.unknown("materialized view " + display(name) + " is not known here");
    return;
  }
  if (refresh.concurrently) {
    const bool unique = std::any_of(view->indexes.begin(), view->indexes.end(), [](const Index& index) {
      return index.unique && !index.predicate && index.valid &&
             std::all_of(index.elements.begin(), index.elements.end(),
                         [](const IndexElement& e) { return !e.expression; });
    });
    if (!unique)
      b.fail("55000", "cannot refresh materialized view \"" + display(name) +
                          "\" concurrently without a unique index");
    if (!view->populated)
      b.fail("0A000", "CONCURRENTLY cannot be used when the materialized view is not populated");
    for (const Index& index : view->indexes) b.lock(index.name, LockMode::RowExclusive, LockedKind::Index);
    read_query(b, view->query, true);
    b.scan(name, ScanReason::Query);
  } else {
    b.effects.rewrites.push_back(name);
    for (const Index& index : view->indexes) {
      b.lock(index.name, LockMode::AccessExclusive, LockedKind::Index);
      b.index(index.name, name, IndexWork::Rebuilt);
    }
    if (!view->indexes.empty() && refresh.with_data) b.scan(name, ScanReason::IndexBuild);
    read_query(b, view->query, refresh.with_data);
  }
  b.advance_quietly_by(refresh);
}

// ---- triggers, policies, rules, statistics

void apply(Builder& b, const CreateTrigger& create) {
  const TableName table = b.schema.resolve_relation(create.table);
  const View* view = b.schema.views.find(table);
  if (view != nullptr &&
      (view->materialized || create.constraint || (create.for_each_row && !create.instead)))
    b.fail("42809", "\"" + table.name.str() + "\" is a view: it has no such triggers");
  if (create.instead && b.schema.tables.contains(table))
    b.fail("42809", "\"" + table.name.str() + "\" is a table: it cannot have INSTEAD OF triggers");
  if (create.instead && !create.for_each_row) b.fail("0A000", "INSTEAD OF triggers must be FOR EACH ROW");
  const Trigger* old = trigger_of(b, table, create.name);
  if (create.replace && old != nullptr && old->inherited)
    b.fail("42710", "trigger \"" + create.name.str() + "\" for relation \"" + table.name.str() +
                        "\" is an internal or a child trigger");
  if (!create.constraint_from.empty())
    b.lock(b.schema.resolve_relation(create.constraint_from), LockMode::AccessShare);
  if (create.for_each_row) {
    lock_with_partitions(b, table, LockMode::ShareRowExclusive);
  } else {
    b.lock(table, LockMode::ShareRowExclusive);
  }
  if (create.replace && b.major() < 14)
    b.fail("42601", "CREATE OR REPLACE TRIGGER is known from PostgreSQL 14 on");
  b.advance_quietly_by(create);
}

void apply(Builder& b, const DropTrigger& drop) {
  const TableName table = b.schema.resolve_relation(drop.table);
  const Trigger* trigger = trigger_of(b, table, drop.trigger);
  // A trigger (or table) that is not there is noticed without a lock.
  if (trigger == nullptr && drop.if_exists && (is_known(b, table) || b.schema.from_database)) return;
  if (!is_known(b, table)) {
    if (drop.if_exists) {
      b.unknown("table " + display(table) +
                " is not known here: if it has the trigger, it is locked in ACCESS EXCLUSIVE mode");
      return;
    }
  }
  if (trigger != nullptr && trigger->definition.for_each_row) {
    lock_with_partitions(b, table, LockMode::AccessExclusive);
  } else {
    b.lock(table, LockMode::AccessExclusive);
  }
  b.advance_quietly_by(drop);
}

void apply(Builder& b, const RenameTrigger& rename) {
  const TableName table = b.schema.resolve_relation(rename.table);
  const Trigger* trigger = trigger_of(b, table, rename.from);
  if (trigger != nullptr && trigger->inherited && b.major() >= 15)
    b.fail(b.major() >= 18 ? "0A000" : "XX000", "cannot rename trigger \"" + rename.from.str() +
                                                    "\" on table \"" + table.name.str() +
                                                    "\": rename the one on the partitioned table");
  if (b.major() < 15 && trigger_of(b, table, rename.to) != nullptr)
    b.fail("42710",
           "trigger \"" + rename.to.str() + "\" for relation \"" + table.name.str() + "\" already exists");
  // The copies on partitions follow from 15 on.
  if (b.major() >= 15) {
    lock_with_partitions(b, table, LockMode::AccessExclusive);
  } else {
    b.lock(table, LockMode::AccessExclusive);
  }
  b.advance_quietly_by(rename);
}

void apply(Builder& b, const CreatePolicy& create) {
  judge_columns_of(b, create.table, {&create.using_expression, &create.with_check});
  lock_table_and_advance(b, create.table, b.whole(create));
}
void apply(Builder& b, const AlterPolicy& alter) {
  judge_columns_of(b, alter.table, {&alter.using_expression, &alter.with_check});
  lock_table_and_advance(b, alter.table, b.whole(alter));
}
void apply(Builder& b, const RenamePolicy& rename) {
  lock_table_and_advance(b, rename.table, b.whole(rename));
}
void apply(Builder& b, const CreateRule& create) {
  judge_rule(b, create);
  for (const Expression& action : create.actions) {
    for (const ObjectName& written : query_access(action).written)
      b.lock(b.schema.resolve_relation(written), LockMode::RowExclusive);
  }
  lock_table_and_advance(b, create.table, b.whole(create));
}
void apply(Builder& b, const RenameRule& rename) { lock_table_and_advance(b, rename.table, b.whole(rename)); }

void apply(Builder& b, const DropPolicy& drop) {
  const TableName table = b.schema.resolve_relation(drop.table);
  const Table* held = b.schema.tables.find(table);
  if (drop.if_exists && held != nullptr &&
      std::none_of(held->policies.begin(), held->policies.end(),
                   [&](const Policy& p) { return p.definition.name == drop.policy; })) {
    return;
  }
  if (drop.if_exists && held == nullptr) {
    b.unknown("table " + display(table) + " is not known here");
    return;
  }
  lock_table_and_advance(b, drop.table, b.whole(drop));
}

void apply(Builder& b, const DropRule& drop) {
  const TableName table = b.schema.resolve_relation(drop.table);
  const Table* held = b.schema.tables.find(table);
  const View* view = b.schema.views.find(table);
  const std::vector<RewriteRule>* rules = held != nullptr   ? &held->rules
                                          : view != nullptr ? &view->rules
                                                            : nullptr;
  const bool there = rules != nullptr && std::any_of(rules->begin(), rules->end(), [&](const RewriteRule& r) {
                       return r.definition.name == drop.rule;
                     });
  if (drop.if_exists && !there) return;
  lock_table_and_advance(b, drop.table, b.whole(drop));
}

void apply(Builder& b, const CreateStatistics& create) {
  b.lock(b.schema.resolve_relation(create.table), LockMode::ShareUpdateExclusive);
  if (create.columns.size() == 1 && create.expressions.empty())
    b.fail("42P17", "extended statistics require at least 2 columns");
  b.advance_quietly_by(create);
}

void apply(Builder& b, const DropStatistics& drop) {
  for (const auto& [name, table] : b.schema.tables) {
    for (const CreateStatistics& each : table->statistics) {
      const bool same = each.name.name == drop.name.name &&
                        (drop.name.schema.empty() || each.name.schema == drop.name.schema);
      if (same) b.lock(name, LockMode::ShareUpdateExclusive);
    }
  }
  b.advance_quietly_by(drop);
}

// ---- sequences, domains, composite types

bool moves_sequence(const SequenceOptions& o) {
  return o.start || o.increment || o.minimum || o.maximum || o.cache || o.restart_given || o.restart ||
         o.cycle || !o.as_type.empty();
}

void apply(Builder& b, const CreateSequence& create) {
  judge_temporary(b, create.persistence == Persistence::Temporary, create.sequence);
  if (create.options.owned_by_table && !create.options.owned_by_table->empty()) {
    b.lock(b.schema.resolve_relation(*create.options.owned_by_table), LockMode::AccessShare);
  }
  b.advance_by(create);
}

void apply(Builder& b, const AlterSequence& alter) {
  const ObjectName name = b.schema.resolve_relation(alter.sequence);
  if (alter.if_exists && !b.schema.sequences.contains(name)) return;
  b.lock(name, LockMode::ShareRowExclusive, LockedKind::Sequence);
  const SequenceOptions& options = alter.options;
  if (moves_sequence(options)) b.new_sequence_file(name);
  if (options.owned_by_table && !options.owned_by_table->empty()) {
    b.lock(b.schema.resolve_relation(*options.owned_by_table), LockMode::AccessShare);
  }
  b.advance_quietly_by(alter);
}

namespace {

/// find_composite_type_dependencies: rows inside arrays and composite values cannot be checked.
void refuse_inside_others(Builder& b, const ObjectName& domain) {
  for (const auto& [name, table] : b.schema.tables) {
    for (const Column& column : table->columns) {
      bool inside = column.type.array_dimensions > 0 && uses_domain(column.type, domain, b.schema);
      if (const OtherType* composite = b.schema.types.find(column.type.name)) {
        inside =
            inside || std::any_of(composite->attributes.begin(), composite->attributes.end(),
                                  [&](const Column& a) { return uses_domain(a.type, domain, b.schema); });
      }
      if (const Table* row = b.schema.tables.find(column.type.name)) {
        inside = inside || std::any_of(row->columns.begin(), row->columns.end(), [&](const Column& a) {
                   return uses_domain(a.type, domain, b.schema);
                 });
      }
      if (inside)
        b.fail("0A000", "cannot alter type \"" + domain.name.str() + "\" because column \"" +
                            name.name.str() + "." + column.name.str() + "\" uses it");
    }
  }
}

}  // namespace

void apply(Builder& b, const AlterDomain& alter) {
  if (const Domain* held = b.schema.domain(alter.domain);
      held != nullptr && alter.change == DomainChange::SetDefault)
    judge_value(b, alter.default_value, held->base, held->name.name);
  if (alter.change == DomainChange::SetDefault) judge_default_shape(b, alter.default_value);
  const bool adds = alter.change == DomainChange::AddConstraint && !alter.constraint.not_valid;
  if (alter.change == DomainChange::AddConstraint && alter.constraint.expression &&
      !alter.constraint.expression.facts().has_subquery) {
    for (const Identifier& column : alter.constraint.expression.facts().columns) {
      if (column.str() != "value") b.fail("42703", "column \"" + column.str() + "\" does not exist");
    }
  }
  const bool reads =
      adds || alter.change == DomainChange::SetNotNull || alter.change == DomainChange::ValidateConstraint;
  if (reads) {
    const ObjectName domain = b.schema.resolve_type(alter.domain);
    const Domain* held = b.schema.domains.find(domain);
    const bool already = alter.change == DomainChange::SetNotNull && held != nullptr && held->not_null;
    if (alter.change == DomainChange::ValidateConstraint || alter.change == DomainChange::AddConstraint) {
      Schema attempt = b.schema;
      for (ReplayProblem& problem : replay(attempt, b.whole(alter))) {
        if (problem.sqlstate.starts_with("42")) b.fail(problem.sqlstate, std::move(problem.message));
      }
    }
    if (!already) refuse_inside_others(b, domain);
    for (const auto& [name, table] : b.schema.tables) {
      if (already || table->kind != RelationKind::Table) continue;
      const bool used = std::any_of(table->columns.begin(), table->columns.end(),
                                    [&](const Column& c) { return uses_domain(c.type, domain, b.schema); });
      if (!used) continue;
      b.lock(name, LockMode::Share);
      b.scan(name, ScanReason::Domain);
      if (alter.change == DomainChange::SetNotNull) {
        b.fail_on_data("23502", "a column of the domain may hold NULL");
      } else {
        b.fail_on_data("23514", "a column of the domain may violate the constraint");
      }
    }
  }
  b.advance_by(alter);
}

void apply(Builder& b, const AlterCompositeType& alter) {
  const ObjectName type = b.schema.resolve_type(alter.type);
  b.lock(type, LockMode::AccessExclusive);
  if (const OtherType* held = b.schema.types.find(type); held != nullptr && alter.change == 't') {
    if (std::none_of(held->attributes.begin(), held->attributes.end(),
                     [&](const Column& each) { return each.name == alter.attribute.name; })) {
      b.advance_quietly(Operation(alter));
      return;
    }
  }
  if (alter.cascade == Cascade::Cascade) {
    // Tables of the type follow it.
    for (const TableName& name : tables_of_type(b, type)) {
      b.lock(name, LockMode::AccessExclusive);
      if (alter.change != 't') continue;
      const ChangeType change{name, alter.attribute.name, alter.attribute.type, alter.attribute.collation, {},
                              false};
      if (change_type_of(b, change, name, false)) b.rewrite(*b.schema.tables.find(name));
    }
  }
  for (const auto& [name, table] : b.schema.tables) {
    for (const Column& column : table->columns) {
      if (column.type.name != type || alter.change != 't') continue;
      b.lock(name, LockMode::AccessShare);
      b.fail("0A000", "cannot alter type \"" + type.name.str() + "\" because column \"" + name.name.str() +
                          "." + column.name.str() + "\" uses it");
    }
  }
  if (alter.change != 'r' || !b.failed()) b.effects.breaks_cached_plans = true;
  if (!b.failed()) b.advance_by(alter);
}

}  // namespace planner::physics

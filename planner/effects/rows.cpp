#include "planner/effects/rows.h"

#include <algorithm>

#include "planner/schema_catalog.h"
#include "planner/sql/conditions.h"
#include "planner/sql/data_change.h"
#include "planner/sql/written_rows.h"

/// What PostgreSQL refuses of a statement about rows before it looks at any of them: names that are not
/// there, views that pass nothing on, columns that only PostgreSQL fills.
namespace planner::physics {
namespace {

std::vector<Identifier> columns_known(const Builder& b, const ObjectName& name) {
  std::vector<Identifier> out;
  if (const Table* table = b.schema.tables.find(name);
      table != nullptr && table->certainty == Certainty::Known) {
    for (const Column& column : table->columns) out.push_back(column.name);
  } else if (const View* view = b.schema.views.find(name);
             view != nullptr && view->certainty == Certainty::Known) {
    out = view->columns;
  }
  return out;
}

/// From 17 on partitions have the identity columns of the table above them.
bool is_always_identity(const Builder& b, const Table& table, const Identifier& name) {
  const Table* held = &table;
  while (held != nullptr) {
    const Column* column = held->column(name);
    if (column != nullptr && column->identity && column->identity->always) return true;
    if (b.major() < 17 || !held->partition_of) return false;
    held = b.schema.tables.find(*held->partition_of);
  }
  return false;
}

bool has_trigger(const SharedList<Trigger>& triggers, std::string_view event) {
  return std::any_of(triggers.begin(), triggers.end(), [&](const Trigger& trigger) {
    const CreateTrigger& t = trigger.definition;
    return t.instead && ((event == "insert" && t.on_insert) || (event == "update" && t.on_update) ||
                         (event == "delete" && t.on_delete));
  });
}

void refuse_view(Builder& b, const ObjectName& name, std::string_view event) {
  const std::string verb = event == "insert" ? "insert into" : event == "update" ? "update" : "delete from";
  b.fail("55000", "cannot " + verb + " view \"" + name.name.str() + "\"");
}

bool key_matches(const Index& index, const std::vector<Identifier>& columns) {
  if (!index.unique || !index.valid || index.predicate) return false;
  const auto names = [&](const Identifier& column) {
    return std::any_of(index.elements.begin(), index.elements.end(), [&](const IndexElement& element) {
      return !element.expression && element.column == column;
    });
  };
  const bool plain = std::none_of(index.elements.begin(), index.elements.end(),
                                  [](const IndexElement& element) { return bool(element.expression); });
  return plain && std::all_of(columns.begin(), columns.end(), names) &&
         std::all_of(index.elements.begin(), index.elements.end(), [&](const IndexElement& element) {
           return std::find(columns.begin(), columns.end(), element.column) != columns.end();
         });
}

void judge_conflict(Builder& b, const Table& table, const Expression& statement) {
  const auto target = conflict_target(statement);
  if (!target) return;
  if (!target->constraint.empty()) {
    if (table.constraint(target->constraint) == nullptr)
      b.fail("42704", "constraint \"" + target->constraint.str() + "\" for table \"" + table.name.name.str() +
                          "\" does not exist");
    return;
  }
  for (const Identifier& column : target->columns) {
    if (table.column(column) == nullptr && !is_system_column(column))
      b.fail("42703", "column \"" + column.str() + "\" does not exist");
  }
  bool any = false;
  bool immediate = false;
  for (const Index& index : table.indexes) {
    if (!key_matches(index, target->columns)) continue;
    const Constraint* key = index.constraint.empty() ? nullptr : table.constraint(index.constraint);
    any = true;
    immediate = immediate || key == nullptr || !key->definition.deferrable;
  }
  if (any && !immediate) {
    b.fail("55000",
           "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as "
           "arbiters");
  }
  if (target->plain && !any && !b.failed())
    b.fail("42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification");
}

}  // namespace

void judge_query(Builder& b, const Expression& query) {
  const ResolvedQuery resolved = resolve_query(query, SchemaCatalog(b.schema));
  if (!resolved.error.empty()) b.fail(resolved.sqlstate, resolved.error);
  for (const Identifier& name : query_access(query).lock_finds_none)
    b.fail("42P01", "relation \"" + name.str() + "\" in FOR UPDATE clause not found in FROM clause");
}

namespace {

bool replaces(const View& view, std::string_view event) {
  return has_trigger(view.triggers, event) ||
         std::any_of(view.rules.begin(), view.rules.end(), [&](const RewriteRule& rule) {
           return rule.definition.event == event && rule.definition.instead &&
                  rule.state != TriggerState::Disable && !rule.definition.where;
         });
}

}  // namespace

bool takes_copies(const View& view) { return has_trigger(view.triggers, "insert"); }

std::optional<ObjectName> passed_on_to(const Builder& b, const View& view, std::string_view event) {
  if (view.materialized || replaces(view, event)) return std::nullopt;
  const auto base = updatable_base(view.query);
  if (!base) return std::nullopt;
  return b.schema.resolve_relation(*base);
}

void judge_view_change(Builder& b, const ObjectName& name, std::string_view event) {
  const View* view = b.schema.views.find(name);
  if (view == nullptr || view->materialized || view->certainty != Certainty::Known) return;
  if (replaces(*view, event)) return;
  const auto below = passed_on_to(b, *view, event);
  if (!below) return refuse_view(b, name, event);
  const View* other = b.schema.views.find(*below);
  if (other != nullptr && other->materialized) return refuse_view(b, name, event);
  if (other != nullptr) judge_view_change(b, *below, event);
}

bool is_updatable(const Builder& b, const View& view) {
  if (view.certainty != Certainty::Known) return true;
  const auto base = updatable_base(view.query);
  if (!base) return false;
  const View* other = b.schema.views.find(b.schema.resolve_relation(*base));
  return other == nullptr || (!other->materialized && is_updatable(b, *other));
}

void judge_change(Builder& b, const TableName& written, const Expression& statement, bool looks_elsewhere) {
  const ObjectName name = b.schema.resolve_relation(written);
  const std::vector<Identifier> columns = columns_known(b, name);
  const auto change = data_change(statement);
  if (columns.empty() || !change) return;
  const auto lacks = [&](const Identifier& column) {
    return std::find(columns.begin(), columns.end(), column) == columns.end();
  };
  for (const auto& [column, value] : change->assignments) {
    if (lacks(column))
      b.fail("42703",
             "column \"" + column.str() + "\" of relation \"" + name.name.str() + "\" does not exist");
  }
  std::vector<const Expression*> expressions{&change->where};
  for (const auto& [column, value] : change->assignments) expressions.push_back(&value);
  for (const Expression* each : expressions) {
    if (looks_elsewhere || !*each || each->facts().has_subquery) continue;
    for (const Identifier& column : each->facts().columns) {
      if (lacks(column) && column != name.name && column != change->alias && !is_system_column(column))
        b.fail("42703", "column \"" + column.str() + "\" does not exist");
    }
  }
  const Table* table = b.schema.tables.find(name);
  if (table == nullptr) return;
  for (const Identifier& column : columns_given_values(statement)) {
    const Column* held = table->column(column);
    if (held != nullptr && (held->generated || is_always_identity(b, *table, column)))
      b.fail("428C9", "column \"" + column.str() + "\" can only be updated to DEFAULT");
  }
}

void judge_insert(Builder& b, const Insert& insert) {
  const ObjectName name = b.schema.resolve_relation(insert.table);
  judge_view_change(b, name, "insert");
  const Table* table = b.schema.tables.find(name);
  if (table == nullptr || table->certainty != Certainty::Known || table->columns.empty()) return;
  judge_conflict(b, *table, insert.statement);
  if (has_on_conflict(insert.statement) &&
      std::any_of(table->rules.begin(), table->rules.end(), [](const RewriteRule& rule) {
        return rule.definition.event == "insert" || rule.definition.event == "update";
      }))
    b.fail("0A000",
           "INSERT with ON CONFLICT clause cannot be used with table that has INSERT or UPDATE rules");
  const InsertedValues values = inserted_values(insert.statement);
  if (!values.known) return;
  std::vector<Identifier> targets = insert.columns;
  const bool listed = !targets.empty();
  if (!listed) {
    for (const Column& column : table->columns) targets.push_back(column.name);
  }
  if (values.given.size() > targets.size())
    b.fail("42601", "INSERT has more expressions than target columns");
  if (listed && values.given.size() < targets.size())
    b.fail("42601", "INSERT has more target columns than expressions");
  for (std::size_t i = 0; i < targets.size() && i < values.given.size(); ++i) {
    const Column* column = table->column(targets[i]);
    if (column == nullptr || !values.given[i]) continue;
    const bool always = is_always_identity(b, *table, targets[i]) && !values.overriding;
    if (column->generated || always)
      b.fail("428C9", "cannot insert a non-DEFAULT value into column \"" + targets[i].str() + "\"");
  }
}

void judge_rule(Builder& b, const CreateRule& create) {
  const ObjectName name = b.schema.resolve_relation(create.table);
  const Identifier old_row("old");
  const Identifier new_row("new");
  const bool no_old = create.event == "insert";
  const bool no_new = create.event == "delete" || create.event == "select";
  const auto misses = [&](const Expression& expression) {
    return (no_old && refers_to(expression, old_row)) || (no_new && refers_to(expression, new_row));
  };
  if (create.where && !misses(create.where)) judge_row_names(b, create.table, create.where);
  if (create.where && misses(create.where))
    b.fail("42P01", std::string("invalid reference to FROM-clause entry for table \"") +
                        (no_old ? "old" : "new") + "\"");
  for (const Expression& action : create.actions) {
    if (misses(action))
      b.fail("42P17", no_old ? "ON INSERT rule cannot use OLD" : "ON DELETE rule cannot use NEW");
  }
  if (create.event != "select") return;
  const bool selects = create.instead && create.actions.size() == 1 && !create.where;
  if (b.major() >= 16 && b.schema.tables.contains(name)) {
    b.fail("42809", "relation \"" + name.name.str() + "\" cannot have ON SELECT rules");
  } else if (!selects) {
    b.fail("0A000", "rules on SELECT must have action INSTEAD SELECT");
  } else if (b.schema.views.contains(name)) {
    b.fail("55000", "\"" + name.name.str() + "\" is already a view");
  } else if (create.name.str() != "_RETURN") {
    b.fail("42P17", "view rule for \"" + name.name.str() + "\" must be named \"_RETURN\"");
  }
}

void judge_foreign_change(Builder& b, const ObjectName& name, std::string_view what) {
  const Table* table = b.schema.tables.find(name);
  if (table != nullptr && table->kind == RelationKind::ForeignTable)
    b.unknown("whether the wrapper of foreign table " + display(name) + " can " + std::string(what) +
              ": if not, the statement fails (0A000)");
}

}  // namespace planner::physics

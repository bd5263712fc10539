#include <algorithm>
#include <map>

#include "planner/compose/compose.h"
#include "plans/recipes.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/shim.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

struct TableRename {
  const Table* old_table = nullptr;
  TableName to;
  bool dropped_and_created = false;
  std::vector<Sql> renames,
      back;  ///< of what belongs to the table: constraints, indexes, sequences, foreign keys of others
  std::vector<std::string> provides;
};

/// The intention by which a table comes to be called `name`, when the migration drops one and creates the
/// other.
const Intention* recreation_of(const TableName& name, const RecipeContext& context) {
  for (const Intention& other : context.intentions) {
    const auto* rename = std::get_if<RenameTable>(&other.operation);
    if (rename != nullptr && other.evidence && rename->table.schema == name.schema && rename->to == name.name)
      return &other;
  }
  return nullptr;
}

bool same_shape(const Index& a, const Index& b) {
  if (a.unique != b.unique || a.method != b.method || a.included != b.included ||
      a.nulls_not_distinct != b.nulls_not_distinct || a.elements.size() != b.elements.size() ||
      a.constraint.empty() != b.constraint.empty()) {
    return false;
  }
  const auto same_expression = [](const Expression& x, const Expression& y) {
    return x.empty() == y.empty() && (x.empty() || same_meaning(x, y));
  };
  if (!same_expression(a.predicate, b.predicate)) return false;
  return std::equal(a.elements.begin(), a.elements.end(), b.elements.begin(),
                    [&](const IndexElement& x, const IndexElement& y) {
                      return x.column == y.column && same_expression(x.expression, y.expression) &&
                             x.collation == y.collation && x.opclass == y.opclass &&
                             x.descending == y.descending && x.nulls_first == y.nulls_first;
                    });
}

/// What the migration calls the table in the end, when it drops it and creates it under another name.
TableName name_in_the_end(const TableName& table, const RecipeContext& context) {
  for (const Intention& other : context.intentions) {
    const auto* rename = std::get_if<RenameTable>(&other.operation);
    if (rename != nullptr && other.evidence && rename->table == table) return {table.schema, rename->to};
  }
  return table;
}

bool same_shape(const ConstraintDefinition& a, const ConstraintDefinition& b, const RecipeContext& context) {
  if (a.kind != b.kind || a.columns != b.columns || a.deferrable != b.deferrable ||
      a.initially_deferred != b.initially_deferred)
    return false;
  if (a.kind == ConstraintKind::Check) return same_meaning(a.expression, b.expression);
  if (a.kind != ConstraintKind::ForeignKey) return a.kind != ConstraintKind::Exclusion;
  return name_in_the_end(a.references.table, context) == b.references.table &&
         a.references.columns == b.references.columns && a.references.on_delete == b.references.on_delete &&
         a.references.on_update == b.references.on_update && a.references.match == b.references.match;
}

const Sequence* owned_sequence(const Schema& schema, const TableName& table, const Identifier& column) {
  for (const auto& [name, sequence] : schema.sequences) {
    if (sequence->owner_table == table && sequence->owner_column == column) return sequence.get();
  }
  return nullptr;
}

void rename_constraint(TableRename& rename, const TableName& table, const Identifier& from,
                       const Identifier& to) {
  if (from == to) return;
  rename.renames.push_back(sql("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", table, from, to));
  rename.back.insert(rename.back.begin(), sql("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", table, to, from));
}

/// Columns must be the same ones: a rename is the only thing that keeps the rows.
std::string difference(const Table& old_table, const Table& new_table) {
  for (const Column& column : old_table.columns) {
    const Column* same = new_table.column(column.name);
    if (same == nullptr) return "column " + said(column.name) + " is not in the new table";
    if (!(same->type == column.type)) return "column " + said(column.name) + " has another type";
    if (same->not_null != column.not_null) return "column " + said(column.name) + " differs in NOT NULL";
  }
  for (const Column& column : new_table.columns) {
    if (old_table.column(column.name) == nullptr) return "column " + said(column.name) + " is new";
  }
  return "";
}

/// Gives everything that belongs to the table the name it has after the migration.
std::string carry_names(TableRename& rename, const RecipeContext& context) {
  const Table* after = context.after.table(rename.to);
  if (after == nullptr) return "the migration drops or renames the new table again";
  if (std::string differs = difference(*rename.old_table, *after); !differs.empty()) return differs;
  std::vector<const Constraint*> taken;
  for (const Constraint& old_one : rename.old_table->constraints) {
    const Constraint* same = nullptr;
    for (const Constraint& candidate : after->constraints) {
      if (std::find(taken.begin(), taken.end(), &candidate) == taken.end() &&
          same_shape(old_one.definition, candidate.definition, context)) {
        same = &candidate;
        break;
      }
    }
    if (same == nullptr) return "constraint " + said(old_one.definition.name) + " is not on the new table";
    taken.push_back(same);
    rename_constraint(rename, rename.to, old_one.definition.name, same->definition.name);
    rename.provides.push_back(label_constraint(rename.to, same->definition.name));
  }
  std::vector<const Index*> taken_indexes;
  for (const Index& old_one : rename.old_table->indexes) {
    if (!old_one.constraint.empty()) continue;
    const Index* same = nullptr;
    for (const Index& candidate : after->indexes) {
      if (std::find(taken_indexes.begin(), taken_indexes.end(), &candidate) == taken_indexes.end() &&
          same_shape(old_one, candidate)) {
        same = &candidate;
        break;
      }
    }
    if (same == nullptr) return "index " + said(old_one.name.name) + " is not on the new table";
    taken_indexes.push_back(same);
    if (same->name.name != old_one.name.name) {
      rename.renames.push_back(sql("ALTER INDEX {} RENAME TO {}", old_one.name, same->name.name));
      rename.back.insert(rename.back.begin(),
                         sql("ALTER INDEX {} RENAME TO {}", same->name, old_one.name.name));
    }
  }
  for (const Column& column : rename.old_table->columns) {
    const Sequence* old_one = owned_sequence(context.start, rename.old_table->name, column.name);
    const Sequence* new_one = owned_sequence(context.after, rename.to, column.name);
    if ((old_one == nullptr) != (new_one == nullptr))
      return "the default of column " + said(column.name) + " differs";
    if (old_one == nullptr || old_one->name == new_one->name) continue;
    rename.renames.push_back(sql("ALTER SEQUENCE {} RENAME TO {}", old_one->name, new_one->name.name));
    rename.back.insert(rename.back.begin(),
                       sql("ALTER SEQUENCE {} RENAME TO {}", new_one->name, old_one->name.name));
  }
  // Foreign keys of other tables follow the rename by themselves; only their names may differ in the end.
  for (const Schema::Reference& reference : context.start.references_to(rename.old_table->name)) {
    if (reference.from == rename.old_table->name) continue;
    const Table* from = context.start.table(reference.from);
    const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
    const Table* from_after = context.after.table(reference.from);
    if (key == nullptr || from_after == nullptr) continue;
    const auto same = std::find_if(from_after->constraints.begin(), from_after->constraints.end(),
                                   [&](const Constraint& candidate) {
                                     return same_shape(key->definition, candidate.definition, context);
                                   });
    if (same == from_after->constraints.end())
      return "foreign key " + said(reference.constraint) + " of " + display(reference.from) +
             " does not point at the new table in the end";
    rename_constraint(rename, reference.from, reference.constraint, same->definition.name);
  }
  return "";
}

std::vector<Sql> make_shim(const TableRename& rename, int server_version) {
  std::vector<std::pair<Identifier, Identifier>> columns;
  for (const Column& column : rename.old_table->columns) columns.emplace_back(column.name, column.name);
  return create_shim(rename.old_table->name, rename.to, columns, rename.to, server_version);
}

/// Is this a change that the plan makes later than in its first phase?
bool takes_phases(const Operation& operation) {
  return std::holds_alternative<AddUnique>(operation) || std::holds_alternative<AddPrimaryKey>(operation) ||
         std::holds_alternative<AddForeignKey>(operation) || std::holds_alternative<AddCheck>(operation) ||
         std::holds_alternative<CreateIndex>(operation) || std::holds_alternative<SetNotNull>(operation) ||
         std::holds_alternative<DropColumn>(operation) || std::holds_alternative<RenameColumn>(operation) ||
         std::holds_alternative<ChangeType>(operation) || std::holds_alternative<AddColumn>(operation) ||
         std::holds_alternative<Update>(operation) || std::holds_alternative<Delete>(operation) ||
         std::holds_alternative<ReplaceConstraint>(operation) ||
         std::holds_alternative<ReplaceColumn>(operation) ||
         std::holds_alternative<DropConstraint>(operation);
}

/// Does the migration, before it renames the table or after, change it under this name?
bool changed_under(const TableName& name, const Intention& rename, bool before,
                   const RecipeContext& context) {
  return std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
    if (&other == &rename || other.sources.front().nested >= 0 || !takes_phases(other.operation))
      return false;
    if ((other.sources.front().statement < rename.sources.front().statement) != before) return false;
    const ObjectName* target = target_relation(other.operation);
    const auto* key = std::get_if<AddForeignKey>(&other.operation);
    return (target != nullptr && *target == name) ||
           (key != nullptr && key->constraint.references.table == name);
  });
}

/// After the rename, is a column added, changed or filled under the new name?
bool reshaped_under(const TableName& name, const Intention& rename, const RecipeContext& context) {
  return std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
    const Operation& operation = other.operation;
    const bool reshapes =
        std::holds_alternative<AddColumn>(operation) || std::holds_alternative<RenameColumn>(operation) ||
        std::holds_alternative<ChangeType>(operation) || std::holds_alternative<Update>(operation) ||
        std::holds_alternative<Delete>(operation) || std::holds_alternative<ReplaceColumn>(operation);
    const ObjectName* target = target_relation(operation);
    return reshapes && target != nullptr && *target == name &&
           other.sources.front().statement > rename.sources.front().statement;
  });
}

/// Other changes name the table by its old name: it keeps that to the end, and a view shows it under the new
/// one.
RecipeResult rename_last(const TableRename& rename, const RecipeContext& context) {
  const Table& table = *rename.old_table;
  const auto no_view = [&](const std::string& why) {
    return refused("Renaming " + display(table.name) + " beside other changes of it: " + why + ".",
                   "Put the rename into a migration of its own.");
  };
  const Table* after = context.after.table(rename.to);
  if (after == nullptr) return no_view("the migration drops or renames it again");
  std::vector<std::pair<Identifier, Identifier>> shown;
  Step view;
  for (const Column& column : after->columns) {
    const bool renamed =
        std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
          const auto* one = std::get_if<RenameColumn>(&other.operation);
          return one != nullptr && one->table == table.name && one->to == column.name;
        });
    const Column* old_column = table.column(column.name);
    if (renamed || (old_column != nullptr && !(old_column->type == column.type)))
      return no_view("column " + said(column.name) + " changes its name or type as well");
    shown.emplace_back(column.name, column.name);
    view.needs.push_back(label_column(table.name, column.name));
  }
  const StepLock moment{table.name, LockMode::AccessExclusive, std::string(kMoment)};
  view.kind = PhaseKind::Add;
  view.window = Window::BothReleases;
  view.recipe = "rename-table";
  view.slug = "view_" + rename.to.name.str();
  view.title =
      "show " + display(table.name) + " under its new name " + display(rename.to) + " too, by a view";
  view.why =
      "Both names work from the same moment on: an automatically updatable view passes reads and writes to "
      "the table, which takes the name itself when all else is done.";
  view.locks = {moment};
  view.statements =
      create_shim(rename.to, table.name, shown, table.name, context.options.effects.server_version);
  ReverseStep undo;
  undo.locks = {moment};
  undo.statements = {sql("DROP VIEW {}", rename.to)};
  view.reverse = {undo};
  view.application =
      "Either name works for SELECT, INSERT, ON CONFLICT, UPDATE, DELETE and FOR UPDATE. TRUNCATE, COPY "
      "FROM, MERGE (before PostgreSQL 17) and new foreign keys need the "
      "old name.";

  Step last;
  last.kind = PhaseKind::Drop;
  last.window = Window::NewRelease;
  last.recipe = view.recipe;
  last.slug = "rename_" + table.name.name.str();
  last.title = "rename " + display(table.name) + " to " + display(rename.to) + ", in place of the view";
  last.why = "Nobody uses the old name any more.";
  last.locks = {moment};
  last.statements = {sql("DROP VIEW {}", rename.to),
                     sql("ALTER TABLE {} RENAME TO {}", table.name, rename.to.name)};
  ReverseStep back;
  back.locks = {{rename.to, LockMode::AccessExclusive, std::string(kMoment)}};
  back.statements = {sql("ALTER TABLE {} RENAME TO {}", rename.to, table.name.name)};
  back.statements.insert(back.statements.end(), view.statements.begin(), view.statements.end());
  last.reverse = {back};
  last.application = "The new release notices nothing.";
  last.needs = {label_under_old_name(table.name)};
  last.provides = {label_gone(table.name), label_relation(rename.to)};
  view.provides.push_back(label_new_release());
  RecipeResult result;
  result.steps = {view, last};
  return result;
}

RecipeResult make(const RenameTable& operation, const Intention& intention, const RecipeContext& context) {
  const Table* table = context.start.table(operation.table);
  if (table == nullptr) {
    const Table* made_here = context.before.table(operation.table);
    if (made_here != nullptr && made_here->is_new) return harmless("the table is new");
    return refused("Renaming " + display(operation.table) + ": the table is not known.",
                   "Check that the history given to planner is complete.");
  }
  TableRename rename;
  rename.old_table = table;
  rename.to = TableName(table->name.schema, operation.to);
  rename.dropped_and_created = intention.evidence.has_value();
  // An automatically updatable view passes rows on to a partitioned table too; what a foreign server makes of
  // ON CONFLICT and FOR UPDATE is not known here.
  const bool partitions = table->kind == RelationKind::PartitionedTable || table->partition_of;
  if ((table->kind != RelationKind::Table && !partitions) || (partitions && rename.dropped_and_created)) {
    return refused("Renaming " + display(table->name) +
                       (partitions ? ": its partitions would be made anew and empty."
                                   : ": a view cannot stand in for a foreign table in every statement."),
                   "Keep the table's name in the database and rename the model only (Prisma: @@map(\"" +
                       table->name.name.str() + "\")).");
  }
  if (table->row_security && context.options.effects.server_version < 150000) {
    return refused("Renaming " + display(table->name) +
                       ": it has row security, which a view before PostgreSQL 15 does not pass on.",
                   "Keep the table's name in the database and rename the model only (Prisma: @@map).");
  }
  if (rename.dropped_and_created) {
    const std::string differs = carry_names(rename, context);
    if (!differs.empty()) {
      return refused("Renaming " + display(table->name) + " to " + display(rename.to) + ": " + differs + ".",
                     "Rename the table in a migration of its own (ALTER TABLE ... RENAME TO), and change it "
                     "in another one.");
    }
  }
  if (!rename.dropped_and_created && changed_under(table->name, intention, true, context)) {
    // What names the new one waits until the table has it; a column that has to be there earlier cannot.
    if (reshaped_under(rename.to, intention, context)) {
      return refused(
          "Renaming " + display(table->name) + ": the migration changes it under both names.",
          "Write the rename before the other changes of the table, or put it into a migration of its own.");
    }
    return rename_last(rename, context);
  }
  for (const Intention& other : context.intentions) {
    const auto* change = std::get_if<ChangeType>(&other.operation);
    if (change == nullptr || change->table != rename.to) continue;
    ChangeType early = *change;
    early.table = table->name;
    if (!effects_of(early, context.before, context.options.effects).rewrites.empty()) continue;
    // A change that is made in place; one that rewrites gets a column of its own.
    return refused("Renaming " + display(table->name) + " to " + display(rename.to) + ": the type of " +
                       said(change->column) + " changes too, and the view under the old name holds it fast.",
                   "Put the change of type into a migration of its own.");
  }
  const StepLock moment{table->name, LockMode::AccessExclusive, std::string(kMoment)};

  Step add;
  add.kind = PhaseKind::Add;
  add.window = Window::BothReleases;
  add.recipe = "rename-table";
  add.slug = "rename_" + table->name.name.str();
  add.title =
      "rename " + display(table->name) + " to " + display(rename.to) + ", with a view under the old name";
  add.why =
      "Both names work from the same moment on: an automatically updatable view passes reads and writes to "
      "the table, and nothing is copied.";
  add.locks = {moment};
  if (rename.dropped_and_created) {
    for (const Schema::Reference& reference : context.start.references_to(table->name)) {
      if (reference.from != table->name)
        add.locks.push_back({reference.from, LockMode::AccessExclusive, std::string(kMoment)});
    }
  }
  add.statements = {sql("ALTER TABLE {} RENAME TO {}", table->name, operation.to)};
  add.statements.insert(add.statements.end(), rename.renames.begin(), rename.renames.end());
  const std::vector<Sql> shim = make_shim(rename, context.options.effects.server_version);
  add.statements.insert(add.statements.end(), shim.begin(), shim.end());
  ReverseStep back;
  back.locks = add.locks;
  back.locks.front().relation = rename.to;
  back.statements = {sql("DROP VIEW {}", table->name)};
  back.statements.insert(back.statements.end(), rename.back.begin(), rename.back.end());
  back.statements.push_back(sql("ALTER TABLE {} RENAME TO {}", rename.to, table->name.name));
  add.reverse = {back};
  add.application =
      "Either name works for SELECT, INSERT, ON CONFLICT, UPDATE, DELETE and FOR UPDATE. TRUNCATE, COPY "
      "FROM, MERGE (before PostgreSQL 17) and new foreign keys need the "
      "new name.";
  add.prisma = {
      {rename.to.name.str(), "the new release's model maps to it (@@map(\"" + rename.to.name.str() + "\"))"}};
  add.provides = {label_relation(rename.to), label_new_release()};
  add.provides.insert(add.provides.end(), rename.provides.begin(), rename.provides.end());
  for (const Column& column : table->columns) {
    add.provides.push_back(label_column(rename.to, column.name));
    add.provides.push_back(label_filled(rename.to, column.name));
  }

  Step drop;
  drop.kind = PhaseKind::Drop;
  drop.window = Window::NewRelease;
  drop.recipe = "rename-table";
  drop.slug = "drop_view_" + table->name.name.str();
  drop.title = "drop the view that stands in under the old name " + display(table->name);
  drop.why = "Nobody uses the old name any more.";
  drop.locks = {{table->name, LockMode::AccessExclusive, std::string(kMoment)}};
  drop.statements = {sql("DROP VIEW {}", table->name)};
  ReverseStep again;
  again.locks = {{rename.to, LockMode::AccessExclusive, std::string(kMoment)}};
  again.statements = shim;
  drop.reverse = {again};
  drop.application = "The new release notices nothing.";
  drop.provides = {label_gone(table->name)};

  RecipeResult result;
  result.steps = {add, drop};
  if (rename.dropped_and_created) {
    std::string note = "DROP TABLE and CREATE TABLE are taken as a rename of " + display(table->name) +
                       " to " + display(rename.to) + ":";
    for (const std::string& reason : intention.evidence->reasons) note += " " + reason + ";";
    note.back() = '.';
    result.notes.push_back(note);
  }
  return result;
}

/// Statements about a table that is created only to be another one's new name: what the old table has already
/// comes with the rename.
std::optional<RecipeResult> parts(const Intention& intention, const RecipeContext& context) {
  if (std::holds_alternative<RenameTable>(intention.operation)) return std::nullopt;
  if (const auto* replaced = std::get_if<ReplaceConstraint>(&intention.operation)) {
    const Intention* rename = recreation_of(replaced->constraint.references.table, context);
    const Table* table = context.start.table(replaced->table);
    const Constraint* old_one = table == nullptr ? nullptr : table->constraint(replaced->old_constraint);
    if (rename == nullptr || old_one == nullptr) return std::nullopt;
    if (!same_shape(old_one->definition, replaced->constraint, context)) return std::nullopt;
    return covered("The foreign key follows the renamed table.");
  }
  // What the migration takes off the old table, it puts on the new one again: the table keeps it.
  const auto kept = [&](const TableName& table) {
    return std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
      const auto* renamed = std::get_if<RenameTable>(&other.operation);
      return renamed != nullptr && other.evidence && renamed->table == table;
    });
  };
  if (const auto* drop = std::get_if<DropConstraint>(&intention.operation);
      drop != nullptr && kept(drop->table))
    return covered("The constraint comes with the table.");
  if (const auto* drop = std::get_if<DropIndex>(&intention.operation)) {
    const Index* index = context.start.index(drop->index);
    if (index != nullptr && kept(index->table)) return covered("The index comes with the table.");
  }
  const ObjectName* target = target_relation(intention.operation);
  if (target == nullptr) return std::nullopt;
  const Intention* rename = recreation_of(*target, context);
  if (rename == nullptr) return std::nullopt;
  const Table* old_table = context.start.table(std::get<RenameTable>(rename->operation).table);
  if (old_table == nullptr) return std::nullopt;
  if (const auto* create = std::get_if<CreateIndex>(&intention.operation)) {
    const CreateIndex index = named(*create, context);
    const Table* after = context.after.table(*target);
    const Index* made = after == nullptr ? nullptr : after->index(index.name);
    const bool there =
        made != nullptr && std::any_of(old_table->indexes.begin(), old_table->indexes.end(),
                                       [&](const Index& old_one) { return same_shape(old_one, *made); });
    if (there) return covered("The index comes with the table.");
    RecipeResult result;
    result.steps = {index_step(index, context)};
    return result;
  }
  if (const auto* key = std::get_if<AddForeignKey>(&intention.operation)) {
    const bool there = std::any_of(
        old_table->constraints.begin(), old_table->constraints.end(),
        [&](const Constraint& old_one) { return same_shape(old_one.definition, key->constraint, context); });
    if (there) return covered("The foreign key comes with the table.");
    RecipeResult result;
    result.steps = foreign_key_steps(*target, named(*target, key->constraint, context), context);
    return result;
  }
  return std::nullopt;
}

}  // namespace

const Recipe rename_table{.id = "rename-table",
                          .summary = "Rename a table and let a view stand in under the old name",
                          .make = on<RenameTable, make>};
const Recipe rename_table_parts{
    .id = "rename-table",
    .summary = "What comes with a table that was dropped and created under another name",
    .make = parts};

}  // namespace planner::plans

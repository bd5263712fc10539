#include "plans/steps/build.h"

#include <algorithm>

#include "plans/steps/ddl.h"
#include "plans/steps/locks.h"
#include "plans/steps/not_null.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

StepLock scanning(const TableName& table) {
  return {table, LockMode::ShareUpdateExclusive, std::string(kScan)};
}

Sql key_of(const CreateIndex& index) {
  std::vector<Sql> parts;
  for (const IndexElement& element : index.elements) {
    parts.push_back(element.column.empty() ? sql("({})", element.expression.text())
                                           : sql("{}", element.column));
  }
  return join(parts, ", ");
}

/// Rows that would break a unique index.
/// `inherited`: other tables inherit from it, whose rows are found in it and stand in no index of it.
Condition no_duplicates(const CreateIndex& index, bool inherited) {
  const Sql key = key_of(index);
  std::vector<Sql> filters;
  if (!index.predicate.empty()) filters.push_back(sql("({})", index.predicate.text()));
  if (!index.nulls_not_distinct) {
    for (const IndexElement& element : index.elements) {
      filters.push_back(element.column.empty() ? sql("({}) IS NOT NULL", element.expression.text())
                                               : sql("{} IS NOT NULL", element.column));
    }
  }
  const Sql where = filters.empty() ? Sql() : sql(" WHERE {}", join(filters, " AND "));
  return {"no two rows of " + display(index.table) + " are alike in " + said(index.name),
          sql("SELECT 1 FROM {}{}{} GROUP BY {} HAVING count(*) > 1 LIMIT 1",
              inherited ? sql("ONLY ") : Sql(), index.table, where, key)};
}

/// Rows whose key points nowhere.
Condition no_orphans(const TableName& table, const ConstraintDefinition& constraint) {
  std::vector<Sql> given, joined;
  for (std::size_t i = 0; i < constraint.columns.size(); ++i) {
    given.push_back(sql("planner_row.{} IS NOT NULL", constraint.columns[i]));
    if (i < constraint.references.columns.size()) {
      joined.push_back(
          sql("planner_target.{} = planner_row.{}", constraint.references.columns[i], constraint.columns[i]));
    }
  }
  return {"every row of " + display(table) + " points at a row of " + display(constraint.references.table),
          sql("SELECT 1 FROM {} AS planner_row WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS planner_target "
              "WHERE {}) LIMIT 1",
              table, join(given, " AND "), constraint.references.table, join(joined, " AND "))};
}

ReverseStep drop_constraint(const TableName& table, const Identifier& constraint,
                            const std::vector<StepLock>& locks) {
  ReverseStep back;
  back.statements = {sql("ALTER TABLE {} DROP CONSTRAINT {}", table, constraint)};
  back.locks = locks;
  return back;
}

CreateIndex index_of(const TableName& table, const ConstraintDefinition& constraint, const Identifier& name) {
  CreateIndex index;
  index.name = name;
  index.table = table;
  for (const Identifier& column : constraint.columns) {
    IndexElement element;
    element.column = column;
    index.elements.push_back(element);
  }
  index.included = constraint.included;
  index.unique = true;
  index.nulls_not_distinct = constraint.nulls_not_distinct;
  index.concurrently = true;
  return index;
}

}  // namespace

Condition index_is_whole(const TableName& table, const ObjectName& index) {
  return {"index " + display(index) + " of " + display(table) + " is there and valid",
          sql("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass({}) AND "
              "indrelid = to_regclass({}) AND indisvalid)",
              Literal(quoted(index)), Literal(quoted(table)))};
}

ConstraintDefinition named(const TableName& table, ConstraintDefinition constraint,
                           const RecipeContext& context) {
  if (!constraint.name.empty()) return constraint;
  const Table* after = context.after.table(table);
  const Table* before = context.before.table(table);
  if (after == nullptr) return constraint;
  for (const Constraint& candidate : after->constraints) {
    const bool existed = before != nullptr && before->constraint(candidate.definition.name) != nullptr;
    if (existed || candidate.definition.kind != constraint.kind) continue;
    if (constraint.kind != ConstraintKind::Check && candidate.definition.columns != constraint.columns)
      continue;
    if (constraint.kind == ConstraintKind::Check &&
        !same_meaning(candidate.definition.expression, constraint.expression))
      continue;
    constraint.name = candidate.definition.name;
    break;
  }
  return constraint;
}

CreateIndex named(CreateIndex index, const RecipeContext& context) {
  if (!index.name.empty()) return index;
  const Table* table = context.after.table(index.table);
  const View* view = context.after.view(index.table);
  if (table == nullptr && view == nullptr) return index;
  for (const Index& candidate : table != nullptr ? table->indexes : view->indexes) {
    if (context.before.index(candidate.name) != nullptr ||
        candidate.elements.size() != index.elements.size() || candidate.unique != index.unique ||
        !candidate.constraint.empty())
      continue;
    const bool same = std::equal(candidate.elements.begin(), candidate.elements.end(), index.elements.begin(),
                                 [](const IndexElement& a, const IndexElement& b) {
                                   return a.column == b.column &&
                                          (a.expression.empty() == b.expression.empty()) &&
                                          (a.expression.empty() || same_meaning(a.expression, b.expression));
                                 });
    if (!same) continue;
    index.name = candidate.name.name;
    break;
  }
  return index;
}

Step index_step(const CreateIndex& wanted, const RecipeContext& context) {
  CreateIndex index = named(wanted, context);
  index.concurrently = true;
  // A build that was killed is simply run again; that it left the index invalid is what the check after it
  // finds.
  index.if_not_exists = true;
  const ObjectName name(index.table.schema, index.name);
  Step step;
  step.kind = PhaseKind::Index;
  step.shape = Shape::Alone;
  step.window = Window::BothReleases;
  step.recipe = "create-index";
  step.slug = "index_" + index.name.str();
  step.title = std::string("build ") + (index.unique ? "unique " : "") + "index " + said(index.name) +
               " on " + display(index.table);
  step.why = "Built concurrently, so that writes to " + display(index.table) +
             " go on; that cannot run inside a transaction and so must be alone.";
  step.statements = {create_index_sql(index)};
  step.locks = {scanning(index.table)};
  ReverseStep back;
  back.shape = Shape::Alone;
  back.statements = {sql("DROP INDEX CONCURRENTLY IF EXISTS {}", name)};
  step.reverse = {back};
  step.reverse_note =
      "A build that was interrupted leaves an invalid index of this name: this statement removes it, REINDEX "
      "INDEX CONCURRENTLY mends it.";
  if (index.unique) {
    const Table* table = context.before.table(index.table);
    step.before = {no_duplicates(
        index, table != nullptr && table->kind == RelationKind::Table && !table->children.empty())};
    step.application =
        "From the second half of the build on, a write that would make two rows alike is refused, whichever "
        "release sends it.";
  } else {
    step.application = "Nothing changes for it.";
  }
  step.after = {index_is_whole(index.table, name)};
  step.provides = {label_relation(name)};
  std::vector<Identifier> columns;
  for (const IndexElement& element : index.elements) columns.push_back(element.column);
  if (index.unique) step.provides.push_back(label_unique(index.table, columns));
  return step;
}

Step validate_step(const TableName& table, const Identifier& constraint,
                   const std::vector<TableName>& row_shared) {
  Step step;
  step.kind = PhaseKind::Validate;
  step.window = Window::BothReleases;
  step.slug = "validate_" + constraint.str();
  step.title = "validate " + said(constraint) + " of " + display(table);
  step.why =
      "Every row is read while reads and writes go on; this is why it is not done together with adding the "
      "constraint, whose lock would last as long.";
  step.statements = {sql("ALTER TABLE {} VALIDATE CONSTRAINT {}", table, constraint)};
  step.locks = {scanning(table)};
  for (const TableName& other : row_shared) {
    if (other != table) step.locks.push_back({other, LockMode::RowShare, "which no read or write minds"});
  }
  step.application = "Nothing changes for it.";
  step.needs = {label_constraint(table, constraint)};
  return step;
}

std::vector<Step> foreign_key_steps(const TableName& table, const ConstraintDefinition& wanted,
                                    const RecipeContext& context) {
  ConstraintDefinition constraint = named(table, wanted, context);
  constraint.inline_of_column = false;
  constraint.not_valid = true;
  const TableName& target = constraint.references.table;
  Step add;
  add.kind = PhaseKind::Add;
  add.window = Window::BothReleases;
  add.recipe = "add-foreign-key";
  add.slug = "add_" + constraint.name.str();
  add.title = "add foreign key " + said(constraint.name) + " from " + display(table) + " to " +
              display(target) + ", not yet validated";
  add.why =
      "NOT VALID: new rows are checked at once, existing ones are read later, without a lock that stops "
      "writes.";
  add.statements = {sql("ALTER TABLE {} ADD {}", table, constraint_sql(constraint))};
  add.locks = {{target, LockMode::ShareRowExclusive, std::string(kMoment)}};
  if (target != table) add.locks.push_back({table, LockMode::ShareRowExclusive, std::string(kMoment)});
  std::vector<StepLock> drop_locks = add.locks;
  for (StepLock& lock : drop_locks) lock.mode = LockMode::AccessExclusive;
  add.reverse = {drop_constraint(table, constraint.name, drop_locks)};
  add.application = "From here on a write whose key points at no row of " + display(target) +
                    " is refused, whichever release sends it.";
  add.provides = {label_constraint(table, constraint.name)};
  add.needs = {label_unique(target, constraint.references.columns)};
  // A column that the plan fills may get a value from other new rows: the key comes when both are there.
  for (const Identifier& column : constraint.columns) add.needs.push_back(label_filled(table, column));
  // A unique index that the migration drops must be gone before, or the key might come to stand on it.
  const Table* target_start = context.start.table(target);
  const Table* target_after = context.after.table(target);
  if (target_start != nullptr && target_after != nullptr) {
    for (const Index& index : target_start->indexes) {
      if (index.unique && target_after->index(index.name.name) == nullptr)
        add.needs.push_back(label_gone(index.name));
    }
  }

  Step validate = validate_step(table, constraint.name, {target});
  validate.recipe = add.recipe;
  validate.before = {no_orphans(table, constraint)};
  for (const Identifier& column : constraint.columns) validate.needs.push_back(label_filled(table, column));
  // Back to NOT VALID.
  ReverseStep back = drop_constraint(table, constraint.name, drop_locks);
  back.statements.push_back(add.statements.front());
  validate.reverse = {back};
  return {add, validate};
}

namespace {

/// Do the rows hold values of every column of the constraint that come from before the migration, under
/// whatever name?
bool columns_stand(const TableName& table, const ConstraintDefinition& constraint,
                   const RecipeContext& context) {
  const Table* known = context.before.table(table);
  if (known == nullptr) return false;
  const std::vector<Identifier>& columns = constraint.expression.facts().columns;
  return std::all_of(columns.begin(), columns.end(), [&](const Identifier& name) {
    const Column* column = known->column(name);
    if (column == nullptr || !column->is_new) return column != nullptr;
    return std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
      const auto* rename = std::get_if<RenameColumn>(&other.operation);
      return rename != nullptr && rename->table == table && rename->to == name;
    });
  });
}

}  // namespace

std::vector<Step> check_steps(const TableName& table, const ConstraintDefinition& wanted,
                              const RecipeContext& context) {
  ConstraintDefinition constraint = named(table, wanted, context);
  constraint.not_valid = true;
  const Sql violated = sql("SELECT 1 FROM {} WHERE NOT ({})", table, constraint.expression.text());
  Step add;
  add.kind = PhaseKind::Add;
  add.window = Window::BothReleases;
  add.recipe = "add-check";
  add.slug = "add_" + constraint.name.str();
  add.title = "add check " + said(constraint.name) + " to " + display(table) + ", not yet validated";
  add.why =
      "NOT VALID: new rows are checked at once, existing ones are read later, without a lock that stops "
      "anybody. It already refuses every update of a "
      "row that breaks it, so such rows are looked for before any lock is taken.";
  // A column that comes with the same migration holds nothing yet that could break it, and cannot be asked
  // for before it is there.
  if (columns_stand(table, constraint, context)) {
    add.gates = {
        sql("IF EXISTS ({}) THEN\n    RAISE EXCEPTION 'planner: % has rows that break %', {}, {} USING "
            "ERRCODE = 'check_violation', HINT = 'Nothing was "
            "changed. Correct the rows, then run this again.';\n  END IF",
            violated, Literal(display(table)), Literal(constraint.name.str()))};
    add.before = {
        {"no row of " + display(table) + " breaks " + constraint.name.str(), sql("{} LIMIT 1", violated)}};
  }
  add.statements = {sql("ALTER TABLE {} ADD {}", table, constraint_sql(constraint))};
  add.locks = {{table, LockMode::AccessExclusive, std::string(kMoment)}};
  add.reverse = {drop_constraint(table, constraint.name, add.locks)};
  add.application =
      "From here on a write that breaks the check is refused, whichever release sends it: deploy a release "
      "that keeps it first.";
  add.provides = {label_constraint(table, constraint.name)};
  for (const Identifier& column : constraint.expression.facts().columns)
    add.needs.push_back(label_filled(table, column));

  Step validate = validate_step(table, constraint.name);
  validate.recipe = add.recipe;
  ReverseStep back = drop_constraint(table, constraint.name, add.locks);
  back.statements.push_back(add.statements.front());
  validate.reverse = {back};
  return {add, validate};
}

void part_releases(const std::vector<Identifier>& old_key, const std::vector<Identifier>& new_key,
                   Step& builds, Step& replaces) {
  const auto all_in = [](const std::vector<Identifier>& some, const std::vector<Identifier>& all) {
    return std::all_of(some.begin(), some.end(), [&](const Identifier& column) {
      return std::find(all.begin(), all.end(), column) != all.end();
    });
  };
  if (all_in(new_key, old_key) && all_in(old_key, new_key)) return;
  // ON CONFLICT needs a unique index on exactly its columns: the new release has to wait for one, and the old
  // one goes before its own does. Rows that only one of the keys allows are refused until then, as before.
  replaces.window = Window::NewRelease;
  builds.provides.push_back(label_new_release());
}

std::vector<Step> key_steps(const TableName& table, const ConstraintDefinition& wanted,
                            const RecipeContext& context, const Identifier& replaces) {
  ConstraintDefinition constraint = named(table, wanted, context);
  constraint.inline_of_column = false;
  const bool primary = constraint.kind == ConstraintKind::PrimaryKey;
  const Table* known = context.before.table(table);
  std::vector<Step> steps;
  const Table* start = context.start.table(table);
  const Constraint* old_key = start == nullptr ? nullptr : start->constraint(constraint.name);
  const bool name_taken = (!replaces.empty() && replaces == constraint.name) || old_key != nullptr ||
                          (start != nullptr && start->index(constraint.name) != nullptr);
  const Identifier index_name = name_taken ? planner_name("new", constraint.name.str()) : constraint.name;
  Step build = index_step(index_of(table, constraint, index_name), context);
  build.recipe = primary ? "add-primary-key" : "add-unique";
  const Constraint* replaced = nullptr;
  if (!replaces.empty()) {
    replaced = known == nullptr ? nullptr : known->constraint(replaces);
    if (replaced == nullptr && start != nullptr) replaced = start->constraint(replaces);
  }
  steps.push_back(build);

  Step attach;
  attach.kind = PhaseKind::Enforce;
  attach.window = Window::BothReleases;
  attach.recipe = build.recipe;
  attach.slug = "key_" + constraint.name.str();
  attach.title = std::string("make ") + said(index_name) +
                 (primary ? " the primary key of " : " a unique constraint of ") + display(table);
  attach.why = "The index is there already, so the constraint is only a note in the catalogue.";
  attach.locks = {{table, LockMode::AccessExclusive, std::string(kMoment)}};
  attach.needs = {label_relation({table.schema, index_name})};
  if (replaces.empty() && old_key != nullptr) {
    // The old key of this name goes with its constraint or with one of its columns.
    attach.needs.push_back("gone:" + label_constraint(table, constraint.name));
    for (const Identifier& column : old_key->definition.columns)
      attach.needs.push_back("gone:column:" + quoted(table) + "." + quoted(column));
  }
  // The name may be that of an index which the migration drops.
  if (old_key == nullptr && name_taken && replaces != constraint.name)
    attach.needs.push_back(label_gone({table.schema, constraint.name}));
  if (primary && known != nullptr) {
    for (const Identifier& name : constraint.columns) {
      // A key over a column that may still be NULL would read the table to make it NOT NULL.
      attach.needs.push_back("required:" + quoted(table) + "." + quoted(name));
      const Column* column = known->column(name);
      if (column == nullptr || column->not_null || column->is_new) continue;
      Step require =
          context.before.not_null_proven(*known, name) ? Step() : guarded_not_null_step(table, name);
      if (require.statements.empty()) continue;
      require.recipe = build.recipe;
      require.window = Window::BothReleases;
      require.provides = {"required:" + quoted(table) + "." + quoted(name)};
      attach.needs.push_back(require.provides.front());
      steps.push_back(require);
    }
  }
  ConstraintDefinition using_index = constraint;
  using_index.using_index = index_name;
  using_index.columns.clear();
  using_index.included.clear();
  using_index.nulls_not_distinct = false;
  const Sql add = sql("ADD {}", constraint_sql(using_index));
  CreateIndex again = index_of(table, constraint, index_name);
  ReverseStep drop;
  drop.locks = attach.locks;
  drop.statements = {sql("ALTER TABLE {} DROP CONSTRAINT {}", table, constraint.name)};
  attach.reverse = {drop, {{create_index_sql(again)}, {}, Shape::Alone}};
  if (replaces.empty()) {
    attach.statements = {sql("ALTER TABLE {} {}", table, add)};
  } else {
    attach.statements = {sql("ALTER TABLE {} DROP CONSTRAINT {}, {}", table, replaces, add)};
    attach.title += ", in place of " + said(replaces);
    attach.reversible = false;
    attach.reverse_note = "The replaced key is gone; build it again as a migration of its own.";
    if (replaced != nullptr) {
      part_releases(replaced->definition.columns, constraint.columns, steps.front(), attach);
      // Its index is built again first, so that the table is never without a key for longer than a moment.
      const Identifier old_index = planner_name("old", replaces.str());
      CreateIndex old_again = index_of(table, replaced->definition, old_index);
      ConstraintDefinition old_using = replaced->definition;
      old_using.using_index = old_index;
      old_using.columns.clear();
      old_using.included.clear();
      old_using.nulls_not_distinct = false;
      ReverseStep swap;
      swap.locks = attach.locks;
      swap.statements = {sql("ALTER TABLE {} DROP CONSTRAINT {}, ADD {}", table, constraint.name,
                             constraint_sql(old_using))};
      attach.reverse = {{{create_index_sql(old_again)}, {}, Shape::Alone},
                        swap,
                        {{create_index_sql(again)}, {}, Shape::Alone}};
      attach.reversible = true;
      attach.reverse_note.clear();
    }
  }
  attach.application = "Nothing changes for it: the index already refuses what the constraint refuses.";
  if (replaced != nullptr && replaced->definition.columns != constraint.columns)
    attach.application =
        "The index already refuses what the new key refuses; what the old one refused is taken from here on. "
        "INSERT ... ON CONFLICT over the old key's columns fails.";
  attach.provides = {label_constraint(table, constraint.name), label_unique(table, constraint.columns)};
  steps.push_back(attach);
  return steps;
}

std::vector<ReverseStep> index_back(const Index& index) {
  CreateIndex again = recreated(index, index.name.name);
  again.concurrently = true;
  return {{{create_index_sql(again)}, {}, Shape::Alone}};
}

std::vector<ReverseStep> constraint_back(const Table& table, const Constraint& constraint) {
  ConstraintDefinition again = constraint.definition;
  again.inline_of_column = false;
  const StepLock moment{table.name, LockMode::AccessExclusive, std::string(kMoment)};
  if (again.kind == ConstraintKind::Unique || again.kind == ConstraintKind::PrimaryKey) {
    ConstraintDefinition using_index = again;
    using_index.using_index = again.name;
    using_index.columns.clear();
    using_index.included.clear();
    using_index.nulls_not_distinct = false;
    return {
        {{create_index_sql(index_of(table.name, again, again.name))}, {}, Shape::Alone},
        {{sql("ALTER TABLE {} ADD {}", table.name, constraint_sql(using_index))}, {moment}, Shape::Together}};
  }
  std::vector<StepLock> locks{moment};
  if (again.kind == ConstraintKind::ForeignKey) {
    locks = {{again.references.table, LockMode::ShareRowExclusive, std::string(kMoment)},
             {table.name, LockMode::ShareRowExclusive, std::string(kMoment)}};
  }
  if (again.kind == ConstraintKind::Exclusion) return {};
  again.not_valid = true;
  std::vector<ReverseStep> back{
      {{sql("ALTER TABLE {} ADD {}", table.name, constraint_sql(again))}, locks, Shape::Together}};
  if (constraint.validated) {
    back.push_back({{sql("ALTER TABLE {} VALIDATE CONSTRAINT {}", table.name, again.name)},
                    {scanning(table.name)},
                    Shape::Together});
  }
  return back;
}

}  // namespace planner::plans

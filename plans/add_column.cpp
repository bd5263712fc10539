#include <algorithm>
#include <cctype>

#include "planner/compose/compose.h"
#include "planner/sql/data_change.h"
#include "plans/recipes.h"
#include "plans/steps/backfill.h"
#include "plans/steps/build.h"
#include "plans/steps/ddl.h"
#include "plans/steps/fill.h"
#include "plans/steps/follow.h"
#include "plans/steps/not_null.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

using ExpressionVolatility = Schema::ExpressionVolatility;

/// ADD COLUMN on a table in use, as its parts need it.
struct Adding {
  const AddColumn& operation;
  const RecipeContext& context;
  const Table& table;
  const Column& column;  ///< as it is in the end
  RecipeResult result;

  StepLock moment() const { return {table.name, LockMode::AccessExclusive, std::string(kMoment)}; }
  const ColumnDefinition& asked() const { return operation.column; }
  std::string name() const { return said(asked().name); }
};

bool is_serial(const TypeName& type) {
  return type.is("serial4") || type.is("serial8") || type.is("serial2");
}

/// Gives the same value all through a statement and looks at no column: ADD COLUMN stores it once for all
/// rows.
bool stored_once(const Schema& schema, const Expression& value) {
  if (!value.facts().columns.empty() || value.facts().has_subquery) return false;
  const ExpressionVolatility volatility = schema.volatility(value);
  return volatility == ExpressionVolatility::Immutable || volatility == ExpressionVolatility::Stable;
}

/// Prisma fills @updatedAt itself and so gives the column no default.
bool is_updated_at(const ColumnDefinition& column) {
  std::string letters;
  for (const char c : column.name.str()) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const bool time = column.type.is("timestamp") || column.type.is("timestamptz");
  return time && (letters == "updatedat" || letters == "updatedon" || letters == "modifiedat" ||
                  letters == "lastmodified" || letters == "lastupdated");
}

/// What comes nearest to a generated column, as a migration that can be split.
std::string by_trigger(const AddColumn& operation) {
  const ColumnDefinition& column = operation.column;
  const ObjectName function(operation.table.schema,
                            Identifier(operation.table.name.str() + "_" + column.name.str()));
  ColumnDefinition plain;
  plain.name = column.name;
  plain.type = column.type;
  const Sql body = sql("BEGIN NEW.{} := {}; RETURN NEW; END", column.name,
                       of_new_row(column.generated, operation.table).text());
  return sql("ALTER TABLE {} ADD COLUMN {}; CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS {}; "
             "CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {}(); UPDATE {} "
             "SET {} = {};",
             operation.table, column_sql(plain), function, dollar_quoted(body), function.name,
             operation.table, function, operation.table, column.name, column.generated.text())
      .str();
}

Step add_step(const Adding& adding) {
  Step step;
  step.kind = PhaseKind::Add;
  step.window = Window::BothReleases;
  step.slug = "add_" + adding.asked().name.str();
  step.title = "add " + adding.name() + " to " + display(adding.table.name);
  step.locks = {adding.moment()};
  step.provides = {label_column(adding.table.name, adding.asked().name), label_new_release()};
  ReverseStep back;
  back.locks = step.locks;
  back.statements = {sql("ALTER TABLE {} DROP COLUMN {}", adding.table.name, adding.asked().name)};
  step.reverse = {back};
  step.application =
      "The old release does not know the column; the new one may use it once the plan says so.";
  return step;
}

ColumnDefinition bare(const ColumnDefinition& asked) {
  ColumnDefinition column = asked;
  column.not_null = false;
  column.default_value = {};
  column.identity.reset();
  column.constraints.clear();
  return column;
}

/// Inline constraints of the column, each by its own way.
void add_constraints(Adding& adding) {
  for (ConstraintDefinition constraint : adding.asked().constraints) {
    if (constraint.columns.empty()) constraint.columns = {adding.asked().name};
    constraint = named(adding.table.name, constraint, adding.context);
    constraint.inline_of_column = false;
    std::vector<Step> steps;
    switch (constraint.kind) {
      case ConstraintKind::ForeignKey:
        steps = foreign_key_steps(adding.table.name, constraint, adding.context);
        break;
      case ConstraintKind::Check:
        steps = check_steps(adding.table.name, constraint, adding.context);
        break;
      case ConstraintKind::Unique:
      case ConstraintKind::PrimaryKey:
        steps = key_steps(adding.table.name, constraint, adding.context);
        break;
      case ConstraintKind::NotNull:
      case ConstraintKind::Exclusion:
        break;
    }
    for (Step& step : steps) {
      step.needs.push_back(label_column(adding.table.name, adding.asked().name));
      if (step.kind != PhaseKind::Add)
        step.needs.push_back(label_filled(adding.table.name, adding.asked().name));
      adding.result.steps.push_back(std::move(step));
    }
  }
}

/// A value known beforehand: stored once in the catalogue, no row is touched.
void with_transition_default(Adding& adding, const Expression& value) {
  Step add = add_step(adding);
  ColumnDefinition column = adding.asked();
  column.constraints.clear();
  column.default_value = value;
  add.why =
      "With a default PostgreSQL notes the value once for all existing rows, and the old release, which does "
      "not know the column, can go on inserting.";
  add.statements = {sql("ALTER TABLE {} ADD COLUMN {}", adding.table.name, column_sql(column))};
  add.provides.push_back(label_filled(adding.table.name, column.name));
  adding.result.steps.push_back(add);
  add_constraints(adding);

  Step drop;
  drop.kind = PhaseKind::Drop;
  drop.window = Window::NewRelease;
  drop.slug = "drop_default_" + column.name.str();
  drop.title = "drop the default of " + said(column.name) + " in " + display(adding.table.name) +
               " that served the old release";
  drop.why = "The new release always gives a value; forgetting it becomes an error.";
  drop.locks = {adding.moment()};
  drop.statements = {sql("ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT", adding.table.name, column.name)};
  ReverseStep back;
  back.locks = drop.locks;
  back.statements = {
      sql("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}", adding.table.name, column.name, value.text())};
  drop.reverse = {back};
  drop.application = "An INSERT without " + said(column.name) + " is refused.";
  drop.needs = {label_column(adding.table.name, column.name)};
  adding.result.steps.push_back(drop);
  adding.result.steps.front().prisma = {
      {adding.table.name.name.str(),
       "add the field for " + said(column.name) +
           " with @default(...) of the same value until the last phase, or mark it @ignore",
       {column.name}}};
}

/// A value for each row, computed by the database whenever the old release leaves it out.
void with_fill_trigger(Adding& adding, const Fill& fill) {
  Step add = add_step(adding);
  add.window = Window::OldRelease;
  add.why = "Without NOT NULL and default this is only a note in the catalogue.";
  add.statements = {sql("ALTER TABLE {} ADD COLUMN {}", adding.table.name, column_sql(bare(adding.asked())))};
  const std::vector<Step> filling =
      fill_steps(adding.context, adding.table.name, adding.column, fill, "required-column");
  adding.result.steps.push_back(add);
  for (const Step& step : filling) adding.result.steps.push_back(step);
  adding.result.steps[1].window = Window::OldRelease;
  add_constraints(adding);
}

/// A column that may be NULL is filled once, and follows what the old release writes into a column that goes.
void with_values(Adding& adding, const Expression& value) {
  const TableName& table = adding.table.name;
  const Identifier& column = adding.asked().name;
  Step add = add_step(adding);
  add.window = Window::OldRelease;
  add.why = "Without NOT NULL and default this is only a note in the catalogue.";
  add.statements = {sql("ALTER TABLE {} ADD COLUMN {}", table, column_sql(bare(adding.asked())))};
  adding.result.steps.push_back(add);
  Backfill rows = keyed_backfill(adding.table);
  rows.assignments = {{column, value.text()}};
  rows.todo = sql("{} IS NULL AND ({}) IS NOT NULL", column, value.text());
  Step backfill = backfill_step(rows, adding.context.options, {column});
  backfill.title = "fill " + said(column) + " of " + display(table) + " where it is NULL";
  backfill.reverse_note = "The filled values stay.";
  backfill.application = "Nothing changes for it.";
  backfill.after = {{said(table, column) + " has its value everywhere",
                     sql("SELECT 1 FROM {} WHERE {} LIMIT 1", table, rows.todo)}};
  backfill.provides = {label_filled(table, column)};
  backfill.window = Window::OldRelease;
  backfill.needs = {label_column(table, column)};
  DataChange change;
  change.plain = true;
  change.assignments = {{column, value}};
  std::optional<Follow> followed = follow(adding.table, change, adding.context);
  if (followed) {
    backfill.needs.insert(backfill.needs.end(), followed->install.provides.begin(),
                          followed->install.provides.end());
    adding.result.steps.push_back(std::move(followed->install));
  }
  adding.result.steps.push_back(backfill);
  if (followed) adding.result.steps.push_back(std::move(followed->remove));
  add_constraints(adding);
}

/// A default that differs from row to row: set apart from ADD COLUMN, which would rewrite the table to store
/// it.
void with_later_default(Adding& adding, const std::vector<Sql>& before_add, const Sql& value,
                        const std::vector<Sql>& after_add, const std::vector<Sql>& take_back,
                        const std::vector<Sql>& last) {
  const TableName& table = adding.table.name;
  const Identifier& column = adding.asked().name;
  Step add = add_step(adding);
  add.window = Window::OldRelease;
  add.why =
      "A default set apart from ADD COLUMN counts for new rows only; inside it PostgreSQL would rewrite the "
      "table while nobody can use it.";
  add.statements = before_add;
  add.statements.push_back(sql("ALTER TABLE {} ADD COLUMN {}, ALTER COLUMN {} SET DEFAULT {}", table,
                               column_sql(bare(adding.asked())), column, value));
  add.statements.insert(add.statements.end(), after_add.begin(), after_add.end());
  add.reverse.front().statements.insert(add.reverse.front().statements.end(), take_back.begin(),
                                        take_back.end());
  adding.result.steps.push_back(add);

  Step backfill = fill_backfill(adding.context, adding.table, column, Expression::parse(value.str()));
  backfill.window = Window::BothReleases;
  backfill.needs = {label_column(table, column)};
  adding.result.steps.push_back(backfill);

  if (adding.column.not_null || !last.empty()) {
    Step enforce = guarded_not_null_step(table, column, last);
    enforce.window = Window::BothReleases;
    enforce.application = "Nothing changes for it.";
    enforce.needs = {label_filled(table, column)};
    enforce.provides = {"required:" + quoted(table) + "." + quoted(column)};
    adding.result.steps.push_back(enforce);
  }
  const std::size_t first_constraint = adding.result.steps.size();
  add_constraints(adding);
  // A primary key on the column waits until it is NOT NULL.
  for (std::size_t i = first_constraint; i < adding.result.steps.size(); ++i) {
    if (adding.result.steps[i].kind == PhaseKind::Enforce)
      adding.result.steps[i].needs.push_back("required:" + quoted(table) + "." + quoted(column));
  }
}

const Sequence* sequence_of(const Schema& schema, const TableName& table, const Identifier& column) {
  for (const auto& [name, sequence] : schema.sequences) {
    if (sequence->owner_table == table && sequence->owner_column == column) return sequence.get();
  }
  return nullptr;
}

std::optional<RecipeResult> serial(Adding& adding) {
  const Sequence* sequence = sequence_of(adding.context.after, adding.table.name, adding.asked().name);
  if (sequence == nullptr)
    return refused("Serial column " + adding.name() + ": the name of its sequence is not certain.",
                   "Create the sequence by itself and use it as default.");
  const Sql next = sql("nextval({}::regclass)", Literal(quoted(sequence->name)));
  const Sql type = type_sql(adding.column.type);
  with_later_default(
      adding, {sql("CREATE SEQUENCE {} AS {}", sequence->name, type)}, next,
      {sql("ALTER SEQUENCE {} OWNED BY {}.{}", sequence->name, adding.table.name, adding.asked().name)}, {},
      {});
  // The column's type is written as serial; what is added is the integer behind it.
  ColumnDefinition plain = bare(adding.asked());
  plain.type = adding.column.type;
  adding.result.steps.front().statements[1] =
      sql("ALTER TABLE {} ADD COLUMN {}, ALTER COLUMN {} SET DEFAULT {}", adding.table.name,
          column_sql(plain), adding.asked().name, next);
  return std::nullopt;
}

std::optional<RecipeResult> identity(Adding& adding) {
  const Sequence* sequence = sequence_of(adding.context.after, adding.table.name, adding.asked().name);
  if (sequence == nullptr)
    return refused("Identity column " + adding.name() + ": the name of its sequence is not certain.",
                   "Write SEQUENCE NAME into the identity's options.");
  const TableName& table = adding.table.name;
  const Identifier& column = adding.asked().name;
  const ObjectName helper(table.schema, planner_name("identity", table.name.str() + "_" + column.str()));
  const Sql options = sequence_options_sql(adding.asked().identity->options);
  std::string plain_options = options.str();
  if (!plain_options.empty()) plain_options = " " + plain_options.substr(2, plain_options.size() - 3);
  const Sql name_option = sql("SEQUENCE NAME {}", sequence->name);
  const Sql all_options =
      plain_options.empty() ? name_option : sql("{}{}", name_option, Sql::verbatim(plain_options));
  const Sql next = sql("nextval({}::regclass)", Literal(quoted(helper)));
  with_later_default(
      adding,
      {sql("CREATE SEQUENCE {} AS {}{}", helper, type_sql(adding.column.type), Sql::verbatim(plain_options))},
      next, {}, {sql("DROP SEQUENCE {}", helper)},
      {sql("ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT", table, column),
       sql("ALTER TABLE {} ALTER COLUMN {} ADD {} ({})", table, column,
           Sql::verbatim(std::string(identity_sql(*adding.asked().identity))), all_options),
       sql("PERFORM setval({}::regclass, planner_old.last_value, planner_old.is_called) FROM {} AS "
           "planner_old",
           Literal(quoted(sequence->name)), helper),
       sql("DROP SEQUENCE {}", helper)});
  for (Step& step : adding.result.steps) {
    if (step.kind != PhaseKind::Enforce || step.recipe == "add-primary-key") continue;
    step.title += " and generate it";
    ReverseStep back;
    back.locks = {adding.moment()};
    back.statements = {
        sql("CREATE SEQUENCE {} AS {}{}", helper, type_sql(adding.column.type), Sql::verbatim(plain_options)),
        sql("PERFORM setval({}::regclass, planner_old.last_value, planner_old.is_called) FROM {} AS "
            "planner_old",
            Literal(quoted(helper)), sequence->name),
        sql("ALTER TABLE {} ALTER COLUMN {} DROP IDENTITY", table, column),
        sql("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", table, column),
        sql("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}", table, column, next)};
    step.reverse = {back};
    break;
  }
  return std::nullopt;
}

RecipeResult make(const AddColumn& operation, const Intention&, const RecipeContext& context) {
  const Table* table = context.before.table(operation.table);
  if (table == nullptr)
    return refused("New column in " + display(operation.table) + ": the table is not known.",
                   "Check that the history given to planner is complete.");
  if (table->is_new) return harmless("the table is new");
  if (operation.if_not_exists && table->column(operation.column.name) != nullptr)
    return covered("the column is there already");
  const Effects effects = effects_of(operation, context.before, context.options.effects);
  const bool fails = std::any_of(effects.failures.begin(), effects.failures.end(),
                                 [](const Failure& failure) { return !failure.depends_on_data; });
  const bool works =
      !effects.rewrites.empty() || !effects.scans.empty() ||
      std::any_of(effects.indexes.begin(), effects.indexes.end(), [](const IndexEffect& index) {
        return index.work == IndexWork::Built || index.work == IndexWork::Rebuilt;
      });
  const Fill said_fill = fill_of(context, operation.table, operation.column.name);
  const bool filled = said_fill.said_by == "--fill";
  if (!fails && !works && !filled) return harmless("a note in the catalogue, no row is touched");

  const Table* table_after = context.after.table(operation.table);
  const Column* column = table_after == nullptr ? nullptr : table_after->column(operation.column.name);
  if (column == nullptr) {
    return refused("New column " + said(operation.table, operation.column.name) +
                       ": the same migration drops or renames it again.",
                   "Write the final form only.");
  }
  if (table->kind != RelationKind::Table || !table->children.empty()) {
    return refused(
        "New column " + said(operation.table, operation.column.name) +
            ": the table is partitioned or has children, and the column is more than a note in the "
            "catalogue.",
        "Add it without default and NOT NULL first, fill the partitions one by one, then require it.");
  }
  Adding adding{operation, context, *table, *column, {}};
  const ColumnDefinition& asked = operation.column;
  if (!asked.generated.empty()) {
    return refused("Generated column " + said(operation.table, asked.name) +
                       ": PostgreSQL can only add a stored generated column by rewriting the table while "
                       "nobody can use it, and cannot make one of a column that is there.",
                   "Let a trigger keep a plain column right; written like this, planner splits it: " +
                       by_trigger(operation) +
                       " Or compute it in a view or an expression index, or add it in a maintenance window.");
  }
  const Domain* domain = context.before.domain(asked.type.name);
  if (domain != nullptr && asked.type.array_dimensions == 0) {
    return refused("New column " + said(operation.table, asked.name) + " of domain " + display(domain->name) +
                       ": a domain with a constraint makes PostgreSQL rewrite the table.",
                   "Add the column with the type under the domain (" + display(domain->base) +
                       ") and the constraint as a CHECK of the table.");
  }
  const bool gives_itself = is_serial(asked.type) || asked.identity || !asked.default_value.empty();
  if (filled && gives_itself) {
    return refused("--fill " + display(operation.table) + "." + asked.name.str() +
                       ": the column gives its rows values by itself.",
                   "Leave out --fill; or write UPDATE " + quoted(operation.table) + " SET " +
                       quoted(asked.name) + " = " + said_fill.value.text().str() +
                       " behind ADD COLUMN, and before the DROP COLUMN of what it is computed from.");
  }
  std::optional<RecipeResult> refusal;
  if (is_serial(asked.type)) {
    refusal = serial(adding);
  } else if (asked.identity) {
    refusal = identity(adding);
  } else if (!asked.default_value.empty() && !stored_once(context.before, asked.default_value)) {
    with_later_default(adding, {}, asked.default_value.text(), {}, {}, {});
  } else if (asked.not_null && asked.default_value.empty()) {
    Fill fill = fill_of(context, operation.table, asked.name);
    if (fill.value.empty() && is_updated_at(asked)) {
      fill.value = Expression::parse("CURRENT_TIMESTAMP");
      adding.result.notes.push_back(
          said(operation.table, asked.name) +
          " gets CURRENT_TIMESTAMP where nobody gives a value; say something else with --fill.");
    }
    if (fill.value.empty()) {
      const std::string place = display(operation.table) + "." + asked.name.str();
      return question("Which value do existing rows, and rows the old release inserts, get in " + place + "?",
                      "Say it with --fill " + place +
                          "=SQL: a constant ('', 0, now()), or an expression over the row's other columns.");
    }
    if (auto ask = alike_where_unique(context, operation.table, asked.name)) return *ask;
    if (stored_once(context.before, fill.value)) {
      with_transition_default(adding, fill.value);
    } else {
      with_fill_trigger(adding, fill);
    }
  } else if (filled) {
    with_values(adding, said_fill.value);
  } else {
    // Only an inline constraint makes it more than a note in the catalogue.
    Step add = add_step(adding);
    ColumnDefinition plain = asked;
    plain.constraints.clear();
    add.why =
        "Without its constraint the column is only a note in the catalogue; the constraint follows without a "
        "lock that stops anybody.";
    add.statements = {sql("ALTER TABLE {} ADD COLUMN {}", operation.table, column_sql(plain))};
    add.provides.push_back(label_filled(operation.table, asked.name));
    adding.result.steps.push_back(add);
    add_constraints(adding);
  }
  if (refusal) return *refusal;
  const bool required = asked.not_null && asked.default_value.empty();
  for (Step& step : adding.result.steps) {
    if (step.recipe.empty()) step.recipe = required ? "required-column" : "add-column-default";
  }
  return std::move(adding.result);
}

/// Both names of one recipe: rules point at the one that says what they found.
std::optional<RecipeResult> only_when_required(const Intention& intention, const RecipeContext& context) {
  const auto* add = std::get_if<AddColumn>(&intention.operation);
  if (add == nullptr || !add->column.not_null || !add->column.default_value.empty()) return std::nullopt;
  return make(*add, intention, context);
}

}  // namespace

const Recipe required_column{
    .id = "required-column",
    .summary = "Add a column that must have a value while the old release does not know it",
    .make = only_when_required};
const Recipe add_column_default{
    .id = "add-column-default",
    .summary = "Add a column whose default differs from row to row without rewriting the table",
    .make = on<AddColumn, make>};

}  // namespace planner::plans

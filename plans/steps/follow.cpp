#include "plans/steps/follow.h"

#include <algorithm>

#include "plans/steps/text.h"

namespace planner::plans {
namespace {

/// Columns the value is computed from that the migration drops from the table.
std::vector<Identifier> going(const Table& table, const Expression& value, const RecipeContext& context) {
  std::vector<Identifier> found;
  for (const Identifier& column : value.facts().columns) {
    const bool dropped =
        std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& other) {
          const auto* drop = std::get_if<DropColumn>(&other.operation);
          return drop != nullptr && drop->table == table.name && drop->column == column;
        });
    if (dropped) found.push_back(column);
  }
  return found;
}

Sql of_row(const char* row, const Identifier& column) { return sql("{}.{}", Sql::verbatim(row), column); }

Sql images(const char* row, const std::vector<Identifier>& columns) {
  std::vector<Sql> all;
  for (const Identifier& column : columns) all.push_back(of_row(row, column));
  return image(join(all, ", "));
}

}  // namespace

std::optional<Follow> follow(const Table& table, const DataChange& change, const RecipeContext& context) {
  const Table* start = context.start.table(table.name);
  if (start == nullptr || change.deletes || !change.plain || change.assignments.empty()) return std::nullopt;
  std::vector<Sql> lines{sql("\n      BEGIN")};
  std::string from, to;
  std::string all_names;
  for (const auto& [column, value] : change.assignments) {
    const Column* known = table.column(column);
    if (start->column(column) != nullptr || value.facts().has_subquery) return std::nullopt;
    const std::vector<Identifier> sources = going(table, value, context);
    if (sources.empty()) continue;
    for (const Identifier& source : sources) from += (from.empty() ? "" : ", ") + said(source);
    to += (to.empty() ? "" : ", ") + said(column);
    all_names += "_" + column.str();
    std::vector<Sql> given{sql("{} IS NULL", of_row("NEW", column))};
    if (known != nullptr && !known->default_value.empty() && known->default_value.facts().is_constant)
      given.push_back(sql("{} *= {}", images("NEW", {column}),
                          image(sql("({})::{}", known->default_value.text(), type_sql(known->type)))));
    Sql when =
        sql("(TG_OP = 'INSERT' AND ({}) OR TG_OP = 'UPDATE' AND {} *= {} AND {} *<> {})", join(given, " OR "),
            images("NEW", {column}), images("OLD", {column}), images("NEW", sources), images("OLD", sources));
    const bool only_missing = same_meaning(change.where, Expression::parse(quoted(column) + " IS NULL"));
    if (!change.where.empty() && !only_missing)
      when = sql("{} AND ({})", when, of_new_row(change.where, table.name).text());
    lines.push_back(sql("  IF {} THEN", when));
    lines.push_back(sql("    BEGIN"));
    lines.push_back(sql("      {} := {};", of_row("NEW", column), of_new_row(value, table.name).text()));
    // The old release must be able to go on writing what it always wrote.
    lines.push_back(sql("    EXCEPTION WHEN OTHERS THEN"));
    lines.push_back(sql("      RAISE WARNING 'planner: % of % is not computed: %', {}, {}, SQLERRM;",
                        Literal(column.str()), Literal(display(table.name))));
    lines.push_back(sql("    END;"));
    lines.push_back(sql("  END IF;"));
  }
  if (to.empty()) return std::nullopt;
  lines.push_back(sql("  RETURN NEW;"));
  lines.push_back(sql("END\n      "));
  const Identifier name = planner_name("follow", table.name.name.str() + all_names);
  const Identifier trigger = fitted_name("zzz_planner_follow" + all_names);
  const ObjectName function(table.name.schema, name);
  const Sql body = on_lines(lines);
  const bool tag_free = body.str().find("$follow$") == std::string::npos;
  const Sql quoted_body = tag_free ? sql("$follow${}$follow$", body) : dollar_quoted(body);
  const std::vector<Sql> create{
      sql("CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS {}", function, quoted_body),
      sql("CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {}()", trigger,
          table.name, function),
      sql("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}", table.name, trigger)};
  const std::vector<Sql> drop{sql("DROP TRIGGER {} ON {}", trigger, table.name),
                              sql("DROP FUNCTION {}()", function)};
  const StepLock moment{table.name, LockMode::AccessExclusive, std::string(kMoment)};
  Follow made;
  made.install.kind = PhaseKind::Add;
  made.install.window = Window::OldRelease;
  made.install.slug = "follow" + all_names;
  made.install.title = "compute " + to + " of " + display(table.name) + " whenever " + from + " is written";
  made.install.why =
      "The old release goes on writing " + from +
      ", which the migration drops: what it writes after the rows are filled must not be lost.";
  made.install.statements = create;
  made.install.locks = {moment};
  ReverseStep back{drop, {moment}, Shape::Together};
  made.install.reverse = {back};
  made.install.application = "A write of the old release also sets " + to + ".";
  made.install.provides = {"follows:" + quoted(function)};
  for (const auto& [column, value] : change.assignments)
    made.install.needs.push_back(label_column(table.name, column));

  made.remove.kind = PhaseKind::Drop;
  made.remove.window = Window::NewRelease;
  made.remove.slug = "unfollow" + all_names;
  made.remove.title = "stop computing " + to + " of " + display(table.name);
  made.remove.why = "Nobody writes " + from + " any more.";
  made.remove.statements = drop;
  made.remove.locks = {moment};
  ReverseStep again{create, {moment}, Shape::Together};
  made.remove.reverse = {again};
  made.remove.application = "The new release notices nothing.";
  return made;
}

}  // namespace planner::plans

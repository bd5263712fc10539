#include <algorithm>

#include "planner/replay/internal.h"
#include "planner/schema_catalog.h"

namespace planner::replaying {

namespace {

/// What a resolved query says about a view.
void take_reads(View& view, ResolvedQuery resolved) {
  view.query = std::move(resolved.stored);
  view.reads = std::move(resolved.reads);
  view.reads_all_of = std::move(resolved.unclear);
  if (!resolved.understood) view.certainty = Certainty::Uncertain;
}

}  // namespace

std::vector<QueryColumn> look_into(const Schema& schema, View& view,
                                   const std::vector<Identifier>& column_names) {
  ResolvedQuery resolved = resolve_query(view.query, SchemaCatalog(schema));
  if (!resolved.error.empty()) throw Refused{ReplayProblem{resolved.error, resolved.sqlstate}};
  std::vector<QueryColumn> columns = resolved.columns;
  if (resolved.columns_known) {
    if (column_names.size() > columns.size())
      refuse("42601", "CREATE VIEW specifies more column names than columns");
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i < column_names.size()) columns[i].name = column_names[i];
      view.columns.push_back(columns[i].name);
      view.column_types.push_back(columns[i].type);
    }
  } else {
    view.columns = column_names;
  }
  take_reads(view, std::move(resolved));
  view.query = with_output_names(view.query, view.columns);
  return columns;
}

void rename_in_view(Context& context, const ObjectName& view_name, const ObjectName& relation,
                    const Identifier& from, const Identifier& to) {
  const QueryRename rename{relation, {}, from, to};
  View& view = *context.schema.views.edit(view_name);
  ResolvedQuery resolved = resolve_query(view.query, SchemaCatalog(context.schema), &rename);
  const auto read = resolved.reads.find(relation);
  if (read != resolved.reads.end()) std::replace(read->second.begin(), read->second.end(), from, to);
  take_reads(view, std::move(resolved));
}

void move_in_view(Context& context, const ObjectName& view_name, const ObjectName& from,
                  const ObjectName& to) {
  const QueryRename rename{from, to, {}, {}};
  View& view = *context.schema.views.edit(view_name);
  ResolvedQuery resolved = resolve_query(view.query, SchemaCatalog(context.schema), &rename);
  if (const auto read = resolved.reads.extract(from)) resolved.reads[to] = read.mapped();
  std::replace(resolved.unclear.begin(), resolved.unclear.end(), from, to);
  take_reads(view, std::move(resolved));
}

Expression resolved_in(const Schema& schema, const Expression& expression, const TableName& table,
                       const QueryRename* rename) {
  if (!expression.facts().has_subquery) return expression;
  return resolve_expression(expression, table, SchemaCatalog(schema), rename).stored;
}

bool reads_in(const Schema& schema, const Expression& expression, const TableName& table,
              const ObjectName& relation, const Identifier& column) {
  if (!expression.facts().has_subquery || !expression.mentions(column)) return false;
  const ResolvedQuery resolved = resolve_expression(expression, table, SchemaCatalog(schema));
  const auto read = resolved.reads.find(relation);
  return read != resolved.reads.end() && contains(read->second, column);
}

namespace {

void require_readable(const Schema& schema, const Expression& query) {
  for (const ObjectName& written : query.facts().relations) {
    if (find_relation(schema, written) || !schema.gaps.empty()) continue;
    if (written.schema.str() == "information_schema" || written.schema.str() == "pg_catalog" ||
        written.name.str().starts_with("pg_")) {
      continue;
    }
    if (!schema.extensions.empty()) continue;  // an extension may bring views
    refuse("42P01", "relation \"{}\" does not exist", as_written(written));
  }
}

/// checkViewTupleDesc: CREATE OR REPLACE VIEW may only add columns behind the old ones.
void require_same_columns(const View& before, const View& after) {
  if (before.columns.empty() || after.columns.empty()) return;
  if (after.columns.size() < before.columns.size()) refuse("42P16", "cannot drop columns from view");
  for (std::size_t i = 0; i < before.columns.size(); ++i) {
    if (before.columns[i] != after.columns[i]) {
      refuse("42P16", "cannot change name of view column \"{}\" to \"{}\"", before.columns[i].str(),
             after.columns[i].str());
    }
    const bool both = i < before.column_types.size() && i < after.column_types.size() &&
                      !before.column_types[i].empty() && !after.column_types[i].empty();
    if (both && before.column_types[i] != after.column_types[i]) {
      refuse("42P16", "cannot change data type of view column \"{}\" from {} to {}", before.columns[i].str(),
             display(before.column_types[i]), display(after.column_types[i]));
    }
  }
}

void put_view(Context& context, View view, const std::vector<Identifier>& column_names,
              const View* before = nullptr) {
  require_readable(context.schema, view.query);
  look_into(context.schema, view, column_names);
  if (before != nullptr) require_same_columns(*before, view);
  sort_options(view.options);
  const ObjectName name = view.name;
  context.schema.views.put(name, std::move(view));
}

}  // namespace

namespace {

/// A view of a temporary table is temporary, whatever the statement says.
bool reads_temporary(const Schema& schema, const Expression& query) {
  const auto& relations = query.facts().relations;
  return std::any_of(relations.begin(), relations.end(), [&](const ObjectName& written) {
    const auto found = find_relation(schema, written);
    return found && found->name.schema.str() == "pg_temp";
  });
}

}  // namespace

void apply(Context& context, const CreateView& op) {
  const bool temporary =
      op.temporary || (op.view.schema.empty() && reads_temporary(context.schema, op.query));
  const ObjectName name =
      new_relation_name(context.schema, op.view, temporary ? Persistence::Temporary : Persistence::Permanent);
  View view;
  view.name = name;
  view.query = op.query;
  view.options = op.options;
  if (op.check_option != 'n')
    view.options.push_back({"check_option", op.check_option == 'l' ? "local" : "cascaded"});
  std::optional<View> replaced;
  if (relation_exists(context.schema, name)) {
    const View* old = context.schema.views.find(name);
    if (!op.replace) require_free_relation(context.schema, name);
    if (old == nullptr || old->materialized) refuse("42809", "\"{}\" is not a view", name.name.str());
    replaced = *old;
    view.triggers = old->triggers;
    view.rules = old->rules;
    view.comment = old->comment;
    view.owner = old->owner;
  } else {
    require_free_type(context.schema, name);
  }
  put_view(context, std::move(view), op.column_names, replaced ? &*replaced : nullptr);
}

void apply(Context& context, const CreateMaterializedView& op) {
  const ObjectName name = new_name(context.schema, op.view);
  if (relation_exists(context.schema, name)) {
    if (op.if_not_exists) return;
    require_free_relation(context.schema, name);
  }
  require_free_type(context.schema, name);
  View view;
  view.name = name;
  view.materialized = true;
  view.query = op.query;
  view.populated = op.with_data;
  put_view(context, std::move(view), op.column_names);
}

void apply(Context& context, const RenameViewColumn& op) {
  const auto found = find_relation(context.schema, op.view);
  if (!found) refuse("42P01", "relation \"{}\" does not exist", as_written(op.view));
  const View* before = context.schema.views.find(found->name);
  // Whatever kind ALTER names, a column is renamed where it is.
  if (before == nullptr) return apply(context, RenameColumn{op.view, op.from, op.to, false});
  if (!before->columns.empty() && !contains(before->columns, op.from)) {
    refuse("42703", "column \"{}\" does not exist", op.from.str());
  }
  if (contains(before->columns, op.to)) {
    refuse("42701", "column \"{}\" of relation \"{}\" already exists", op.to.str(), found->name.name.str());
  }
  for (const ObjectName& reader : context.schema.views_reading(found->name, op.from)) {
    rename_in_view(context, reader, found->name, op.from, op.to);
  }
  View& view = *context.schema.views.edit(found->name);
  std::replace(view.columns.begin(), view.columns.end(), op.from, op.to);
  view.query = with_output_names(view.query, view.columns);
  for (Index& index : view.indexes) {
    for (IndexElement& element : index.elements) {
      if (element.column == op.from) element.column = op.to;
    }
    std::replace(index.included.begin(), index.included.end(), op.from, op.to);
  }
}

void apply(Context& context, const SetViewDefault& op) {
  if (!find_relation(context.schema, op.view))
    refuse("42P01", "relation \"{}\" does not exist", as_written(op.view));
}

void apply(Context& context, const RefreshMaterializedView& op) {
  const auto found = find_relation(context.schema, op.view);
  if (!found) refuse("42P01", "relation \"{}\" does not exist", as_written(op.view));
  View* view = context.schema.views.edit(found->name);
  if (view == nullptr || !view->materialized)
    refuse("0A000", "\"{}\" is not a materialized view", op.view.name.str());
  view->populated = op.with_data;
}

}  // namespace planner::replaying

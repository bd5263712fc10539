#include <algorithm>

#include "planner/replay_internal.h"
#include "planner/sql/query.h"

namespace planner::replaying {

void look_into(const Schema& schema, View& view, const std::vector<Identifier>& column_names) {
  const ExpressionFacts& facts = view.query.facts();
  for (const ObjectName& written : facts.relations) {
    const auto found = find_relation(schema, written);
    if (!found) continue;
    const Table* table = schema.tables.find(found->name);
    if (facts.whole_row || table == nullptr) {
      view.reads_all_of.push_back(found->name);
      continue;
    }
    // A name that several relations of the query have counts for each of them: rather one dependency too many than one too few.
    std::vector<Identifier>& columns = view.reads[found->name];
    for (const Identifier& name : facts.columns) {
      if (table->column(name) != nullptr) columns.push_back(name);
    }
  }
  view.columns = column_names;
}

void rename_in_view(Context& context, const ObjectName& view_name, const ObjectName& relation,
                    const Identifier& from, const Identifier& to) {
  View& view = *context.schema.views.edit(view_name);
  const auto read = view.reads.find(relation);
  if (read != view.reads.end()) std::replace(read->second.begin(), read->second.end(), from, to);
  view.query = view.query.with_column_renamed(from, to);
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

void put_view(Context& context, View view, const std::vector<Identifier>& column_names) {
  require_readable(context.schema, view.query);
  look_into(context.schema, view, column_names);
  sort_options(view.options);
  const ObjectName name = view.name;
  context.schema.views.put(name, std::move(view));
}

}  // namespace

void apply(Context& context, const CreateView& op) {
  const ObjectName name = new_relation_name(context.schema, op.view,
                                            op.temporary ? Persistence::Temporary : Persistence::Permanent);
  View view;
  view.name = name;
  view.query = op.query;
  view.options = op.options;
  if (op.check_option != 'n')
    view.options.push_back({"check_option", op.check_option == 'l' ? "local" : "cascaded"});
  if (relation_exists(context.schema, name)) {
    const View* old = context.schema.views.find(name);
    if (!op.replace) require_free_relation(context.schema, name);
    if (old == nullptr || old->materialized) refuse("42809", "\"{}\" is not a view", name.name.str());
    view.triggers = old->triggers;
    view.rules = old->rules;
    view.comment = old->comment;
    view.owner = old->owner;
  } else {
    require_free_type(context.schema, name);
  }
  put_view(context, std::move(view), op.column_names);
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
  if (before == nullptr) refuse("42809", "\"{}\" is not a view", op.view.name.str());
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

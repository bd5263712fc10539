#include "planner/schema_catalog.h"

#include "planner/replay/internal.h"

namespace planner {

namespace {

TypeName without_modifiers(TypeName type) {
  type.modifiers.clear();
  type.other_modifiers.clear();
  type.set_of = false;
  return type;
}

}  // namespace

std::optional<QueryCatalog::Relation> SchemaCatalog::relation(const ObjectName& written) const {
  const auto found = replaying::find_relation(schema_, written);
  if (!found) return std::nullopt;
  Relation out;
  out.name = found->name;
  if (const Table* table = schema_.tables.find(found->name)) {
    out.columns_known = table->certainty == Certainty::Known;
    for (const Column& column : table->columns)
      out.columns.push_back({column.name, column.type, column.collation});
  } else if (const View* view = schema_.views.find(found->name)) {
    out.columns_known = !view->columns.empty() && view->certainty == Certainty::Known;
    for (std::size_t i = 0; i < view->columns.size(); ++i) {
      out.columns.push_back(
          {view->columns[i], i < view->column_types.size() ? view->column_types[i] : TypeName(), {}});
    }
  } else if (found->kind == replaying::Relation::Sequence) {
    out.columns = {{Identifier("last_value"), parse_type("bigint"), {}},
                   {Identifier("log_cnt"), parse_type("bigint"), {}},
                   {Identifier("is_called"), parse_type("boolean"), {}}};
  } else {
    return std::nullopt;
  }
  return out;
}

std::optional<QueryCatalog::CallResult> SchemaCatalog::function(
    const ObjectName& written, const std::vector<TypeName>& arguments) const {
  const std::vector<Function>* overloads = schema_.functions_named(written);
  if (overloads == nullptr) return std::nullopt;
  const Function* fitting = nullptr;
  for (const Function& function : *overloads) {
    if (function.input_types.size() < arguments.size()) continue;
    if (fitting != nullptr)
      return std::nullopt;  // which one is called depends on types planner does not follow
    fitting = &function;
  }
  if (fitting == nullptr) return std::nullopt;
  CallResult result;
  for (const FunctionArgument& argument : fitting->definition.arguments) {
    if (argument.mode == 'o' || argument.mode == 'b' || argument.mode == 't') {
      result.columns.push_back({argument.name, without_modifiers(argument.type), {}});
    }
  }
  if (result.columns.size() == 1) result.type = result.columns.front().type;
  if (!result.columns.empty()) return result;
  result.type = without_modifiers(fitting->definition.returns);
  if (const auto row = relation(result.type.name); row && row->columns_known && !result.type.name.empty()) {
    result.columns = row->columns;
  }
  if (result.type.is("record") || result.type.name.name.str().starts_with("any")) result.type = {};
  return result;
}

TypeName SchemaCatalog::type(const TypeName& written) const {
  return replaying::resolved_type(schema_, written);
}
// What an extension brings has no columns in the tables of others.
bool SchemaCatalog::is_complete() const { return schema_.gaps.empty(); }

}  // namespace planner

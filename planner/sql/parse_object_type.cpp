#include "planner/sql/read.h"

namespace planner::pg {

void read_domain(const Source& source, const PgQuery__CreateDomainStmt& statement, Operations& out) {
  CreateDomain result;
  result.domain = object_name(list(statement.n_domainname, statement.domainname));
  result.base = type_name(statement.type_name);
  if (statement.coll_clause != nullptr) {
    result.collation = object_name(list(statement.coll_clause->n_collname, statement.coll_clause->collname));
  }
  for (const Node* node : list(statement.n_constraints, statement.constraints)) {
    if (node->node_case != PG_QUERY__NODE__NODE_CONSTRAINT) continue;
    const PgQuery__Constraint& constraint = *node->constraint;
    switch (constraint.contype) {
      case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
        result.not_null = true;
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
        result.default_value = scalar(source, constraint.raw_expr);
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK:
        result.checks.push_back(constraint_definition(source, constraint));
        break;
      default:
        break;
    }
  }
  out.emplace_back(std::move(result));
}

void read_alter_domain(const Source& source, const PgQuery__AlterDomainStmt& statement, Operations& out) {
  AlterDomain result;
  result.domain = object_name(list(statement.n_type_name, statement.type_name));
  result.cascade = cascade(statement.behavior);
  result.if_exists = statement.missing_ok;
  result.constraint_name = identifier(statement.name);
  // The letters of AlterDomainStmt in src/include/nodes/parsenodes.h.
  switch (has_text(statement.subtype) ? *statement.subtype : 'T') {
    case 'T':
      result.change = statement.def == nullptr ? DomainChange::DropDefault : DomainChange::SetDefault;
      result.default_value = scalar(source, statement.def);
      break;
    case 'N':
      result.change = DomainChange::DropNotNull;
      break;
    case 'O':
      result.change = DomainChange::SetNotNull;
      break;
    case 'C':
      result.change = DomainChange::AddConstraint;
      result.constraint = constraint_definition(source, *statement.def->constraint);
      break;
    case 'X':
      result.change = DomainChange::DropConstraint;
      break;
    default:
      result.change = DomainChange::ValidateConstraint;
      break;
  }
  out.emplace_back(std::move(result));
}

void read_alter_enum(const PgQuery__AlterEnumStmt& statement, Operations& out) {
  const ObjectName type = object_name(list(statement.n_type_name, statement.type_name));
  if (has_text(statement.old_val)) {
    out.emplace_back(RenameEnumValue{type, statement.old_val, std::string(text_of(statement.new_val))});
    return;
  }
  AddEnumValue result;
  result.type = type;
  result.label = text_of(statement.new_val);
  result.neighbour = text_of(statement.new_val_neighbor);
  result.after = !result.neighbour.empty() && statement.new_val_is_after;
  result.if_not_exists = statement.skip_if_new_val_exists;
  out.emplace_back(std::move(result));
}

void read_create_range(const PgQuery__CreateRangeStmt& statement, Operations& out) {
  CreateRangeType result;
  result.type = object_name(list(statement.n_type_name, statement.type_name));
  for (const Node* node : list(statement.n_params, statement.params)) {
    if (node->node_case != PG_QUERY__NODE__NODE_DEF_ELEM) continue;
    const PgQuery__DefElem& option = *node->def_elem;
    if (option.arg == nullptr || option.arg->node_case != PG_QUERY__NODE__NODE_TYPE_NAME) continue;
    const TypeName value = type_name(option.arg->type_name);
    const std::string_view what = text_of(option.defname);
    if (what == "subtype") result.subtype = value;
    if (what == "subtype_opclass") result.opclass = value.name;
    if (what == "collation") result.collation = value.name;
    if (what == "canonical") result.canonical = value.name;
    if (what == "subtype_diff") result.subtype_diff = value.name;
    if (what == "multirange_type_name") result.multirange = value.name;
  }
  out.emplace_back(std::move(result));
}

void read_composite(const Source& source, const PgQuery__CompositeTypeStmt& statement, Operations& out) {
  CreateCompositeType result;
  result.type = table_name(statement.typevar);
  for (const Node* node : list(statement.n_coldeflist, statement.coldeflist)) {
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF) {
      result.attributes.push_back(column_definition(source, *node->column_def));
    }
  }
  out.emplace_back(std::move(result));
}

void read_define(const Source& source, const PgQuery__DefineStmt& statement, Operations& out) {
  const ObjectName name = object_name(list(statement.n_defnames, statement.defnames));
  if (statement.kind == PG_QUERY__OBJECT_TYPE__OBJECT_TYPE) {
    out.emplace_back(CreateBaseType{name});
    return;
  }
  if (statement.kind != PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE) {
    OtherObject result;
    result.kind = object_kind(statement.kind);
    result.name = name;
    out.emplace_back(std::move(result));
    return;
  }
  CreateFunction result;
  result.name = name;
  result.aggregate = true;
  result.replace = statement.replace;
  // The arguments are a list and the number of direct ones.
  for (const Node* node : list(statement.n_args, statement.args)) {
    if (node->node_case != PG_QUERY__NODE__NODE_LIST) continue;
    for (const Node* parameter : list(node->list->n_items, node->list->items)) {
      if (parameter->node_case == PG_QUERY__NODE__NODE_FUNCTION_PARAMETER) {
        result.arguments.push_back(function_argument(source, *parameter->function_parameter));
      }
    }
  }
  out.emplace_back(std::move(result));
}

}  // namespace planner::pg

#include <charconv>
#include <string>

#include "planner/sql/read.h"

namespace planner::pg {

namespace {

std::optional<std::int64_t> integer(const Node* node) {
  if (node == nullptr) return std::nullopt;
  if (node->node_case == PG_QUERY__NODE__NODE_INTEGER) return node->integer->ival;
  // Numbers beyond 32 bits are Float nodes.
  if (node->node_case == PG_QUERY__NODE__NODE_FLOAT) {
    const std::string_view digits = text_of(node->float_->fval);
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (problem == std::errc() && end == digits.data() + digits.size()) return value;
  }
  return std::nullopt;
}

ForeignKeyAction action(const char* letter) {
  switch (has_text(letter) ? *letter : 'a') {
    case 'r':
      return ForeignKeyAction::Restrict;
    case 'c':
      return ForeignKeyAction::Cascade;
    case 'n':
      return ForeignKeyAction::SetNull;
    case 'd':
      return ForeignKeyAction::SetDefault;
    default:
      return ForeignKeyAction::NoAction;
  }
}

ConstraintKind kind(PgQuery__ConstrType type) {
  switch (type) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
      return ConstraintKind::PrimaryKey;
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
      return ConstraintKind::Unique;
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN:
      return ConstraintKind::ForeignKey;
    case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION:
      return ConstraintKind::Exclusion;
    case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
      return ConstraintKind::NotNull;
    default:
      return ConstraintKind::Check;
  }
}

void read_foreign_key(const PgQuery__Constraint& constraint, ConstraintDefinition& result) {
  result.columns = identifiers(list(constraint.n_fk_attrs, constraint.fk_attrs));
  result.references.table = table_name(constraint.pktable);
  result.references.columns = identifiers(list(constraint.n_pk_attrs, constraint.pk_attrs));
  result.references.on_update = action(constraint.fk_upd_action);
  result.references.on_delete = action(constraint.fk_del_action);
  result.references.on_delete_set_columns =
      identifiers(list(constraint.n_fk_del_set_cols, constraint.fk_del_set_cols));
  if (has_text(constraint.fk_matchtype)) result.references.match = *constraint.fk_matchtype;
}

void read_exclusion(const Source& source, const PgQuery__Constraint& constraint,
                    ConstraintDefinition& result) {
  for (const Node* pair : list(constraint.n_exclusions, constraint.exclusions)) {
    if (pair->node_case != PG_QUERY__NODE__NODE_LIST || pair->list->n_items != 2) continue;
    result.exclusion_elements.push_back(index_element(source, *pair->list->items[0]->index_elem));
    const PgQuery__List& operators = *pair->list->items[1]->list;
    result.exclusion_operators.push_back(object_name(list(operators.n_items, operators.items)));
  }
  result.access_method = text_of(constraint.access_method);
  if (result.access_method.empty()) result.access_method = "btree";
  result.predicate = scalar(source, constraint.where_clause);
}

}  // namespace

bool is_true(const Node* value) {
  if (value == nullptr) return true;  // an option without a value is switched on
  switch (value->node_case) {
    case PG_QUERY__NODE__NODE_BOOLEAN:
      return value->boolean->boolval;
    case PG_QUERY__NODE__NODE_INTEGER:
      return value->integer->ival != 0;
    default: {
      const std::string text = option_value(value);
      return text == "true" || text == "on" || text == "yes" || text == "1";
    }
  }
}

std::string option_value(const Node* value) {
  if (value == nullptr) return {};
  switch (value->node_case) {
    case PG_QUERY__NODE__NODE_STRING:
      return std::string(text_of(value->string->sval));
    case PG_QUERY__NODE__NODE_INTEGER:
      return std::to_string(value->integer->ival);
    case PG_QUERY__NODE__NODE_FLOAT:
      return std::string(text_of(value->float_->fval));
    case PG_QUERY__NODE__NODE_BOOLEAN:
      return value->boolean->boolval ? "true" : "false";
    case PG_QUERY__NODE__NODE_TYPE_NAME: {
      const PgQuery__TypeName& type = *value->type_name;
      return std::string(type.n_names == 0 ? std::string_view{} : string_of(type.names[type.n_names - 1]));
    }
    case PG_QUERY__NODE__NODE_LIST: {
      std::string text;
      for (const Node* item : list(value->list->n_items, value->list->items)) {
        if (!text.empty()) text += ".";
        text += option_value(item);
      }
      return text;
    }
    case PG_QUERY__NODE__NODE_A_CONST: {
      const PgQuery__AConst& constant = *value->a_const;
      switch (constant.val_case) {
        case PG_QUERY__A__CONST__VAL_SVAL:
          return std::string(text_of(constant.sval->sval));
        case PG_QUERY__A__CONST__VAL_IVAL:
          return std::to_string(constant.ival->ival);
        case PG_QUERY__A__CONST__VAL_FVAL:
          return std::string(text_of(constant.fval->fval));
        case PG_QUERY__A__CONST__VAL_BOOLVAL:
          return constant.boolval->boolval ? "true" : "false";
        default:
          return {};
      }
    }
    default:
      return {};
  }
}

std::vector<Option> options(std::span<Node* const> elements) {
  std::vector<Option> result;
  for (const Node* element : elements) {
    if (element->node_case != PG_QUERY__NODE__NODE_DEF_ELEM) continue;
    const PgQuery__DefElem& option = *element->def_elem;
    std::string name(text_of(option.defname));
    if (has_text(option.defnamespace)) name = std::string(option.defnamespace) + "." + name;
    result.push_back({std::move(name), option_value(option.arg)});
  }
  return result;
}

SequenceOptions sequence_options(std::span<Node* const> elements) {
  SequenceOptions result;
  for (const Node* element : elements) {
    if (element->node_case != PG_QUERY__NODE__NODE_DEF_ELEM) continue;
    const PgQuery__DefElem& option = *element->def_elem;
    const std::string_view name = text_of(option.defname);
    if (name == "as") {
      if (option.arg != nullptr) result.as_type = type_name(option.arg->type_name);
    } else if (name == "start") {
      result.start = integer(option.arg);
    } else if (name == "increment") {
      result.increment = integer(option.arg);
    } else if (name == "minvalue") {
      result.minimum = integer(option.arg);
    } else if (name == "maxvalue") {
      result.maximum = integer(option.arg);
    } else if (name == "cache") {
      result.cache = integer(option.arg);
    } else if (name == "restart") {
      result.restart_given = true;
      result.restart = integer(option.arg);
    } else if (name == "cycle") {
      result.cycle = is_true(option.arg);
    } else if (name == "owned_by" && option.arg != nullptr &&
               option.arg->node_case == PG_QUERY__NODE__NODE_LIST) {
      const auto names = list(option.arg->list->n_items, option.arg->list->items);
      result.owned_by_table.emplace();
      result.owned_by_column.emplace();
      if (names.size() > 1) {  // OWNED BY NONE is one name
        result.owned_by_table = object_name(names.first(names.size() - 1));
        result.owned_by_column = Identifier(string_of(names.back()));
      }
    }
  }
  return result;
}

Identity identity(const PgQuery__Constraint& constraint) {
  return {text_of(constraint.generated_when) == "a",
          sequence_options(list(constraint.n_options, constraint.options))};
}

IndexElement index_element(const Source& source, const PgQuery__IndexElem& element) {
  IndexElement result;
  result.column = identifier(element.name);
  result.expression = scalar(source, element.expr);
  result.collation = object_name(list(element.n_collation, element.collation));
  result.opclass = object_name(list(element.n_opclass, element.opclass));
  result.descending = element.ordering == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
  if (element.nulls_ordering == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST) result.nulls_first = true;
  if (element.nulls_ordering == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST) result.nulls_first = false;
  return result;
}

Persistence persistence(const PgQuery__RangeVar* range) {
  if (range == nullptr || !has_text(range->relpersistence)) return Persistence::Permanent;
  switch (*range->relpersistence) {
    case 't':
      return Persistence::Temporary;
    case 'u':
      return Persistence::Unlogged;
    default:
      return Persistence::Permanent;
  }
}

ConstraintDefinition constraint_definition(const Source& source, const PgQuery__Constraint& constraint) {
  ConstraintDefinition result;
  result.kind = kind(constraint.contype);
  result.name = identifier(constraint.conname);
  result.deferrable = constraint.deferrable;
  result.initially_deferred = constraint.initdeferred;
  result.no_inherit = constraint.is_no_inherit;
  result.not_valid = constraint.skip_validation;
  result.nulls_not_distinct = constraint.nulls_not_distinct;
  result.using_index = identifier(constraint.indexname);
  result.included = identifiers(list(constraint.n_including, constraint.including));
  switch (result.kind) {
    case ConstraintKind::ForeignKey:
      read_foreign_key(constraint, result);
      break;
    case ConstraintKind::Exclusion:
      read_exclusion(source, constraint, result);
      break;
    case ConstraintKind::Check:
      result.expression = scalar(source, constraint.raw_expr);
      break;
    default:
      result.columns = identifiers(list(constraint.n_keys, constraint.keys));
      break;
  }
  return result;
}

ColumnDefinition column_definition(const Source& source, const PgQuery__ColumnDef& column) {
  ColumnDefinition result;
  result.name = identifier(column.colname);
  result.type = type_name(column.type_name);
  result.not_null = column.is_not_null;
  result.storage = text_of(column.storage);
  result.compression = text_of(column.compression);
  if (column.coll_clause != nullptr) {
    result.collation = object_name(list(column.coll_clause->n_collname, column.coll_clause->collname));
  }
  if (column.raw_default != nullptr) result.default_value = scalar(source, column.raw_default);
  for (const Node* node : list(column.n_constraints, column.constraints)) {
    if (node->node_case != PG_QUERY__NODE__NODE_CONSTRAINT) continue;
    const PgQuery__Constraint& constraint = *node->constraint;
    switch (constraint.contype) {
      case PG_QUERY__CONSTR_TYPE__CONSTR_NULL:
        result.explicit_null = true;
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
        result.not_null = true;
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
        result.default_value = scalar(source, constraint.raw_expr);
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
        result.identity = identity(constraint);
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED:
        result.generated = scalar(source, constraint.raw_expr);
        break;
      // Attributes are nodes of their own and belong to the constraint written before them.
      case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRABLE:
        if (!result.constraints.empty()) result.constraints.back().deferrable = true;
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRED:
        if (!result.constraints.empty()) {
          result.constraints.back().deferrable = true;
          result.constraints.back().initially_deferred = true;
        }
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_NOT_DEFERRABLE:
      case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_IMMEDIATE:
        break;
      default: {
        ConstraintDefinition inline_constraint = constraint_definition(source, constraint);
        inline_constraint.inline_of_column = true;
        if (inline_constraint.kind != ConstraintKind::Check) inline_constraint.columns = {result.name};
        result.constraints.push_back(std::move(inline_constraint));
      }
    }
  }
  return result;
}

}  // namespace planner::pg

#include "planner/sql/expression_form.h"

#include <algorithm>
#include <array>
#include <utility>

#include "planner/sql/query.h"

namespace planner::pg {

namespace {

Form leaf(FormKind kind, std::string_view text) { return {kind, std::string(text), {}, {}}; }

Form node(FormKind kind, std::string_view text, std::vector<Form> children) {
  return {kind, std::string(text), {}, std::move(children)};
}

Form operation(std::string_view symbol, Form left, Form right) {
  std::vector<Form> operands;
  operands.push_back(std::move(left));
  operands.push_back(std::move(right));
  return node(FormKind::Operator, symbol, std::move(operands));
}

/// AND and OR hold no AND or OR of their own kind.
Form junction(FormKind kind, std::vector<Form> parts) {
  std::vector<Form> flat;
  for (Form& part : parts) {
    if (part.kind == kind) {
      for (Form& inner : part.children) flat.push_back(std::move(inner));
    } else {
      flat.push_back(std::move(part));
    }
  }
  if (flat.size() == 1) return std::move(flat.front());
  return node(kind, {}, std::move(flat));
}

Form negated(Form form) {
  std::vector<Form> child;
  child.push_back(std::move(form));
  return node(FormKind::Not, {}, std::move(child));
}

std::vector<Form> forms(std::span<Node* const> nodes) {
  std::vector<Form> result;
  result.reserve(nodes.size());
  for (const Node* each : nodes) result.push_back(form_of(each));
  return result;
}

/// `X'1F'` as the bits it is.
std::string bits(std::string_view raw) {
  if (raw.empty() || (raw.front() != 'x' && raw.front() != 'b')) return std::string(raw);
  const bool hex = raw.front() == 'x';
  raw.remove_prefix(1);
  if (!hex) return std::string(raw);
  std::string result;
  for (const char c : raw) {
    const unsigned digit =
        c >= '0' && c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>((c | 0x20) - 'a' + 10);
    for (unsigned bit = 8; bit > 0; bit /= 2) result += (digit & bit) != 0 ? '1' : '0';
  }
  return result;
}

Form constant(const PgQuery__AConst& value) {
  if (value.isnull) return leaf(FormKind::Text, "null");
  switch (value.val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
      return leaf(FormKind::Constant, std::to_string(value.ival->ival));
    case PG_QUERY__A__CONST__VAL_FVAL:
      return leaf(FormKind::Constant, text_of(value.fval->fval));
    case PG_QUERY__A__CONST__VAL_BOOLVAL: {
      Form form = leaf(FormKind::Constant, value.boolval->boolval ? "true" : "false");
      form.type.name = ObjectName(Identifier("bool"));
      return form;
    }
    case PG_QUERY__A__CONST__VAL_SVAL:
      return leaf(FormKind::Constant, text_of(value.sval->sval));
    case PG_QUERY__A__CONST__VAL_BSVAL:
      return leaf(FormKind::Constant, bits(text_of(value.bsval->bsval)));
    default:  // protobuf leaves out what is zero: the integer 0
      return leaf(FormKind::Constant, "0");
  }
}

Form column(const PgQuery__ColumnRef& reference) {
  std::vector<Form> parts;
  for (const Node* field : list(reference.n_fields, reference.fields)) {
    parts.push_back(
        leaf(FormKind::Text, field->node_case == PG_QUERY__NODE__NODE_A_STAR ? "*" : string_of(field)));
  }
  return node(FormKind::Column, {}, std::move(parts));
}

Form name(std::span<Node* const> names) {
  const ObjectName object = object_name(names);
  Form result = leaf(FormKind::Name, object.name.str());
  if (!object.schema.empty()) result.children.push_back(leaf(FormKind::Text, object.schema.str()));
  return result;
}

std::string symbol_of(const PgQuery__AExpr& expr) {
  const ObjectName symbol = object_name(list(expr.n_name, expr.name));
  return symbol.name.str() == "!=" ? "<>" : symbol.name.str();
}

bool is_null_constant(const Form& form) { return form.kind == FormKind::Text && form.text == "null"; }

bool mentions_column(const Form& form) {
  return form.kind == FormKind::Column ||
         std::any_of(form.children.begin(), form.children.end(), mentions_column);
}

/// transformAExprIn: constants become one array, what mentions a column is compared by itself.
Form in_list(const PgQuery__AExpr& expr) {
  const bool inverted = symbol_of(expr) == "<>";
  const Form operand = form_of(expr.lexpr);
  std::vector<Form> elements;
  std::vector<Form> parts;
  if (expr.rexpr != nullptr && expr.rexpr->node_case == PG_QUERY__NODE__NODE_LIST) {
    for (Form& element : forms(list(expr.rexpr->list->n_items, expr.rexpr->list->items))) {
      if (mentions_column(element)) {
        parts.push_back(operation(inverted ? "<>" : "=", operand, std::move(element)));
      } else {
        elements.push_back(std::move(element));
      }
    }
  }
  if (elements.size() == 1) {
    parts.insert(parts.begin(), operation(inverted ? "<>" : "=", operand, std::move(elements.front())));
  } else if (!elements.empty()) {
    std::vector<Form> children;
    children.push_back(operand);
    children.push_back(node(FormKind::Other, "array", std::move(elements)));
    parts.insert(parts.begin(), node(FormKind::AnyAll, inverted ? "<> all" : "= any", std::move(children)));
  }
  return junction(inverted ? FormKind::And : FormKind::Or, std::move(parts));
}

/// transformAExprBetween.
Form between(const PgQuery__AExpr& expr) {
  const Form operand = form_of(expr.lexpr);
  std::vector<Form> bounds;
  if (expr.rexpr != nullptr && expr.rexpr->node_case == PG_QUERY__NODE__NODE_LIST) {
    bounds = forms(list(expr.rexpr->list->n_items, expr.rexpr->list->items));
  }
  if (bounds.size() != 2) return leaf(FormKind::Other, "between");
  const auto range = [&](const Form& low, const Form& high, bool inverted) {
    std::vector<Form> parts;
    parts.push_back(operation(inverted ? "<" : ">=", operand, low));
    parts.push_back(operation(inverted ? ">" : "<=", operand, high));
    return junction(inverted ? FormKind::Or : FormKind::And, std::move(parts));
  };
  const bool inverted = expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN ||
                        expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
  const bool symmetric = expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM ||
                         expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM;
  if (!symmetric) return range(bounds[0], bounds[1], inverted);
  std::vector<Form> both;
  both.push_back(range(bounds[0], bounds[1], inverted));
  both.push_back(range(bounds[1], bounds[0], inverted));
  return junction(inverted ? FormKind::And : FormKind::Or, std::move(both));
}

Form null_test(Form operand, bool is_null) {
  std::vector<Form> child;
  child.push_back(std::move(operand));
  return node(FormKind::Other, is_null ? "is null" : "is not null", std::move(child));
}

Form distinct(const PgQuery__AExpr& expr) {
  const bool inverted = expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT;
  Form left = form_of(expr.lexpr);
  Form right = form_of(expr.rexpr);
  // transformAExprDistinct makes a null test of it.
  if (is_null_constant(right)) return null_test(std::move(left), inverted);
  if (is_null_constant(left)) return null_test(std::move(right), inverted);
  Form result = operation("is distinct from", std::move(left), std::move(right));
  return inverted ? negated(std::move(result)) : result;
}

/// make_row_comparison_op: rows are equal when every pair is.
Form row_comparison(const PgQuery__RowExpr& left, const PgQuery__RowExpr& right, std::string_view symbol) {
  std::vector<Form> parts;
  for (std::size_t i = 0; i < left.n_args; ++i) {
    parts.push_back(operation(symbol, form_of(left.args[i]), form_of(right.args[i])));
  }
  return junction(symbol == "=" ? FormKind::And : FormKind::Or, std::move(parts));
}

bool are_rows(const PgQuery__AExpr& expr) {
  const auto is_row = [](const Node* side) {
    return side != nullptr && side->node_case == PG_QUERY__NODE__NODE_ROW_EXPR;
  };
  return is_row(expr.lexpr) && is_row(expr.rexpr) &&
         expr.lexpr->row_expr->n_args == expr.rexpr->row_expr->n_args;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.eE+-") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

Form expression(const PgQuery__AExpr& expr) {
  switch (expr.kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN:
      return in_list(expr);
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM:
      return between(expr);
    case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT:
      return distinct(expr);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF:
      return operation("nullif", form_of(expr.lexpr), form_of(expr.rexpr));
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL: {
      const bool all = expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL;
      std::vector<Form> children;
      children.push_back(form_of(expr.lexpr));
      children.push_back(form_of(expr.rexpr));
      return node(FormKind::AnyAll, symbol_of(expr) + (all ? " all" : " any"), std::move(children));
    }
    default:
      break;
  }
  std::string symbol = symbol_of(expr);
  if ((symbol == "=" || symbol == "<>") && are_rows(expr)) {
    return row_comparison(*expr.lexpr->row_expr, *expr.rexpr->row_expr, symbol);
  }
  Form right = form_of(expr.rexpr);
  if (expr.lexpr == nullptr) {
    if (symbol == "-" && right.kind == FormKind::Constant && is_number(right.text)) {
      return leaf(FormKind::Constant, right.text.starts_with('-') ? right.text.substr(1) : "-" + right.text);
    }
    std::vector<Form> operand;
    operand.push_back(std::move(right));
    return node(FormKind::Operator, symbol, std::move(operand));
  }
  return operation(symbol, form_of(expr.lexpr), std::move(right));
}

bool is_constant_array(const Form& form) {
  return form.kind == FormKind::Other && form.text == "array" &&
         std::all_of(form.children.begin(), form.children.end(), [](const Form& element) {
           return element.kind == FormKind::Constant || is_null_constant(element) ||
                  is_constant_array(element);
         });
}

Form cast(const PgQuery__TypeCast& expr) {
  Form operand = form_of(expr.arg);
  const planner::TypeName type = type_name(expr.type_name);
  if (operand.kind == FormKind::Constant) {
    // What a constant is cast to decides how its text is compared.
    if (operand.type.empty()) operand.type = type;
    return operand;
  }
  if (is_null_constant(operand) || is_constant_array(operand)) return operand;
  // ROW(...) is a record already: the server keeps no trace of the cast.
  const bool is_row = expr.arg != nullptr && expr.arg->node_case == PG_QUERY__NODE__NODE_ROW_EXPR;
  if (is_row && type.is("record")) return operand;
  Form result;
  result.kind = FormKind::Cast;
  result.type = type;
  result.children.push_back(std::move(operand));
  return result;
}

Form boolean(const PgQuery__BoolExpr& expr) {
  std::vector<Form> parts = forms(list(expr.n_args, expr.args));
  switch (expr.boolop) {
    case PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR:
      return junction(FormKind::And, std::move(parts));
    case PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR:
      return junction(FormKind::Or, std::move(parts));
    default:
      return node(FormKind::Not, {}, std::move(parts));
  }
}

Form function(const PgQuery__FuncCall& call) {
  Form result = node(FormKind::Function, {}, {});
  Form called = name(list(call.n_funcname, call.funcname));
  // Before version 14 EXTRACT was stored as date_part.
  result.text = called.text == "extract" ? "date_part" : called.text;
  Form arguments = node(FormKind::Other, "arguments", forms(list(call.n_args, call.args)));
  called.text = result.text;
  result.children.push_back(std::move(called));
  result.children.push_back(std::move(arguments));
  if (call.n_agg_order > 0) {
    result.children.push_back(
        node(FormKind::Other, "order by", forms(list(call.n_agg_order, call.agg_order))));
  }
  if (call.agg_filter != nullptr) {
    std::vector<Form> filter;
    filter.push_back(form_of(call.agg_filter));
    result.children.push_back(node(FormKind::Other, "filter", std::move(filter)));
  }
  const auto flag = [&](bool set, std::string_view word) {
    if (set) result.children.push_back(leaf(FormKind::Text, word));
  };
  flag(call.agg_star, "*");
  flag(call.agg_distinct, "distinct");
  flag(call.agg_within_group, "within group");
  flag(call.func_variadic, "variadic");
  return result;
}

Form other(const ProtobufCMessage& message);
Form select_form(const PgQuery__SelectStmt& select, bool names = true);

Form message_form(const ProtobufCMessage& message) {
  if (message.descriptor == &pg_query__node__descriptor) return form_of(&as_message_of<Node>(message));
  if (message.descriptor == &pg_query__type_name__descriptor) {
    Form result = leaf(FormKind::Other, "type");
    result.type = type_name(&as_message_of<PgQuery__TypeName>(message));
    return result;
  }
  if (message.descriptor == &pg_query__range_var__descriptor) {
    const auto& range = as_message_of<PgQuery__RangeVar>(message);
    Form table = leaf(FormKind::Name, text_of(range.relname));
    if (has_text(range.schemaname)) table.children.push_back(leaf(FormKind::Text, range.schemaname));
    std::vector<Form> parts;
    parts.push_back(std::move(table));
    if (!range.inh) parts.push_back(leaf(FormKind::Text, "only"));
    if (range.alias != nullptr)
      parts.push_back(other(reinterpret_cast<const ProtobufCMessage&>(*range.alias)));
    return node(FormKind::Other, "table", std::move(parts));
  }
  if (message.descriptor == &pg_query__range_function__descriptor &&
      as_message_of<PgQuery__RangeFunction>(message).alias != nullptr) {
    // PostgreSQL lists the columns of every function in FROM behind its alias.
    PgQuery__RangeFunction range = as_message_of<PgQuery__RangeFunction>(message);
    PgQuery__Alias alias = *range.alias;
    alias.n_colnames = 0;
    range.alias = &alias;
    return other(reinterpret_cast<const ProtobufCMessage&>(range));
  }
  if (message.descriptor == &pg_query__select_stmt__descriptor) {
    return select_form(as_message_of<PgQuery__SelectStmt>(message));
  }
  return other(message);
}

/// `GROUP BY 1` and `ORDER BY total` stand for what the target list computes; stored queries spell it out.
Form sort_key(const Node* key, const std::vector<Form>& targets, bool output_names) {
  const Node* value = key;
  if (value->node_case == PG_QUERY__NODE__NODE_SORT_BY) value = value->sort_by->node;
  Form form = form_of(value);
  if (form.kind == FormKind::Constant && value->node_case == PG_QUERY__NODE__NODE_A_CONST &&
      value->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
    const auto place = static_cast<std::size_t>(std::max(value->a_const->ival->ival, 0));
    if (place >= 1 && place <= targets.size()) form = targets[place - 1].children.front();
  } else if (output_names && form.kind == FormKind::Column && form.children.size() == 1) {
    for (const Form& target : targets) {
      if (target.text == form.children.front().text) {
        form = target.children.front();
        break;
      }
    }
  }
  std::vector<Form> parts;
  parts.push_back(std::move(form));
  if (key->node_case == PG_QUERY__NODE__NODE_SORT_BY) {
    const PgQuery__SortBy& sort = *key->sort_by;
    const bool descending = sort.sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
    bool nulls_first = descending;
    if (sort.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST) nulls_first = true;
    if (sort.sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST) nulls_first = false;
    parts.push_back(leaf(FormKind::Text, descending ? "descending" : "ascending"));
    parts.push_back(leaf(FormKind::Text, nulls_first ? "nulls first" : "nulls last"));
  }
  return node(FormKind::Other, "key", std::move(parts));
}

Form select_form(const PgQuery__SelectStmt& select, bool names) {
  std::vector<Form> targets;
  for (const Node* target : list(select.n_target_list, select.target_list)) {
    if (target->node_case != PG_QUERY__NODE__NODE_RES_TARGET) continue;
    std::string label(text_of(target->res_target->name));
    if (label == "?column?") label.clear();  // what PostgreSQL calls a column without a name
    if (!names) {
      label.clear();
    } else if (label.empty()) {
      label = column_label(scalar(Source{}, target->res_target->val)).str();
    }
    std::vector<Form> value;
    value.push_back(form_of(target->res_target->val));
    targets.push_back(node(FormKind::Other, label, std::move(value)));
  }
  std::vector<Form> groups;
  for (const Node* key : list(select.n_group_clause, select.group_clause))
    groups.push_back(sort_key(key, targets, false));
  std::vector<Form> order;
  for (const Node* key : list(select.n_sort_clause, select.sort_clause))
    order.push_back(sort_key(key, targets, true));
  // The rest field by field.
  PgQuery__SelectStmt rest = select;
  rest.n_target_list = rest.n_group_clause = rest.n_sort_clause = 0;
  rest.larg = rest.rarg = nullptr;
  Form result = other(reinterpret_cast<const ProtobufCMessage&>(rest));
  // The first branch of a UNION names the columns.
  if (select.larg != nullptr) result.children.push_back(select_form(*select.larg, names));
  if (select.rarg != nullptr) result.children.push_back(select_form(*select.rarg, false));
  result.children.push_back(node(FormKind::Other, "targets", std::move(targets)));
  result.children.push_back(node(FormKind::Other, "group by", std::move(groups)));
  result.children.push_back(node(FormKind::Other, "order by", std::move(order)));
  return result;
}

/// A field's value as a form; nothing for what says nothing.
void add_field(const ProtobufCFieldDescriptor& field, const std::byte* base, std::vector<Form>& out) {
  const std::byte* place = base + field.offset;
  if (field.label == PROTOBUF_C_LABEL_REPEATED) {
    const auto count = *reinterpret_cast<const std::size_t*>(base + field.quantifier_offset);
    if (field.type != PROTOBUF_C_TYPE_MESSAGE || count == 0) return;
    const auto* items = *reinterpret_cast<ProtobufCMessage* const* const*>(place);
    std::vector<Form> elements;
    for (std::size_t i = 0; i < count; ++i) elements.push_back(message_form(*items[i]));
    out.push_back(node(FormKind::Other, field.name, std::move(elements)));
    return;
  }
  switch (field.type) {
    case PROTOBUF_C_TYPE_MESSAGE:
      if (const auto* child = *reinterpret_cast<const ProtobufCMessage* const*>(place)) {
        std::vector<Form> one;
        one.push_back(message_form(*child));
        out.push_back(node(FormKind::Other, field.name, std::move(one)));
      }
      break;
    case PROTOBUF_C_TYPE_STRING: {
      const std::string_view text = text_of(*reinterpret_cast<const char* const*>(place));
      if (!text.empty())
        out.push_back(leaf(FormKind::Text, std::string(field.name) + "=" + std::string(text)));
      break;
    }
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
      break;
    default: {
      const auto value = *reinterpret_cast<const std::int32_t*>(place);
      // How a row or call was spelled does not change it.
      const std::string_view name = field.name;
      if (value != 0 && !is_place(name) && name != "row_format" && name != "funcformat") {
        out.push_back(leaf(FormKind::Text, std::string(name) + "=" + std::to_string(value)));
      }
    }
  }
}

Form other(const ProtobufCMessage& message) {
  Form result = leaf(FormKind::Other, message.descriptor->short_name);
  const auto* base = reinterpret_cast<const std::byte*>(&message);
  for (unsigned i = 0; i < message.descriptor->n_fields; ++i) {
    const ProtobufCFieldDescriptor& field = message.descriptor->fields[i];
    if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
        *reinterpret_cast<const std::uint32_t*>(base + field.quantifier_offset) != field.id) {
      continue;
    }
    add_field(field, base, result.children);
  }
  return result;
}

}  // namespace

Form form_of(const Node* tree) {
  if (tree == nullptr) return leaf(FormKind::Other, "nothing");
  switch (tree->node_case) {
    case PG_QUERY__NODE__NODE_A_CONST:
      return constant(*tree->a_const);
    case PG_QUERY__NODE__NODE_COLUMN_REF:
      return column(*tree->column_ref);
    case PG_QUERY__NODE__NODE_A_EXPR:
      return expression(*tree->a_expr);
    case PG_QUERY__NODE__NODE_TYPE_CAST:
      return cast(*tree->type_cast);
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
      return boolean(*tree->bool_expr);
    case PG_QUERY__NODE__NODE_FUNC_CALL:
      if (tree->func_call->over == nullptr) return function(*tree->func_call);
      break;
    case PG_QUERY__NODE__NODE_NULL_TEST:
      return null_test(form_of(tree->null_test->arg),
                       tree->null_test->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL);
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
      return node(FormKind::Other, "array",
                  forms(list(tree->a_array_expr->n_elements, tree->a_array_expr->elements)));
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE: {
      const PgQuery__CollateClause& clause = *tree->collate_clause;
      if (object_name(list(clause.n_collname, clause.collname)).name.str() == "default")
        return form_of(clause.arg);
      break;
    }
    case PG_QUERY__NODE__NODE_SUB_LINK: {
      // `= ANY (SELECT ..)` is IN (SELECT ..).
      const PgQuery__SubLink& link = *tree->sub_link;
      if (link.sub_link_type == PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK && link.n_oper_name == 1 &&
          string_of(link.oper_name[0]) == "=") {
        PgQuery__SubLink plain = link;
        plain.n_oper_name = 0;
        return other(reinterpret_cast<const ProtobufCMessage&>(plain));
      }
      break;
    }
    case PG_QUERY__NODE__NODE_CASE_EXPR: {
      Form result = other(*content_of(*tree));
      // A missing ELSE is stored as ELSE NULL.
      if (tree->case_expr->defresult == nullptr) {
        std::vector<Form> null;
        null.push_back(leaf(FormKind::Text, "null"));
        result.children.push_back(node(FormKind::Other, "defresult", std::move(null)));
      }
      return result;
    }
    default:
      break;
  }
  const ProtobufCMessage* content = content_of(*tree);
  return content == nullptr ? leaf(FormKind::Other, "nothing") : message_form(*content);
}

}  // namespace planner::pg

#include "planner/sql/renames.h"

#include "planner/sql/draft.h"

namespace planner {

namespace {

using pg::list;
using pg::Node;

bool means(const ObjectName& written, const ObjectName& qualified) {
  return written.name == qualified.name && (written.schema.empty() || written.schema == qualified.schema);
}

void set_names(const Draft& draft, std::size_t& count, Node**& names, const ObjectName& to) {
  count = to.schema.empty() ? 1 : 2;
  names = draft.arena->array<Node>(count);
  if (count == 2) names[0] = string_node(draft, to.schema.str());
  names[count - 1] = string_node(draft, to.name.str());
}

template <typename Change>
Expression changed(const Expression& expression, const Change& change) {
  if (expression.empty()) return {};
  const Draft draft = ExpressionAccess::copy(expression);
  pg::walk(pg::message_of(*draft.node),
           [&](const ProtobufCMessage& message) { return change(draft, message); });
  return draft.finish();
}

void rename_constant(const Draft& draft, Node* node, std::string_view from, std::string_view to) {
  if (node->node_case != PG_QUERY__NODE__NODE_A_CONST) return;
  PgQuery__AConst& constant = *node->a_const;
  if (constant.isnull || constant.val_case != PG_QUERY__A__CONST__VAL_SVAL) return;
  if (pg::text_of(constant.sval->sval) == from) constant.sval->sval = draft.arena->copy(to);
}

}  // namespace

Expression with_type_renamed(const Expression& expression, const ObjectName& from, const ObjectName& to) {
  return changed(expression, [&](const Draft& draft, const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__type_name__descriptor) {
      auto& type = changeable<PgQuery__TypeName>(message);
      if (means(pg::object_name(list(type.n_names, type.names)), from))
        set_names(draft, type.n_names, type.names, to);
    }
    return true;
  });
}

Expression with_function_renamed(const Expression& expression, const ObjectName& from, const ObjectName& to) {
  return changed(expression, [&](const Draft& draft, const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__func_call__descriptor) {
      auto& call = changeable<PgQuery__FuncCall>(message);
      if (means(pg::object_name(list(call.n_funcname, call.funcname)), from)) {
        set_names(draft, call.n_funcname, call.funcname, to);
      }
    }
    return true;
  });
}

Expression with_label_renamed(const Expression& expression, const ObjectName& enum_type,
                              std::string_view from, std::string_view to) {
  return changed(expression, [&](const Draft& draft, const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__type_cast__descriptor) {
      auto& cast = changeable<PgQuery__TypeCast>(message);
      const bool ours =
          cast.type_name != nullptr &&
          means(pg::object_name(list(cast.type_name->n_names, cast.type_name->names)), enum_type);
      if (cast.arg == nullptr || cast.arg->node_case != PG_QUERY__NODE__NODE_A_CONST) return true;
      if (ours) rename_constant(draft, cast.arg, from, to);
      return false;  // a constant of another type is no label
    }
    if (message.descriptor == &pg_query__node__descriptor) {
      rename_constant(draft, &changeable<Node>(message), from, to);
    }
    return true;
  });
}

}  // namespace planner

#include <algorithm>
#include <vector>

#include "planner/sql/draft.h"
#include "planner/sql/expression.h"

namespace planner {

namespace {

using pg::as_message_of;
using pg::list;
using pg::Node;

bool ends_in(const PgQuery__ColumnRef& reference, const Identifier& column) {
  if (reference.n_fields == 0) return false;
  const Node* last = reference.fields[reference.n_fields - 1];
  return last->node_case == PG_QUERY__NODE__NODE_STRING && pg::string_of(last) == column.str();
}

template <typename Visit>
Expression rewritten(const Expression& expression, const Visit& visit) {
  if (expression.empty()) return {};
  const Draft draft = ExpressionAccess::copy(expression);
  visit(draft);
  return draft.finish();
}

/// The columns INSERT and UPDATE write are ResTargets: names without a ColumnRef.
template <typename Rename>
void each_written_column(const ProtobufCMessage& root, const Rename& rename) {
  const auto targets = [&](std::size_t count, Node* const* nodes) {
    for (Node* node : list(count, nodes)) {
      if (node->node_case == PG_QUERY__NODE__NODE_RES_TARGET) rename(*node->res_target);
    }
  };
  pg::walk(root, [&](const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__insert_stmt__descriptor) {
      const auto& insert = as_message_of<PgQuery__InsertStmt>(message);
      targets(insert.n_cols, insert.cols);
      if (insert.on_conflict_clause != nullptr) {
        targets(insert.on_conflict_clause->n_target_list, insert.on_conflict_clause->target_list);
      }
    } else if (message.descriptor == &pg_query__update_stmt__descriptor) {
      const auto& update = as_message_of<PgQuery__UpdateStmt>(message);
      targets(update.n_target_list, update.target_list);
    }
    return true;
  });
}

}  // namespace

Expression Expression::with_column_renamed(const Identifier& from, const Identifier& to) const {
  return rewritten(*this, [&](const Draft& draft) {
    pg::walk(pg::message_of(*draft.node), [&](const ProtobufCMessage& message) {
      if (message.descriptor == &pg_query__column_ref__descriptor) {
        auto& reference = changeable<PgQuery__ColumnRef>(message);
        if (ends_in(reference, from)) reference.fields[reference.n_fields - 1] = string_node(draft, to.str());
        return false;
      }
      if (message.descriptor == &pg_query__infer_clause__descriptor) {
        auto& clause = changeable<PgQuery__InferClause>(message);
        for (Node* element : list(clause.n_index_elems, clause.index_elems)) {
          if (element->node_case == PG_QUERY__NODE__NODE_INDEX_ELEM &&
              pg::text_of(element->index_elem->name) == from.str()) {
            element->index_elem->name = draft.arena->copy(to.str());
          }
        }
      } else if (message.descriptor == &pg_query__join_expr__descriptor) {
        auto& join = changeable<PgQuery__JoinExpr>(message);
        for (std::size_t i = 0; i < join.n_using_clause; ++i) {
          if (pg::string_of(join.using_clause[i]) == from.str())
            join.using_clause[i] = string_node(draft, to.str());
        }
      }
      return true;
    });
    each_written_column(pg::message_of(*draft.node), [&](PgQuery__ResTarget& target) {
      if (pg::text_of(target.name) == from.str()) target.name = draft.arena->copy(to.str());
    });
  });
}

Expression Expression::with_table_renamed(const ObjectName& from, const ObjectName& to) const {
  return rewritten(*this, [&](const Draft& draft) {
    bool behind_alias = false;
    pg::walk(pg::message_of(*draft.node), [&](const ProtobufCMessage& message) {
      if (message.descriptor != &pg_query__range_var__descriptor) return true;
      auto& range = changeable<PgQuery__RangeVar>(message);
      if (pg::text_of(range.relname) != from.name.str() ||
          (!from.schema.empty() && pg::has_text(range.schemaname) &&
           pg::text_of(range.schemaname) != from.schema.str())) {
        return true;
      }
      range.relname = draft.arena->copy(to.name.str());
      if (pg::has_text(range.schemaname) || from.schema != to.schema)
        range.schemaname = draft.arena->copy(to.schema.str());
      behind_alias = behind_alias || range.alias != nullptr;
      return true;
    });
    pg::walk(pg::message_of(*draft.node), [&](const ProtobufCMessage& message) {
      if (message.descriptor != &pg_query__column_ref__descriptor) return true;
      auto& reference = changeable<PgQuery__ColumnRef>(message);
      if (reference.n_fields < 2) return false;
      Node*& qualifier = reference.fields[reference.n_fields - 2];
      if (pg::string_of(qualifier) != from.name.str()) return false;
      qualifier = string_node(draft, to.name.str());
      if (reference.n_fields > 2 && !to.schema.empty()) {
        reference.fields[reference.n_fields - 3] = string_node(draft, to.schema.str());
      }
      return false;
    });
  });
}

Expression Expression::with_columns_qualified(const Identifier& qualifier) const {
  return rewritten(*this, [&](const Draft& draft) {
    pg::walk(pg::message_of(*draft.node), [&](const ProtobufCMessage& message) {
      if (message.descriptor != &pg_query__column_ref__descriptor) return true;
      auto& reference = changeable<PgQuery__ColumnRef>(message);
      if (reference.n_fields != 1) return false;
      Node** fields = draft.arena->array<Node>(2);
      fields[0] = string_node(draft, qualifier.str());
      fields[1] = reference.fields[0];
      reference.fields = fields;
      reference.n_fields = 2;
      return false;
    });
  });
}

Expression Expression::with_column_replaced(const Identifier& column, const Expression& by) const {
  if (by.empty()) return *this;
  return rewritten(*this, [&](const Draft& draft) {
    pg::walk(pg::message_of(*draft.node), [&](const ProtobufCMessage& message) {
      if (message.descriptor != &pg_query__node__descriptor) return true;
      auto& node = changeable<Node>(message);
      if (node.node_case != PG_QUERY__NODE__NODE_COLUMN_REF || !ends_in(*node.column_ref, column))
        return true;
      if (const auto* replacement = pg::copied(*draft.arena, pg::message_of(*ExpressionAccess::node(by)))) {
        node = as_message_of<Node>(*replacement);
      }
      return false;  // the column may stand in its own replacement
    });
  });
}

}  // namespace planner

#pragma once

#include <string_view>

#include "planner/sql/tree.h"

/// Writing to a copy of a tree. For planner/sql/*.cpp only.
namespace planner {

using Draft = ExpressionAccess::Draft;

/// Drafts are ours alone, so what a const walk finds in them may be changed.
template <typename Message>
Message& changeable(const ProtobufCMessage& message) {
  return const_cast<Message&>(pg::as_message_of<Message>(message));  // NOLINT
}

/// A name as trees hold it.
inline pg::Node* string_node(const Draft& draft, std::string_view text) {
  auto* string = draft.arena->make<PgQuery__String>(pg_query__string__init);
  string->sval = draft.arena->copy(text);
  auto* node = draft.arena->make<pg::Node>(pg_query__node__init);
  node->node_case = PG_QUERY__NODE__NODE_STRING;
  node->string = string;
  return node;
}

}  // namespace planner

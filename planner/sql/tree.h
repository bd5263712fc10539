#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "planner/sql/expression.h"
#include "planner/sql/names.h"
#include "planner/sql/type.h"

/// libpg_query's syntax tree, for planner/sql only: nobody else includes this header.
namespace planner::pg {

using Node = PgQuery__Node;
using ParseResult = PgQuery__ParseResult;

/// Bump allocator for one unpacked tree. Freed as a whole; expressions keep it alive.
class Arena {
 public:
  explicit Arena(std::size_t first_block);
  void* allocate(std::size_t bytes);

  /// A zeroed message of its type, initialised by protobuf-c.
  template <typename Message>
  Message* make(void (*init)(Message*)) {
    auto* message = static_cast<Message*>(allocate(sizeof(Message)));
    init(message);
    return message;
  }
  char* copy(std::string_view text);
  template <typename T>
  T** array(std::size_t count) {
    return static_cast<T**>(allocate(count * sizeof(T*)));
  }

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t total_ = 0;  ///< bytes of all blocks
};

/// What a statement was read from.
struct Source {
  std::shared_ptr<Arena> arena;
  int nesting = 0;                  ///< how many DO blocks stand around it
  const Node* statement = nullptr;  ///< the whole statement ..
  std::string_view written = {};    ///< .. and its text, which lives in the arena
};

struct Parsed {
  std::shared_ptr<Arena> arena;
  const ParseResult* result = nullptr;  ///< nullptr: it did not parse
  std::string error;
  std::size_t error_at = 0;  ///< byte offset
};
/// One call of libpg_query. Text that would nest deeper than the stack allows is an error like any other.
Parsed parse(const std::string& text);

/// A parser's message quotes the rest of the file after an unterminated string: its first line, not too long.
std::string shortened(std::string_view message);

/// Where a run of operator characters begins that no server takes and that the scanner needs quadratic time
/// for.
std::optional<std::size_t> endless_operator(std::string_view text);

/// Byte offset of libpg_query's 1-based character position.
std::size_t byte_offset(std::string_view text, int cursor_position);

/// Deeper than PostgreSQL's own max_stack_depth (2 MB) lets a statement be.
inline constexpr int kDeepestTree = 4000;

/// A message from its wire bytes; nullptr when they are none or nest deeper than the limit.
const ProtobufCMessage* unpacked(Arena& arena, const ProtobufCMessageDescriptor& type, std::string_view bytes,
                                 int depth_limit = kDeepestTree);
/// A deep copy of a message; nullptr when it nests deeper than the limit.
const ProtobufCMessage* copied(Arena& arena, const ProtobufCMessage& message, int depth_limit = kDeepestTree);
/// A message as its wire bytes.
std::string packed(const ProtobufCMessage& message);
template <typename Message>
const Message& as_message_of(const ProtobufCMessage& message) {
  return reinterpret_cast<const Message&>(message);
}
inline const ProtobufCMessage& message_of(const Node& node) {
  return *reinterpret_cast<const ProtobufCMessage*>(&node);
}
/// What a Node holds, or nullptr: every alternative is a message.
inline const ProtobufCMessage* content_of(const Node& node) {
  return node.node_case == PG_QUERY__NODE__NODE__NOT_SET
             ? nullptr
             : reinterpret_cast<const ProtobufCMessage*>(node.alias);
}

/// SQL of a statement node. Throws Error when libpg_query cannot deparse it.
std::string deparse_statement(const Node& statement);
/// SQL of a scalar expression node.
std::string deparse_expression(const Node& expression);

template <typename T>
std::span<T* const> list(std::size_t count, T* const* items) {
  return {items, count};
}

inline std::string_view text_of(const char* string) {
  return string == nullptr ? std::string_view{} : string;
}
inline Identifier identifier(const char* string) { return Identifier(text_of(string)); }
inline bool has_text(const char* string) { return string != nullptr && *string != '\0'; }

/// The text of a String node or string constant; empty otherwise.
std::string_view string_of(const Node* node);
std::vector<Identifier> identifiers(std::span<Node* const> names);
/// The last two parts of a dotted name, without pg_catalog.
ObjectName object_name(std::span<Node* const> names);
ObjectName table_name(const PgQuery__RangeVar* range);
planner::TypeName type_name(const PgQuery__TypeName* type);
std::string role_name(const PgQuery__RoleSpec* role);

/// Expressions over nodes of a tree: they share the arena.
Expression scalar(const Source& source, const Node* node);
Expression query(const Source& source, const Node* node);

/// Calls `visit` for a message and everything under it, parents first; `visit` says whether to go deeper.
template <typename Visit>
void walk(const ProtobufCMessage& message, const Visit& visit) {
  if (!visit(message)) return;
  const auto* base = reinterpret_cast<const std::byte*>(&message);
  if (message.descriptor == &pg_query__node__descriptor) {
    if (const auto* content = content_of(as_message_of<Node>(message))) walk(*content, visit);
    return;
  }
  for (unsigned i = 0; i < message.descriptor->n_fields; ++i) {
    const ProtobufCFieldDescriptor& field = message.descriptor->fields[i];
    if (field.type != PROTOBUF_C_TYPE_MESSAGE) continue;
    if (field.label == PROTOBUF_C_LABEL_REPEATED) {
      const auto count = *reinterpret_cast<const std::size_t*>(base + field.quantifier_offset);
      const auto* items = *reinterpret_cast<ProtobufCMessage* const* const*>(base + field.offset);
      for (std::size_t k = 0; k < count; ++k) {
        if (items[k] != nullptr) walk(*items[k], visit);
      }
      continue;
    }
    if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
        *reinterpret_cast<const std::uint32_t*>(base + field.quantifier_offset) != field.id) {
      continue;
    }
    if (const auto* child = *reinterpret_cast<const ProtobufCMessage* const*>(base + field.offset))
      walk(*child, visit);
  }
}

/// Does a field only say where in the text something stood?
bool is_place(std::string_view field);
/// Equal but for places in the text.
bool same_tree(const ProtobufCMessage& a, const ProtobufCMessage& b);

/// `current_timestamp`, `session_user`, ...
std::string_view value_function_name(PgQuery__SQLValueFunctionOp op);

/// The name of an unnamed output column (column_label() of its expression).
Identifier label_of_node(const Node* node);

/// A relation's name inside a string, as regclass reads it.
std::optional<ObjectName> relation_in(std::string_view text);

/// Every RangeVar under a message, each once, in order, without the names of common table expressions.
std::vector<TableName> relations_of(const ProtobufCMessage& message);

}  // namespace planner::pg

namespace planner {

/// What an Expression shares between its copies.
struct Expression::Tree {
  Tree(std::shared_ptr<pg::Arena> keep, const pg::Node* root, bool query, std::string_view text)
      : arena(std::move(keep)), node(root), is_query(query), written(text) {}
  std::shared_ptr<pg::Arena> arena;
  const pg::Node* node;
  bool is_query;
  std::string_view written;  ///< the user's text of a whole statement, where known; in the arena
  mutable std::once_flag facts_once{};
  mutable std::unique_ptr<const ExpressionFacts> facts{};
  std::string deparsed() const;  ///< the tree as SQL
  mutable std::once_flag deparsed_once{};
  mutable std::unique_ptr<const std::string> sql{};  ///< writing a tree back and reading that again is dear
};

class ExpressionAccess {
 public:
  static Expression make(std::shared_ptr<pg::Arena> arena, const pg::Node* node, bool is_query,
                         std::string_view written = {});
  static const pg::Node* node(const Expression& expression) {
    return expression.tree_ ? expression.tree_->node : nullptr;
  }
  static bool is_query(const Expression& expression) {
    return expression.tree_ && expression.tree_->is_query;
  }
  /// A deep copy whose tree may be changed before anyone sees it.
  struct Draft {
    std::shared_ptr<pg::Arena> arena;
    pg::Node* node;
    bool is_query;
    Expression finish() const { return make(arena, node, is_query); }
  };
  static Draft copy(const Expression& expression);
};

}  // namespace planner

#include "planner/sql/tree.h"

#include <algorithm>
#include <type_traits>

namespace planner::pg {

namespace {

constexpr std::size_t kAlignment =
    8;  // protobuf-c's structs hold pointers and numbers of eight bytes at most

}  // namespace

Arena::Arena(std::size_t first_block) {
  blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(first_block));
  next_ = blocks_.back().get();
  left_ = first_block;
  total_ = first_block;
}

void* Arena::allocate(std::size_t bytes) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (bytes > left_) {
    // Half of what there is: an expression in the schema keeps its file's arena alive, so a small file's must
    // stay small.
    const std::size_t size =
        std::max<std::size_t>(bytes, std::clamp<std::size_t>(total_ / 2, 512, 64 * 1024));
    total_ += size;
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
    next_ = blocks_.back().get();
    left_ = size;
  }
  void* result = next_;
  next_ += bytes;
  left_ -= bytes;
  return result;
}

char* Arena::copy(std::string_view text) {
  auto* result = static_cast<char*>(allocate(text.size() + 1));
  std::copy(text.begin(), text.end(), result);
  result[text.size()] = '\0';
  return result;
}

bool is_place(std::string_view field) {
  return field == "location" || field == "stmt_location" || field == "stmt_len";
}

std::string packed(const ProtobufCMessage& message) {
  std::string bytes(protobuf_c_message_get_packed_size(&message), '\0');
  protobuf_c_message_pack(&message, reinterpret_cast<std::uint8_t*>(bytes.data()));
  return bytes;
}

std::string_view string_of(const Node* node) {
  if (node == nullptr) return {};
  if (node->node_case == PG_QUERY__NODE__NODE_STRING) return text_of(node->string->sval);
  if (node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
      node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL) {
    return text_of(node->a_const->sval->sval);
  }
  return {};
}

std::vector<Identifier> identifiers(std::span<Node* const> names) {
  std::vector<Identifier> result;
  result.reserve(names.size());
  for (const Node* name : names) result.emplace_back(string_of(name));
  return result;
}

ObjectName object_name(std::span<Node* const> names) {
  if (names.empty()) return {};
  ObjectName result{Identifier(string_of(names.back()))};
  if (names.size() > 1) {
    const std::string_view schema = string_of(names[names.size() - 2]);
    if (schema != "pg_catalog") result.schema = Identifier(schema);
  }
  return result;
}

ObjectName table_name(const PgQuery__RangeVar* range) {
  if (range == nullptr) return {};
  return {identifier(range->schemaname), identifier(range->relname)};
}

std::string role_name(const PgQuery__RoleSpec* role) {
  if (role == nullptr) return {};
  switch (role->roletype) {
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_PUBLIC:
      return "public";
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_CURRENT_ROLE:
      return "current_role";
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_CURRENT_USER:
      return "current_user";
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_SESSION_USER:
      return "session_user";
    default:
      return std::string(text_of(role->rolename));
  }
}

std::string_view value_function_name(PgQuery__SQLValueFunctionOp op) {
  switch (op) {
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
      return "current_date";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N:
      return "current_time";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N:
      return "current_timestamp";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N:
      return "localtime";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N:
      return "localtimestamp";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE:
      return "current_role";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_USER:
      return "current_user";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_USER:
      return "user";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_SESSION_USER:
      return "session_user";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG:
      return "current_catalog";
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA:
      return "current_schema";
    default:
      return "";
  }
}

std::optional<ObjectName> relation_in(std::string_view text) {
  const Parsed parsed = parse("TABLE " + std::string(text));
  if (parsed.result == nullptr || parsed.result->n_stmts != 1) return std::nullopt;
  const Node* statement = parsed.result->stmts[0]->stmt;
  if (statement->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) return std::nullopt;
  const PgQuery__SelectStmt& select = *statement->select_stmt;
  if (select.n_from_clause != 1 || select.where_clause != nullptr ||
      select.from_clause[0]->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) {
    return std::nullopt;
  }
  return table_name(select.from_clause[0]->range_var);
}

std::vector<TableName> relations_of(const ProtobufCMessage& message) {
  std::vector<TableName> found;
  std::vector<std::string_view> common;
  walk(message, [&](const ProtobufCMessage& part) {
    if (part.descriptor == &pg_query__common_table_expr__descriptor) {
      common.push_back(text_of(as_message_of<PgQuery__CommonTableExpr>(part).ctename));
    }
    return true;
  });
  walk(message, [&](const ProtobufCMessage& part) {
    if (part.descriptor != &pg_query__range_var__descriptor) return true;
    TableName name = table_name(&as_message_of<PgQuery__RangeVar>(part));
    if (name.schema.empty() && std::find(common.begin(), common.end(), name.name.str()) != common.end())
      return true;
    if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(std::move(name));
    return true;
  });
  return found;
}

bool same_tree(const ProtobufCMessage& a, const ProtobufCMessage& b) {
  if (a.descriptor != b.descriptor) return false;
  if (a.descriptor == &pg_query__node__descriptor) {
    const auto* left = content_of(as_message_of<Node>(a));
    const auto* right = content_of(as_message_of<Node>(b));
    return left == nullptr || right == nullptr ? left == right : same_tree(*left, *right);
  }
  const auto* at_a = reinterpret_cast<const std::byte*>(&a);
  const auto* at_b = reinterpret_cast<const std::byte*>(&b);
  const auto same_child = [](const ProtobufCMessage* x, const ProtobufCMessage* y) {
    return x == nullptr || y == nullptr ? x == y : same_tree(*x, *y);
  };
  for (unsigned i = 0; i < a.descriptor->n_fields; ++i) {
    const ProtobufCFieldDescriptor& field = a.descriptor->fields[i];
    const auto value = [&]<typename T>(const std::byte* at, std::type_identity<T>) {
      return *reinterpret_cast<const T*>(at + field.offset);
    };
    if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
      const auto case_a = *reinterpret_cast<const std::uint32_t*>(at_a + field.quantifier_offset);
      if (case_a != *reinterpret_cast<const std::uint32_t*>(at_b + field.quantifier_offset)) return false;
      if (case_a != field.id) continue;
    }
    if (field.label == PROTOBUF_C_LABEL_REPEATED) {
      if (field.type != PROTOBUF_C_TYPE_MESSAGE)
        continue;  // object ids of analysed queries, never in what was only parsed
      const auto count = *reinterpret_cast<const std::size_t*>(at_a + field.quantifier_offset);
      if (count != *reinterpret_cast<const std::size_t*>(at_b + field.quantifier_offset)) return false;
      const auto* items_a = value(at_a, std::type_identity<ProtobufCMessage* const*>{});
      const auto* items_b = value(at_b, std::type_identity<ProtobufCMessage* const*>{});
      for (std::size_t k = 0; k < count; ++k) {
        if (!same_child(items_a[k], items_b[k])) return false;
      }
      continue;
    }
    switch (field.type) {
      case PROTOBUF_C_TYPE_MESSAGE:
        if (!same_child(value(at_a, std::type_identity<const ProtobufCMessage*>{}),
                        value(at_b, std::type_identity<const ProtobufCMessage*>{}))) {
          return false;
        }
        break;
      case PROTOBUF_C_TYPE_STRING:
        if (text_of(value(at_a, std::type_identity<const char*>{})) !=
            text_of(value(at_b, std::type_identity<const char*>{}))) {
          return false;
        }
        break;
      case PROTOBUF_C_TYPE_INT64:
      case PROTOBUF_C_TYPE_UINT64:
        if (value(at_a, std::type_identity<std::int64_t>{}) !=
            value(at_b, std::type_identity<std::int64_t>{}))
          return false;
        break;
      default:
        if (is_place(field.name)) break;
        if (value(at_a, std::type_identity<std::int32_t>{}) !=
            value(at_b, std::type_identity<std::int32_t>{}))
          return false;
        break;
    }
  }
  return true;
}

Expression scalar(const Source& source, const Node* node) {
  return node == nullptr ? Expression{} : ExpressionAccess::make(source.arena, node, false);
}

Expression query(const Source& source, const Node* node) {
  if (node == nullptr) return {};
  return ExpressionAccess::make(source.arena, node, true,
                                node == source.statement ? source.written : std::string_view{});
}

}  // namespace planner::pg

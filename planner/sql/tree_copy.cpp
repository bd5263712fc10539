#include <cstring>

#include "planner/sql/tree.h"

namespace planner::pg {

namespace {

class Copier {
 public:
  Copier(Arena& arena, int depth_limit) : arena_(arena), limit_(depth_limit) {}

  /// nullptr when the tree nests deeper than the limit.
  ProtobufCMessage* message(const ProtobufCMessage& from, int depth) {
    if (depth > limit_) return nullptr;
    const ProtobufCMessageDescriptor& type = *from.descriptor;
    auto* to = static_cast<ProtobufCMessage*>(arena_.allocate(type.sizeof_message));
    std::memcpy(to, &from, type.sizeof_message);
    to->n_unknown_fields = 0;
    to->unknown_fields = nullptr;
    auto* base = reinterpret_cast<std::byte*>(to);
    if (&type == &pg_query__node__descriptor) {
      // Hundreds of alternatives in one place: only the one that is set.
      auto& node = *reinterpret_cast<Node*>(to);
      if (node.node_case == PG_QUERY__NODE__NODE__NOT_SET || node.alias == nullptr) return to;
      ProtobufCMessage* content = message(*reinterpret_cast<const ProtobufCMessage*>(node.alias), depth + 1);
      if (content == nullptr) return nullptr;
      std::memcpy(&node.alias, &content, sizeof(content));
      return to;
    }
    for (unsigned i = 0; i < type.n_fields; ++i) {
      if (!field(type.fields[i], base, depth)) return nullptr;
    }
    return to;
  }

 private:
  bool field(const ProtobufCFieldDescriptor& field, std::byte* base, int depth) {
    if (field.type != PROTOBUF_C_TYPE_MESSAGE && field.type != PROTOBUF_C_TYPE_STRING &&
        field.label != PROTOBUF_C_LABEL_REPEATED)
      return true;
    if (field.label == PROTOBUF_C_LABEL_REPEATED) return elements(field, base, depth);
    if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
        load<std::uint32_t>(base + field.quantifier_offset) != field.id)
      return true;
    if (field.type == PROTOBUF_C_TYPE_STRING) {
      const auto* text = load<const char*>(base + field.offset);
      // What was never set shares one empty text; a copy needs none of its own.
      if (text != nullptr && text != static_cast<const char*>(field.default_value) && *text != '\0')
        store(base + field.offset, static_cast<const char*>(arena_.copy(text)));
      else if (text != nullptr)
        store(base + field.offset, static_cast<const char*>(protobuf_c_empty_string));
      return true;
    }
    const auto* child = load<const ProtobufCMessage*>(base + field.offset);
    if (child == nullptr) return true;
    ProtobufCMessage* copied = message(*child, depth + 1);
    store(base + field.offset, copied);
    return copied != nullptr;
  }

  bool elements(const ProtobufCFieldDescriptor& field, std::byte* base, int depth) {
    const auto count = load<std::size_t>(base + field.quantifier_offset);
    // Lists of numbers belong to analysed queries and are not read.
    if (count == 0 || field.type != PROTOBUF_C_TYPE_MESSAGE) {
      store(base + field.quantifier_offset, std::size_t{0});
      store(base + field.offset, static_cast<void*>(nullptr));
      return true;
    }
    const auto* items = load<ProtobufCMessage* const*>(base + field.offset);
    auto** copies = arena_.array<ProtobufCMessage>(count);
    for (std::size_t i = 0; i < count; ++i) {
      copies[i] = message(*items[i], depth + 1);
      if (copies[i] == nullptr) return false;
    }
    store(base + field.offset, copies);
    return true;
  }

  template <typename T>
  static T load(const std::byte* place) {
    T value;
    std::memcpy(&value, place, sizeof(value));
    return value;
  }
  template <typename T>
  static void store(std::byte* place, T what) {
    std::memcpy(place, &what, sizeof(what));
  }

  Arena& arena_;
  int limit_;
};

}  // namespace

const ProtobufCMessage* copied(Arena& arena, const ProtobufCMessage& message, int depth_limit) {
  return Copier(arena, depth_limit).message(message, 1);
}

}  // namespace planner::pg

#include <cstring>

#include "planner/sql/tree.h"

namespace planner::pg {

namespace {

// protobuf_c_message_unpack reads every message twice and looks its fields up by binary search: it costs a
// third of the parsing itself. This reader fills the same structs, knows only what libpg_query writes (its
// elements of a list stand together), and stops at a depth.
class Unpacker {
 public:
  Unpacker(Arena& arena, int depth_limit) : arena_(arena), limit_(depth_limit) {}

  ProtobufCMessage* message(const ProtobufCMessageDescriptor& type, const std::uint8_t* at,
                            const std::uint8_t* end, int depth) {
    if (depth > limit_) return fail();
    auto* result = static_cast<ProtobufCMessage*>(arena_.allocate(type.sizeof_message));
    type.message_init(result);
    auto* base = reinterpret_cast<std::byte*>(result);
    while (at < end) {
      std::uint64_t tag = 0;
      if (!varint(at, end, tag)) return fail();
      const ProtobufCFieldDescriptor* field = find(type, static_cast<std::uint32_t>(tag >> 3U));
      if (field == nullptr) {
        if (!skip(at, end, tag)) return fail();
      } else if (!value(*field, base, tag, at, end, depth)) {
        return fail();
      }
    }
    return result;
  }

 private:
  static constexpr std::uint32_t kVarint = 0, kLengthDelimited = 2;

  ProtobufCMessage* fail() { return nullptr; }

  static bool varint(const std::uint8_t*& at, const std::uint8_t* end, std::uint64_t& value) {
    if (at < end && *at < 0x80U) {
      value = *at++;
      return true;
    }
    value = 0;
    for (unsigned shift = 0; at < end && shift < 64; shift += 7) {
      const std::uint8_t byte = *at++;
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80U) return true;
    }
    return false;
  }

  /// The bytes of a length-delimited value.
  static bool block(const std::uint8_t*& at, const std::uint8_t* end, const std::uint8_t*& block_end) {
    std::uint64_t length = 0;
    if (!varint(at, end, length) || length > static_cast<std::uint64_t>(end - at)) return false;
    block_end = at + length;
    return true;
  }

  static const ProtobufCFieldDescriptor* find(const ProtobufCMessageDescriptor& type, std::uint32_t id) {
    // Field numbers are dense: nearly always one range.
    for (unsigned i = 0; i < type.n_field_ranges; ++i) {
      const ProtobufCIntRange& range = type.field_ranges[i];
      const auto offset = static_cast<std::int64_t>(id) - range.start_value;
      if (offset < 0) return nullptr;
      const std::uint64_t count = type.field_ranges[i + 1].orig_index - range.orig_index;
      if (static_cast<std::uint64_t>(offset) < count)
        return &type.fields[range.orig_index + static_cast<unsigned>(offset)];
    }
    return nullptr;
  }

  static bool skip(const std::uint8_t*& at, const std::uint8_t* end, std::uint64_t tag) {
    std::uint64_t ignored = 0;
    const std::uint8_t* block_end = nullptr;
    switch (tag & 7U) {
      case kVarint:
        return varint(at, end, ignored);
      case kLengthDelimited:
        if (!block(at, end, block_end)) return false;
        at = block_end;
        return true;
      default:
        return false;
    }
  }

  bool value(const ProtobufCFieldDescriptor& field, std::byte* base, std::uint64_t tag,
             const std::uint8_t*& at, const std::uint8_t* end, int depth) {
    if (field.label == PROTOBUF_C_LABEL_REPEATED) return elements(field, base, tag, at, end, depth);
    if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) store(base + field.quantifier_offset, field.id);
    if (field.type == PROTOBUF_C_TYPE_MESSAGE || field.type == PROTOBUF_C_TYPE_STRING) {
      const std::uint8_t* block_end = nullptr;
      if ((tag & 7U) != kLengthDelimited || !block(at, end, block_end)) return false;
      if (field.type == PROTOBUF_C_TYPE_STRING) {
        store(base + field.offset, text(at, block_end));
      } else {
        ProtobufCMessage* child = message(type_of(field), at, block_end, depth + 1);
        if (child == nullptr) return false;
        store(base + field.offset, child);
      }
      at = block_end;
      return true;
    }
    std::uint64_t number = 0;
    if ((tag & 7U) != kVarint || !varint(at, end, number)) return false;
    switch (field.type) {
      case PROTOBUF_C_TYPE_INT64:
      case PROTOBUF_C_TYPE_UINT64:
        store(base + field.offset, number);
        return true;
      case PROTOBUF_C_TYPE_INT32:
      case PROTOBUF_C_TYPE_UINT32:
      case PROTOBUF_C_TYPE_ENUM:
      case PROTOBUF_C_TYPE_BOOL:
        store(base + field.offset, static_cast<std::uint32_t>(number));
        return true;
      default:
        return false;
    }
  }

  bool elements(const ProtobufCFieldDescriptor& field, std::byte* base, std::uint64_t tag,
                const std::uint8_t*& at, const std::uint8_t* end, int depth) {
    // Lists of numbers belong to analysed queries and are not read.
    if (field.type != PROTOBUF_C_TYPE_MESSAGE) return skip(at, end, tag);
    if ((tag & 7U) != kLengthDelimited) return false;
    std::size_t count = 1;
    const std::uint8_t* peek = at;
    const std::uint8_t* block_end = nullptr;
    std::uint64_t next_tag = tag;
    while (block(peek, end, block_end)) {
      peek = block_end;
      if (peek >= end || !varint(peek, end, next_tag) || next_tag != tag) break;
      ++count;
    }
    auto** items = arena_.array<ProtobufCMessage>(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0 && !varint(at, end, next_tag)) return false;
      if (!block(at, end, block_end)) return false;
      items[i] = message(type_of(field), at, block_end, depth + 1);
      if (items[i] == nullptr) return false;
      at = block_end;
    }
    store(base + field.quantifier_offset, count);
    store(base + field.offset, items);
    return true;
  }

  static const ProtobufCMessageDescriptor& type_of(const ProtobufCFieldDescriptor& field) {
    return *static_cast<const ProtobufCMessageDescriptor*>(field.descriptor);
  }

  template <typename T>
  static void store(std::byte* place, T what) {
    std::memcpy(place, &what, sizeof(what));
  }

  char* text(const std::uint8_t* begin, const std::uint8_t* end) {
    return arena_.copy({reinterpret_cast<const char*>(begin), static_cast<std::size_t>(end - begin)});
  }

  Arena& arena_;
  int limit_;
};

}  // namespace

const ProtobufCMessage* unpacked(Arena& arena, const ProtobufCMessageDescriptor& type, std::string_view bytes,
                                 int depth_limit) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return Unpacker(arena, depth_limit).message(type, begin, begin + bytes.size(), 1);
}

}  // namespace planner::pg

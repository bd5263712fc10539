#include "planner/sql/tree_take.h"

#include <cstdint>
#include <string>

namespace planner::pg {

namespace {

thread_local TakenTree* waiting_for_tree = nullptr;
thread_local TakenTokens* waiting_for_tokens = nullptr;
thread_local const ParseResult* given_tree = nullptr;

}  // namespace

PgQueryProtobufParseResult parse_taking(const char* text, TakenTree& into) {
  waiting_for_tree = &into;
  const PgQueryProtobufParseResult result = pg_query_parse_protobuf(text);
  waiting_for_tree = nullptr;
  return result;
}

PgQueryScanResult scan_taking(const char* text, TakenTokens& into) {
  waiting_for_tokens = &into;
  const PgQueryScanResult result = pg_query_scan(text);
  waiting_for_tokens = nullptr;
  return result;
}

PgQueryDeparseResult deparse_giving(const ParseResult& tree) {
#ifdef PLANNER_TAKES_TREE
  given_tree = &tree;
  const PgQueryDeparseResult result = pg_query_deparse_protobuf({0, nullptr});
  given_tree = nullptr;
  return result;
#else
  std::string bytes = packed(reinterpret_cast<const ProtobufCMessage&>(tree));
  return pg_query_deparse_protobuf({bytes.size(), bytes.data()});
#endif
}

Token token_of(const PgQuery__ScanToken& token) {
  return {token.token, static_cast<std::uint32_t>(token.start), static_cast<std::uint32_t>(token.end),
          token.keyword_kind != PG_QUERY__KEYWORD_KIND__NO_KEYWORD};
}

}  // namespace planner::pg

#ifdef PLANNER_TAKES_TREE
namespace planner::pg {
namespace {

// Called from C, where no exception may pass: noexcept, so running out of memory ends the program. (It stands
// here because the library's header declares its functions without, and clang compares the two.)
std::size_t take(const PgQuery__ParseResult& message) noexcept {
  TakenTree* into = waiting_for_tree;
  if (into == nullptr) return protobuf_c_message_get_packed_size(&message.base);
  into->taken = true;
  into->arena = std::make_shared<Arena>(into->first_block);
  into->result = reinterpret_cast<const PgQuery__ParseResult*>(copied(*into->arena, message.base));
  return 0;
}

std::size_t take(const PgQuery__ScanResult& message) noexcept {
  TakenTokens* into = waiting_for_tokens;
  if (into == nullptr) return protobuf_c_message_get_packed_size(&message.base);
  into->taken = true;
  into->tokens.reserve(message.n_tokens);
  for (const PgQuery__ScanToken* token : list(message.n_tokens, message.tokens))
    into->tokens.push_back(token_of(*token));
  return 0;
}

}  // namespace
}  // namespace planner::pg

// The library's functions find each other by name, so these stand in for its own (the build tries whether
// they do). With nobody waiting they do what the library's do.
extern "C" {

std::size_t pg_query__parse_result__get_packed_size(const PgQuery__ParseResult* message) {
  return planner::pg::take(*message);
}

std::size_t pg_query__parse_result__pack(const PgQuery__ParseResult* message, std::uint8_t* out) {
  if (planner::pg::waiting_for_tree != nullptr) return 0;
  return protobuf_c_message_pack(&message->base, out);
}

PgQuery__ParseResult* pg_query__parse_result__unpack(ProtobufCAllocator* allocator, std::size_t length,
                                                     const std::uint8_t* bytes) {
  // It is only read, and given back to the function below.
  if (const PgQuery__ParseResult* given = planner::pg::given_tree)
    return const_cast<PgQuery__ParseResult*>(given);  // NOLINT
  return reinterpret_cast<PgQuery__ParseResult*>(
      protobuf_c_message_unpack(&pg_query__parse_result__descriptor, allocator, length, bytes));
}

void pg_query__parse_result__free_unpacked(PgQuery__ParseResult* message, ProtobufCAllocator* allocator) {
  if (message == nullptr || message == planner::pg::given_tree) return;
  protobuf_c_message_free_unpacked(&message->base, allocator);
}

std::size_t pg_query__scan_result__get_packed_size(const PgQuery__ScanResult* message) {
  return planner::pg::take(*message);
}

std::size_t pg_query__scan_result__pack(const PgQuery__ScanResult* message, std::uint8_t* out) {
  if (planner::pg::waiting_for_tokens != nullptr) return 0;
  return protobuf_c_message_pack(&message->base, out);
}
}
#endif

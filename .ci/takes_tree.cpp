// Does this libpg_query let other functions pack and unpack its trees? planner/sql/tree_take.h says what for.
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include <cstddef>
#include <cstdint>

namespace {
std::size_t seen = 0;
std::size_t given_back = 0;
PgQuery__ParseResult tree = PG_QUERY__PARSE_RESULT__INIT;
}  // namespace

extern "C" {
std::size_t pg_query__parse_result__get_packed_size(const PgQuery__ParseResult* message) {
  seen = message->n_stmts;
  return 0;
}
std::size_t pg_query__parse_result__pack(const PgQuery__ParseResult*, std::uint8_t*) { return 0; }
std::size_t pg_query__scan_result__get_packed_size(const PgQuery__ScanResult* message) {
  seen += message->n_tokens;
  return 0;
}
std::size_t pg_query__scan_result__pack(const PgQuery__ScanResult*, std::uint8_t*) { return 0; }
PgQuery__ParseResult* pg_query__parse_result__unpack(ProtobufCAllocator*, std::size_t, const std::uint8_t*) {
  return &tree;
}
void pg_query__parse_result__free_unpacked(PgQuery__ParseResult* message, ProtobufCAllocator*) {
  given_back += message == &tree ? 1 : 0;
}
}

int main() {
  const PgQueryProtobufParseResult result = pg_query_parse_protobuf("SELECT 1; SELECT 2");
  const PgQueryScanResult tokens = pg_query_scan("SELECT 1");
  const PgQueryDeparseResult text = pg_query_deparse_protobuf({0, nullptr});
  const bool taken = seen == 4 && result.error == nullptr && result.parse_tree.len == 0 &&
                     tokens.pbuf.len == 0 && text.error == nullptr && given_back == 1;
  pg_query_free_deparse_result(text);
  pg_query_free_scan_result(tokens);
  pg_query_free_protobuf_parse_result(result);
  return taken ? 0 : 1;
}

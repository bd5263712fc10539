// Does this libpg_query let another function pack its trees? planner/sql/tree_take.h says what for.
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include <cstddef>
#include <cstdint>

namespace {
std::size_t seen = 0;
}

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
}

int main() {
  const PgQueryProtobufParseResult result = pg_query_parse_protobuf("SELECT 1; SELECT 2");
  const PgQueryScanResult tokens = pg_query_scan("SELECT 1");
  const bool taken =
      seen == 4 && result.error == nullptr && result.parse_tree.len == 0 && tokens.pbuf.len == 0;
  pg_query_free_scan_result(tokens);
  pg_query_free_protobuf_parse_result(result);
  return taken ? 0 : 1;
}

// Taking libpg_query's trees and tokens before they become bytes must not lose anything that the bytes hold.
#include "planner/sql/tree_take.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/files.h"
#include "tests/support/paths.h"

namespace planner::pg {
namespace {

std::string bytes_of(const std::string& text) {
  const PgQueryProtobufParseResult result = pg_query_parse_protobuf(text.c_str());
  std::string bytes(result.parse_tree.data, result.parse_tree.len);
  if (result.error != nullptr) bytes = "error";
  pg_query_free_protobuf_parse_result(result);
  return bytes;
}

void expect_same(const std::string& text) {
  const std::string bytes = bytes_of(text);
  const Parsed parsed = parse(text);
  if (parsed.result == nullptr) {
    EXPECT_EQ(bytes, "error") << text.substr(0, 200);
    return;
  }
  EXPECT_EQ(packed(parsed.result->base), bytes) << text.substr(0, 200);
}

TEST(TreeTake, gives_what_the_bytes_hold) {
  for (const char* text :
       {"", ";;", "SELECT", "SELECT 1", "SELECT 'a', NULL, '', 1.5, true, E'\\n', B'01', X'ff'",
        "CREATE TABLE \"Order\" (id int PRIMARY KEY, n text NOT NULL DEFAULT '', p int[] CHECK (p <> '{}'))",
        "ALTER TABLE a.b ADD COLUMN c numeric(10, 2) DEFAULT 0.00, DROP d CASCADE, ALTER e TYPE int USING "
        "e::int",
        "INSERT INTO t (a, b) VALUES (1, DEFAULT), (2, 'x') ON CONFLICT (a) DO UPDATE SET b = excluded.b",
        "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 1 + r FROM r) SELECT * FROM r ORDER BY 1 LIMIT 3",
        "CREATE FUNCTION f(a int DEFAULT 1) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN a; END $$",
        "CREATE INDEX CONCURRENTLY ON t USING gin ((a || b) gin_trgm_ops) INCLUDE (c) WHERE d IS NOT NULL",
        "GRANT SELECT (a), UPDATE ON t TO PUBLIC, r; COMMENT ON TABLE t IS NULL", "SELECT FROM WHERE",
        "'open"}) {
    expect_same(text);
  }
}

TEST(TreeTake, real_histories) {
  PLANNER_SHARED_OR_SKIP(shared);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(shared / "corpus")) {
    if (!entry.is_regular_file() || entry.path().extension() != ".sql") continue;
    const std::string text = test::read_file(entry.path());
    if (text.find('\0') != std::string::npos) continue;
    expect_same(text);
    ++files;
  }
  EXPECT_GT(files, 0U);
}

TEST(TreeTake, tokens_and_errors) {
  for (const char* text :
       {"SELECT a -- b\n, 'c' /* d */ FROM \"e\"", "", "SELECT 'open", "SELECT $1 ~~ 1e5"}) {
    TakenTokens taken;
    const PgQueryScanResult result = scan_taking(text, taken);
    if (result.error == nullptr && taken.taken) {
      const PgQueryScanResult plain = pg_query_scan(text);
      Arena arena(512);
      const auto* message =
          unpacked(arena, pg_query__scan_result__descriptor, {plain.pbuf.data, plain.pbuf.len});
      ASSERT_NE(message, nullptr);
      const auto& tokens = as_message_of<PgQuery__ScanResult>(*message);
      ASSERT_EQ(tokens.n_tokens, taken.tokens.size()) << text;
      for (std::size_t i = 0; i < tokens.n_tokens; ++i) {
        EXPECT_EQ(tokens.tokens[i]->token, taken.tokens[i].kind);
        EXPECT_EQ(tokens.tokens[i]->start, static_cast<int>(taken.tokens[i].begin));
        EXPECT_EQ(tokens.tokens[i]->end, static_cast<int>(taken.tokens[i].end));
      }
      pg_query_free_scan_result(plain);
    }
    pg_query_free_scan_result(result);
  }
}

}  // namespace
}  // namespace planner::pg

#include <gtest/gtest.h>

#include "planner/sql/expression.h"

namespace planner {
namespace {

bool same(const char* a, const char* b) {
  const bool forth = same_meaning(Expression::parse(a), Expression::parse(b));
  EXPECT_EQ(forth, same_meaning(Expression::parse(b), Expression::parse(a))) << a << " / " << b;
  return forth;
}

// What servers answer for more than 400 expressions is compared in tests/postgres; these are one of each
// kind.
TEST(SameMeaning, SeesThroughWhatTheServerRewrites) {
  const char* pairs[][2] = {
      {"'a'", "'a'::text"},
      {"status = 'x'", "((status)::text = 'x'::text)"},
      {"a IN ('x', 'y')",
       "((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))"},
      {"a IN ('x')", "(a = 'x'::text)"},
      {"a NOT IN (1, 2)", "(a <> ALL (ARRAY[1, 2]))"},
      {"a IN (1, b)", "((a = 1) OR (a = b))"},
      {"a BETWEEN 1 AND 2", "((a >= 1) AND (a <= 2))"},
      {"a != 1", "(a <> 1)"},
      {"a LIKE 'x%'", "(a ~~ 'x%'::text)"},
      {"a IS NOT DISTINCT FROM b", "(NOT (a IS DISTINCT FROM b))"},
      {"a IS DISTINCT FROM NULL", "(a IS NOT NULL)"},
      {"-1", "'-1'::integer"},
      {"price > 0", "(price > (0)::numeric)"},
      {"n > 1.5", "((n)::numeric > 1.5)"},
      {"true", "'t'::boolean"},
      {"nextval('s')", "nextval('public.s'::regclass)"},
      {"uuid_generate_v4()", "public.uuid_generate_v4()"},
      {"'{\"a\":1}'", "'{\"a\": 1}'::jsonb"},
      {"interval '1 hour'", "'01:00:00'::interval"},
      {"(a, b) = (1, 2)", "((a = 1) AND (b = 2))"},
      {"CASE WHEN a THEN 1 END", "CASE WHEN a THEN 1 ELSE NULL::integer END"},
      {"t.a > 0", "a > 0"},
      {"'x'::\"Status\"", "'x'::public.\"Status\""},
      {"round(a, 2)", "round((a)::numeric, 2)"},
  };
  for (const auto& pair : pairs) EXPECT_TRUE(same(pair[0], pair[1])) << pair[0] << " / " << pair[1];
}

TEST(SameMeaning, NeverTakesDifferentOnesForTheSame) {
  const char* pairs[][2] = {
      {"'a'", "'b'"},
      {"1", "2"},
      {"0", "false"},
      {"1", "NULL"},
      {"'null'", "NULL"},
      {"'1.0'::text", "'1'::text"},
      {"a", "b"},
      {"t.a", "u.a"},
      {"a > 0", "a >= 0"},
      {"a > 0", "0 > a"},
      {"a AND b", "a OR b"},
      {"a AND b", "a"},
      {"NOT a", "a"},
      {"a IN (1, 2)", "a IN (1, 2, 3)"},
      {"a IN (1, 2)", "a NOT IN (1, 2)"},
      {"a = ANY (b)", "a = ALL (b)"},
      {"a BETWEEN 1 AND 2", "a BETWEEN 1 AND 3"},
      {"a BETWEEN 1 AND 2", "a NOT BETWEEN 1 AND 2"},
      {"lower(a)", "upper(a)"},
      {"f(a, b)", "f(b, a)"},
      {"s.f(a)", "u.f(a)"},
      {"count(a)", "count(DISTINCT a)"},
      {"a::int = 5", "a = 5"},
      {"a::numeric / b", "a / b"},
      {"a::bigint * b", "a * b"},
      {"a::int", "a::bigint"},
      {"a::varchar(5) = 'x'", "a = 'x'"},
      {"a::timestamp", "a"},
      {"a COLLATE \"C\"", "a"},
      {"a COLLATE \"C\"", "a COLLATE \"POSIX\""},
      {"now()", "clock_timestamp()"},
      {"CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP(3)"},
      {"CURRENT_TIMESTAMP", "CURRENT_DATE"},
      {"nextval('a')", "nextval('b'::regclass)"},
      {"nextval('s.a'::regclass)", "nextval('t.a'::regclass)"},
      {"'1 day'::interval", "'1 hour'::interval"},
      {"'1 mon'::interval", "'30 days'::interval"},
      {"'{\"a\":1}'::jsonb", "'{\"a\":2}'::jsonb"},
      {"'x'", "'X'"},
      {"'x'", "'x '"},
      {"a -> 'b'", "a ->> 'b'"},
      {"a[1]", "a[2]"},
      {"CASE WHEN a THEN 1 ELSE 2 END", "CASE WHEN a THEN 2 ELSE 1 END"},
      {"COALESCE(a, b)", "COALESCE(b, a)"},
      {"GREATEST(a, b)", "LEAST(a, b)"},
      {"a IS NULL", "a IS NOT NULL"},
      {"a IS TRUE", "a IS NOT FALSE"},
      {"(a, b) = (1, 2)", "(a, b) = (2, 1)"},
      {"a IS DISTINCT FROM b", "a IS NOT DISTINCT FROM b"},
      {"EXISTS (SELECT 1 FROM a)", "EXISTS (SELECT 1 FROM b)"},
      {"B'101'", "B'111'"},
  };
  for (const auto& pair : pairs) EXPECT_FALSE(same(pair[0], pair[1])) << pair[0] << " / " << pair[1];
}

TEST(SameMeaning, ComparesQueries) {
  const auto same_query = [](const char* a, const char* b) {
    return same_meaning(Expression::parse_query(a), Expression::parse_query(b));
  };
  EXPECT_TRUE(same_query("SELECT id, count(*) FROM t GROUP BY 1",
                         "SELECT t.id, count(*) AS count FROM public.t GROUP BY t.id;"));
  EXPECT_TRUE(same_query("SELECT a AS x FROM t ORDER BY x DESC",
                         "SELECT t.a AS x FROM t ORDER BY t.a DESC NULLS FIRST"));
  EXPECT_TRUE(
      same_query("SELECT a FROM t UNION SELECT b FROM u", "SELECT t.a FROM t UNION SELECT u.b AS a FROM u"));
  EXPECT_FALSE(same_query("SELECT a FROM t", "SELECT a FROM u"));
  EXPECT_FALSE(same_query("SELECT a FROM t", "SELECT b AS a FROM t"));
  EXPECT_FALSE(same_query("SELECT a FROM t", "SELECT DISTINCT a FROM t"));
  EXPECT_FALSE(same_query("SELECT a FROM t", "SELECT a FROM t LIMIT 1"));
  EXPECT_FALSE(same_query("SELECT a FROM t WHERE b", "SELECT a FROM t"));
  EXPECT_FALSE(
      same_query("SELECT a FROM t UNION SELECT b FROM u", "SELECT a FROM t UNION ALL SELECT b FROM u"));
  EXPECT_FALSE(same_query("SELECT a FROM t x JOIN u ON true", "SELECT a FROM t x LEFT JOIN u ON true"));
}

TEST(SameMeaning, OfNoneIsNone) {
  EXPECT_TRUE(same_meaning(Expression{}, Expression{}));
  EXPECT_FALSE(same_meaning(Expression{}, Expression::parse("1")));
}

}  // namespace
}  // namespace planner

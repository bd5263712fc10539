#include "planner/sql/expression.h"

#include <gtest/gtest.h>

#include "planner/error.h"
#include "planner/sql/query.h"

namespace planner {
namespace {

Expression parsed(std::string_view text) { return Expression::parse(text); }
std::string text(const Expression& expression) { return expression.text().str(); }
Identifier id(const char* name) { return Identifier(name); }

TEST(Expression, ParsesOneScalarAndNothingElse) {
  EXPECT_EQ(text(parsed("lower( email )")), "lower(email)");
  EXPECT_EQ(text(parsed("a -- why\n")), "a");
  EXPECT_TRUE(Expression{}.empty());
  EXPECT_EQ(text(Expression{}), "");
  for (const char* bad :
       {"", "a, b", "a) FROM t WHERE (true", "1); DROP TABLE x; SELECT (1", "a AS b", "1) UNION SELECT (2",
        "SELECT 1", "a b", "1) ORDER BY (1", "1) LIMIT (1", "1) INTO x WHERE (true"}) {
    EXPECT_THROW(parsed(bad), Error) << bad;
  }
  EXPECT_THROW(Expression::parse_query("SELECT 1; SELECT 2"), Error);
  EXPECT_THROW(Expression::parse_query(""), Error);
}

// Each was wrong in libpg_query's own deparser, or nearly: parentheses decide what is meant.
TEST(Expression, TextReadsBackAsTheSameTree) {
  for (const char* sql : {"(a IS NULL)::int + (b IS NULL)::int = 1",
                          "(a + b)::text",
                          "-(a::int)",
                          "(-1)::int",
                          "- 1",
                          "(a AND b) IS TRUE",
                          "NOT (a AND b)",
                          "NOT a AND b",
                          "(a OR b) AND c",
                          "a OR b AND c",
                          "(a = b) = c",
                          "a = (b = c)",
                          "(a || b) COLLATE \"C\"",
                          "a || (b COLLATE \"C\")",
                          "(a).b",
                          "(a.b).c",
                          "(f(x)).y",
                          "(ARRAY[1,2])[1]",
                          "(a[1:2])[1]",
                          "a[1][2]",
                          "(a IS NULL) IS NULL",
                          "(SELECT 1) + 1",
                          "(SELECT max(b) FROM c)",
                          "EXISTS (SELECT 1)",
                          "a IN (SELECT b FROM c)",
                          "a = ANY (SELECT 1)",
                          "a = ANY ('{1,2}'::int[])",
                          "a <> ALL (ARRAY[1])",
                          "a NOT IN (1, 2)",
                          "(a IN (1, 2)) = b",
                          "a BETWEEN 1 AND 2 AND b",
                          "(a BETWEEN b AND c) = d",
                          "a NOT BETWEEN SYMMETRIC 1 AND 2",
                          "a BETWEEN (b = c) AND (d AND e)",
                          "a LIKE 'x' ESCAPE '!'",
                          "a NOT ILIKE ('x' || b)",
                          "a SIMILAR TO 'x'",
                          "a ~ 'x' AND b !~* 'y'",
                          "a IS DISTINCT FROM b",
                          "a IS NOT DISTINCT FROM NULL",
                          "(a, b) = (1, 2)",
                          "ROW(a) IS NOT NULL",
                          "CASE a WHEN 1 THEN 2 END",
                          "CASE WHEN a THEN 1 ELSE 2 END + 1",
                          "COALESCE(a, b, 1)",
                          "NULLIF(a, b)",
                          "GREATEST(a, b)",
                          "CURRENT_TIMESTAMP(3)",
                          "LOCALTIME",
                          "CURRENT_USER",
                          "a AT TIME ZONE 'utc'",
                          "(a AT TIME ZONE 'utc') + b",
                          "(a + b) AT TIME ZONE 'utc'",
                          "EXTRACT(year FROM a)",
                          "POSITION('a' IN b)",
                          "SUBSTRING(a FROM 1 FOR 2)",
                          "TRIM(BOTH ' ' FROM a)",
                          "OVERLAY(a PLACING b FROM 1)",
                          "count(*) FILTER (WHERE a)",
                          "count(DISTINCT a)",
                          "string_agg(a, ',' ORDER BY b DESC)",
                          "f(VARIADIC a)",
                          "f(a => 1)",
                          "'it''s'",
                          "E'a\\nb\\\\c'",
                          "U&'\\0061'",
                          "$$x$$",
                          "B'1010'",
                          "X'1F'",
                          "1e10",
                          "99999999999999999999",
                          "INTERVAL '1 day'",
                          "INTERVAL '1' DAY",
                          "interval(3) '1 day'",
                          "DATE '2020-01-01'",
                          "timestamp with time zone '2020-01-01'",
                          "'a'::\"Status\"",
                          "ARRAY[]::text[]",
                          "'x'::varchar(3)",
                          "CAST(a AS numeric(10,2))",
                          "a::bit(3)",
                          "'x'::\"char\"",
                          "a -> 'b' ->> 'c'",
                          "a #>> '{b,c}'",
                          "a @> '{}'",
                          "a ? 'b'",
                          "a OPERATOR(public.===) b",
                          "~ a",
                          "@ a",
                          "a ^ b ^ c",
                          "(a ^ b) ^ c",
                          "a ^ (b ^ c)",
                          "a - (b - c)",
                          "(a - b) - c",
                          "a * (b + c)",
                          "TRUE",
                          "NULL",
                          "\"select\"",
                          "\"A\".\"b c\"",
                          "a.*",
                          "NEW.a",
                          "a IS UNKNOWN",
                          "(a = b) IS NOT TRUE",
                          "xmlelement(name a)",
                          "row_number() OVER (PARTITION BY a ORDER BY b)",
                          "$1 + 1",
                          "ARRAY(SELECT 1)",
                          "ARRAY[[1,2],[3,4]]",
                          "(a COLLATE \"C\") < b",
                          "NOT (NOT a)",
                          "- (- a)",
                          "(a IN (1)) IS NULL",
                          "a::int::text",
                          "(a || b)::int",
                          "(a, b) OVERLAPS (c, d)",
                          "GROUPING(a)"}) {
    const Expression expression = parsed(sql);
    const std::string written = text(expression);
    EXPECT_EQ(parsed(written), expression) << sql << " became " << written;
    EXPECT_TRUE(same_meaning(parsed(written), expression)) << sql << " became " << written;
  }
}

TEST(Expression, QueriesReadBackToo) {
  for (const char* sql :
       {"SELECT DISTINCT ON (a) a, b AS c FROM t x JOIN u USING (id) LEFT JOIN LATERAL (SELECT 1) y ON true "
        "WHERE a IN (1) "
        "GROUP BY a HAVING count(*) > 1 ORDER BY a DESC NULLS LAST LIMIT 3 OFFSET 1",
        "(SELECT 1 UNION SELECT 2) INTERSECT SELECT 3", "SELECT 1 UNION (SELECT 2 EXCEPT SELECT 3)",
        "SELECT 1 UNION ALL SELECT 2 ORDER BY 1",
        "WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT b FROM a) SELECT * FROM a",
        "VALUES (1, 'a'), (2, 'b')", "SELECT * FROM generate_series(1, 2) WITH ORDINALITY AS g(a, b)",
        "SELECT a FROM t FOR UPDATE OF t SKIP LOCKED",
        "SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY b)",
        "UPDATE t SET a = (b IS NULL)::int, (c, d) = (1, 2) FROM u WHERE t.id = u.id RETURNING *",
        "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE t.c RETURNING id",
        "DELETE FROM ONLY t USING u WHERE t.id = u.id", "SELECT (SELECT 1) FROM (SELECT 2) AS q(a)",
        "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED AND b.x THEN UPDATE SET y = 1 WHEN NOT MATCHED "
        "THEN INSERT VALUES (1)",
        "SELECT a FROM t TABLESAMPLE system (10)", "SELECT a FROM t GROUP BY GROUPING SETS ((a), ())"}) {
    const Expression query = Expression::parse_query(sql);
    EXPECT_EQ(Expression::parse_query(text(query)), query) << sql << " became " << text(query);
  }
}

TEST(ExpressionFacts, TellColumnsFunctionsCastsAndConstants) {
  const Expression expression = parsed(
      "lower(t.name) || pg_catalog.concat(a, 'x') || b::\"Role\" || (SELECT max(c) FROM s.u) || "
      "CURRENT_TIMESTAMP || a");
  const ExpressionFacts& facts = expression.facts();
  EXPECT_EQ(facts.columns, (std::vector{id("name"), id("a"), id("b"), id("c")}));
  EXPECT_EQ(facts.functions, (std::vector<FunctionCall>{{ObjectName(id("lower")), 1},
                                                        {ObjectName(id("concat")), 2},
                                                        {ObjectName(id("max")), 1},
                                                        {ObjectName(id("current_timestamp")), 0}}));
  EXPECT_EQ(facts.casts_to, std::vector{ObjectName(id("Role"))});
  EXPECT_EQ(facts.relations, std::vector{ObjectName(id("s"), id("u"))});
  EXPECT_EQ(facts.string_constants, std::vector<std::string>{"x"});
  EXPECT_TRUE(facts.has_subquery);
  EXPECT_FALSE(facts.is_constant || facts.whole_row || facts.has_parameters);
  EXPECT_TRUE(expression.mentions(id("name")));
  EXPECT_FALSE(expression.mentions(id("t")));
}

TEST(ExpressionFacts, KnowConstants) {
  for (const char* sql : {"1", "-1", "'a'", "'a'::text", "NULL", "NULL::int", "ARRAY[1, '2']::text[]",
                          "'{}'::jsonb", "true", "- (1.5)"}) {
    EXPECT_TRUE(parsed(sql).facts().is_constant) << sql;
  }
  for (const char* sql :
       {"a", "now()", "CURRENT_DATE", "1 + 1", "ARRAY[a]", "(SELECT 1)", "$1", "nextval('s')"}) {
    EXPECT_FALSE(parsed(sql).facts().is_constant) << sql;
  }
  EXPECT_TRUE(parsed("NULL::text").facts().is_null_constant);
  EXPECT_FALSE(parsed("'null'").facts().is_null_constant);
  EXPECT_TRUE(parsed("$1").facts().has_parameters);
  EXPECT_TRUE(parsed("t.*").facts().whole_row);
  EXPECT_TRUE(Expression::parse_query("SELECT row_to_json(x) FROM t x").facts().whole_row);
}

TEST(ExpressionFacts, OfQueriesLeaveOutCommonTableExpressions) {
  const Expression query = Expression::parse_query(
      "WITH c AS (SELECT * FROM a) SELECT * FROM c, s.b WHERE EXISTS (SELECT 1 FROM d)");
  EXPECT_EQ(query.facts().relations,
            (std::vector{ObjectName(id("s"), id("b")), ObjectName(id("d")), ObjectName(id("a"))}));
}

TEST(ExpressionRewrite, RenamesColumnsWhereverTheyStand) {
  const auto renamed = [](const char* sql) {
    return text(parsed(sql).with_column_renamed(id("name"), id("Full Name")));
  };
  EXPECT_EQ(renamed("lower(name) = 'name'"), "lower(\"Full Name\") = 'name'");
  EXPECT_EQ(renamed("NEW.name IS DISTINCT FROM OLD.name"),
            "new.\"Full Name\" IS DISTINCT FROM old.\"Full Name\"");
  EXPECT_EQ(renamed("name(name)"), "name(\"Full Name\")");
  EXPECT_EQ(renamed("a.name::name"), "a.\"Full Name\"::name");
  EXPECT_EQ(
      text(Expression::parse_query(
               "INSERT INTO t (name, a) VALUES (1, 2) ON CONFLICT (name) DO UPDATE SET name = excluded.name")
               .with_column_renamed(id("name"), id("x"))),
      "INSERT INTO t (x, a) VALUES (1, 2) ON CONFLICT (x) DO UPDATE SET x = excluded.x");
  EXPECT_EQ(text(Expression::parse_query("UPDATE t SET name = 1 WHERE t.name > 0")
                     .with_column_renamed(id("name"), id("x"))),
            "UPDATE t SET x = 1 WHERE t.x > 0");
  EXPECT_EQ(text(Expression::parse_query("SELECT * FROM a JOIN b USING (name)")
                     .with_column_renamed(id("name"), id("x"))),
            "SELECT * FROM a JOIN b USING (x)");
  const Expression original = parsed("name");
  original.with_column_renamed(id("name"), id("x"));
  EXPECT_EQ(text(original), "name");
}

TEST(ExpressionRewrite, RenamesTables) {
  const ObjectName from(id("users"));
  const ObjectName to(id("Accounts"));
  EXPECT_EQ(text(Expression::parse_query("SELECT users.id, u.x FROM users JOIN s.other u ON u.id = users.id")
                     .with_table_renamed(from, to)),
            "SELECT \"Accounts\".id, u.x FROM \"Accounts\" JOIN s.other u ON u.id = \"Accounts\".id");
  EXPECT_EQ(text(Expression::parse_query("SELECT 1 FROM a.users")
                     .with_table_renamed(ObjectName(id("a"), id("users")), ObjectName(id("a"), id("x")))),
            "SELECT 1 FROM a.x");
}

TEST(ExpressionRewrite, QualifiesAndReplaces) {
  EXPECT_EQ(text(parsed("a + t.b + f(c)").with_columns_qualified(id("NEW"))),
            "(\"NEW\".a + t.b) + f(\"NEW\".c)");
  EXPECT_EQ(text(parsed("a * 2").with_column_replaced(id("a"), parsed("b + a"))), "(b + a) * 2");
  EXPECT_EQ(text(parsed("a::int").with_column_replaced(id("a"), parsed("b IS NULL"))), "b IS NULL::int");
  EXPECT_EQ(text(parsed("x").with_column_replaced(id("a"), parsed("b"))), "x");
}

TEST(ProvesNotNull, IsTheMeasuredList) {
  for (const char* sql : {"a IS NOT NULL", "a IS NOT NULL AND b > 0", "b > 0 AND (c AND a IS NOT NULL)",
                          "b IS NOT NULL AND a IS NOT NULL", "NOT (a IS NULL)", "(a IS NOT NULL) = true",
                          "a IS DISTINCT FROM NULL", "(a, b) IS NOT NULL",
                          "a IS NOT NULL OR (a IS NOT NULL AND b)", "t.a IS NOT NULL"}) {
    EXPECT_TRUE(proves_not_null(parsed(sql), id("a"))) << sql;
  }
  for (const char* sql :
       {"a > 0", "(a IS NOT NULL) IS TRUE", "coalesce(a, 0) > 0", "num_nulls(a) = 0",
        "CASE WHEN a IS NOT NULL THEN true ELSE false END", "a IS NOT NULL OR b IS NOT NULL", "b IS NOT NULL",
        "a IS NULL", "NOT (a IS NOT NULL)", "(a IS NOT NULL) = false", "a IS NOT DISTINCT FROM NULL",
        "NOT ((a, b) IS NULL)", "lower(a) IS NOT NULL", "(a).b IS NOT NULL", "a.* IS NOT NULL"}) {
    EXPECT_FALSE(proves_not_null(parsed(sql), id("a"))) << sql;
  }
  EXPECT_FALSE(proves_not_null(Expression{}, id("a")));
}

TEST(Shapes, AreRecognised) {
  const auto chain = cast_chain(parsed("(t.c::text)::\"Status\""));
  ASSERT_TRUE(chain.has_value());
  EXPECT_EQ(chain->column, id("c"));
  ASSERT_EQ(chain->casts.size(), 2U);
  EXPECT_TRUE(chain->casts[0].is("text"));
  EXPECT_EQ(chain->casts[1].name.name.str(), "Status");
  EXPECT_TRUE(cast_chain(parsed("c"))->casts.empty());
  EXPECT_FALSE(cast_chain(parsed("lower(c)::text")).has_value());
  EXPECT_FALSE(cast_chain(parsed("'c'::text")).has_value());
  EXPECT_FALSE(cast_chain(Expression{}).has_value());

  EXPECT_EQ(at_time_zone_of_column(parsed("c AT TIME ZONE 'UTC'"), id("c")), "UTC");
  EXPECT_EQ(at_time_zone_of_column(parsed("timezone('UTC'::text, c)"), id("c")), "UTC");
  EXPECT_FALSE(at_time_zone_of_column(parsed("d AT TIME ZONE 'UTC'"), id("c")).has_value());
  EXPECT_FALSE(at_time_zone_of_column(parsed("c AT TIME ZONE d"), id("c")).has_value());

  EXPECT_EQ(constant_value(parsed("'active'::text::\"Status\"")), "active");
  EXPECT_EQ(constant_value(parsed("-1.50::numeric")), "-1.50");
  EXPECT_EQ(constant_value(parsed("'-1'::integer")), "-1");
  EXPECT_EQ(constant_value(parsed("true")), "true");
  EXPECT_EQ(constant_value(parsed("0")), "0");
  EXPECT_EQ(constant_value(parsed("''")), "");
  EXPECT_FALSE(constant_value(parsed("NULL")).has_value());
  EXPECT_FALSE(constant_value(parsed("a")).has_value());
  EXPECT_FALSE(constant_value(parsed("-'1'")).has_value());

  EXPECT_EQ(nextval_sequence(parsed("nextval('seq'::regclass)")), ObjectName(id("seq")));
  EXPECT_EQ(nextval_sequence(parsed("pg_catalog.nextval('s.\"My seq\"')")),
            ObjectName(id("s"), id("My seq")));
  EXPECT_EQ(nextval_sequence(parsed("nextval('Foo')")), ObjectName(id("foo")));
  EXPECT_FALSE(nextval_sequence(parsed("nextval('a; DROP TABLE b')")).has_value());
  EXPECT_FALSE(nextval_sequence(parsed("currval('a')")).has_value());
  EXPECT_FALSE(nextval_sequence(parsed("nextval(a)")).has_value());
}

TEST(ColumnLabel, IsWhatPostgresNamesTheColumn) {
  const auto label = [](const char* sql) { return column_label(parsed(sql)).str(); };
  EXPECT_EQ(label("lower(a)"), "lower");
  EXPECT_EQ(label("a::text"), "a");
  EXPECT_EQ(label("1::text"), "text");
  EXPECT_EQ(label("(j ->> 'a')"), "");
  EXPECT_EQ(label("CASE WHEN a THEN b END"), "case");
  EXPECT_EQ(label("COALESCE(a, b)"), "coalesce");
  EXPECT_EQ(label("s.f(a)"), "f");
  EXPECT_EQ(label("a + 1"), "");
  EXPECT_EQ(label("CURRENT_DATE"), "current_date");
}

}  // namespace
}  // namespace planner

#include <gtest/gtest.h>

#include "tests/unit/sql/sql_testing.h"

namespace planner {
namespace {

using test::kinds;
using test::only;

std::string text(const Expression& expression) { return expression.text().str(); }

TEST(Data, WritesNameTheirTableColumnsAndSources) {
  const auto update = only<Update>("UPDATE s.t SET a = 1, (b, c) = (SELECT 1, 2) WHERE d > 0");
  EXPECT_EQ(update.table.schema.str(), "s");
  EXPECT_EQ(update.columns, (std::vector{Identifier("a"), Identifier("b"), Identifier("c")}));
  EXPECT_EQ(text(update.where), "d > 0");
  EXPECT_TRUE(update.from_other_tables);
  EXPECT_FALSE(only<Update>("UPDATE t SET a = b").from_other_tables);
  EXPECT_TRUE(only<Update>("UPDATE t SET a = u.a FROM u").from_other_tables);
  EXPECT_TRUE(only<Delete>("DELETE FROM t USING u WHERE t.a = u.a").from_other_tables);
  EXPECT_TRUE(only<Delete>("DELETE FROM t WHERE a IN (SELECT b FROM u)").from_other_tables);
  EXPECT_TRUE(only<Delete>("DELETE FROM t").where.empty());
  const auto insert =
      only<Insert>("INSERT INTO t (a, b) SELECT c, d FROM u JOIN v ON true ON CONFLICT DO NOTHING");
  EXPECT_TRUE(insert.from_query);
  EXPECT_EQ(insert.source_tables.size(), 2U);
  EXPECT_FALSE(only<Insert>("INSERT INTO t VALUES (1), (2)").from_query);
  EXPECT_EQ(only<Insert>("INSERT INTO t VALUES ((SELECT max(a) FROM u))").source_tables.size(), 1U);
  EXPECT_EQ(only<Merge>("MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE").table.name.str(),
            "a");
  const auto truncate = only<Truncate>("TRUNCATE a, b RESTART IDENTITY CASCADE");
  EXPECT_TRUE(truncate.restart_identity);
  EXPECT_EQ(truncate.tables.size(), 2U);
  const auto copied = only<Select>("COPY (SELECT * FROM x) TO STDOUT").query.facts().relations;
  EXPECT_EQ(copied, std::vector{ObjectName(Identifier("x"))});
  EXPECT_EQ(only<Select>("SELECT setval('s', 1)").query.facts().functions.at(0).name.name.str(), "setval");
}

TEST(Session, SettingsTransactionsLocks) {
  const auto set = only<SetVariable>("SET LOCAL search_path TO a, \"B\"");
  EXPECT_TRUE(set.local);
  EXPECT_EQ(set.name, "search_path");
  EXPECT_EQ(set.values, (std::vector<std::string>{"a", "B"}));
  EXPECT_EQ(only<SetVariable>("SET lock_timeout = 2000").values, std::vector<std::string>{"2000"});
  EXPECT_EQ(only<SetVariable>("SET x.y = on").values, std::vector<std::string>{"on"});
  EXPECT_EQ(only<SetVariable>("SET TIME ZONE 'UTC'").name, "timezone");
  EXPECT_TRUE(only<SetVariable>("RESET lock_timeout").reset);
  EXPECT_TRUE(only<SetVariable>("SET lock_timeout TO DEFAULT").reset);
  EXPECT_TRUE(only<SetVariable>("RESET ALL").reset_all);
  EXPECT_EQ(only<Transaction>("START TRANSACTION").action, TransactionAction::Begin);
  EXPECT_EQ(only<Transaction>("END").action, TransactionAction::Commit);
  EXPECT_TRUE(only<Transaction>("COMMIT AND CHAIN").chain);
  EXPECT_EQ(only<Transaction>("ROLLBACK TO SAVEPOINT x").name, "x");
  const auto lock = only<LockTable>("LOCK TABLE ONLY a, b IN SHARE ROW EXCLUSIVE MODE NOWAIT");
  EXPECT_EQ(lock.mode, "SHARE ROW EXCLUSIVE");
  EXPECT_TRUE(lock.nowait);
  EXPECT_EQ(lock.only, (std::vector<bool>{true, false}));
  EXPECT_EQ(only<LockTable>("LOCK a").mode, "ACCESS EXCLUSIVE");
  EXPECT_TRUE(only<Vacuum>("VACUUM (FULL, ANALYZE) a").full);
  EXPECT_FALSE(only<Vacuum>("VACUUM (FULL false) a").full);
  EXPECT_TRUE(only<Vacuum>("ANALYZE a").analyze_only);
  EXPECT_TRUE(only<Reindex>("REINDEX TABLE CONCURRENTLY a").concurrently);
  EXPECT_EQ(only<Call>("CALL s.p(1)").procedure.schema.str(), "s");
  EXPECT_EQ(kinds("EXPLAIN ANALYZE UPDATE t SET a = 1"), "update");
  EXPECT_EQ(kinds("EXPLAIN UPDATE t SET a = 1"), "listen");
}

std::shared_ptr<const DoBlock> block(std::string_view body) {
  return only<std::shared_ptr<const DoBlock>>("DO $body$ " + std::string(body) + " $body$");
}

TEST(DoBlock, HoldsItsStaticStatementsInOrder) {
  const auto found = block(R"(
    DECLARE r record; n int := 0;
    BEGIN
      IF EXISTS (SELECT 1 FROM a) THEN
        ALTER TABLE a ADD COLUMN b int, DROP COLUMN c;
      ELSIF n > 1 THEN
        CREATE INDEX i ON a (b);
      ELSE
        DROP TABLE x;
      END IF;
      FOR r IN SELECT id FROM u LOOP
        UPDATE a SET b = r.id;
        PERFORM pg_sleep(1);
      END LOOP;
      CASE n WHEN 1 THEN DELETE FROM a; ELSE INSERT INTO a VALUES (1); END CASE;
    EXCEPTION WHEN duplicate_object THEN
      COMMENT ON TABLE a IS 'there';
    END)");
  EXPECT_EQ(kinds(found->body),
            "add-column drop-column create-index drop-table select update select delete insert do-block");
  EXPECT_TRUE(found->has_loop);
  EXPECT_TRUE(found->catches_errors);
  EXPECT_FALSE(found->commits);
}

TEST(DoBlock, ReadsConstantExecuteAndOwnsUpToTheRest) {
  EXPECT_EQ(kinds(block("BEGIN EXECUTE 'DROP TABLE a; DROP TABLE b'; END")->body), "drop-table drop-table");
  EXPECT_EQ(kinds(block("BEGIN EXECUTE 'ALTER TABLE a ' || 'ADD b int'; END")->body), "add-column");
  const auto dynamic =
      block("DECLARE t text; BEGIN EXECUTE format('DROP TABLE %I', t); EXECUTE 'DROP TABLE ' || t; END");
  ASSERT_EQ(dynamic->body.size(), 2U);
  for (const Operation& operation : dynamic->body) EXPECT_TRUE(std::get<Unrecognized>(operation).dynamic);
  const auto nested = block("BEGIN EXECUTE 'DO $x$ BEGIN DROP TABLE a; END $x$'; END");
  ASSERT_EQ(kinds(nested->body), "do-block");
  EXPECT_EQ(kinds(std::get<std::shared_ptr<const DoBlock>>(nested->body[0])->body), "drop-table");
}

TEST(DoBlock, KnowsCommitAndLanguage) {
  EXPECT_TRUE(block("BEGIN LOOP UPDATE a SET b = 1; COMMIT; EXIT; END LOOP; END")->commits);
  EXPECT_TRUE(block("BEGIN ROLLBACK; END")->commits);
  const auto other = only<std::shared_ptr<const DoBlock>>("DO LANGUAGE plperl $$ 1 $$");
  EXPECT_EQ(other->language, "plperl");
  EXPECT_TRUE(std::get<Unrecognized>(other->body.at(0)).dynamic);
  const auto broken = block("BEGIN IF THEN END");
  ASSERT_EQ(broken->body.size(), 1U);
  EXPECT_TRUE(std::get<Unrecognized>(broken->body[0]).dynamic);
}

TEST(DoBlock, SurvivesTypesOnlyAServerKnows) {
  EXPECT_EQ(
      kinds(
          block(
              "DECLARE x \"MyEnum\"; t users%ROWTYPE; c users.id%TYPE; a s.mytype[]; BEGIN DROP TABLE a; END")
              ->body),
      "drop-table");
}

}  // namespace
}  // namespace planner

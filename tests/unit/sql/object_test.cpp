#include <gtest/gtest.h>

#include "tests/unit/sql/sql_testing.h"

namespace planner {
namespace {

using test::kinds;
using test::only;

std::string text(const Expression& expression) { return expression.text().str(); }

TEST(Sequence, OptionsAreRead) {
  const auto create = only<CreateSequence>(
      "CREATE SEQUENCE IF NOT EXISTS s AS bigint START 5 INCREMENT -2 MINVALUE -9223372036854775808 MAXVALUE "
      "10 CACHE 3 CYCLE "
      "OWNED BY a.b.c");
  EXPECT_TRUE(create.if_not_exists);
  EXPECT_TRUE(create.options.as_type.is("int8"));
  EXPECT_EQ(create.options.start, 5);
  EXPECT_EQ(create.options.increment, -2);
  EXPECT_EQ(create.options.minimum, INT64_MIN);
  EXPECT_EQ(create.options.maximum, 10);
  EXPECT_EQ(create.options.cache, 3);
  EXPECT_EQ(create.options.cycle, true);
  EXPECT_EQ(create.options.owned_by_table, TableName(Identifier("a"), Identifier("b")));
  EXPECT_EQ(create.options.owned_by_column, Identifier("c"));
  const auto alter = only<AlterSequence>("ALTER SEQUENCE IF EXISTS s RESTART NO CYCLE OWNED BY NONE");
  EXPECT_TRUE(alter.options.restart_given);
  EXPECT_FALSE(alter.options.restart.has_value());
  EXPECT_EQ(alter.options.cycle, false);
  ASSERT_TRUE(alter.options.owned_by_table.has_value());
  EXPECT_TRUE(alter.options.owned_by_table->empty());
}

TEST(Types, OfEveryKind) {
  EXPECT_EQ(only<CreateEnum>("CREATE TYPE s.e AS ENUM ('a', 'it''s')").labels,
            (std::vector<std::string>{"a", "it's"}));
  const auto value = only<AddEnumValue>("ALTER TYPE e ADD VALUE IF NOT EXISTS 'b' AFTER 'a'");
  EXPECT_TRUE(value.after && value.if_not_exists);
  EXPECT_EQ(value.neighbour, "a");
  EXPECT_FALSE(only<AddEnumValue>("ALTER TYPE e ADD VALUE 'b' BEFORE 'a'").after);
  EXPECT_FALSE(only<AddEnumValue>("ALTER TYPE e ADD VALUE 'b'").after);
  EXPECT_EQ(only<RenameEnumValue>("ALTER TYPE e RENAME VALUE 'a' TO 'b'").to, "b");
  const auto domain = only<CreateDomain>(
      "CREATE DOMAIN d AS text COLLATE \"C\" DEFAULT 'x' NOT NULL CONSTRAINT c CHECK (value <> '')");
  EXPECT_TRUE(domain.not_null);
  EXPECT_EQ(domain.checks.at(0).name.str(), "c");
  EXPECT_EQ(only<AlterDomain>("ALTER DOMAIN d SET NOT NULL").change, DomainChange::SetNotNull);
  EXPECT_EQ(only<AlterDomain>("ALTER DOMAIN d DROP NOT NULL").change, DomainChange::DropNotNull);
  EXPECT_EQ(only<AlterDomain>("ALTER DOMAIN d SET DEFAULT 1").change, DomainChange::SetDefault);
  EXPECT_EQ(only<AlterDomain>("ALTER DOMAIN d DROP DEFAULT").change, DomainChange::DropDefault);
  EXPECT_TRUE(
      only<AlterDomain>("ALTER DOMAIN d ADD CONSTRAINT c CHECK (value > 0) NOT VALID").constraint.not_valid);
  EXPECT_EQ(only<AlterDomain>("ALTER DOMAIN d DROP CONSTRAINT IF EXISTS c CASCADE").constraint_name.str(),
            "c");
  EXPECT_EQ(only<AlterDomain>("ALTER DOMAIN d VALIDATE CONSTRAINT c").change,
            DomainChange::ValidateConstraint);
  EXPECT_EQ(only<CreateCompositeType>("CREATE TYPE c AS (a int, b text)").attributes.size(), 2U);
  EXPECT_TRUE(only<CreateRangeType>("CREATE TYPE r AS RANGE (subtype = float8)").subtype.is("float8"));
  EXPECT_EQ(only<CreateBaseType>("CREATE TYPE t").type.name.str(), "t");
}

TEST(Function, KeepsSignatureLanguageAndBody) {
  const auto function = only<CreateFunction>(
      "CREATE OR REPLACE FUNCTION s.f(a int, b text DEFAULT 'x', OUT c int, VARIADIC d int[]) RETURNS int "
      "LANGUAGE PLpgSQL "
      "STABLE STRICT SECURITY DEFINER SET search_path = a, b AS $$ BEGIN RETURN 1; END $$");
  EXPECT_TRUE(function.replace && function.strict && function.security_definer);
  EXPECT_EQ(function.language, "plpgsql");
  EXPECT_EQ(function.volatility, Volatility::Stable);
  ASSERT_EQ(function.arguments.size(), 4U);
  EXPECT_EQ(text(function.arguments[1].default_value), "'x'");
  EXPECT_EQ(function.arguments[2].mode, 'o');
  EXPECT_EQ(function.arguments[3].mode, 'v');
  EXPECT_EQ(function.body, " BEGIN RETURN 1; END ");
  ASSERT_EQ(function.settings.size(), 1U);
  EXPECT_EQ(function.settings[0].value, "a, b");
  EXPECT_TRUE(
      only<CreateFunction>("CREATE FUNCTION f() RETURNS TABLE (a int) LANGUAGE sql AS ''").returns_table);
  EXPECT_TRUE(only<CreateFunction>("CREATE PROCEDURE p() LANGUAGE sql AS ''").procedure);
  EXPECT_TRUE(only<CreateFunction>("CREATE AGGREGATE g(int) (sfunc = int4pl, stype = int)").aggregate);
  EXPECT_EQ(text(only<CreateFunction>("CREATE FUNCTION f() RETURNS int RETURN 1 + 2").sql_body),
            "RETURN 1 + 2");
  const auto atomic =
      only<CreateFunction>("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 FROM a; SELECT 2; END");
  EXPECT_EQ(atomic.language, "sql");
  EXPECT_EQ(text(atomic.sql_body), "BEGIN ATOMIC SELECT 1 FROM a; SELECT 2; END");
  EXPECT_EQ(atomic.sql_body.facts().relations, std::vector{ObjectName(Identifier("a"))});
  EXPECT_EQ(only<AlterFunction>("ALTER FUNCTION f() IMMUTABLE").volatility, Volatility::Immutable);
}

TEST(Trigger, KnowsWhenItFires) {
  const auto trigger = only<CreateTrigger>(
      "CREATE TRIGGER t BEFORE INSERT OR UPDATE OF a, b ON s.x FOR EACH ROW WHEN (NEW.a > 0) EXECUTE "
      "FUNCTION f.g('1')");
  EXPECT_TRUE(trigger.before && trigger.for_each_row && trigger.on_insert && trigger.on_update);
  EXPECT_FALSE(trigger.instead || trigger.on_delete || trigger.on_truncate);
  EXPECT_EQ(trigger.update_columns.size(), 2U);
  EXPECT_EQ(trigger.function, ObjectName(Identifier("f"), Identifier("g")));
  EXPECT_EQ(trigger.arguments, std::vector<std::string>{"1"});
  EXPECT_TRUE(trigger.when.mentions(Identifier("a")));
  const auto constraint = only<CreateTrigger>(
      "CREATE CONSTRAINT TRIGGER t AFTER DELETE ON x FROM y DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
      "EXECUTE FUNCTION g()");
  EXPECT_TRUE(constraint.constraint && constraint.initially_deferred && constraint.on_delete);
  EXPECT_EQ(constraint.constraint_from.name.str(), "y");
  const auto transition = only<CreateTrigger>(
      "CREATE OR REPLACE TRIGGER t AFTER UPDATE ON x REFERENCING OLD TABLE AS o NEW TABLE AS n EXECUTE "
      "FUNCTION g()");
  EXPECT_EQ(transition.old_table.str(), "o");
  EXPECT_EQ(transition.new_table.str(), "n");
  EXPECT_TRUE(only<CreateTrigger>("CREATE TRIGGER t INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION g()")
                  .instead);
}

TEST(Views, PoliciesRulesStatistics) {
  const auto view = only<CreateView>(
      "CREATE OR REPLACE TEMP VIEW v (a, b) WITH (security_invoker = true) AS SELECT x, y FROM t WITH LOCAL "
      "CHECK OPTION");
  EXPECT_TRUE(view.replace && view.temporary);
  EXPECT_EQ(view.check_option, 'l');
  EXPECT_EQ(view.column_names.size(), 2U);
  EXPECT_EQ(view.query.facts().relations.size(), 1U);
  EXPECT_TRUE(
      only<CreateView>("CREATE RECURSIVE VIEW v (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM v").recursive);
  EXPECT_TRUE(only<RefreshMaterializedView>("REFRESH MATERIALIZED VIEW CONCURRENTLY v").concurrently);
  const auto policy = only<CreatePolicy>(
      "CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE TO joe, PUBLIC USING (a = 1) WITH CHECK (b = 2)");
  EXPECT_FALSE(policy.permissive);
  EXPECT_EQ(policy.command, "update");
  EXPECT_EQ(policy.roles, (std::vector<std::string>{"joe", "public"}));
  const auto rule = only<CreateRule>(
      "CREATE RULE r AS ON INSERT TO t WHERE NEW.a > 0 DO INSTEAD (INSERT INTO u VALUES (1); DELETE FROM w)");
  EXPECT_TRUE(rule.instead);
  EXPECT_EQ(rule.event, "insert");
  EXPECT_EQ(rule.mentions.size(), 2U);
  const auto statistics = only<CreateStatistics>("CREATE STATISTICS s.x (ndistinct) ON a, (b + 1) FROM t");
  EXPECT_EQ(statistics.columns.size(), 1U);
  EXPECT_EQ(statistics.expressions.size(), 1U);
  EXPECT_EQ(statistics.table.name.str(), "t");
}

TEST(Objects, AlikeForAllKinds) {
  EXPECT_EQ(kinds("CREATE SCHEMA s CREATE TABLE a (id int) CREATE VIEW v AS SELECT 1"),
            "create-schema create-table create-view");
  const std::vector<Operation> schema = parse_statement("CREATE SCHEMA s CREATE TABLE a (id int)");
  EXPECT_EQ(std::get<CreateTable>(schema[1]).table.schema.str(), "s");
  EXPECT_EQ(only<CreateSchema>("CREATE SCHEMA AUTHORIZATION joe").schema.str(), "joe");
  const auto extension =
      only<CreateExtension>("CREATE EXTENSION IF NOT EXISTS x WITH SCHEMA s VERSION '1.1'");
  EXPECT_EQ(extension.schema.str(), "s");
  EXPECT_EQ(extension.version, "1.1");
  EXPECT_EQ(only<SetSchema>("ALTER FUNCTION f(int) SET SCHEMA s").kind, ObjectKind::Function);
  EXPECT_EQ(only<SetSchema>("ALTER TYPE t SET SCHEMA s").to.str(), "s");
  EXPECT_EQ(only<ChangeOwner>("ALTER SCHEMA s OWNER TO CURRENT_USER").owner, "current_user");
  const auto comment = only<Comment>("COMMENT ON COLUMN s.t.c IS 'it''s'");
  EXPECT_EQ(comment.kind, ObjectKind::Column);
  EXPECT_EQ(comment.name, ObjectName(Identifier("s"), Identifier("t")));
  EXPECT_EQ(comment.sub_object.str(), "c");
  EXPECT_EQ(comment.text, "it's");
  EXPECT_FALSE(only<Comment>("COMMENT ON TABLE t IS NULL").text.has_value());
  EXPECT_EQ(only<Comment>("COMMENT ON CONSTRAINT c ON t IS 'x'").sub_object.str(), "c");
  EXPECT_EQ(only<Comment>("COMMENT ON CONSTRAINT c ON DOMAIN d IS 'x'").name.name.str(), "d");
  EXPECT_EQ(only<Comment>("COMMENT ON FUNCTION f(int) IS 'x'").arguments->size(), 1U);
  const auto grant = only<Grant>("GRANT SELECT (a, b), INSERT ON s.t, u TO joe, PUBLIC");
  EXPECT_FALSE(grant.revoke);
  EXPECT_EQ(grant.objects.size(), 2U);
  EXPECT_EQ(grant.privileges, (std::vector<std::string>{"select", "insert"}));
  EXPECT_EQ(grant.columns.size(), 2U);
  EXPECT_EQ(grant.grantees, (std::vector<std::string>{"joe", "public"}));
  EXPECT_TRUE(only<Grant>("GRANT ALL ON ALL TABLES IN SCHEMA s TO joe").all_in_schema);
  EXPECT_TRUE(only<Grant>("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO joe").default_privileges);
  EXPECT_TRUE(only<Grant>("REVOKE a FROM b").role_membership);
  EXPECT_EQ(only<OtherObject>("CREATE PUBLICATION p FOR TABLE a, s.b").tables.size(), 2U);
  EXPECT_EQ(only<DropOwned>("DROP OWNED BY a, b").roles.size(), 2U);
}

// One statement of every kind in version 15's grammar: none is skipped, and only these few are not
// understood.
TEST(Grammar, EveryStatementBecomesAnOperation) {
  const char* statements[] = {"CREATE CAST (int AS text) WITH INOUT",
                              "CREATE COLLATION c (locale = 'C')",
                              "CREATE CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM f",
                              "CREATE DATABASE d",
                              "ALTER DATABASE d SET x = 1",
                              "ALTER DATABASE d REFRESH COLLATION VERSION",
                              "DROP DATABASE IF EXISTS d",
                              "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
                              "ALTER EVENT TRIGGER e DISABLE",
                              "CREATE FOREIGN DATA WRAPPER w",
                              "ALTER FOREIGN DATA WRAPPER w OPTIONS (a 'b')",
                              "CREATE SERVER s FOREIGN DATA WRAPPER w",
                              "ALTER SERVER s OPTIONS (SET a 'b')",
                              "CREATE USER MAPPING FOR joe SERVER s",
                              "DROP USER MAPPING FOR joe SERVER s",
                              "ALTER USER MAPPING FOR joe SERVER s OPTIONS (a 'b')",
                              "CREATE LANGUAGE l HANDLER h",
                              "CREATE OPERATOR === (leftarg = int, rightarg = int, function = f)",
                              "ALTER OPERATOR = (int, int) SET (RESTRICT = NONE)",
                              "CREATE OPERATOR CLASS c FOR TYPE int USING btree AS OPERATOR 1 <",
                              "CREATE OPERATOR FAMILY f USING btree",
                              "ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 < (int, int)",
                              "CREATE ROLE r",
                              "ALTER ROLE r LOGIN",
                              "ALTER ROLE r SET x = 1",
                              "DROP ROLE r",
                              "REASSIGN OWNED BY a TO b",
                              "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
                              "ALTER SUBSCRIPTION s DISABLE",
                              "DROP SUBSCRIPTION s",
                              "CREATE TABLESPACE t LOCATION '/x'",
                              "ALTER TABLESPACE t SET (random_page_cost = 1)",
                              "DROP TABLESPACE t",
                              "CREATE TEXT SEARCH CONFIGURATION c (COPY = english)",
                              "ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH simple",
                              "ALTER TEXT SEARCH DICTIONARY d (a = 1)",
                              "CREATE TRANSFORM FOR int LANGUAGE l (FROM SQL WITH FUNCTION f(internal))",
                              "CREATE ACCESS METHOD m TYPE TABLE HANDLER h",
                              "ALTER COLLATION c REFRESH VERSION",
                              "ALTER TYPE t SET (storage = plain)",
                              "ALTER STATISTICS s SET STATISTICS 5",
                              "ALTER PUBLICATION p ADD TABLE t",
                              "ALTER EXTENSION e UPDATE",
                              "ALTER EXTENSION e ADD TABLE t",
                              "ALTER FUNCTION f() DEPENDS ON EXTENSION e",
                              "CREATE VIEW v AS SELECT 1",
                              "LISTEN x",
                              "NOTIFY x, 'y'",
                              "UNLISTEN *",
                              "CHECKPOINT",
                              "LOAD 'x'",
                              "PREPARE p AS SELECT 1",
                              "DEALLOCATE ALL",
                              "DECLARE c CURSOR FOR SELECT 1",
                              "FETCH 1 FROM c",
                              "MOVE c",
                              "CLOSE c",
                              "EXPLAIN SELECT 1",
                              "EXPLAIN (ANALYZE) DELETE FROM t",
                              "SHOW x",
                              "SECURITY LABEL ON TABLE t IS 'x'",
                              "DISCARD ALL",
                              "CALL p(1)",
                              "SET CONSTRAINTS ALL DEFERRED",
                              "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                              "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
                              "PREPARE TRANSACTION 'x'",
                              "COMMIT PREPARED 'x'",
                              "ROLLBACK PREPARED 'x'",
                              "SAVEPOINT a",
                              "RELEASE a",
                              "ROLLBACK TO a",
                              "REINDEX (CONCURRENTLY) TABLE t",
                              "CLUSTER",
                              "CLUSTER t USING i",
                              "VACUUM (FULL, ANALYZE) t",
                              "ANALYZE",
                              "LOCK t",
                              "COPY t FROM STDIN",
                              "COPY (SELECT 1 FROM t) TO STDOUT",
                              "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE",
                              "VALUES (1)",
                              "TABLE t",
                              "ALTER TABLE t ALTER c OPTIONS (a 'b')",
                              "ALTER FOREIGN TABLE t OPTIONS (a 'b')",
                              "ALTER INDEX i DEPENDS ON EXTENSION e"};
  for (const char* sql : statements) {
    const std::vector<Operation> operations = parse_statement(sql);
    ASSERT_EQ(operations.size(), 1U) << sql;
    EXPECT_FALSE(std::holds_alternative<Unrecognized>(operations[0])) << sql;
  }
  for (const char* sql :
       {"EXECUTE p", "IMPORT FOREIGN SCHEMA s FROM SERVER t INTO u", "ALTER SYSTEM SET x = 1",
        "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b", "ALTER TABLE t OF c", "ALTER TABLE t NOT OF"}) {
    const std::vector<Operation> operations = parse_statement(sql);
    ASSERT_EQ(operations.size(), 1U) << sql;
    EXPECT_TRUE(std::holds_alternative<Unrecognized>(operations[0])) << sql;
  }
}

}  // namespace
}  // namespace planner

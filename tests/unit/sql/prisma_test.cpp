#include <gtest/gtest.h>

#include "tests/unit/sql/sql_testing.h"

namespace planner {
namespace {

std::string answer(std::string_view text) {
  const SplitAnswer split = prisma_splits(parse_file(text), text);
  EXPECT_FALSE(split.splits && split.unsure);
  return split.splits ? "splits" : split.unsure ? "unsure" : "whole";
}

// Each measured with sqlparser 0.61.0, the crate that Prisma's engine asks since 7.4.
TEST(PrismaSplits, WhatItsParserReads) {
  for (const char* sql : {
           "ALTER TABLE \"User\" ADD COLUMN \"age\" INTEGER NOT NULL DEFAULT 0, DROP COLUMN \"x\"; CREATE "
           "INDEX CONCURRENTLY i ON t (a);",
           "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY, b int REFERENCES c(id) DEFERRABLE); COMMENT "
           "ON TABLE a IS 'x';",
           "ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES b(id) NOT VALID; ALTER TABLE a "
           "VALIDATE CONSTRAINT f;",
           "CREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE 'b'; ALTER TYPE e RENAME TO f; DROP TYPE f;",
           "BEGIN; SET LOCAL lock_timeout = '2s'; UPDATE a SET x = 1; COMMIT;",
           "INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET x = excluded.x;",
           "INSERT INTO a (x) SELECT x FROM b ON CONFLICT DO NOTHING",
           "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ begin return new; end $$; "
           "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();",
           "CREATE SEQUENCE s INCREMENT BY 1 START WITH 1",
           "CALL p()",
           "",
           "-- nothing",
       }) {
    EXPECT_EQ(answer(sql), "splits") << sql;
  }
}

TEST(PrismaSplits, WhatSendsTheFileAsOne) {
  for (const char* sql : {
           "SELECT 1; DO $$ BEGIN END $$",
           "LOCK TABLE a",
           "DROP INDEX CONCURRENTLY i",
           "REINDEX INDEX i",
           "VACUUM ANALYZE a",
           "ALTER TABLE a ADD CONSTRAINT u UNIQUE USING INDEX i",
           "ALTER TABLE a ADD CONSTRAINT u PRIMARY KEY USING INDEX i",
           "ALTER SEQUENCE s RESTART",
           "ALTER SEQUENCE s RENAME TO r",
           "REFRESH MATERIALIZED VIEW v",
           "ALTER TABLE a ATTACH PARTITION b DEFAULT",
           "ALTER TABLE a SET SCHEMA s",
           "ALTER VIEW v RENAME TO w",
           "CREATE RULE r AS ON INSERT TO a DO NOTHING",
           "ALTER TABLE a ALTER COLUMN x SET STATISTICS 100",
           "INSERT INTO a (x) SELECT 1 ON CONFLICT DO NOTHING",
           "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ begin end $$",
           "\xEF\xBB\xBFSELECT 1",
           "COMMENT ON FUNCTION f() IS 'x'",
           "CREATE EXTENSION x SCHEMA s",
           "CREATE SEQUENCE s START WITH 1 INCREMENT BY 1",
           "ALTER INDEX IF EXISTS i RENAME TO j",
           "CREATE UNLOGGED TABLE a (id int)",
           "ABORT",
           "\\set x 1",
       }) {
    EXPECT_EQ(answer(sql), "whole") << sql;
  }
}

TEST(PrismaSplits, SaysWhenItIsNotMeasured) {
  for (const char* sql : {"ALTER SYSTEM SET x = 1", "SELECT x BETWEEN SYMMETRIC 1 AND 2 FROM a",
                          "ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID", "SELEC 1"}) {
    EXPECT_EQ(answer(sql), "unsure") << sql;
  }
}

}  // namespace
}  // namespace planner

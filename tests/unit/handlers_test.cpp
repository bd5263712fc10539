#include "planner/sql/handlers.h"

#include <gtest/gtest.h>

#include "planner/replay/replay.h"
#include "planner/sql/parse.h"

namespace planner {
namespace {

Schema after(const std::string& sql) {
  Schema schema;
  for (const Statement& statement : parse_file(sql).statements)
    replay_statement(schema, statement.operations);
  return schema;
}

constexpr const char* kTable = "CREATE TABLE t (a integer, CONSTRAINT a_set CHECK (a IS NOT NULL));\n";

bool has_check(const Schema& schema) {
  return schema.table(TableName(Identifier("public"), Identifier("t")))->constraint(Identifier("a_set")) !=
         nullptr;
}

TEST(ExceptionHandlers, AreBlocksOfTheirOwn) {
  const ParsedFile file = parse_file(
      "DO $$ BEGIN UPDATE t SET a = 1; EXCEPTION WHEN others THEN DROP TABLE t; DROP TABLE u; END $$");
  const auto& block = std::get<std::shared_ptr<const DoBlock>>(file.statements.at(0).operations.at(0));
  ASSERT_EQ(block->body.size(), 2U);
  EXPECT_EQ(handler_of(block->body[0]), nullptr);
  ASSERT_NE(handler_of(block->body[1]), nullptr);
  EXPECT_EQ(handler_of(block->body[1])->body.size(), 2U);
}

TEST(ExceptionHandlers, DoNothingWhenNothingGoesWrong) {
  EXPECT_TRUE(has_check(
      after(std::string(kTable) +
            "DO $$ BEGIN ALTER TABLE t VALIDATE CONSTRAINT a_set; EXCEPTION WHEN check_violation THEN "
            "ALTER TABLE t DROP CONSTRAINT a_set; END $$;")));
}

TEST(ExceptionHandlers, RunBehindWhatPostgresRefuses) {
  EXPECT_FALSE(has_check(
      after(std::string(kTable) +
            "DO $$ BEGIN ALTER TABLE t VALIDATE CONSTRAINT not_there; EXCEPTION WHEN undefined_object THEN "
            "ALTER TABLE t DROP CONSTRAINT a_set; END $$;")));
}

}  // namespace
}  // namespace planner

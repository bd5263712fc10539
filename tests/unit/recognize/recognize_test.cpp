#include "planner/recognize/recognize.h"

#include <gtest/gtest.h>

#include "planner/replay/replay.h"

namespace planner {
namespace {

Schema schema_of(const std::string& sql) {
  Schema schema;
  const ParsedFile file = parse_file(sql);
  for (const Statement& statement : file.statements) {
    for (const Operation& operation : statement.operations) replay(schema, operation);
  }
  return schema;
}

Recognized recognized(const std::string& before, const std::string& sql,
                      const std::string& name = "20240601000000_changes", const RenameAnswers& answers = {}) {
  const Migration migration{name, name + "/migration.sql", sql, true, false};
  return recognize(parse_file(sql), migration, schema_of(before), answers);
}

template <typename Op>
const Op* only(const Recognized& result) {
  const Op* found = nullptr;
  for (const Intention& intention : result.intentions) {
    if (const auto* op = std::get_if<Op>(&intention.operation)) {
      EXPECT_EQ(found, nullptr) << "more than one";
      found = op;
    }
  }
  return found;
}

const std::string kUsers =
    "CREATE TABLE users (id integer PRIMARY KEY, name text NOT NULL, enabled boolean NOT NULL, \"createdAt\" "
    "timestamp(3), "
    "\"updatedAt\" timestamp(3));";

TEST(Recognize, takes_a_rename_silently_when_types_agree_and_the_name_says_so) {
  const Recognized result =
      recognized(kUsers, "ALTER TABLE users DROP COLUMN name, ADD COLUMN \"fullName\" text NOT NULL;",
                 "20240601000000_rename_name_to_fullname");
  ASSERT_EQ(result.intentions.size(), 1U);
  EXPECT_TRUE(result.questions.empty());
  const auto* rename = only<RenameColumn>(result);
  ASSERT_NE(rename, nullptr);
  EXPECT_EQ(rename->table, ObjectName(Identifier("public"), Identifier("users")));
  EXPECT_EQ(rename->from.str(), "name");
  EXPECT_EQ(rename->to.str(), "fullName");
  const Intention& intention = result.intentions.front();
  EXPECT_EQ(intention.sources, (std::vector<SourceRef>{{0, 0, -1}, {0, 1, -1}}));
  ASSERT_TRUE(intention.evidence.has_value());
  EXPECT_FALSE(intention.evidence->needs_confirmation);
  EXPECT_FALSE(intention.added_column.has_value()) << "the ADD says nothing beyond the rename";
}

TEST(Recognize, remembers_what_the_added_column_says_beyond_the_rename) {
  const Recognized result =
      recognized(kUsers, "ALTER TABLE users DROP COLUMN name, ADD COLUMN full_name text DEFAULT '';",
                 "20240601000000_rename_name_to_full_name");
  ASSERT_EQ(result.intentions.size(), 1U);
  ASSERT_TRUE(result.intentions.front().added_column.has_value());
  EXPECT_FALSE(result.intentions.front().added_column->not_null);
}

TEST(Recognize, asks_when_the_name_of_the_migration_is_silent) {
  const Recognized result =
      recognized(kUsers, "ALTER TABLE users DROP COLUMN name, ADD COLUMN \"fullName\" text NOT NULL;");
  EXPECT_EQ(result.intentions.size(), 2U);
  ASSERT_EQ(result.questions.size(), 1U);
  EXPECT_TRUE(result.questions.front().evidence->needs_confirmation);
}

TEST(Recognize, asks_when_the_types_differ_whatever_the_name_says) {
  const Recognized result = recognized("CREATE TABLE t (id int, amount integer);",
                                       "ALTER TABLE t DROP COLUMN amount, ADD COLUMN amount_cents bigint;",
                                       "20240601000000_rename_amount_to_amount_cents");
  EXPECT_EQ(only<RenameColumn>(result), nullptr);
  EXPECT_EQ(result.questions.size(), 1U);
}

TEST(Recognize, asks_about_opposites_whatever_the_name_says) {
  const Recognized result =
      recognized(kUsers, "ALTER TABLE users DROP COLUMN enabled, ADD COLUMN disabled boolean NOT NULL;",
                 "20240601000000_rename_enabled_to_disabled");
  EXPECT_EQ(only<RenameColumn>(result), nullptr);
  ASSERT_EQ(result.questions.size(), 1U);
}

TEST(Recognize, does_as_told) {
  RenameAnswers yes, no;
  yes.renames.push_back({ObjectName(Identifier("users")), Identifier("name"), Identifier("label")});
  no.not_renames.push_back({ObjectName(Identifier("users")), Identifier("name"), Identifier()});
  const std::string sql = "ALTER TABLE users DROP COLUMN name, ADD COLUMN label text NOT NULL;";
  const Recognized told = recognized(kUsers, sql, "20240601000000_x", yes);
  ASSERT_NE(only<RenameColumn>(told), nullptr);
  EXPECT_TRUE(told.intentions.front().evidence->confirmed);
  const Recognized denied = recognized(kUsers, sql, "20240601000000_rename_name_to_label", no);
  EXPECT_EQ(only<RenameColumn>(denied), nullptr);
  EXPECT_TRUE(denied.questions.empty());
  EXPECT_EQ(denied.intentions.size(), 2U);
}

TEST(Recognize, matches_several_pairs_without_crossing) {
  const Recognized result = recognized(
      kUsers,
      "ALTER TABLE users DROP COLUMN \"createdAt\", DROP COLUMN \"updatedAt\", ADD COLUMN updated_at "
      "timestamp(3), ADD COLUMN created_at timestamp(3);");
  ASSERT_EQ(result.questions.size(), 2U);
  for (const Intention& question : result.questions) {
    const auto& rename = std::get<RenameColumn>(question.operation);
    EXPECT_EQ(rename.from.str() == "createdAt", rename.to.str() == "created_at");
  }
}

TEST(Recognize, sees_no_rename_between_unlike_columns) {
  EXPECT_TRUE(
      recognized(kUsers, "ALTER TABLE users DROP COLUMN name, ADD COLUMN age integer;").questions.empty());
  EXPECT_TRUE(
      recognized(
          kUsers,
          "ALTER TABLE users DROP COLUMN name, ADD COLUMN a text, ADD COLUMN b text, ADD COLUMN c text;")
          .questions.empty());
}

TEST(Recognize, takes_a_copied_column_for_a_rename_worth_asking_about) {
  const std::string sql =
      "ALTER TABLE users ADD COLUMN label text;\nUPDATE users SET label = name;\nALTER TABLE users DROP "
      "COLUMN name;";
  EXPECT_EQ(recognized(kUsers, sql).questions.size(), 1U);
  const Recognized named = recognized(kUsers, sql, "20240601000000_rename_name_to_label");
  ASSERT_EQ(named.intentions.size(), 1U);
  EXPECT_EQ(named.intentions.front().sources.size(), 3U);
}

TEST(Recognize, sees_a_column_dropped_and_added_under_its_own_name) {
  const Recognized result =
      recognized(kUsers, "ALTER TABLE users DROP COLUMN name, ADD COLUMN name integer NOT NULL;");
  ASSERT_EQ(result.intentions.size(), 1U);
  const auto* replace = only<ReplaceColumn>(result);
  ASSERT_NE(replace, nullptr);
  EXPECT_EQ(display(replace->column.type), "integer");
}

const std::string kRole =
    "CREATE TYPE \"Role\" AS ENUM ('USER', 'ADMIN', 'GUEST');\n"
    "CREATE TABLE \"User\" (id int, role \"Role\" NOT NULL DEFAULT 'USER', roles \"Role\"[]);";

TEST(Recognize, sees_the_enum_swap_of_prisma) {
  const Recognized result = recognized(kRole, R"(
BEGIN;
CREATE TYPE "Role_new" AS ENUM ('USER', 'ADMIN');
ALTER TABLE "public"."User" ALTER COLUMN "role" DROP DEFAULT;
ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");
ALTER TABLE "User" ALTER COLUMN "roles" TYPE "Role_new"[] USING ("roles"::text::"Role_new"[]);
ALTER TYPE "Role" RENAME TO "Role_old";
ALTER TYPE "Role_new" RENAME TO "Role";
DROP TYPE "public"."Role_old";
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'USER';
COMMIT;
)");
  ASSERT_EQ(result.intentions.size(), 1U);
  const auto* swap = only<ReplaceEnum>(result);
  ASSERT_NE(swap, nullptr);
  EXPECT_EQ(swap->type.name.str(), "Role");
  EXPECT_EQ(swap->labels, (std::vector<std::string>{"USER", "ADMIN"}));
  EXPECT_EQ(swap->columns.size(), 2U);
  EXPECT_EQ(result.intentions.front().sources.size(), 10U);
}

TEST(Recognize, sees_an_enum_swap_written_the_other_way_round) {
  const Recognized result = recognized(kRole, R"(
ALTER TYPE "Role" RENAME TO "Role_old";
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN', 'OWNER');
ALTER TABLE "User" ALTER COLUMN role DROP DEFAULT;
ALTER TABLE "User" ALTER COLUMN role TYPE "Role" USING role::text::"Role";
ALTER TABLE "User" ALTER COLUMN roles TYPE "Role"[] USING roles::text::"Role"[];
DROP TYPE "Role_old";
)");
  const auto* swap = only<ReplaceEnum>(result);
  ASSERT_NE(swap, nullptr);
  EXPECT_EQ(swap->columns.size(), 2U);
  EXPECT_EQ(result.intentions.size(), 1U);
}

TEST(Recognize, sees_a_table_rename_behind_drop_and_create) {
  const std::string before =
      "CREATE TABLE \"User\" (id serial PRIMARY KEY, email text NOT NULL, name text NOT NULL);";
  const std::string sql =
      "DROP TABLE \"User\";\nCREATE TABLE \"Account\" (id serial NOT NULL, email text NOT NULL, name text "
      "NOT NULL, CONSTRAINT x "
      "PRIMARY KEY (id));";
  EXPECT_EQ(recognized(before, sql).questions.size(), 1U);
  const Recognized named = recognized(before, sql, "20240601000000_rename_user_to_account");
  ASSERT_NE(only<RenameTable>(named), nullptr);
  EXPECT_TRUE(named.questions.empty());
}

TEST(Recognize, sees_no_table_rename_between_unlike_tables) {
  const Recognized result = recognized(
      "CREATE TABLE carts (id int PRIMARY KEY, total int, at timestamp);",
      "DROP TABLE carts;\nCREATE TABLE invoices (id int PRIMARY KEY, customer text, street text, due date);");
  EXPECT_TRUE(result.questions.empty());
  EXPECT_EQ(only<RenameTable>(result), nullptr);
}

TEST(Recognize, sees_a_replaced_foreign_key) {
  const Recognized result = recognized(
      "CREATE TABLE u (id int PRIMARY KEY); CREATE TABLE p (id int, u_id int, CONSTRAINT p_fk FOREIGN KEY "
      "(u_id) REFERENCES u (id));",
      "ALTER TABLE p DROP CONSTRAINT p_fk;\nALTER TABLE p ADD CONSTRAINT p_fk FOREIGN KEY (u_id) REFERENCES "
      "u (id) ON DELETE CASCADE;");
  const auto* replace = only<ReplaceConstraint>(result);
  ASSERT_NE(replace, nullptr);
  EXPECT_EQ(replace->constraint.references.on_delete, ForeignKeyAction::Cascade);
  EXPECT_EQ(result.intentions.size(), 1U);
}

TEST(Recognize, notes_that_an_update_fills_the_column_before_it_is_required) {
  const Recognized result =
      recognized("CREATE TABLE t (id int, a text);",
                 "UPDATE t SET a = '' WHERE a IS NULL;\nALTER TABLE t ALTER COLUMN a SET NOT NULL;");
  ASSERT_EQ(result.intentions.size(), 2U);
  EXPECT_TRUE(result.intentions.back().evidence.has_value());
}

TEST(Recognize, qualifies_names_by_the_search_path_the_statement_meets) {
  const Recognized result = recognized("CREATE SCHEMA app; CREATE TABLE app.t (id int);",
                                       "SET search_path TO app;\nALTER TABLE t ADD COLUMN a text;");
  const auto* add = only<AddColumn>(result);
  ASSERT_NE(add, nullptr);
  EXPECT_EQ(add->table.schema.str(), "app");
}

}  // namespace
}  // namespace planner

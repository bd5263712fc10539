// What a plan says schema.prisma must hold in each phase, compared by the real `prisma migrate diff` with the
// database that the phase leaves behind: an empty difference means that `prisma migrate dev` undoes nothing.

#include <gtest/gtest.h>

#include <string>

#include "planner/compose/prisma_schema.h"
#include "planner/engine.h"
#include "planner/replay/replay.h"
#include "planner/sql/parse.h"
#include "plans/registry.h"
#include "rules/registry.h"
#include "src/database/live_schema.h"
#include "tests/interop/interop_test.h"

namespace planner::test {
namespace {

/// The data model as the advice words it, field by field, with the relation fields that Prisma asks for.
std::string datamodel(const Schema& schema) {
  std::map<std::string, std::string> models;
  for (const auto& [name, table] : schema.tables) {
    std::string& model = models[name.name.str()];
    for (const Column& column : table->columns)
      model +=
          "  " + prisma_field(column) + (column.name.str().starts_with("planner_") ? " @ignore" : "") + "\n";
    for (const std::string& block : prisma_blocks(*table)) model += "  " + block + "\n";
  }
  int relation = 0;
  for (const auto& [name, table] : schema.tables) {
    for (const PrismaRelation& one : prisma_relations(*table)) {
      const ConstraintDefinition& key = one.key->definition;
      const std::string target = key.references.table.name.str();
      const std::string number = std::to_string(++relation);
      const bool optional = !table->column(key.columns.front())->not_null;
      std::string attribute = one.attribute;
      attribute.insert(attribute.find('(') + 1, "\"r" + number + "\", ");
      models[name.name.str()] += "  to" + number + " " + target + (optional ? "? " : " ") + attribute + "\n";
      models[target] += "  from" + number + " " + name.name.str() + "[] @relation(\"r" + number + "\")\n";
    }
  }
  std::string out = "datasource db {\n  provider = \"postgresql\"\n}\n";
  for (const auto& [name, fields] : models) out += "model " + name + " {\n" + fields + "}\n";
  for (const auto& [name, type] : schema.enums) {
    out += "enum " + name.name.str() + " {\n";
    for (const std::string& label : type->labels) out += "  " + label + "\n";
    out += "}\n";
  }
  return out;
}

struct Change {
  const char* name;
  const char* sql;
  SplitOptions options;
};

SplitOptions fill_of_slug() {
  SplitOptions options;
  options.fills = {{ObjectName(Identifier("public"), Identifier("Org")), Identifier("slug"),
                    Expression::parse("'s' || \"id\"")}};
  return options;
}

SplitOptions name_becomes_full_name() {
  SplitOptions options;
  options.answers.renames = {
      {ObjectName(Identifier("public"), Identifier("User")), Identifier("name"), Identifier("fullName")}};
  return options;
}

SplitOptions lossy() {
  SplitOptions options;
  options.accept_lossy = true;
  return options;
}

void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

class PrismaSchema : public InteropTest, public ::testing::WithParamInterface<Change> {};

TEST_P(PrismaSchema, of_each_phase_is_what_the_database_has) {
  const std::string before = R"(
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN', 'GUEST');
CREATE TABLE "Org" ("id" SERIAL NOT NULL, "title" VARCHAR(80) NOT NULL, CONSTRAINT "Org_pkey" PRIMARY KEY ("id"));
CREATE TABLE "User" (
  "id" SERIAL NOT NULL,
  "email" TEXT NOT NULL,
  "name" TEXT DEFAULT 'it''s',
  "role" "Role" NOT NULL DEFAULT 'USER',
  "balance" DOUBLE PRECISION NOT NULL DEFAULT 0,
  "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "orgId" INTEGER,
  CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE INDEX "User_name_idx" ON "User"("name" DESC);
CREATE TABLE "Post" ("id" TEXT NOT NULL, "authorId" INTEGER NOT NULL, "tags" TEXT[] DEFAULT ARRAY[]::TEXT[], CONSTRAINT "Post_pkey" PRIMARY KEY ("id"));
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
)";
  const Migration init{"20240101000000_init", "init/migration.sql", before, false, false};
  const Migration change{"20240102000000_change", "change/migration.sql", GetParam().sql, true, false};
  History history;
  history.tool = Tool::PrismaUnknown;
  history.migrations = {init, change};
  const SplitResult result = split(history, 1, all_rules(), all_recipes(), GetParam().options);
  ASSERT_EQ(result.outcome, SplitResult::Outcome::Planned) << result.problems.front().what;

  write_migration(init.name, before);
  ASSERT_TRUE(PrismaCli(kPrisma7).deploy(migrations(), url()).ok());
  Schema schema;
  replay_file(schema, parse_file(before));
  TemporaryFolder folder;
  for (const Phase& phase : result.plan.phases) {
    db().exec(phase.migration.str());
    replay_file(schema, parse_file(phase.migration.str()));
    const std::string model = datamodel(schema);
    write_file(folder / "schema.prisma", model);
    const PrismaDifference difference = PrismaCli::diff(url(), folder / "schema.prisma");
    EXPECT_TRUE(difference.empty) << phase.folder << "\n" << difference.script << "\n" << model;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Changes, PrismaSchema,
    ::testing::Values(
        Change{"rename",
               "ALTER TABLE \"User\" DROP COLUMN \"name\", ADD COLUMN \"fullName\" TEXT DEFAULT 'it''s';",
               name_becomes_full_name()},
        Change{"required_and_keys",
               "ALTER TABLE \"Org\" ADD COLUMN \"slug\" TEXT NOT NULL;\n"
               "CREATE UNIQUE INDEX \"Org_slug_key\" ON \"Org\"(\"slug\");\n"
               "CREATE INDEX \"Post_authorId_idx\" ON \"Post\"(\"authorId\");\n"
               "ALTER TABLE \"User\" ADD CONSTRAINT \"User_orgId_fkey\" FOREIGN KEY (\"orgId\") REFERENCES "
               "\"Org\"(\"id\") ON DELETE SET NULL ON UPDATE CASCADE;",
               fill_of_slug()},
        Change{"types",
               "BEGIN;\nCREATE TYPE \"Role_new\" AS ENUM ('USER', 'ADMIN');\n"
               "ALTER TABLE \"User\" ALTER COLUMN \"role\" DROP DEFAULT;\n"
               "ALTER TABLE \"User\" ALTER COLUMN \"role\" TYPE \"Role_new\" USING "
               "(\"role\"::text::\"Role_new\");\n"
               "ALTER TYPE \"Role\" RENAME TO \"Role_old\";\nALTER TYPE \"Role_new\" RENAME TO \"Role\";\n"
               "DROP TYPE \"Role_old\";\nALTER TABLE \"User\" ALTER COLUMN \"role\" SET DEFAULT "
               "'USER';\nCOMMIT;\n"
               "ALTER TABLE \"User\" ALTER COLUMN \"balance\" SET DATA TYPE DECIMAL(65,30);",
               lossy()}),
    [](const ::testing::TestParamInfo<Change>& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace planner::test

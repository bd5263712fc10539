#include <gtest/gtest.h>

#include "tests/cli/repository.h"
#include "tests/support/paths.h"

/// Output is validated by python3-jsonschema: a validator that is not ours cannot share our mistakes.
namespace planner::test {
namespace {

constexpr const char* kValidate =
    "import json, sys, jsonschema\n"
    "schema = json.load(open(sys.argv[1]))\n"
    "jsonschema.Draft202012Validator.check_schema(schema)\n"
    "jsonschema.validate(json.load(sys.stdin), schema, cls=jsonschema.Draft202012Validator)\n";

class Schemas : public testing::Test {
 protected:
  void SetUp() override {
    if (run_program({"python3", "-c", "import jsonschema"}).exit_code != 0)
      GTEST_SKIP() << "python3-jsonschema is not installed";
    repository_.prisma();
    repository_.migration("20240102000000_index_email",
                          "CREATE INDEX i ON \"User\"(email);\nDO $$ BEGIN EXECUTE 'x' || 'y'; END $$;\n");
    repository_.migration("20240103000000_rename_name_to_fullname", kPrismaRename);
    repository_.migration("20240104000000_add_nickname", "ALTER TABLE \"User\" ADD COLUMN nickname TEXT;\n");
    repository_.write("prisma/migrations/stray/x.sql", "");
  }

  void expect_valid(const std::vector<std::string>& arguments, const std::string& schema) {
    const Ran ran = repository_.planner(arguments);
    RunOptions options;
    options.input = ran.out;
    const Ran checked = run_program(
        {"python3", "-c", kValidate, (source_dir() / "src/report/schemas" / schema).string()}, options);
    EXPECT_EQ(checked.exit_code, 0) << checked.err << ran.out << ran.err;
  }

  Repository repository_;
};

TEST_F(Schemas, Analyze) { expect_valid({"analyze", "--all", "--format", "json"}, "analyze.schema.json"); }
TEST_F(Schemas, SplitPlanned) {
  expect_valid({"split", "rename_name_to_fullname", "--dry-run", "--format", "json"}, "split.schema.json");
}
TEST_F(Schemas, SplitNothingToDo) {
  expect_valid({"split", "add_nickname", "--format", "json"}, "split.schema.json");
}
TEST_F(Schemas, Rules) { expect_valid({"rules", "--format", "json"}, "rules.schema.json"); }
TEST_F(Schemas, Explain) {
  expect_valid({"explain", "ALTER TABLE \"User\" ADD CONSTRAINT u UNIQUE (email)", "--format", "json"},
               "explain.schema.json");
}
TEST_F(Schemas, Schema) { expect_valid({"schema", "--format", "json"}, "schema.schema.json"); }
TEST_F(Schemas, Diff) {
  expect_valid({"diff", "history@init", "history", "--format", "json"}, "diff.schema.json");
}

}  // namespace
}  // namespace planner::test

// What Prisma itself generates for common changes of a schema: each is split into a plan that is proven, or
// refused with its reason, or harmless.

#include <gtest/gtest.h>

#include <map>

#include "planner/replay/replay.h"
#include "src/database/connection.h"
#include "src/proof/proof_server.h"
#include "tests/proof/outcomes.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/postgres.h"

namespace planner::test {
namespace {

/// The cases known by name; others only have to come out well.
const std::map<std::string, std::string>& expected() {
  static const std::map<std::string, std::string> outcomes{
      {"default_changed", "harmless"},
      {"enum_value_added", "harmless"},
      {"enum_value_added_and_default", "proven"},
      {"field_removed", "proven"},
      {"field_rename", "proven"},
      {"field_rename_optional", "proven"},
      {"field_rename_with_map", "harmless"},
      {"index_added", "proven"},
      {"model_renamed", "proven"},
      {"model_renamed_with_map", "harmless"},
      {"optional_field_added", "harmless"},
      {"optional_to_required", "proven"},
      {"relation_added_on_existing_column", "proven"},
      {"relation_added_required", "proven"},
      {"required_field_added_no_default", "proven"},
      {"required_field_added_with_default", "harmless"},
      {"string_to_enum", "unanswered"},
      {"unique_added", "proven"},
      {"updated_at_added", "proven"},
      {"uuid_dbgenerated_added", "proven"},
      {"varchar50_to_varchar100", "harmless"},
  };
  return outcomes;
}

TEST(PrismaCases, each_is_proven_or_harmless_or_refused_with_a_reason) {
  PLANNER_SHARED_OR_SKIP(shared);
  const ProofServer server = proof_server(scratch().url());
  for (const auto& folder : std::filesystem::directory_iterator(shared / "prisma-cases")) {
    if (!std::filesystem::exists(folder.path() / "before.sql") ||
        !std::filesystem::exists(folder.path() / "migration.sql"))
      continue;
    const std::string name = folder.path().filename().string();
    SCOPED_TRACE(name);
    const std::string before = read_file(folder.path() / "before.sql");
    const std::string database = server.create("");
    Connection(server.url(database)).exec(before);
    Schema schema;
    for (const Statement& statement : parse_file(before).statements)
      replay_statement(schema, statement.operations);
    Migration migration;
    migration.name = "20240102000000_" + name;
    migration.text = read_file(folder.path() / "migration.sql");
    // As the person who renamed the field or the model would answer, and as one who did not.
    for (const bool renamed : {true, false}) {
      const Outcome outcome =
          outcome_of(server, database, schema, migration, Tool::PrismaUnknown, 30, renamed);
      const std::string result = outcome.result.empty() ? "harmless" : outcome.result;
      // Only a person knows what a required column that is dropped and added again holds afterwards: that is
      // asked, not guessed.
      const bool told = (result == "refused" || result == "unanswered") && !outcome.reasons.empty();
      EXPECT_TRUE(result == "proven" || result == "harmless" || told) << outcome_line(outcome);
      const auto known = expected().find(name);
      if (known != expected().end()) {
        EXPECT_EQ(result, known->second) << outcome_line(outcome);
      }
    }
    server.drop(database);
  }
}

}  // namespace
}  // namespace planner::test

// Random schemas with random rows, random risky migrations: whatever is split is proven on a server.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <iostream>

#include "planner/replay/replay.h"
#include "src/database/connection.h"
#include "src/proof/proof_server.h"
#include "tests/proof/outcomes.h"
#include "tests/properties/random_change.h"
#include "tests/support/postgres.h"

namespace planner::test {
namespace {

struct Tally {
  std::map<std::string, int> outcomes;
  std::map<std::string, std::size_t> risky, refused;
};

/// A migration that nobody could have written: PostgreSQL takes it not even on empty tables.
bool refused_by_postgres(const ProofServer& server, const std::string& database, const std::string& sql) {
  const std::string copy = server.create(database);
  bool refused = false;
  try {
    Connection connection(server.url(copy));
    for (const Statement& statement : parse_file(sql).statements)
      connection.exec(sql.substr(statement.span.begin, statement.span.end - statement.span.begin));
  } catch (const DatabaseError& error) {
    refused = true;
    if (std::getenv("PLANNER_SHOW_REFUSALS") != nullptr) std::cerr << sql << error.what() << "\n\n";
  }
  server.drop(copy);
  return refused;
}

void prove(const ProofServer& server, unsigned schema_seed, const std::vector<unsigned>& operations,
           Tally& tally) {
  const RandomSchema schema = random_schema(schema_seed);
  const RandomChange change = random_change(schema, operations);
  if (change.sql.empty()) return;
  const std::string database = server.create("");
  Connection(server.url(database)).exec(schema.sql);
  if (refused_by_postgres(server, database, change.sql)) {
    server.drop(database);
    ++tally.outcomes["no migration"];
    return;
  }
  Schema before;
  replay_applied(before, schema.sql);
  Migration migration;
  migration.name = "20240102000000_change";
  migration.text = change.sql;
  const Outcome outcome =
      outcome_of(server, database, before, migration, Tool::PrismaUnknown, 25, true, change.options);
  server.drop(database);
  // A privilege that no history tells of to the end: the first phase refuses it by name and changes nothing.
  const auto by_gate = [](const std::string& reason) {
    return reason.find("planner: privileges are granted on the column") != std::string::npos ||
           reason.find("planner: a privilege, view, policy") != std::string::npos;
  };
  if (outcome.result == "unproven" && outcome.reasons.size() == 1 && by_gate(outcome.reasons.front()) &&
      schema.sql.find("GRANT SELECT (") != std::string::npos) {
    ++tally.outcomes["stopped by a gate"];
    return;
  }
  ++tally.outcomes[outcome.result.empty() ? "harmless" : outcome.result];
  for (const auto& [kind, number] : outcome.risky) tally.risky[kind] += number;
  for (const auto& [kind, number] : outcome.refused) tally.refused[kind] += number;
  RC_LOG() << "--- history\n"
           << schema.sql << "--- migration\n"
           << change.sql << outcome_line(outcome) << "\n";
  if (std::getenv("PLANNER_SHOW_ALL") != nullptr && outcome.result == "unproven") {
    std::cerr << "=== not proven\n"
              << schema.sql << "--- migration\n"
              << change.sql << outcome_line(outcome) << "\n";
    return;
  }
  RC_ASSERT(outcome.result != "unproven");
  if ((outcome.result == "refused" || outcome.result == "unanswered") &&
      std::getenv("PLANNER_SHOW_REFUSALS") != nullptr)
    std::cerr << schema.sql << change.sql << outcome_line(outcome) << "\n\n";
}

/// PLANNER_SHOW_ALL goes on behind the first one that fails and prints them all.
/// PLANNER_RUNS and PLANNER_SEED say how many and which; `make soak` runs until told otherwise.
TEST(Plans, random_changes_are_proven_or_refused) {
  const char* runs = std::getenv("PLANNER_RUNS");
  const char* seed = std::getenv("PLANNER_SEED");
  const std::string parameters = std::string("max_success=") + (runs == nullptr ? "25" : runs) +
                                 " seed=" + (seed == nullptr ? "20240101" : seed);
  ASSERT_EQ(setenv("RC_PARAMS", parameters.c_str(), 1), 0);
  std::cout << "PLANNER_SEED=" << (seed == nullptr ? "20240101" : seed)
            << " PLANNER_RUNS=" << (runs == nullptr ? "25" : runs) << "\n";
  const ProofServer server = proof_server(scratch().url());
  Tally tally;
  const bool held = rc::check("every plan is proven", [&] {
    const auto schema_seed = *rc::gen::noShrink(rc::gen::inRange(0U, 1000000U));
    const auto count = *rc::gen::noShrink(rc::gen::inRange(1U, 6U));
    const auto operations =
        *rc::gen::container<std::vector<unsigned>>(rc::gen::noShrink(rc::gen::inRange(0U, 1000000U)));
    std::vector<unsigned> few(
        operations.begin(),
        operations.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(operations.size(), count)));
    prove(server, schema_seed, few, tally);
  });
  for (const auto& [outcome, number] : tally.outcomes) std::cout << outcome << ": " << number << "\n";
  for (const auto& [kind, number] : tally.refused)
    std::cout << "refused " << kind << ": " << number << " of " << tally.risky[kind] << "\n";
  EXPECT_TRUE(held);
  EXPECT_EQ(tally.outcomes["unproven"], 0);
}

}  // namespace
}  // namespace planner::test

#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/cli/repository.h"
#include "tests/support/postgres.h"

namespace planner::test {

/// A team's repository and the database its commands deploy to, named by DATABASE_URL.
class Seat : public PostgresTest {
 protected:
  Seat() {
    repository_.prisma();
    repository_.write("package.json", R"({"devDependencies": {"prisma": "6.19.3"}})");
  }

  Ran planner(const std::vector<std::string>& arguments,
              std::map<std::string, std::optional<std::string>> environment = {}) const {
    RunOptions options;
    options.environment = std::move(environment);
    if (options.environment.count("DATABASE_URL") == 0) options.environment["DATABASE_URL"] = url();
    return repository_.planner(arguments, options);
  }

  /// The first value of the answer as text; NULL is empty.
  std::string value(const std::string& sql) { return db().exec(sql).value().value_or(""); }

  /// The rename of "User"."name", split, and its first phase released.
  void split_rename() {
    repository_.migration("20240102000000_rename_name_to_fullname", kPrismaRename);
    const Ran ran =
        planner({"split", "rename_name_to_fullname", "--rename", "User.name=fullName", "--release"});
    ASSERT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  }

  void deploy() {
    const Ran ran = planner({"deploy"});
    ASSERT_EQ(ran.exit_code, 0) << ran.err << ran.out;
  }

  Repository repository_;
};

/// Every row of the history table but its times and ids.
inline constexpr const char* kRows =
    "SELECT coalesce(string_agg(migration_name || ' ' || (finished_at IS NOT NULL)::text || ' ' || "
    "(rolled_back_at IS NOT NULL)::text || ' ' || "
    "applied_steps_count || ' ' || (logs IS NOT NULL)::text, E'\\n' ORDER BY started_at), '') FROM "
    "_prisma_migrations";

}  // namespace planner::test

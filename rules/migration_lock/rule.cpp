#include "rules/about.h"

namespace planner::rules {
// Found by src/project and src/commands: no SQL shows it.
extern const Rule migration_lock;
const Rule migration_lock{.id = "migration-lock",
                          .summary = "A migration_lock.toml that Prisma cannot read",
                          .severity = Severity::Error,
                          .category = Category::Fails,

                          .about_files = true};

}  // namespace planner::rules

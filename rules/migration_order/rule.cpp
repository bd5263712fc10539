#include "rules/about.h"

namespace planner::rules {
// Found by src/project and src/commands: no SQL shows it.
extern const Rule migration_order;
const Rule migration_order{.id = "migration-order",
                           .summary = "Prisma versions that apply a history in different orders",
                           .severity = Severity::Warning,
                           .category = Category::Fails,

                           .about_files = true};

}  // namespace planner::rules

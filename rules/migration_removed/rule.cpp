#include "rules/about.h"

namespace planner::rules {
// Found by src/project and src/commands: no SQL shows it.
extern const Rule migration_removed;
const Rule migration_removed{.id = "migration-removed",
                             .summary = "An applied migration is gone, or has another name",
                             .severity = Severity::Error,
                             .category = Category::Fails,

                             .about_files = true};

}  // namespace planner::rules

#include "rules/about.h"

namespace planner::rules {
// Found by src/project and src/commands: no SQL shows it.
extern const Rule migration_twice;
const Rule migration_twice{.id = "migration-twice",
                           .summary = "Two migrations with one number or one name",
                           .severity = Severity::Warning,
                           .category = Category::Fails,

                           .about_files = true};

}  // namespace planner::rules

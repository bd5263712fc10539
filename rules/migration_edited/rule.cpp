#include "rules/about.h"

namespace planner::rules {
// Found by src/project and src/commands: no SQL shows it.
extern const Rule migration_edited;
const Rule migration_edited{.id = "migration-edited",
                            .summary = "A migration was edited after it was applied",
                            .severity = Severity::Error,
                            .category = Category::Fails,

                            .about_files = true};

}  // namespace planner::rules

#include "rules/about.h"

namespace planner::rules {
// Found by src/project and src/commands: no SQL shows it.
extern const Rule migration_out_of_order;
const Rule migration_out_of_order{.id = "migration-out-of-order",
                                  .summary = "A new migration that sorts before applied ones",
                                  .severity = Severity::Warning,
                                  .category = Category::Fails,

                                  .about_files = true};

}  // namespace planner::rules

#include "rules/about.h"

namespace planner::rules {
// Found by src/project and src/commands: no SQL shows it.
extern const Rule folder_without_migration;
const Rule folder_without_migration{.id = "folder-without-migration",
                                    .summary = "A folder of a Prisma history without migration.sql",
                                    .severity = Severity::Error,
                                    .category = Category::Fails,

                                    .about_files = true};

}  // namespace planner::rules

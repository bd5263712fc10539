#include "rules/about.h"

namespace planner::rules {
// Found by src/project and src/commands: no SQL shows it.
extern const Rule no_way_back;
const Rule no_way_back{.id = "no-way-back",
                       .summary = "A migration without its down migration",
                       .severity = Severity::Info,
                       .category = Category::Hygiene,
                       .opt_in = true,
                       .about_files = true};

}  // namespace planner::rules

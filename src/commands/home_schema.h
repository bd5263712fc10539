#pragma once

#include <optional>
#include <string>

#include "planner/migration.h"
#include "planner/schema.h"
#include "src/project/services.h"
#include "src/proof/verify.h"

/// The schema that a history's names without one live in. Prisma takes it from the URL (`?schema=`), so the
/// files do not tell; a plan must name it, because whoever deploys the plan's files may look elsewhere.
namespace planner::commands {

/// As the URL in the service's environment variable says; nullopt: `public`.
std::optional<Identifier> home_schema(const project::Service& service);

/// What the first migration of the service meets.
Schema schema_at_start(const project::Service& service);

/// What migration `index` meets where the history does not live in `public`; nullopt where it does, and the
/// engine replays it by itself.
std::optional<Schema> schema_before_elsewhere(const project::Service& service, const History& history,
                                              std::size_t index);

/// Lets a proof meet the history where it lives.
void prove_where_it_lives(const project::Service& service, ProofServer& server, ProofInput& input);

}  // namespace planner::commands

#pragma once

#include <string>
#include <string_view>

namespace planner::project {

/// Lowercase hex SHA-256 (FIPS 180-4), as `sha256sum` prints it and as Prisma stores it for a migration.
std::string sha256(std::string_view bytes);

/// Lowercase hex SHA-384, which sqlx stores as bytes.
std::string sha384(std::string_view bytes);

}  // namespace planner::project

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace planner {

/// A database URL as people write it, made fit for libpq: `postgresql://`, `postgres://`, with a `jdbc:` or
/// `+driver` around the scheme, with the extra parameters of Prisma and other libraries, or libpq's own
/// `host=... dbname=...`.
struct DatabaseUrl {
  std::string conninfo;  ///< what libpq takes, still with the password: never print it
  std::optional<std::string>
      schema;  ///< `?schema=` (Prisma) or `?currentSchema=` (JDBC): the schema names are looked up in
  bool pgbouncer = false;  ///< `?pgbouncer=true`: a pooler stands between us and the server
  std::string host;        ///< host name, or folder of the socket; empty: libpq's default
  std::string port;
  std::string database;
  std::string user;

  /// `"app" on db.example.com:5432 as "deploy"`, for messages: no password in it.
  std::string described() const;
};

/// Throws Error (never showing the password) when the text is no PostgreSQL URL, or when its password holds
/// characters that make the URL mean something else.
DatabaseUrl parse_database_url(std::string_view text);

/// The same URL with another database name; everything else, password included, stays.
std::string with_database(std::string_view url, std::string_view database);

/// PGHOST, PGUSER, PGPASSWORD, ...: the same URL as libpq's environment variables, for programs that must not
/// get a password as an argument.
std::vector<std::pair<std::string, std::string>> libpq_environment(std::string_view url);

/// Replaces every password in any text by `***`: in URLs, in `password=...` and `PGPASSWORD=...`.
std::string redact(std::string_view text);

/// Percent-encodes everything but letters, digits and `-._~`.
std::string url_encoded(std::string_view text);

}  // namespace planner

#include "src/commands/home_schema.h"

#include <fmt/core.h>

#include "planner/error.h"
#include "planner/replay/replay.h"
#include "planner/tool_table.h"
#include "src/commands/context.h"
#include "src/database/url.h"

namespace planner::commands {
namespace {

std::string with_schema(const std::string& url, const std::string& schema) {
  if (url.find("://") == std::string::npos)
    throw Error("a database given as host=... cannot say which schema names without one live in",
                "give it as a URL: postgresql://...");
  return fmt::format("{}{}schema={}", url, url.find('?') == std::string::npos ? '?' : '&',
                     url_encoded(schema));
}

}  // namespace

std::optional<Identifier> home_schema(const project::Service& service) {
  const std::optional<std::string> url = environment(service.database_env);
  if (!url) return std::nullopt;
  try {
    const std::string name = parse_database_url(*url).schema.value_or("public");
    if (name != "public") return Identifier(name);
  } catch (const Error&) {  // whoever connects says what is wrong with it
  }
  return std::nullopt;
}

Schema schema_at_start(const project::Service& service) {
  Schema schema = planner::schema_at_start(service.tool);
  if (const std::optional<Identifier> home = home_schema(service)) {
    schema.schemas.put(*home, "");
    schema.search_path = schema.session_search_path = {*home};
  }
  return schema;
}

std::optional<Schema> schema_before_elsewhere(const project::Service& service, const History& history,
                                              std::size_t index) {
  if (!home_schema(service)) return std::nullopt;
  Schema schema = schema_at_start(service);
  for (std::size_t i = 0; i < index; ++i) replay_file(schema, parse_file(history.migrations[i].text));
  return schema;
}

void prove_where_it_lives(const project::Service& service, ProofServer& server, ProofInput& input) {
  const std::optional<Identifier> home = home_schema(service);
  if (!home) return;
  server.url = [url = server.url, schema = home->str()](const std::string& name) {
    return with_schema(url(name), schema);
  };
  input.history.insert(input.history.begin(), sql("CREATE SCHEMA {}", *home).str());
}

}  // namespace planner::commands

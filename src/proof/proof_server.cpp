#include "src/proof/proof_server.h"

#include <unistd.h>

#include <atomic>

#include "planner/sql/sql.h"
#include "src/database/connection.h"
#include "src/database/url.h"

namespace planner {
namespace {

std::string next_name() {
  static std::atomic<int> made{0};
  return "planner_proof_" + std::to_string(getpid()) + "_" + std::to_string(++made);
}

}  // namespace

ProofServer proof_server(ScratchServer& server) {
  ProofServer out;
  out.create = [&server](const std::string& template_name) {
    std::string name = next_name();
    server.create_database(name, template_name.empty() ? "template1" : template_name);
    return name;
  };
  out.drop = [&server](const std::string& name) { server.drop_database(name); };
  out.url = [&server](const std::string& name) { return server.url(name); };
  return out;
}

ProofServer proof_server(const std::string& url) {
  Connection check(url);
  const Result rights = check.exec(
      "SELECT rolsuper OR (rolcreatedb AND current_setting('server_version_num')::int >= 150000 AND "
      "has_parameter_privilege('session_replication_role', 'SET')) FROM pg_roles WHERE rolname = "
      "current_user");
  if (!rights.truth()) {
    throw Error("the role of the scratch server may not create databases or set session_replication_role",
                "use a superuser of a server that holds nothing of value, or leave --scratch out: planner "
                "then starts one itself");
  }
  ProofServer out;
  out.create = [url](const std::string& template_name) {
    const Identifier name(next_name());
    const Identifier source(template_name.empty() ? "template1" : template_name);
    Connection(url).exec(sql("CREATE DATABASE {} TEMPLATE {}", name, source).str());
    return name.str();
  };
  out.drop = [url](const std::string& name) {
    Connection(url).exec(sql("DROP DATABASE IF EXISTS {} WITH (FORCE)", Identifier(name)).str());
  };
  out.url = [url](const std::string& name) { return with_database(url, name); };
  return out;
}

}  // namespace planner

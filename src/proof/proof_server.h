#pragma once

#include <string>

#include "src/database/scratch_server.h"
#include "src/proof/verify.h"

namespace planner {

/// Databases on a private server of our own. The server must outlive the result.
ProofServer proof_server(ScratchServer& server);

/// Databases named `planner_proof_...` on a server given by URL (`--scratch`), whose role may create
/// databases and set session_replication_role. Throws Error when it may not.
ProofServer proof_server(const std::string& url);

}  // namespace planner

#pragma once

#include <string>

#include "src/proof/verify.h"

/// Databases that a proof or a rehearsal makes, and how SQL is sent to them.
namespace planner {

/// A database that is dropped when the proof is done with it.
class TemporaryDatabase {
 public:
  /// A copy of `template_name`; empty: an empty database.
  TemporaryDatabase(const ProofServer& server, const std::string& template_name);
  ~TemporaryDatabase();
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;
  std::string url() const { return server_.url(name_); }
  const std::string& name() const { return name_; }

 private:
  const ProofServer& server_;
  std::string name_;
};

/// Sends the text whole, as a tool does. Returns what went wrong, SQLSTATE first; empty: nothing.
std::string run_sql(const std::string& url, const std::string& text);
/// Statement by statement: what must stand alone may then stand beside others.
std::string run_each(const std::string& url, const std::string& text);
/// Whole, or statement by statement where it can only be sent so (CONCURRENTLY, a new enum value that is
/// used).
std::string run_migration(const std::string& url, const std::string& text);
/// Every row of `from`, and where its sequences stand, for the empty tables of `to`, which has the same
/// schema. False: something does not fit, and `to` is as it was.
bool take_rows(const std::string& from, const std::string& to, const Schema& schema);

}  // namespace planner

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/proof/release_model.h"

namespace planner {

/// SQL that a person gives as what a release sends.
struct ReleaseFile {
  std::string path;
  std::string text;
};

/// What the releases are tried with in each phase.
struct ReleaseStatements {
  bool generated = false;  ///< what an ORM's client would send, made from the schema
  std::vector<ReleaseFile> old_release, new_release;

  bool any() const { return generated || !old_release.empty() || !new_release.empty(); }
};

/// Sends the statements of one release, each in a transaction that is rolled back. What fails in the
/// release's own home, the database before the plan (old) or after the original migration (new), says nothing
/// about the plan: generated statements that fail there are left out, given ones are reported.
class ReleaseClient {
 public:
  ReleaseClient(ReleaseModel model, const std::vector<ReleaseFile>& files, bool generated,
                std::string home_url);
  ~ReleaseClient();
  ReleaseClient(const ReleaseClient&) = delete;
  ReleaseClient& operator=(const ReleaseClient&) = delete;

  struct Outcome {
    std::size_t sent = 0;
    std::vector<std::string> failures;  ///< `42703 column "name" does not exist: SELECT ...`
  };
  /// In this database. The statements are the same for every database.
  Outcome run_on(const std::string& url);
  /// Given statements that fail at home.
  const std::vector<std::string>& wrong_at_home() const;

 private:
  struct Statements;
  std::unique_ptr<Statements> statements_;
};

/// Reads and writes these tables, one after another, while it lives, and keeps the longest time that either
/// took. It changes nothing.
class WaitProbe {
 public:
  WaitProbe(const std::string& url, const std::vector<ObjectName>& tables);
  ~WaitProbe();
  WaitProbe(const WaitProbe&) = delete;
  WaitProbe& operator=(const WaitProbe&) = delete;

  struct Waits {
    double reader_ms = 0, writer_ms = 0;
  };
  /// Ends it.
  Waits stop();

 private:
  struct Probing;
  std::unique_ptr<Probing> probing_;
};

}  // namespace planner

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/effects/effects.h"
#include "planner/sql/parse.h"

namespace planner {

enum class Severity { Off, Info, Warning, Error };
enum class Category { Blocks, BreaksRelease, LosesData, Fails, Hygiene };
std::string_view severity_name(Severity severity);  ///< `error`
std::optional<Severity> severity_from_name(std::string_view name);
std::string_view category_name(Category category);  ///< `breaks-release`

/// What breaks, for whom, for how long, at which place, and what to do.
struct Finding {
  std::string rule;
  Severity severity = Severity::Error;
  Category category = Category::Blocks;
  std::string service, migration, path;
  Span span;  ///< in the migration's text: what is underlined
  Position start, end;
  std::string object;   ///< `users.email`, `users`: for people and for fingerprints
  std::string message;  ///< what happens, to what, and who waits: one or two sentences
  std::string help;     ///< the one thing to do; ends in the exact command when a recipe exists
  std::string recipe;   ///< recipe id, empty when there is none
  std::vector<std::string> notes;
  std::vector<RelationLock> locks;
  std::string
      suppressed_by;  ///< reason given in `-- planner:ignore`; a suppressed finding is listed only on request
  bool in_baseline = false;
  bool about_neighbours = false;  ///< of a rule about how the statements of a file meet
  /// Stable across moves of the statement within the file: rule + migration + object + statement text,
  /// hashed.
  std::string fingerprint;
};

}  // namespace planner

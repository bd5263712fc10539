#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/effects/effects.h"
#include "planner/recognize/recognize.h"
#include "planner/sql/sql.h"

/// Steps (what recipes make), phases (what people deploy) and plans (what lies in the repository).
namespace planner {

/// Which application releases may run while a step's result is in force.
enum class Window {
  OldRelease,    ///< the old release runs; the new one must not be deployed yet
  BothReleases,  ///< the new release may be deployed; both run; either may be rolled back
  NewRelease,    ///< only the new release remains
};

/// In the order in which they may follow each other.
enum class PhaseKind { Add, Backfill, Index, Validate, DualWrite, Enforce, Swap, Drop };
std::string_view phase_name(PhaseKind kind);  ///< `dual-write`; folders use `dual_write`
std::string_view window_name(Window window);  ///< `old-release`, `both-releases`, `new-release`

/// A query that must return no row; `says` is what it means when it does. It must also pass on an empty
/// database (shadow databases).
struct Condition {
  std::string says;
  Sql query;
};

/// How a step's statements may travel.
enum class Shape {
  Together,  ///< catalog-only DDL: shares one DO block (one transaction, one lock ladder) with its neighbours
  Alone,     ///< must be the only statement of its migration (CONCURRENTLY)
  Committing,  ///< one DO block of its own that commits as it goes (batched backfill, validation between
               ///< short locks)
};

struct StepLock {
  ObjectName relation;
  LockMode mode = LockMode::None;
  std::string how_long;  ///< "a moment (catalogue only)", "while every row is read; reads and writes go on"
  /// LOCK TABLE refuses the relation (a materialized view): the statement itself asks for the lock, with the
  /// ladder's timeout.
  bool by_statement = false;
};

/// What has to change in schema.prisma while a phase is in force, as one instruction a person can follow.
struct PrismaAdvice {
  std::string model;  ///< table name as in the database; empty: nothing to change
  std::string text;   ///< "keep `name String` and add `fullName String? @ignore` (no @default)"
  std::vector<Identifier> columns{};  ///< whose fields it speaks of; empty: of the model as a whole
};

/// One batched copy or fill, for the SQL-only file and for planner's own runner alike.
struct Backfill {
  TableName table;
  std::vector<std::pair<Identifier, Sql>> assignments;  ///< column -> expression over the row's own columns
  Sql todo;                     ///< predicate: this row still needs it; false for every finished row
  std::vector<Identifier> key;  ///< unique NOT NULL columns in index order; empty: physical ranges
  std::vector<TypeName> key_types;
  bool deletes = false;  ///< rows matching `todo` are deleted instead of updated
};

/// One stretch of the way back from a step, under the same shape rules.
struct ReverseStep {
  std::vector<Sql> statements;
  std::vector<StepLock> locks;
  Shape shape = Shape::Together;
};

/// One indivisible piece of a recipe.
struct Step {
  PhaseKind kind = PhaseKind::Add;
  Shape shape = Shape::Together;
  Window window = Window::OldRelease;
  std::string slug;   ///< for the folder when it is a migration of its own: `index_users_email_key`
  std::string title;  ///< what it does, one line: `add "fullName" to "User" and mirror "name" into it`
  std::string why;    ///< one or two sentences
  std::vector<Sql> statements;  ///< without semicolons. Together: run under the locks below, taken first by
                                ///< the ladder. Alone: exactly one.
  std::vector<Sql> gates;  ///< PL/pgSQL run before any lock is asked for; raises when the step must not go
                           ///< on. Passes on empty tables
  std::vector<ReverseStep>
      reverse;  ///< in the order in which they run; empty and reversible: there is nothing to undo
  bool reversible = true;
  std::string reverse_note;  ///< what is kept or lost when it is undone, or why it cannot be
  std::vector<StepLock>
      locks;  ///< to be taken before the first statement, in this order (parent before child)
  std::optional<Backfill> backfill;
  std::vector<Condition> before, after;
  std::string application;  ///< what the old and the new release may do from here on
  std::vector<PrismaAdvice> prisma;
  std::vector<std::string> provides,
      needs;  ///< object labels (`column:public.users.full_name`): order between recipes
  std::vector<SourceRef> sources;
  std::string recipe;
};

/// What a recipe answers.
struct RecipeResult {
  /// Covered: another intention's steps do this one too. Harmless: the author's own statement stays as it is.
  enum class Outcome { Steps, Harmless, Covered, Refused, NeedsAnswer } outcome = Outcome::Steps;
  std::vector<Step> steps;
  std::string reason;              ///< Harmless: why; Refused: why not; NeedsAnswer: the question
  std::string what_to_do;          ///< Refused / NeedsAnswer: what a person can do, with the exact option
  std::vector<std::string> notes;  ///< said in plan.toml and printed (guesses, choices among cheaper ways)
};

/// Options given to `split` that recipes look at.
struct SplitOptions {
  RenameAnswers answers;
  struct Fill {
    ObjectName table;
    Identifier column;
    Expression value;
  };
  std::vector<Fill> fills;
  bool accept_lossy = false;
  bool keep_dropped_data = false;
  std::string rename_by = "copy";  ///< copy, view, map
  std::string type_change_by = "swap";
  int batch_rows = 5000;
  EffectsSettings effects;
};

/// What a recipe sees.
struct RecipeContext {
  const Schema& before;  ///< the schema the operation meets (earlier statements of the migration applied)
  const Schema& start;   ///< the schema before the migration
  const Schema& after;   ///< the schema after the whole migration
  const Migration& migration;
  const SplitOptions& options;
  std::string plan_name;
  const ParsedFile& file;  ///< of the migration
  const std::vector<Intention>&
      intentions;  ///< all of the migration: a recipe may answer for several at once (`covered`)
};

/// One deployable migration of a plan.
struct Phase {
  int number = 1;    ///< 1, 2, ... one per kind as people count them
  std::string part;  ///< empty, or `b`, `c`, ... for further migrations of the same number
  PhaseKind kind = PhaseKind::Add;
  std::string folder;  ///< `2_backfill`, `2_backfill_b_index_users_email_key`
  std::string title, why;
  Window window = Window::OldRelease;
  std::string deploy_before;  ///< what must be deployed before this phase is released; empty: nothing
  std::string application;
  Sql migration;  ///< exactly one top-level statement, without header
  Sql rollback;   ///< one or more statements; empty when not reversible
  bool reversible = true;
  std::string reverse_note;
  bool commits = false;  ///< cannot run in a transaction block
  std::vector<StepLock> locks;
  std::vector<Condition> before, after;
  std::vector<PrismaAdvice> prisma;
  std::optional<Backfill> backfill;
  std::vector<SourceRef> sources;
};

/// The phased rewriting of one migration.
struct Plan {
  std::string name;       ///< purpose of the migration: `rename_name_to_fullname`
  std::string migration;  ///< the original's full name
  std::string original;   ///< its text
  std::vector<Phase> phases;
  std::vector<std::string> notes;
  std::vector<std::string>
      development;  ///< what a development database that already applied the original needs
  std::vector<std::string> order_reasons;  ///< why the phases are in this order and grouped so (`--explain`)
};

}  // namespace planner

#include "src/commands/look.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "planner/error.h"
#include "planner/replay/replay.h"
#include "planner/schema_diff.h"
#include "src/database/live_schema.h"
#include "src/database/url.h"
#include "src/project/files.h"
#include "src/project/release.h"

namespace planner::commands {
namespace {

void replay_text(Schema& schema, const std::string& text) {
  for (const Statement& statement : parse_file(text).statements)
    (void)replay_statement(schema, statement.operations);
  end_session(schema);
}

bool same_place(const SchemaDifference& a, const SchemaDifference& b) {
  return std::tie(a.kind, a.object, a.part) == std::tie(b.kind, b.object, b.part) &&
         (a.change != SchemaDifference::Change::Differs || b.change != SchemaDifference::Change::Differs ||
          a.what == b.what);
}

bool among(const SchemaDifference& wanted, const std::vector<SchemaDifference>& all) {
  return std::any_of(all.begin(), all.end(),
                     [&](const SchemaDifference& each) { return same_place(wanted, each); });
}

/// What the phase promises, asked of the rows; nullopt: it is no phase, or promises nothing.
std::optional<bool> promise_of(Environment& environment, const project::Service& service,
                               const std::vector<project::StoredPlan>& plans, std::size_t migration) {
  for (const project::StoredPlan& stored : plans) {
    for (const Phase& phase : stored.plan.phases) {
      if (phase.after.empty() || project::released_as(service, stored.plan, phase) != migration) continue;
      return keeps_its_promise(environment, phase);
    }
  }
  return std::nullopt;
}

std::vector<project::StoredPlan> plans_of(const project::Service& service) {
  std::vector<project::StoredPlan> plans;
  for (const project::fs::path& folder : project::plans_in(service.plans)) {
    try {
      plans.push_back(project::load_plan(folder));
    } catch (const Error&) {  // the commands that need it say so
    }
  }
  return plans;
}

}  // namespace

std::optional<std::string> first_row(Connection& session, const Sql& query) {
  session.exec("BEGIN READ ONLY");
  try {
    session.exec("SET LOCAL statement_timeout = 0");
    const Result rows = session.exec(query.str());
    session.exec("ROLLBACK");
    if (rows.empty()) return std::nullopt;
    std::string shown;
    for (const Value& value : rows.rows.front())
      shown += (shown.empty() ? "" : ", ") + value.value_or("NULL");
    return shown;
  } catch (const DatabaseError&) {
    if (session.is_open() && session.in_transaction()) session.exec("ROLLBACK");
    throw;
  }
}

std::optional<bool> keeps_its_promise(Environment& environment, const Phase& phase) {
  if (phase.after.empty()) return std::nullopt;
  return std::none_of(phase.after.begin(), phase.after.end(), [&](const Condition& condition) {
    return first_row(*environment.session, condition.query).has_value();
  });
}

RecordedHistory seen_in_database(Environment& environment, const project::Service& service) {
  const auto& files = service.folder.files;
  const std::vector<project::StoredPlan> plans = plans_of(service);
  environment.untold.clear();
  environment.judged.files.assign(files.size(), {MigrationState::Applied, false, nullptr});
  std::vector<std::size_t> unseen;
  bool found = false;
  for (std::size_t i = files.size(); i-- > 0 && !found;) {
    MigrationState& state = environment.judged.files[i].state;
    switch (look_for(environment, service, i).effect) {
      case Effect::Applied:
        found = true;
        break;
      case Effect::Half:
        state = MigrationState::Failed;
        found = true;
        break;
      case Effect::Unseen:
        unseen.push_back(i);
        break;
      case Effect::NotApplied:
        state = MigrationState::Pending;
        // What follows one that is not there is not there either.
        for (const std::size_t later : unseen)
          environment.judged.files[later].state = MigrationState::Pending;
        unseen.clear();
        break;
      case Effect::Unclear:
        throw Error(
            fmt::format("nothing records which of these files were applied, and the database is neither "
                        "as before {} nor as after it",
                        files[i].name),
            "planner drift says where it differs from the files");
    }
  }
  for (const std::size_t i : unseen) {
    const std::optional<bool> kept = promise_of(environment, service, plans, i);
    if (!kept) environment.untold.push_back(files[i].name);
    if (!kept.value_or(true)) environment.judged.files[i].state = MigrationState::Pending;
  }
  RecordedHistory seen;
  seen.exists = true;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const MigrationState state = environment.judged.files[i].state;
    if (state == MigrationState::Pending) continue;
    RecordedMigration migration;
    migration.name = files[i].name;
    migration.version = files[i].version;
    migration.when = files[i].when;
    if (state == MigrationState::Failed) migration.state = RecordedState::Failed;
    seen.migrations.push_back(std::move(migration));
  }
  return seen;
}

Looked look_for(Environment& environment, const project::Service& service, std::size_t migration) {
  Schema before;
  if (const std::optional<std::string> schema = parse_database_url(environment.url).schema) {
    before.search_path = before.session_search_path = {Identifier(*schema)};
  }
  const project::LoadedHistory loaded = project::load_history(service);
  for (std::size_t i = 0; i < loaded.history.migrations.size(); ++i) {
    if (i != migration && environment.judged.files[i].state == MigrationState::Applied)
      replay_text(before, loaded.history.migrations[i].text);
  }
  Schema after = before;
  replay_text(after, loaded.history.migrations[migration].text);
  const Schema live = read_schema(*environment.session, {.sizes = false});

  CompareOptions options;
  options.name_a = "before";
  options.name_b = "after it";
  options.comments = false;
  options.storage = false;
  const std::vector<SchemaDifference> expected = compare(before, after, options);
  const std::vector<SchemaDifference> from_before = compare(before, live, options);
  const std::vector<SchemaDifference> from_after = compare(after, live, options);

  Looked looked;
  std::size_t unclear = 0;
  for (const SchemaDifference& change : expected) {
    const bool differs_from_before = among(change, from_before),
               differs_from_after = among(change, from_after);
    if (differs_from_before && !differs_from_after) {
      looked.there.push_back(change.sentence);
    } else if (!differs_from_before && differs_from_after) {
      looked.not_there.push_back(change.sentence);
    } else {
      ++unclear;
    }
  }
  if (expected.empty()) {
    looked.effect = Effect::Unseen;
  } else if (unclear == expected.size()) {
    looked.effect = Effect::Unclear;
  } else if (looked.not_there.empty()) {
    looked.effect = unclear == 0 ? Effect::Applied : Effect::Unclear;
  } else if (looked.there.empty()) {
    looked.effect = unclear == 0 ? Effect::NotApplied : Effect::Unclear;
  } else {
    looked.effect = Effect::Half;
  }
  return looked;
}

std::string described(const Looked& looked) {
  switch (looked.effect) {
    case Effect::Applied:
      return "everything it does is there";
    case Effect::NotApplied:
      return "nothing it does is there";
    case Effect::Half:
      return "a part of what it does is there";
    case Effect::Unseen:
      return "it changes rows only, which the catalogue does not show";
    case Effect::Unclear:
      break;
  }
  return "the database is neither as before it nor as after it";
}

}  // namespace planner::commands

#include "src/commands/look.h"

#include <algorithm>
#include <tuple>

#include "planner/replay/replay.h"
#include "planner/schema_diff.h"
#include "src/database/live_schema.h"
#include "src/database/url.h"

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

}  // namespace

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

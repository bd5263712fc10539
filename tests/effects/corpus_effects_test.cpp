#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "planner/replay/replay.h"
#include "planner/sql/parse.h"
#include "tests/effects/oracle.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

/// What PostgreSQL 15 did for every statement of the real histories, each run alone, on tables without rows.
namespace planner::test {
namespace {

using Json = nlohmann::json;

template <typename Items>
std::string joined(const Items& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "-" : out;
}

std::string qualified(const ObjectName& name) { return name.schema.str() + "." + name.name.str(); }

/// The quoted name at the end of `intro` in a DEBUG1 message; empty when it is another message.
std::string named(const std::string& message, const std::string& intro) {
  if (!message.starts_with(intro + "\"")) return {};
  const std::size_t begin = intro.size() + 1;
  return message.substr(begin, message.find('"', begin) - begin);
}

/// Places of drizzle's files were counted after this.
std::string with_breakpoints_as_semicolons(std::string text) {
  const std::string mark = "--> statement-breakpoint";
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
    text.replace(at, mark.size(), ";");
  return text;
}

struct Facts {
  std::set<std::string> locks, rewrites, builds, verified;
  std::size_t keys_checked = 0;
};

Facts measured_facts(const Json& line) {
  Facts facts;
  std::map<std::string, LockMode> strongest;
  for (const Json& lock : line["locks"]) {
    LockMode& mode = strongest[lock[0].get<std::string>()];
    mode = std::max(mode, lock_mode(lock[2].get<std::string>()));
  }
  for (const auto& [name, mode] : strongest) {
    if (mode > LockMode::AccessShare) facts.locks.insert(name + ":" + short_name(mode));
  }
  for (const Json& file : line["newfile"]) {
    if (file[1] != "i" && file[1] != "S") facts.rewrites.insert(file[0].get<std::string>());
  }
  for (const Json& each : line["notes"]) {
    const std::string note = each.get<std::string>();
    const std::string index = named(note, "building index ");
    if (!index.empty() && !index.starts_with("pg_toast")) facts.builds.insert(index);
    const std::string table = named(note, "verifying table ");
    if (!table.empty()) facts.verified.insert(table);
    if (note.starts_with("validating foreign key constraint")) ++facts.keys_checked;
  }
  return facts;
}

Facts said_facts(const Effects& effects, const Schema& before, const Schema& after) {
  Facts facts;
  for (const RelationLock& lock : effects.locks) {
    const ObjectName& name = lock.relation;
    const bool index = before.index_tables.contains(name);
    if (name.schema.str() == "pg_temp") continue;
    // Sequences were not looked at; of indexes only what shuts everybody out.
    if (before.sequences.contains(name) || (index && lock.mode < LockMode::AccessExclusive)) continue;
    if (!before.tables.contains(name) && !before.views.contains(name) && !index) continue;
    if (lock.mode > LockMode::AccessShare) facts.locks.insert(qualified(name) + ":" + short_name(lock.mode));
  }
  for (const ObjectName& name : effects.rewrites) facts.rewrites.insert(qualified(name));
  for (const IndexEffect& effect : effects.indexes) {
    if (effect.work != IndexWork::Built && effect.work != IndexWork::Rebuilt) continue;
    const Table* table = after.tables.find(effect.table);
    if (table == nullptr || table->kind == RelationKind::Table) facts.builds.insert(effect.index.name.str());
  }
  std::set<std::string> checked;
  for (const Scan& scan : effects.scans) {
    const bool proof = scan.reason == ScanReason::NotNull || scan.reason == ScanReason::Check ||
                       scan.reason == ScanReason::PartitionBound;
    if (proof && !effects.rewrites_table(scan.relation)) facts.verified.insert(scan.relation.name.str());
    if (scan.reason == ScanReason::ForeignKey) facts.keys_checked = 1;
  }
  return facts;
}

TEST(CorpusEffects, EveryStatementOfTheHistoriesDoesWhatWasMeasured) {
  PLANNER_SHARED_OR_SKIP(shared);
  const std::filesystem::path folder = shared / "corpus" / "effects";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no folder ../shared/corpus/effects";
  EffectsSettings settings;
  settings.server_version = 150000;
  settings.time_zone = "UTC";
  settings.time_zone_known = true;
  // What is known to be wrong and not mended yet; a line that agrees again fails.
  std::set<std::string> open;
  for (const TableRow& row : read_table(source_dir() / "tests/effects/open_corpus_differences.tsv"))
    open.insert(row.at("history") + " " + row.at("file") + ":" + row.at("at"));
  std::size_t all_agreed = 0;
  std::size_t all = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".ndjson") continue;
    const std::string stem = entry.path().stem().string();
    const std::filesystem::path root = shared / "corpus" / stem.substr(0, stem.find('.'));
    Schema schema;
    schema.server_version = settings.server_version;
    std::map<std::string, std::string> texts;
    std::size_t agreed = 0;
    std::size_t compared = 0;
    std::ifstream lines(entry.path());
    for (std::string line; std::getline(lines, line);) {
      if (line.empty()) continue;
      const Json row = Json::parse(line);
      const std::string file = row["file"];
      // golang-migrate keeps a table of its own there, and one history changes it.
      if (texts.empty() && file.ends_with(".up.sql"))
        schema = schema_after("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean)",
                              std::move(schema), nullptr, nullptr);
      if (!texts.contains(file)) texts[file] = with_breakpoints_as_semicolons(read_file(root / file));
      const std::string sql = texts[file].substr(row["at"].get<std::size_t>(), row["len"].get<std::size_t>());
      std::vector<std::string> wrong;
      const Schema before = schema;
      Effects effects;
      for (const Statement& statement : parse_file(sql).statements) {
        effects = effects_of_statement(statement.operations, schema, settings);
        if (statement.problem != ParseProblem::None) wrong.push_back("not parsed: " + statement.error);
        if (row.contains("err"))
          continue;  // it ran alone, and the former statement's temporary table is gone
        replay_statement(schema, statement.operations);
      }
      if (row.contains("err")) continue;
      ++compared;
      for (const Failure& failure : effects.failures) {
        if (!failure.depends_on_data && !failure.only_with_rows)
          wrong.push_back("refused with " + failure.sqlstate + ": " + failure.message);
      }
      if (effects.outside_transaction && row["bare"] == 0) wrong.emplace_back("said to run outside only");
      const bool bare = row["bare"] == 1;  // locks of what runs outside a transaction were not seen
      const Facts measured = measured_facts(row);
      const Facts said = said_facts(effects, before, schema);
      const auto differ = [&](const char* what, const auto& there, const auto& here) {
        if (there != here)
          wrong.push_back(std::string(what) + ": measured " + joined(there) + "; said " + joined(here));
      };
      // No row was there to be looked up, changed or looped over: what is said beyond that is about rows.
      const bool block = row["tag"] == "DO";
      std::set<std::string> said_locks = said.locks;
      if (effects.dml || block) {
        std::erase_if(said_locks, [&](const std::string& lock) {
          return (block || lock.ends_with(":RS") || lock.ends_with(":RX")) && !measured.locks.contains(lock);
        });
      }
      if (!bare) differ("locks", measured.locks, said_locks);
      if (!(block && measured.locks.empty())) {
        differ("rewrites", measured.rewrites, said.rewrites);
        differ("builds", measured.builds, said.builds);
        differ("verifies", measured.verified, said.verified);
      }
      if (!(block && measured.locks.empty()) && (measured.keys_checked > 0) != (said.keys_checked > 0))
        wrong.push_back("checks foreign keys: measured " + std::to_string(measured.keys_checked));
      const std::string place = stem + " " + file + ":" + std::to_string(row["at"].get<std::size_t>());
      if (open.contains(place)) {
        if (wrong.empty())
          ADD_FAILURE() << place << " agrees again: take it out of open_corpus_differences.tsv";
        continue;
      }
      if (wrong.empty()) {
        ++agreed;
      } else {
        ADD_FAILURE() << stem << " " << file << ":" << row["at"] << "\n  " << sql.substr(0, 400) << "\n    "
                      << joined(wrong);
      }
    }
    std::cout << stem << ": " << agreed << " of " << compared << " statements agree\n";
    all_agreed += agreed;
    all += compared;
  }
  std::cout << all_agreed << " of " << all << " statements agree\n";
}

}  // namespace
}  // namespace planner::test

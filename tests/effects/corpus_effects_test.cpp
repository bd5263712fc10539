#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "planner/effects.h"
#include "planner/replay.h"
#include "planner/sql/parse.h"
#include "tests/effects/oracle.h"
#include "tests/support/paths.h"

/// Real histories, replayed statement by statement: what PostgreSQL 15 did for each one is what effects_of
/// says on the schema replay has arrived at.
namespace planner::test {
namespace {

using Json = nlohmann::json;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

template <typename Items>
std::string joined(const Items& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "-" : out;
}

std::string plain(const ObjectName& name) { return name.schema.str() + "." + name.name.str(); }

/// `building index "a" on table "t" serially` -> `a`.
std::string quoted_part(const std::string& note) {
  const std::size_t begin = note.find('"') + 1;
  return note.substr(begin, note.find('"', begin) - begin);
}

bool touches_rows(const std::vector<Operation>& operations) {
  return std::any_of(operations.begin(), operations.end(), [](const Operation& operation) {
    return std::holds_alternative<Update>(operation) || std::holds_alternative<Insert>(operation) ||
           std::holds_alternative<Delete>(operation) || std::holds_alternative<Merge>(operation) ||
           std::holds_alternative<Select>(operation) || std::holds_alternative<Copy>(operation);
  });
}

std::vector<std::string> compare(const Json& measured, const std::vector<Operation>& operations,
                                 const Schema& before) {
  std::vector<std::string> wrong;
  EffectsSettings settings;
  settings.server_version = 150000;
  settings.time_zone_known = true;
  const Effects said = effects_of_statement(operations, before, settings);
  if (measured.contains("err")) return wrong;  // depended on a statement that ran elsewhere
  for (const Failure& failure : said.failures) {
    if (!failure.depends_on_data && !failure.only_with_rows)
      wrong.push_back("said " + failure.sqlstate + " " + failure.message);
  }
  const bool data = touches_rows(operations) || said.dml;
  const bool block =
      !operations.empty() && std::holds_alternative<std::shared_ptr<const DoBlock>>(operations.front());
  const bool unsure = block || !said.unknown.empty();
  std::map<std::string, LockMode> measured_locks;
  for (const Json& lock : measured.at("locks")) {
    LockMode& mode = measured_locks[lock.at(0).get<std::string>()];
    mode = std::max(mode, lock_mode(lock.at(2).get<std::string>()));
  }
  std::map<std::string, LockMode> said_locks;
  for (const RelationLock& lock : said.locks) {
    if (lock.created && !lock.dropped && !before.index_tables.contains(lock.relation)) continue;
    said_locks[plain(lock.relation)] = lock.mode;
  }
  if (measured.at("bare") == 0) {
    for (const auto& [name, mode] : measured_locks) {
      const LockMode mine = said_locks.contains(name) ? said_locks.at(name) : LockMode::None;
      if (mode > LockMode::AccessShare && mine != mode && !(data && mine >= mode)) {
        wrong.push_back("lock on " + name + ": measured " + short_name(mode) + ", said " + short_name(mine));
      }
    }
    for (const auto& [name, mode] : said_locks) {
      const LockMode theirs = measured_locks.contains(name) ? measured_locks.at(name) : LockMode::None;
      if (mode <= LockMode::AccessShare || theirs != LockMode::None) continue;
      // Rows decide whether keys are looked up; branches decide what a DO block does.
      if (data || unsure) continue;
      wrong.push_back("lock on " + name + ": measured none, said " + short_name(mode));
    }
  }
  std::set<std::string> measured_files;
  for (const Json& name : measured.at("newfile")) measured_files.insert(name.get<std::string>());
  std::set<std::string> measured_reads;
  std::set<std::string> measured_builds;
  bool checks_key = false;
  for (const Json& each : measured.at("notes")) {
    const std::string note = each.get<std::string>();
    if (note.find("pg_toast") != std::string::npos) continue;
    if (note.starts_with("building index")) measured_builds.insert(quoted_part(note));
    if (note.starts_with("verifying table") || note.starts_with("rewriting table"))
      measured_reads.insert(quoted_part(note));
    checks_key = checks_key || note.starts_with("validating foreign key");
  }
  std::set<std::string> said_files;
  for (const ObjectName& name : said.rewrites) said_files.insert(plain(name));
  for (const ObjectName& name : said.new_sequence_files) said_files.insert(plain(name));
  std::set<std::string> said_reads;
  bool said_key = false;
  for (const Scan& scan : said.scans) {
    if (scan.reason == ScanReason::ForeignKey) said_key = true;
    if (scan.reason == ScanReason::NotNull || scan.reason == ScanReason::Check ||
        scan.reason == ScanReason::Rewrite || scan.reason == ScanReason::PartitionBound) {
      said_reads.insert(scan.relation.name.str());
    }
  }
  std::set<std::string> said_builds;
  for (const IndexEffect& effect : said.indexes) {
    const Table* table = before.tables.find(effect.table);
    const bool has_file = table == nullptr || table->kind == RelationKind::Table;
    if (has_file && (effect.work == IndexWork::Built || effect.work == IndexWork::Rebuilt))
      said_builds.insert(effect.index.name.str());
  }
  const auto differs = [&](const auto& theirs, const auto& mine) {
    if (!unsure) return theirs != mine;
    return !std::includes(mine.begin(), mine.end(), theirs.begin(), theirs.end());
  };
  std::erase_if(measured_files, [&](const std::string& name) {
    return !said_files.contains(name) && name.find("_idx") != std::string::npos;
  });
  if (!data && differs(measured_files, said_files))
    wrong.push_back("new files: measured " + joined(measured_files) + "; said " + joined(said_files));
  if (!data && differs(measured_reads, said_reads))
    wrong.push_back("reads: measured " + joined(measured_reads) + "; said " + joined(said_reads));
  if (!data && differs(measured_builds, said_builds))
    wrong.push_back("index builds: measured " + joined(measured_builds) + "; said " + joined(said_builds));
  if (!data && !unsure && checks_key != said_key)
    wrong.push_back(checks_key ? "a foreign key was checked" : "no foreign key was checked");
  return wrong;
}

TEST(CorpusEffects, EveryStatementOfRealHistoriesIsWhatEffectsSay) {
  PLANNER_SHARED_OR_SKIP(shared);
  const auto corpus = shared / "corpus";
  const Json histories = Json::parse(text_of(corpus / "histories.json"));
  std::size_t agreed = 0;
  std::size_t compared = 0;
  for (const Json& history : histories) {
    const std::string folder = history.at("folder").get<std::string>();
    const std::string name = folder + "." + history.at("history").get<std::string>();
    std::ifstream in(corpus / "effects" / (name + ".ndjson"));
    if (!in) continue;
    std::map<std::pair<std::string, std::size_t>, Json> measured;  // by file and place
    std::string line;
    while (std::getline(in, line)) {
      Json entry = Json::parse(line);
      measured.emplace(std::pair(entry.at("file").get<std::string>(), entry.at("at").get<std::size_t>()),
                       entry);
    }
    Schema schema;
    std::size_t found = 0;
    for (const Json& migration : history.at("migrations")) {
      const std::string file = migration.at("up").get<std::string>();
      const std::string text = text_of(corpus / folder / file);
      for (const Statement& statement : parse_file(text).statements) {
        const auto entry = measured.find({file, statement.span.begin});
        if (entry != measured.end()) {
          ++found;
          ++compared;
          const std::vector<std::string> wrong = compare(entry->second, statement.operations, schema);
          if (wrong.empty()) {
            ++agreed;
          } else {
            std::ostringstream words;
            words << file << " at " << statement.span.begin << "\n    "
                  << text.substr(statement.span.begin,
                                 std::min<std::size_t>(statement.span.end - statement.span.begin, 300));
            for (const std::string& each : wrong) words << "\n      " << each;
            ADD_FAILURE() << words.str();
          }
        }
        for (const Operation& operation : statement.operations) (void)replay(schema, operation);
      }
    }
    std::cout << name << ": " << found << " of " << measured.size() << " measured statements found\n";
    EXPECT_GE(found * 100, measured.size() * 95) << name;
  }
  std::cout << agreed << " of " << compared << " statements agree\n";
}

}  // namespace
}  // namespace planner::test

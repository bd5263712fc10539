#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "planner/delivery.h"
#include "planner/replay/replay.h"
#include "planner/sql/parse.h"
#include "tests/effects/oracle.h"
#include "tests/support/paths.h"

/// Every row of facts/locks.tsv, for every version in it: what was measured is what effects_of says.
namespace planner::test {
namespace {

constexpr const char* kPlace = "c";  // the schema all cases were measured in

Schema empty_schema() {
  Schema schema;
  schema.schemas.put(Identifier(kPlace), "");
  schema.search_path = {Identifier(kPlace), Identifier("public")};
  schema.session_search_path = schema.search_path;
  return schema;
}

/// Some setups give the column its first value as default, by EXECUTE. Any constant of the type does here.
std::string with_static_defaults(std::string setup) {
  const std::string begin = "DO $d$ BEGIN EXECUTE 'ALTER TABLE t ALTER COLUMN c SET DEFAULT '";
  const std::string end = "'; END $d$;";
  for (std::size_t at = setup.find(begin); at != std::string::npos; at = setup.find(begin)) {
    const std::size_t stop = setup.find(end, at);
    const std::size_t type = setup.rfind("::", stop);
    setup.replace(at, stop + end.size() - at,
                  "ALTER TABLE t ALTER COLUMN c SET DEFAULT '1'" + setup.substr(type, stop - type) + ";");
  }
  return setup;
}

ObjectName placed(const std::string& written) {
  const std::size_t dot = written.find('.');
  if (dot != std::string::npos)
    return ObjectName(Identifier(written.substr(0, dot)), Identifier(written.substr(dot + 1)));
  return ObjectName(Identifier(kPlace), Identifier(written));
}

std::string note(const std::string& notes, const std::string& key) {
  for (const std::string& part : split(notes, " | ")) {
    if (part.starts_with(key)) return part.substr(key.size());
  }
  return {};
}

template <typename Items>
std::string joined(const Items& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out.empty() ? "-" : out;
}

std::vector<std::string> listed(const std::string& field) {
  std::vector<std::string> out;
  if (field == "-") return out;
  for (const std::string& part : split(field, ",")) {
    const bool inside = !out.empty() && out.back().find('(') != std::string::npos &&
                        out.back().find(')') == std::string::npos;
    if (inside) {
      out.back() += "," + part;  // built(partitioned,invalid)
    } else {
      out.push_back(part);
    }
  }
  return out;
}

/// What of a row differs, one line each; empty when all agrees.
std::vector<std::string> compare(const TableRow& row, const std::string& version) {
  std::vector<std::string> wrong;
  const std::string& notes = row.at("notes");
  const std::string& actual_state = row.at("sqlstate");
  EffectsSettings settings;
  const auto parts = split(version, ".");
  settings.server_version = std::stoi(parts[0]) * 10000 + std::stoi(parts[1]);
  settings.time_zone = "UTC";
  settings.time_zone_known = true;

  std::vector<std::string> problems;
  bool newer_setup = false;
  const std::string setup = with_static_defaults(row.at("setup_sql"));
  Schema start = empty_schema();
  start.server_version = settings.server_version;
  const Schema before = schema_after(setup, std::move(start), &problems, &newer_setup);
  const bool rows = setup.find("INSERT INTO") != std::string::npos;
  const Outcome said = outcome(row.at("statement"), before, settings, rows);
  if (newer_setup || said.newer_syntax) return {"newer"};
  for (const std::string& problem : problems) wrong.push_back("setup: " + problem);

  if (row.at("in_txn_ok") == "simple-query") {
    const ParsedFile file = parse_file(row.at("statement"));
    const auto ways = deliveries(file, row.at("statement"), Tool::GolangMigrate);
    std::set<std::string> states = said.sqlstates;
    Schema schema = before;
    for (const TransactionGroup& group : ways.front().groups) {
      std::vector<const Operation*> earlier;
      std::set<std::string> refused;
      for (const std::size_t i : group.statements) {
        const Effects effects =
            effects_of_statement(file.statements[i].operations, schema, settings, earlier);
        const bool block = std::any_of(file.statements[i].operations.begin(),
                                       file.statements[i].operations.end(), [](const Operation& each) {
                                         return std::holds_alternative<std::shared_ptr<const DoBlock>>(each);
                                       });
        if (effects.outside_transaction && group.in_block) refused.insert(block ? "2D000" : "25001");
        for (const Failure& failure : effects.failures) {
          if (!failure.depends_on_data && !failure.only_with_rows) refused.insert(failure.sqlstate);
        }
        for (const Operation& operation : file.statements[i].operations) {
          schema_after("", schema, nullptr, nullptr);
          earlier.push_back(&operation);
          (void)replay(schema, operation);
        }
      }
      states = refused;
      if (!states.empty()) break;
    }
    const bool dynamic = std::any_of(said.effects.unknown.begin(), said.effects.unknown.end(),
                                     [](const std::string&) { return true; });
    if (dynamic && states.empty()) return wrong;  // EXECUTE in DO: reported as not looked at
    if ((actual_state == "00000") != states.empty() || (!states.empty() && !states.contains(actual_state))) {
      wrong.push_back("sqlstate: measured " + actual_state + ", said " + joined(states));
    }
    return wrong;
  }

  const bool failed = actual_state != "00000";
  const bool by_data = actual_state.starts_with("22") || actual_state.starts_with("23");
  if (!failed && !said.sqlstates.empty())
    wrong.push_back("sqlstate: measured success, said " + joined(said.sqlstates));
  if (failed && !said.sqlstates.contains(actual_state)) {
    const bool outside = actual_state == "25001" && said.effects.outside_transaction;
    if (!outside && !(by_data && said.sqlstates.empty())) {
      wrong.push_back("sqlstate: measured " + actual_state + ", said " + joined(said.sqlstates));
    }
  }
  const std::string& in_transaction = row.at("in_txn_ok");
  if ((in_transaction == "yes" && said.effects.outside_transaction) ||
      (in_transaction == "no" && !said.effects.outside_transaction)) {
    wrong.push_back("in a transaction: measured " + in_transaction);
  }

  const std::string target_note = note(notes, "target=");
  const std::string target = target_note.empty() ? "t" : target_note;
  if (row.at("table_lock") != "-" && target != "(none)") {
    const LockMode measured = lock_mode(row.at("table_lock"));
    const LockMode mode = said.effects.lock_on(placed(target));
    if (measured != mode && !(failed && said.sqlstates.contains("42601"))) {
      wrong.push_back("lock on " + target + ": measured " + short_name(measured) + ", said " +
                      short_name(mode));
    }
  }
  if (failed) return wrong;

  std::set<std::string> measured_locks;
  for (const std::string& each : listed(row.at("other_locks_no_accessshare"))) {
    const auto colon = each.rfind(':');
    std::string name = each.substr(0, colon);
    name = name.substr(0, name.find('['));
    measured_locks.insert(name + ":" + short_name(lock_mode(each.substr(colon + 1))));
  }
  std::set<std::string> said_locks;
  for (const RelationLock& lock : said.effects.locks) {
    if (lock.relation == placed(target) || lock.mode <= LockMode::AccessShare ||
        lock.relation.schema.str() == "pg_temp")
      continue;
    if (in_transaction == "no" && lock.kind == LockedKind::Index) continue;  // seen only by sampling
    said_locks.insert(lock.relation.name.str() + ":" + short_name(lock.mode));
  }
  if (measured_locks != said_locks)
    wrong.push_back("other locks: measured " + joined(measured_locks) + "; said " + joined(said_locks));

  std::set<std::string> measured_rewrites;
  for (const std::string& each : listed(row.at("rewrite")))
    measured_rewrites.insert(each.substr(0, each.find('(')));
  std::set<std::string> said_rewrites;
  for (const ObjectName& name : said.effects.rewrites) said_rewrites.insert(name.name.str());
  for (const ObjectName& name : said.effects.new_sequence_files) said_rewrites.insert(name.name.str());
  if (measured_rewrites != said_rewrites)
    wrong.push_back("rewrites: measured " + joined(measured_rewrites) + "; said " + joined(said_rewrites));

  std::map<std::string, std::string> measured_indexes;
  for (const std::string& each : listed(row.at("index_rebuild"))) {
    const auto colon = each.rfind(':');
    std::string work = each.substr(colon + 1);
    work = work.substr(0, work.find('('));
    measured_indexes[each.substr(0, colon)] = work.starts_with("recreated") ? "recreated" : work;
  }
  std::map<std::string, std::string> said_indexes;
  for (const IndexEffect& effect : said.effects.indexes) {
    constexpr const char* kWork[] = {"built", "rebuilt", "recreated", "dropped"};
    said_indexes[effect.index.name.str()] = kWork[static_cast<std::size_t>(effect.work)];
  }
  if (measured_indexes != said_indexes) {
    const auto text = [](const std::map<std::string, std::string>& map) {
      std::vector<std::string> items;
      for (const auto& [name, work] : map) items.push_back(name + ":" + work);
      return joined(items);
    };
    wrong.push_back("indexes: measured " + text(measured_indexes) + "; said " + text(said_indexes));
  }

  std::set<std::string> measured_scans;
  for (const std::string& each : listed(row.at("full_scan"))) {
    std::string name = each.substr(0, each.rfind(':'));
    if (name.ends_with("(index)")) {
      name.resize(name.size() - 7);
      const TableName* of = said.after.index_tables.find(placed(name));
      if (of == nullptr) continue;
      name = of->name.str();
    }
    measured_scans.insert(name);
  }
  for (const std::string& message : split(note(notes, "msgs: "), "; ")) {
    for (const std::string what : {"verifying ", "rewriting "}) {
      if (message.starts_with(what)) measured_scans.insert(message.substr(what.size()));
    }
  }
  std::set<std::string> said_scans;
  for (const Scan& scan : said.effects.scans) {
    if (scan.reason == ScanReason::Copy) continue;
    const std::string& name = scan.relation.name.str();
    // Of the two tables of a foreign key only the referencing one is sure to be read, and only if it has
    // rows.
    if (scan.reason == ScanReason::ForeignKey && !measured_scans.contains(name) &&
        (scan.relation != placed(target) || measured_scans.empty()))
      continue;
    // An empty table is read, but no row of it.
    const Table* table = before.tables.find(scan.relation);
    const std::string parent =
        table != nullptr && table->partition_of ? table->partition_of->name.str() : name;
    const bool has_rows = setup.find("INSERT INTO " + name) != std::string::npos ||
                          setup.find("INSERT INTO " + parent) != std::string::npos ||
                          setup.find("INSERT INTO \"" + name) != std::string::npos ||
                          before.views.contains(scan.relation);
    if (has_rows || measured_scans.contains(name)) said_scans.insert(name);
  }
  if (!said.effects.dml && measured_scans != said_scans) {
    wrong.push_back("reads: measured " + joined(measured_scans) + "; said " + joined(said_scans));
  }
  return wrong;
}

/// planner says of the statement that it does not follow it.
bool is_not_understood(const std::string& text) {
  const ParsedFile file = parse_file(text);
  return std::any_of(file.statements.begin(), file.statements.end(), [](const Statement& statement) {
    return std::any_of(
        statement.operations.begin(), statement.operations.end(),
        [](const Operation& operation) { return std::holds_alternative<Unrecognized>(operation); });
  });
}

TEST(LocksTable, EveryMeasuredRowIsWhatEffectsSay) {
  PLANNER_SHARED_OR_SKIP(shared);
  const char* other = std::getenv("PLANNER_LOCKS_TABLE");  // further rows of the same form
  std::set<std::pair<std::string, std::string>> doubtful;
  for (const TableRow& row : read_table(source_dir() / "tests/effects/doubtful.tsv"))
    doubtful.emplace(row.at("case_id"), row.at("version"));
  // What is known to be wrong and not mended yet; take a row out when it agrees again.
  std::set<std::string> open;
  for (const TableRow& row : read_table(source_dir() / "tests/effects/open_differences.tsv"))
    open.insert(row.at("case_id"));
  const auto rows =
      read_table(other != nullptr ? std::filesystem::path(other) : shared / "facts" / "locks.tsv");
  ASSERT_FALSE(rows.empty());
  std::size_t agreed = 0;
  std::size_t compared = 0;
  std::size_t newer = 0;
  std::size_t in_doubt = 0;
  std::size_t not_understood = 0;
  std::set<std::string> still_open;
  std::set<std::string> met;
  for (const TableRow& row : rows) {
    met.insert(row.at("case_id"));
    bool row_agrees = true;
    std::map<std::string, std::string> by_text;
    for (const std::string& version : split(row.at("pg_versions"), ",")) {
      if (doubtful.contains({row.at("case_id"), version}) || doubtful.contains({row.at("case_id"), "*"})) {
        ++in_doubt;
        continue;
      }
      std::vector<std::string> wrong = compare(row, version);
      if (wrong == std::vector<std::string>{"newer"}) {
        ++newer;
        continue;
      }
      if (!wrong.empty() && is_not_understood(row.at("statement"))) {
        ++not_understood;
        continue;
      }
      ++compared;
      if (wrong.empty()) {
        ++agreed;
        continue;
      }
      row_agrees = false;
      for (const std::string& each : wrong) by_text[each] += (by_text[each].empty() ? "" : ",") + version;
    }
    if (row_agrees) continue;
    if (open.contains(row.at("case_id"))) {
      still_open.insert(row.at("case_id"));
      continue;
    }
    std::ostringstream text;
    text << row.at("case_id") << "\n    " << row.at("statement");
    for (const auto& [difference, versions] : by_text) text << "\n      [" << versions << "] " << difference;
    ADD_FAILURE() << text.str();
  }
  for (const std::string& each : open) {
    if (met.contains(each) && !still_open.contains(each))
      ADD_FAILURE() << each << " agrees again: take it out of open_differences.tsv";
  }
  std::cout << agreed << " of " << compared << " (row, version) pairs agree; " << newer
            << " are in newer syntax than the parser's; " << in_doubt << " are doubtful; " << not_understood
            << " are of statements that planner says it does not follow\n";
}

}  // namespace
}  // namespace planner::test

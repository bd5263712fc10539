#include "tests/effects/oracle.h"

#include <algorithm>
#include <fstream>
#include <memory>

#include "planner/effects/build.h"
#include "planner/replay/replay.h"
#include "planner/sql/parse.h"

namespace planner::test {

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find(separator, begin);
    out.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
    if (end == std::string::npos) return out;
    begin = end + separator.size();
  }
}

std::vector<TableRow> read_table(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::vector<TableRow> rows;
  std::vector<std::string> columns;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const std::vector<std::string> fields = split(line, "\t");
    if (columns.empty()) {
      columns = fields;
      continue;
    }
    TableRow row;
    for (std::size_t i = 0; i < columns.size(); ++i) row[columns[i]] = i < fields.size() ? fields[i] : "";
    rows.push_back(std::move(row));
  }
  return rows;
}

Schema schema_after(const std::string& setup, Schema schema, std::vector<std::string>* problems,
                    bool* newer_syntax) {
  for (const Statement& statement : parse_file(setup).statements) {
    if (statement.problem != ParseProblem::None && newer_syntax != nullptr) *newer_syntax = true;
    for (const ReplayProblem& problem : replay_statement(schema, statement.operations)) {
      if (problems != nullptr) problems->push_back(problem.sqlstate + " " + problem.message);
    }
  }
  return schema;
}

Outcome outcome(const std::string& text, Schema schema, const EffectsSettings& settings,
                bool tables_have_rows) {
  Outcome out;
  std::vector<const Operation*> earlier;
  const ParsedFile file = parse_file(text);
  std::set<ObjectName> created;
  const Schema before = schema;
  const auto was_there = [&](const ObjectName& name) {
    return before.tables.contains(name) || before.views.contains(name) || before.sequences.contains(name) ||
           before.index_tables.contains(name);
  };
  for (const Statement& statement : file.statements) {
    if (statement.problem == ParseProblem::NewerSyntax) out.newer_syntax = true;
    if (statement.problem == ParseProblem::Syntax) {
      out.syntax_error = true;
      // The grammar itself refuses clauses that no constraint of the kind can have, with a code of its own.
      const bool unsupported = statement.error.find("cannot be marked") != std::string::npos ||
                               statement.error.find("is not supported") != std::string::npos;
      out.sqlstates.insert(unsupported ? "0A000" : "42601");
      break;
    }
    Effects effects = effects_of_statement(statement.operations, schema, settings, earlier);
    for (const Failure& failure : effects.failures) {
      if (failure.depends_on_data || (failure.only_with_rows && !tables_have_rows)) continue;
      out.sqlstates.insert(failure.sqlstate);
    }
    for (RelationLock& lock : effects.locks) {
      if (lock.created) created.insert(lock.relation);
      // A name that is given away and taken again is still that of what was there first.
      lock.created = created.contains(lock.relation) && !was_there(lock.relation);
    }
    std::erase_if(effects.scans, [&](const Scan& scan) { return created.contains(scan.relation); });
    physics::merge_into(out.effects, effects);
    for (RelationLock& lock : out.effects.locks) lock.created = lock.created && !was_there(lock.relation);
    if (!out.sqlstates.empty()) break;
    replay_statement(schema, statement.operations);
    for (const Operation& operation : statement.operations) earlier.push_back(&operation);
  }
  out.after = std::move(schema);
  return out;
}

LockMode lock_mode(const std::string& name) {
  static const std::map<std::string, LockMode> kModes{
      {"AccessShareLock", LockMode::AccessShare},
      {"RowShareLock", LockMode::RowShare},
      {"RowExclusiveLock", LockMode::RowExclusive},
      {"ShareUpdateExclusiveLock", LockMode::ShareUpdateExclusive},
      {"ShareLock", LockMode::Share},
      {"ShareRowExclusiveLock", LockMode::ShareRowExclusive},
      {"ExclusiveLock", LockMode::Exclusive},
      {"AccessExclusiveLock", LockMode::AccessExclusive},
      {"AS", LockMode::AccessShare},
      {"RS", LockMode::RowShare},
      {"RX", LockMode::RowExclusive},
      {"SUX", LockMode::ShareUpdateExclusive},
      {"S", LockMode::Share},
      {"SRX", LockMode::ShareRowExclusive},
      {"X", LockMode::Exclusive},
      {"AX", LockMode::AccessExclusive},
  };
  const auto found = kModes.find(name);
  return found == kModes.end() ? LockMode::None : found->second;
}

std::string short_name(LockMode mode) {
  constexpr const char* kNames[] = {"none", "AS", "RS", "RX", "SUX", "S", "SRX", "X", "AX"};
  return kNames[static_cast<std::size_t>(mode)];
}

}  // namespace planner::test

#include "tests/golden/rule_case.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "rules/registry.h"
#include "src/report/analysis.h"

namespace planner::test {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

}  // namespace

void CaseSettings::set(const std::string& key, const std::string& value) {
  if (key == "name") {
    name = value;
  } else if (key == "tool") {
    const auto found = tool_from_name(value);
    if (!found) throw std::runtime_error("no tool " + value);
    tool = *found;
  } else if (key == "version") {
    version = std::stoi(value);
  } else if (key == "service") {
    ownership.service = value;
    ownership.by_migration = value == "central";
  } else if (key == "owner") {
    const std::size_t colon = value.find(':');
    Ownership::Owner owner{value.substr(0, colon), {}};
    for (std::size_t at = colon + 1; colon != std::string::npos && at < value.size();) {
      const std::size_t end = std::min(value.find(',', at), value.size());
      owner.tables.push_back(value.substr(at, end - at));
      at = end + 1;
    }
    ownership.owners.push_back(std::move(owner));
  } else if (key == "on") {
    on.push_back(value);
  } else if (key.rfind("rows ", 0) == 0) {
    rows[key.substr(5)] = std::stod(value);
  } else if (key.rfind("rows.", 0) == 0) {
    rows[key.substr(5)] = std::stod(value);
  } else {
    throw std::runtime_error("unknown setting " + key);
  }
}

CaseSettings CaseSettings::read(std::string_view lines) {
  CaseSettings settings;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = trimmed(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) throw std::runtime_error("a setting is `key: value`");
    settings.set(std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1))));
  }
  return settings;
}

CaseSettings CaseSettings::read_words(std::string_view words) {
  CaseSettings settings;
  words = trimmed(words);
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words = trimmed(words.substr(end));
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) throw std::runtime_error("a word behind the fence is key=value");
    settings.set(std::string(word.substr(0, equals)), std::string(word.substr(equals + 1)));
  }
  return settings;
}

CaseResult analyze_case(std::string_view schema, std::string_view migration, const CaseSettings& settings) {
  return analyze_case(schema, migration, settings, all_rules());
}

CaseResult analyze_case(std::string_view schema, std::string_view migration, const CaseSettings& settings,
                        const RuleSet& rules) {
  CaseResult result;
  result.history.tool = settings.tool;
  if (!schema.empty()) {
    result.history.migrations.push_back(
        {"20240101000000_before", "20240101000000_before/migration.sql", std::string(schema), false, false});
  }
  result.history.migrations.push_back(
      {settings.name, settings.name + "/migration.sql", std::string(migration), true, false});
  AnalyzeOptions options;
  options.rules.effects.server_version = settings.version;
  options.answers = settings.answers;
  options.rules.ownership = settings.ownership;
  for (const std::string& rule : settings.on) {
    const Rule* found = find_rule(rule);
    if (found == nullptr) throw std::runtime_error("no rule " + rule);
    options.rules.severities[rule] = found->severity;
  }
  Schema base;
  if (!settings.rows.empty()) {
    // Sizes are what a database adds: replay, then say how large the tables are.
    History applied;
    applied.migrations.assign(result.history.migrations.begin(), result.history.migrations.end() - 1);
    base = analyze(applied, {}, {}).end;
    for (const auto& [table, rows] : settings.rows) {
      Table* sized = base.tables.edit(base.resolve_relation(ObjectName(Identifier(table))));
      if (sized == nullptr) throw std::runtime_error("no table " + table);
      TableSize size;
      size.rows = rows;
      size.heap_bytes = static_cast<std::int64_t>(rows * 100);
      size.total_bytes = static_cast<std::int64_t>(rows * 150);
      sized->size = size;
    }
    base.from_database = true;
    options.base = &base;
  }
  result.analysis = analyze(result.history, rules, options);
  return result;
}

std::vector<Finding> CaseResult::findings() const {
  std::vector<Finding> all;
  for (const JudgedMigration& judged : analysis.judged) {
    all.insert(all.end(), judged.findings.begin(), judged.findings.end());
  }
  return all;
}

std::string CaseResult::text() const {
  report::AnalysisReport shown;
  shown.services.push_back({"", "", "", "", "", &history, nullptr, &analysis});
  shown.findings = findings();
  std::string text = report::analysis_as_text(shown, report::TextStyle{});
  // The summary line counts files; it is tested with the reports.
  if (!text.empty()) text.pop_back();
  const std::size_t last = text.rfind('\n');
  return last == std::string::npos ? std::string() : text.substr(0, last + 1);
}

}  // namespace planner::test

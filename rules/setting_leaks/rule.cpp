#include <algorithm>

#include "rules/about.h"
#include "rules/settings.h"

namespace planner::rules {
namespace {

bool is_prisma(Tool tool) {
  return tool == Tool::PrismaUnknown || tool == Tool::PrismaWhole || tool == Tool::PrismaSplit;
}

/// With these Prisma no longer finds or may not write its own table.
bool loses_the_tool(const std::string& name) {
  return name == "search_path" || name == "role" || name == "session_authorization";
}

bool is_timeout(const std::string& name) {
  return name == "statement_timeout" || name == "lock_timeout" ||
         name == "idle_in_transaction_session_timeout";
}

bool is_reset_later(const MigrationSubject& subject, std::size_t from, const std::string& name) {
  for (std::size_t i = from + 1; i < subject.file.statements.size(); ++i) {
    for (const Operation& operation : subject.file.statements[i].operations) {
      if (const auto* set = std::get_if<SetVariable>(&operation)) {
        if (set->reset_all || (set->name == name &&
                               (set->reset || (set->values.size() == 1 && set->values.front() == "default"))))
          return true;
        if (set->name == name && is_timeout(name) && set->values.size() == 1 && set->values.front() == "0")
          return true;
      }
      if (std::holds_alternative<Discard>(operation)) return true;
    }
  }
  return false;
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  if (!is_prisma(subject.tool)) return verdicts;
  const auto add = [&](std::size_t i, const std::string& object, Severity severity,
                       const std::string& message, const std::string& help) {
    Verdict verdict;
    verdict.at = SourceRef{i, 0, -1};
    verdict.object = object;
    verdict.severity = severity;
    verdict.message = message;
    verdict.help = help;
    verdicts.push_back(std::move(verdict));
  };
  for (std::size_t i = 0; i < subject.file.statements.size(); ++i) {
    for (const Operation& operation : subject.file.statements[i].operations) {
      if (const auto* set = std::get_if<SetVariable>(&operation)) {
        if (set->local || set->reset || set->reset_all || is_reset_later(subject, i, set->name)) continue;
        if (loses_the_tool(set->name)) {
          add(i, set->name, Severity::Error,
              "SET " + set->name +
                  " stays in force after the migration: Prisma then does not find its own table, and the "
                  "migration is left unfinished",
              "RESET it at the end of the file, or qualify the names instead");
        } else if (is_timeout(set->name)) {
          add(i, set->name, Severity::Warning,
              "SET " + set->name +
                  " stays in force for every later migration of the deployment and for Prisma's own "
                  "bookkeeping",
              "RESET it at the end of the file, or set it for the role");
        }
      } else if (const auto* select = std::get_if<Select>(&operation)) {
        for (const SetVariable& each : settings_of(operation)) {
          if (each.name == "search_path" && !each.local && !is_reset_later(subject, i, each.name))
            add(i, each.name, Severity::Error,
                "This empties or changes the search path after the migration too: Prisma then does not find "
                "its own table, and the migration is left unfinished",
                "RESET search_path at the end of the file, or remove the line (pg_dump writes it)");
        }
        for (const FunctionCall& call : select->query.facts().functions) {
          if (call.name.name.str() == "pg_advisory_unlock_all")
            add(i, call.name.name.str(), Severity::Error,
                "This also gives up the lock that keeps two deployments apart",
                "Unlock only what you locked");
        }
      } else if (std::holds_alternative<Discard>(operation)) {
        add(i, "DISCARD", Severity::Error,
            "DISCARD ALL also gives up the lock that keeps two deployments apart", "Remove it");
      }
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule setting_leaks;
const Rule setting_leaks{.id = "setting-leaks",
                         .summary = "A session setting that outlives the migration",
                         .severity = Severity::Error,
                         .category = Category::Fails,
                         .check_migration = check};

}  // namespace planner::rules

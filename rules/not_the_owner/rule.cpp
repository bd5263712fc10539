#include <algorithm>
#include <cstddef>

#include "rules/about.h"
#include "rules/glob.h"

namespace planner::rules {
namespace {

constexpr std::string_view kDirective = "planner:owner";

const Ownership::Owner* owner_of(const Ownership& ownership, const ObjectName& table) {
  for (const Ownership::Owner& owner : ownership.owners) {
    if (matches_any_table(owner.tables, table)) return &owner;
  }
  return nullptr;
}

const Ownership::Owner* owner_called(const Ownership& ownership, const std::string& service) {
  for (const Ownership::Owner& owner : ownership.owners) {
    if (owner.service == service) return &owner;
  }
  return nullptr;
}

/// `-- planner:owner billing`: everything below it, up to the next one, is billing's.
struct Section {
  std::uint32_t begin = 0;
  std::string service;
};

std::vector<Section> sections_of(const MigrationSubject& subject) {
  std::vector<Section> sections;
  if (subject.migration.text.find(kDirective) == std::string::npos) return sections;
  for (const FileComment& comment : comments_of(subject.migration.text)) {
    if (comment.text.rfind(kDirective, 0) != 0) continue;
    const std::size_t begin = comment.text.find_first_not_of(" \t:", kDirective.size());
    if (begin == std::string::npos) continue;
    const std::size_t end = std::min(comment.text.find_first_of(" \t\r\n", begin), comment.text.size());
    sections.push_back({comment.span.begin, comment.text.substr(begin, end - begin)});
  }
  return sections;
}

/// Does the operation change or drop the relation it is about?
bool changes(const Operation& operation) {
  return !std::holds_alternative<CreateTable>(operation) &&
         !std::holds_alternative<CreateTableAs>(operation) && !std::holds_alternative<Insert>(operation) &&
         !std::holds_alternative<Copy>(operation) && !std::holds_alternative<Vacuum>(operation) &&
         !std::holds_alternative<LockTable>(operation);
}

bool only_data(const Operation& operation) {
  return std::holds_alternative<Update>(operation) || std::holds_alternative<Delete>(operation) ||
         std::holds_alternative<Merge>(operation);
}

/// The table an operation is about; that of the index for an index.
std::vector<ObjectName> tables_of(const Operation& operation, const Schema& met) {
  if (const auto* truncate = std::get_if<Truncate>(&operation)) return truncate->tables;
  if (const auto* drop = std::get_if<DropIndex>(&operation)) {
    const Index* index = met.index(drop->index);
    return index != nullptr ? std::vector<ObjectName>{index->table} : std::vector<ObjectName>();
  }
  const ObjectName* target = target_relation(operation);
  return target != nullptr ? std::vector<ObjectName>{*target} : std::vector<ObjectName>();
}

std::vector<Verdict> check(const MigrationSubject& subject) {
  std::vector<Verdict> verdicts;
  const Ownership& ownership = subject.settings.ownership;
  if (ownership.owners.empty()) return verdicts;
  const Ownership::Owner* own = owner_called(ownership, ownership.service);
  const std::vector<Section> sections = own == nullptr ? sections_of(subject) : std::vector<Section>();
  const Ownership::Owner* first_owner = nullptr;  // of a migration that does not say whose it is
  std::vector<ObjectName> told;
  const auto add = [&](const Intention& intention, const ObjectName& table, Severity severity,
                       std::string message, std::string help) {
    if (std::find(told.begin(), told.end(), table) != told.end()) return;
    told.push_back(table);
    Verdict verdict;
    verdict.at = intention.sources.front();
    verdict.object = display(table);
    verdict.severity = severity;
    verdict.message = std::move(message);
    verdict.help = std::move(help);
    verdicts.push_back(std::move(verdict));
  };
  for (const Intention& intention : subject.intentions) {
    const std::size_t statement = intention.sources.front().statement;
    const Schema& met = *subject.before_statement[statement];
    const Ownership::Owner* actor = own;
    bool said = false;
    for (const Section& section : sections) {
      if (section.begin > subject.file.statements[statement].span.begin) break;
      actor = owner_called(ownership, section.service);
      said = true;
      if (actor != nullptr) continue;
      add(intention, ObjectName(Identifier(section.service)), Severity::Error,
          "`planner:owner " + section.service + "` names no service that planner.toml gives tables to",
          "Correct the name, or give the service `tables` in planner.toml");
    }
    if (said && actor == nullptr) continue;
    for (const ObjectName& table : tables_of(intention.operation, met)) {
      const ObjectName full = met.resolve_relation(table);
      const Ownership::Owner* owner = owner_of(ownership, full);
      const bool creates = std::holds_alternative<CreateTable>(intention.operation) ||
                           std::holds_alternative<CreateTableAs>(intention.operation);
      if (creates) {
        if (actor == nullptr || owner == actor) continue;
        add(intention, full, Severity::Error,
            name_of(full) + " is made by the service \"" + actor->service + "\", but " +
                (owner != nullptr
                     ? "a table of that name belongs to \"" + owner->service + "\""
                     : "that is not one of the names it owns (" + join_words(actor->tables) + ")"),
            owner != nullptr
                ? "Make it in a migration of \"" + owner->service + "\""
                : "Name it as the service's tables are named, or add it to `tables` in planner.toml");
        continue;
      }
      if (owner == nullptr || !changes(intention.operation)) continue;
      const std::string verb = only_data(intention.operation) ? "changes rows of " : "changes ";
      const Severity severity = only_data(intention.operation) ? Severity::Warning : Severity::Error;
      if (actor != nullptr) {
        if (owner == actor) continue;
        add(intention, full, severity,
            "A migration of \"" + actor->service + "\" " + verb + name_of(full) + ", which belongs to \"" +
                owner->service + "\": that service's running release is not part of this deployment",
            "Move the statement into a migration of \"" + owner->service + "\"");
        continue;
      }
      if (!ownership.by_migration) continue;
      if (first_owner == nullptr) first_owner = owner;
      if (owner == first_owner) continue;
      add(intention, full, Severity::Error,
          "One migration changes tables of \"" + first_owner->service + "\" and " + name_of(full) + " of \"" +
              owner->service + "\": neither service can deploy it alone",
          "Give each service its own migration, or say with `-- planner:owner NAME` whose each part is");
    }
  }
  return verdicts;
}

}  // namespace

extern const Rule not_the_owner;
const Rule not_the_owner{
    .id = "not-the-owner",
    .summary = "A migration changes a table that another service owns, or makes one outside its names",
    .severity = Severity::Error,
    .category = Category::BreaksRelease,
    .check_migration = check};

}  // namespace planner::rules

#include "rules/team_rule.h"

#include <algorithm>
#include <cstddef>
#include <regex>
#include <utility>

#include "rules/about.h"
#include "rules/glob.h"

namespace planner::rules {
namespace {

/// A column that an operation is about, with its type where the operation says one.
struct TouchedColumn {
  Identifier name;
  std::string type;  ///< as format_type prints it, without its length: empty when not said
};

std::string type_word(const TypeName& type) {
  if (type.empty()) return {};
  TypeName plain = type;
  plain.modifiers.clear();
  plain.other_modifiers.clear();
  return display(plain);
}

std::string known_type(const Schema& schema, const ObjectName* table_name, const Identifier& column_name) {
  const Table* table = table_name != nullptr ? schema.table(*table_name) : nullptr;
  const Column* column = table != nullptr ? table->column(column_name) : nullptr;
  return column != nullptr ? type_word(column->type) : std::string();
}

std::vector<TouchedColumn> columns_of(const Operation& operation, const Schema& met) {
  std::vector<TouchedColumn> touched;
  const ObjectName* table = target_relation(operation);
  const auto add = [&](const Identifier& name) { touched.push_back({name, known_type(met, table, name)}); };
  for_each_new_column(operation, [&](const TableName&, const ColumnDefinition& column) {
    touched.push_back({column.name, type_word(column.type)});
  });
  if (!touched.empty()) return touched;
  std::visit(
      [&](const auto& op) {
        if constexpr (requires {
                        op.type.modifiers;
                        op.column.str();
                      }) {
          touched.push_back({op.column, type_word(op.type)});  // ALTER COLUMN ... TYPE: what it becomes
        } else if constexpr (requires { op.column.str(); }) {
          add(op.column);
        } else if constexpr (requires { op.constraint.columns; }) {
          for (const Identifier& name : op.constraint.columns) add(name);
        } else if constexpr (requires { op.elements.front().column; }) {
          for (const IndexElement& element : op.elements) {
            if (!element.column.empty()) add(element.column);
          }
        } else if constexpr (requires {
                               op.from.str();
                               op.to.str();
                               op.table.schema;
                             }) {
          add(op.from);
        } else if constexpr (requires { op.columns.front().str(); }) {
          for (const Identifier& name : op.columns) add(name);
        }
      },
      operation);
  return touched;
}

/// The names that an operation gives to something.
std::vector<std::string> names_made(const Operation& operation) {
  std::vector<std::string> names;
  std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, CreateTable> || std::is_same_v<Op, CreateTableAs>) {
          names.push_back(op.table.name.str());
        } else if constexpr (std::is_same_v<Op, CreateIndex> || std::is_same_v<Op, CreateTrigger> ||
                             std::is_same_v<Op, CreatePolicy>) {
          names.push_back(op.name.str());
        } else if constexpr (std::is_same_v<Op, CreateView> || std::is_same_v<Op, CreateMaterializedView>) {
          names.push_back(op.view.name.str());
        } else if constexpr (std::is_same_v<Op, CreateSequence>) {
          names.push_back(op.sequence.name.str());
        } else if constexpr (std::is_same_v<Op, CreateEnum> || std::is_same_v<Op, CreateCompositeType>) {
          names.push_back(op.type.name.str());
        } else if constexpr (std::is_same_v<Op, CreateFunction>) {
          names.push_back(op.name.name.str());
        } else if constexpr (requires { op.constraint.name.str(); }) {
          names.push_back(op.constraint.name.str());
        } else if constexpr (std::is_same_v<Op, AddColumn>) {
          names.push_back(op.column.name.str());
        } else if constexpr (requires { op.to.str(); }) {
          names.push_back(op.to.str());
        }
      },
      operation);
  names.erase(std::remove(names.begin(), names.end(), std::string()), names.end());
  return names;
}

bool has_comment_above(const Subject& subject) {
  const Statement& statement = subject.file.statements[subject.intention.sources.front().statement];
  const std::string_view text =
      std::string_view(subject.migration.text)
          .substr(statement.comments.begin, statement.comments.end - statement.comments.begin);
  for (const FileComment& comment : comments_of(text)) {
    if (!comment.text.empty() && comment.text.rfind("planner:", 0) != 0) return true;
  }
  return false;
}

bool has_comment_on(const Subject& subject, const ObjectName* target) {
  const Table* table = target != nullptr ? subject.migration_end.table(*target) : nullptr;
  if (table == nullptr) return false;
  if (const auto* add = std::get_if<AddColumn>(&subject.intention.operation)) {
    const Column* column = table->column(add->column.name);
    return column != nullptr && !column->comment.empty();
  }
  return !table->comment.empty();
}

bool is_owned(const Subject& subject, const ObjectName& table) {
  return std::any_of(subject.settings.ownership.owners.begin(), subject.settings.ownership.owners.end(),
                     [&](const Ownership::Owner& owner) { return matches_any_table(owner.tables, table); });
}

bool is_matched(const TeamRule& team, const Subject& subject, const ObjectName* target) {
  const Operation& operation = subject.intention.operation;
  if (!team.operations.empty() && !matches_any(team.operations, kind_name(operation))) return false;
  if (!team.services.empty() && !matches_any(team.services, subject.settings.ownership.service)) return false;
  if (!team.tables.empty() && (target == nullptr || !matches_any_table(team.tables, *target))) return false;
  if (team.min_rows) {
    const Table* table = target != nullptr ? subject.before.table(*target) : nullptr;
    if (table == nullptr || !table->size || table->size->rows < *team.min_rows) return false;
  }
  if (team.columns.empty() && team.types.empty()) return true;
  const std::vector<TouchedColumn> columns = columns_of(operation, subject.before);
  return std::any_of(columns.begin(), columns.end(), [&](const TouchedColumn& column) {
    return (team.columns.empty() || matches_any(team.columns, column.name.str())) &&
           (team.types.empty() || matches_any(team.types, column.type));
  });
}

/// What is missing or wrong; nullopt: nothing to report.
std::optional<std::string> what_is_wrong(const TeamRule& team, const Subject& subject,
                                         const ObjectName* target) {
  const std::string kind(kind_name(subject.intention.operation));
  const std::string on = target != nullptr ? " on " + name_of(*target) : std::string();
  switch (team.what) {
    case TeamRule::Requires::Nothing:
      return "The team does not want " + kind + on;
    case TeamRule::Requires::Comment:
      if (has_comment_above(subject) || has_comment_on(subject, target)) return std::nullopt;
      return "The team wants a comment with " + kind + on;
    case TeamRule::Requires::Name: {
      const std::regex wanted(team.pattern, std::regex::ECMAScript);
      for (const std::string& name : names_made(subject.intention.operation)) {
        if (!std::regex_match(name, wanted))
          return "\"" + name + "\" is not named as the team wants it: " + team.pattern;
      }
      return std::nullopt;
    }
    case TeamRule::Requires::Owner:
      if (target == nullptr || is_owned(subject, *target)) return std::nullopt;
      return "No service owns " + name_of(*target);
  }
  return std::nullopt;
}

template <std::size_t... I>
std::vector<std::string> kinds_of(std::index_sequence<I...>) {
  std::vector<std::string> kinds;
  (kinds.emplace_back(kind_name(Operation(std::variant_alternative_t<I, OperationVariant>{}))), ...);
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  return kinds;
}

}  // namespace

const std::vector<std::string>& operation_kinds() {
  static const std::vector<std::string> kinds =
      kinds_of(std::make_index_sequence<std::variant_size_v<OperationVariant>>());
  return kinds;
}

std::string pattern_problem(const std::string& pattern) {
  try {
    const std::regex read(pattern, std::regex::ECMAScript);
    return {};
  } catch (const std::regex_error& problem) {
    return problem.what();
  }
}

Rule make_rule(const TeamRule& team) {
  Rule rule;
  rule.id = team.id;
  rule.summary =
      team.message.empty() ? std::string_view("A rule of the team") : std::string_view(team.message);
  rule.severity = team.severity;
  rule.category = Category::Hygiene;
  rule.check = [&team](const Subject& subject) {
    std::vector<Verdict> verdicts;
    const ObjectName* target = target_relation(subject.intention.operation);
    if (!is_matched(team, subject, target)) return verdicts;
    const std::optional<std::string> wrong = what_is_wrong(team, subject, target);
    if (!wrong) return verdicts;
    Verdict verdict;
    verdict.object = target != nullptr ? display(*target) : std::string();
    verdict.message = team.message.empty() ? *wrong : team.message;
    if (!team.message.empty() && team.what != TeamRule::Requires::Nothing) verdict.notes.push_back(*wrong);
    verdict.help = team.help;
    verdicts.push_back(std::move(verdict));
    return verdicts;
  };
  return rule;
}

}  // namespace planner::rules

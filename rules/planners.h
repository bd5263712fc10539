#pragma once

#include <algorithm>

#include "planner/sql/handlers.h"
#include "rules/about.h"

/// What planner makes for the time of a plan bears its name: no application uses it.
namespace planner::rules {

inline bool is_planners(const Identifier& name) {
  return name.str().starts_with("planner_") || name.str() == "planner";
}
inline bool is_planners(const ObjectName& name) {
  return is_planners(name.name) || name.schema.str() == "planner";
}

/// Does `test` hold for an operation of a statement, or of the blocks in it?
template <typename Test>
bool any_operation(const std::vector<Operation>& operations, const Test& test) {
  return std::any_of(operations.begin(), operations.end(), [&](const Operation& operation) {
    const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&operation);
    return block != nullptr && *block != nullptr ? any_operation((*block)->body, test) : test(operation);
  });
}

/// Does the statement give the name to something else at once, in the same transaction? Then nobody ever
/// finds nothing under it.
template <typename Test>
bool taken_over_at_once(const Subject& subject, const Test& test) {
  const std::size_t statement = subject.intention.sources.front().statement;
  return statement < subject.file.statements.size() &&
         any_operation(subject.file.statements[statement].operations, test);
}

}  // namespace planner::rules

#pragma once

#include <algorithm>

#include "planner/own_names.h"
#include "planner/sql/handlers.h"
#include "rules/about.h"

namespace planner::rules {

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

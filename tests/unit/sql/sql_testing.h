#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "planner/operation.h"
#include "planner/sql/parse.h"

namespace planner::test {

/// The only operation of a statement, of the kind expected.
template <typename T>
T only(std::string_view sql) {
  const std::vector<Operation> operations = parse_statement(sql);
  EXPECT_EQ(operations.size(), 1U) << sql;
  const T* operation = operations.empty() ? nullptr : std::get_if<T>(&operations.front());
  if (operation == nullptr) {
    ADD_FAILURE() << sql << " is " << (operations.empty() ? "nothing" : kind_name(operations.front()));
    return T{};
  }
  return *operation;
}

/// The kinds of a statement's operations: `add-column drop-column`.
inline std::string kinds(const std::vector<Operation>& operations) {
  std::string text;
  for (const Operation& operation : operations) {
    if (!text.empty()) text += ' ';
    text += kind_name(operation);
  }
  return text;
}
inline std::string kinds(std::string_view sql) { return kinds(parse_statement(sql)); }

/// Calls `visit` for every expression of an operation.
template <typename Visit>
void for_each_expression(const Operation& operation, const Visit& visit);

namespace detail {

template <typename Visit>
void each(const Expression& expression, const Visit& visit) {
  if (expression) visit(expression);
}

template <typename Visit>
void each(const std::vector<Expression>& expressions, const Visit& visit) {
  for (const Expression& expression : expressions) each(expression, visit);
}

template <typename Visit>
void each(const IndexElement& element, const Visit& visit) {
  each(element.expression, visit);
}

template <typename Visit>
void each(const ConstraintDefinition& constraint, const Visit& visit) {
  each(constraint.expression, visit);
  each(constraint.predicate, visit);
  for (const IndexElement& element : constraint.exclusion_elements) each(element, visit);
}

template <typename Visit>
void each(const ColumnDefinition& column, const Visit& visit) {
  each(column.default_value, visit);
  each(column.generated, visit);
  for (const ConstraintDefinition& constraint : column.constraints) each(constraint, visit);
}

template <typename Visit>
void each(const FunctionArgument& argument, const Visit& visit) {
  each(argument.default_value, visit);
}

template <typename T, typename Visit>
void each_member(const T& operation, const Visit& visit) {
  const auto all = [&](const auto& items) {
    for (const auto& item : items) each(item, visit);
  };
  if constexpr (requires { operation.columns.front().default_value; }) all(operation.columns);
  if constexpr (requires { operation.column.default_value; }) each(operation.column, visit);
  if constexpr (requires { operation.constraint.expression; }) each(operation.constraint, visit);
  if constexpr (requires { operation.constraints.front().expression; }) all(operation.constraints);
  if constexpr (requires { operation.checks.front().expression; }) all(operation.checks);
  if constexpr (requires { operation.elements.front().expression; }) all(operation.elements);
  if constexpr (requires { operation.arguments.front().default_value; }) all(operation.arguments);
  if constexpr (requires { operation.default_value.facts(); }) each(operation.default_value, visit);
  if constexpr (requires { operation.value.facts(); }) each(operation.value, visit);
  if constexpr (requires { operation.using_expression; }) each(operation.using_expression, visit);
  if constexpr (requires { operation.with_check; }) each(operation.with_check, visit);
  if constexpr (requires { operation.predicate; }) each(operation.predicate, visit);
  if constexpr (requires { operation.query; }) each(operation.query, visit);
  if constexpr (requires { operation.statement.facts(); }) each(operation.statement, visit);
  if constexpr (requires { operation.where; }) each(operation.where, visit);
  if constexpr (requires { operation.when; }) each(operation.when, visit);
  if constexpr (requires { operation.sql_body; }) each(operation.sql_body, visit);
  if constexpr (requires { operation.expressions; }) each(operation.expressions, visit);
  if constexpr (std::is_same_v<T, std::shared_ptr<const DoBlock>>) {
    for (const Operation& inner : operation->body) for_each_expression(inner, visit);
  }
}

}  // namespace detail

template <typename Visit>
void for_each_expression(const Operation& operation, const Visit& visit) {
  std::visit([&](const auto& each) { detail::each_member(each, visit); },
             static_cast<const OperationVariant&>(operation));
}

}  // namespace planner::test

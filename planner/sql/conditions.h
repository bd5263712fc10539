#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "planner/sql/expression.h"
#include "planner/sql/names.h"

/// What can be read off conditions and queries without a server.
namespace planner {

/// One comparison of a column with constants.
struct Comparison {
  Identifier column;
  std::string comparison;              ///< `=`, `<>`, `<`, .., `in`, `not in`, `is not null`, `is null`
  std::vector<std::string> constants;  ///< as text, casts left out; several for `in`, `not in`
};

/// A condition as alternatives (OR) of conditions that hold together (AND). Parts of another shape are left
/// out of their AND: what is returned follows from the condition, it may say less. An alternative about which
/// nothing is known is empty.
std::vector<std::vector<Comparison>> alternatives(const Expression& condition);

/// What a query does to tables beside reading them.
struct QueryAccess {
  struct RowLocked {
    ObjectName relation;
    bool only = false;
  };
  std::vector<RowLocked> row_locked;        ///< FOR UPDATE, FOR SHARE, ...
  std::vector<Identifier> lock_finds_none;  ///< named by OF, but not in FROM
  std::vector<ObjectName> written;          ///< by INSERT, UPDATE, DELETE in WITH
  std::vector<ObjectName> changed;          ///< of these, by UPDATE and DELETE
};
QueryAccess query_access(const Expression& query);

/// Is the table of this UPDATE or DELETE written with ONLY?
bool only_target(const Expression& statement);

/// Sequences that nextval(), currval() and setval() name: themselves, or by pg_get_serial_sequence().
struct SequenceCalls {
  std::vector<ObjectName> named;
  std::vector<std::pair<TableName, Identifier>> of_columns;
};
SequenceCalls sequence_calls(const Expression& query);

/// `set_config('search_path', '', false)`.
struct SettingCall {
  std::string name;
  std::optional<std::string> value;  ///< nullopt: computed
  bool local = false;                ///< for the transaction only
};
/// The calls of set_config() that say which setting they change.
std::vector<SettingCall> setting_calls(const Expression& query);

/// Does the statement hold INSERT .. ON CONFLICT?
bool has_on_conflict(const Expression& statement);

}  // namespace planner

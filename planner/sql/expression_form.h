#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "planner/sql/tree.h"
#include "planner/sql/type.h"

/// The form in which expressions are compared: what PostgreSQL rewrites when it stores one is rewritten here
/// too.
namespace planner::pg {

enum class FormKind {
  Constant,  ///< text: its value without quotes and casts
  Column,    ///< children: the parts of its name as Text
  Cast,      ///< of its one child to `type`
  And,
  Or,
  Not,
  Operator,  ///< text: its symbol; one or two children
  AnyAll,    ///< text: `= any`, `<> all`; operand and array
  Function,  ///< text: its name; children: arguments
  Name,      ///< text: a name, children: its schema when written
  Text,      ///< text: anything else that is a word or number
  Other,     ///< text: the node's type; children: its fields
};

struct Form {
  FormKind kind = FormKind::Other;
  std::string text;
  planner::TypeName type;
  std::vector<Form> children;
};

/// The form of a node; queries included.
Form form_of(const Node* node);

/// Equal up to what PostgreSQL adds: casts it would have applied anyway, schemas and qualifiers on one side
/// only.
bool equal_forms(const Form& a, const Form& b);

}  // namespace planner::pg

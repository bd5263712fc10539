#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/sql/names.h"
#include "planner/sql/sql.h"
#include "planner/sql/type.h"

namespace planner {

struct FunctionCall {
  ObjectName name;  ///< as written, without a leading pg_catalog
  int arguments = 0;
  friend bool operator==(const FunctionCall&, const FunctionCall&) = default;
};

/// What one look at an expression's tree tells; gathered while parsing, so that nobody parses it again.
struct ExpressionFacts {
  std::vector<Identifier> columns;  ///< column names mentioned (last part), each once, in order
  std::vector<FunctionCall>
      functions;  ///< calls; CURRENT_TIMESTAMP and its kin count as `current_timestamp` etc.
  std::vector<ObjectName>
      operators;  ///< operators that are not built-in symbols are still listed by their text
  std::vector<ObjectName> casts_to;   ///< type names of explicit casts
  std::vector<ObjectName> relations;  ///< tables and views in sub-queries (or in the FROM of a query)
  std::vector<std::string>
      string_constants;    ///< text of every string literal: enum labels, 'seq'::regclass, ...
  bool whole_row = false;  ///< `t.*`, `*` or a row variable
  bool has_subquery = false;
  bool has_parameters = false;
  bool is_null_constant = false;  ///< NULL or NULL::type
  bool is_constant = false;       ///< literals, casts of literals, arrays of them: no column, no function
};

/// A SQL expression or query, kept as a syntax tree (packed; shared between copies) and turned into text on
/// demand. Everything that changes one changes the tree and deparses it: text is never searched or replaced.
/// An empty Expression means "there is none".
class Expression {
 public:
  Expression() = default;
  /// Parses a scalar expression (`lower(email)`, `'active'::text`). Throws Error when it does not parse.
  static Expression parse(std::string_view text);
  /// Parses one whole statement (the SELECT of a view). Throws Error when it does not parse or is several.
  static Expression parse_query(std::string_view text);

  bool empty() const { return tree_ == nullptr; }
  explicit operator bool() const { return tree_ != nullptr; }

  /// Deparsed SQL. Valid on its own; not byte-equal to what the user wrote.
  Sql text() const;
  const ExpressionFacts& facts() const;
  bool mentions(const Identifier& column) const;

  /// The same with every reference to a column renamed. `t.old`, `old` and `NEW.old`/`OLD.old` all count.
  Expression with_column_renamed(const Identifier& from, const Identifier& to) const;
  /// The same with every reference to table `from` (FROM, JOIN, qualifiers) renamed.
  Expression with_table_renamed(const ObjectName& from, const ObjectName& to) const;
  /// The same with unqualified column references qualified: `a` -> `NEW.a` (for trigger bodies) or `t.a`.
  Expression with_columns_qualified(const Identifier& qualifier) const;
  /// The same with every reference to `column` replaced by another expression.
  Expression with_column_replaced(const Identifier& column, const Expression& by) const;

  /// Same meaning after what PostgreSQL does when it stores one: casts of constants (`'a'::text`), `IN` as
  /// `= ANY (ARRAY[..])`, BETWEEN, `!=` as `<>`, parentheses, COLLATE and qualifier noise do not count.
  /// Used to compare replay with pg_get_expr / pg_get_viewdef. May say false for equal ones, never true for
  /// different ones of ordinary kinds.
  friend bool same_meaning(const Expression& a, const Expression& b);
  /// Byte equality of trees.
  friend bool operator==(const Expression& a, const Expression& b);

 private:
  friend class ExpressionAccess;  // planner/sql only
  struct Tree;
  std::shared_ptr<const Tree> tree_;
};

bool same_meaning(const Expression& a, const Expression& b);

/// Does a validated CHECK of `check` spare SET NOT NULL on `column` its scan? Measured list: facts "SET NOT
/// NULL: which CHECK spares the scan" (tests/effects). Conservative: false when not in the list.
bool proves_not_null(const Expression& check, const Identifier& column);

/// For `USING` of a type change: the single column that is cast, through which types, when the expression is
/// nothing but a column reference under zero or more casts (`c`, `c::text`, `(c::text)::status`).
struct CastChain {
  Identifier column;
  std::vector<TypeName> casts;  ///< innermost first
};
std::optional<CastChain> cast_chain(const Expression& expression);

/// `column AT TIME ZONE 'zone'` -> zone (what a timestamp -> timestamptz USING usually says).
std::optional<std::string> at_time_zone_of_column(const Expression& expression, const Identifier& column);

/// Text of a string/number/boolean constant under any casts: `'active'::text` -> `active`; nullopt for
/// anything else.
std::optional<std::string> constant_value(const Expression& expression);

/// `nextval('seq'::regclass)` -> seq.
std::optional<ObjectName> nextval_sequence(const Expression& expression);

}  // namespace planner

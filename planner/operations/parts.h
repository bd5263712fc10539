#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "planner/sql/expression.h"
#include "planner/sql/names.h"
#include "planner/sql/type.h"

/// What operations are made of: constraint and column definitions, index elements, options. Names are as
/// written (schema empty when not given).
namespace planner {

enum class Cascade { Restrict, Cascade };
enum class ForeignKeyAction { NoAction, Restrict, Cascade, SetNull, SetDefault };
enum class ConstraintKind { Check, NotNull, PrimaryKey, Unique, ForeignKey, Exclusion };
enum class Persistence { Permanent, Unlogged, Temporary };

struct SequenceOptions {
  TypeName as_type;  ///< empty: not said
  std::optional<std::int64_t> start, increment, minimum, maximum, cache, restart;
  bool restart_given = false;  ///< RESTART without a value too
  std::optional<bool> cycle;
  std::optional<ObjectName> owned_by_table;  ///< with owned_by_column; OWNED BY NONE: both empty but set
  std::optional<Identifier> owned_by_column;
};

struct Identity {
  bool always = false;  ///< GENERATED ALWAYS, else BY DEFAULT
  SequenceOptions options;
};

struct IndexElement {
  Identifier column;  ///< empty when `expression` is set
  Expression expression;
  ObjectName collation;
  ObjectName opclass;
  bool descending = false;
  std::optional<bool> nulls_first;  ///< unset: the default of the direction
};

struct ForeignKeyTarget {
  TableName table;
  std::vector<Identifier> columns;  ///< empty: the primary key
  ForeignKeyAction on_delete = ForeignKeyAction::NoAction;
  ForeignKeyAction on_update = ForeignKeyAction::NoAction;
  std::vector<Identifier> on_delete_set_columns;
  char match = 's';  ///< s simple, f full, p partial
};

struct ConstraintDefinition {
  ConstraintKind kind = ConstraintKind::Check;
  Identifier name;                  ///< empty: PostgreSQL generates it
  std::vector<Identifier> columns;  ///< key columns; for an inline constraint its own column
  std::vector<Identifier> included;
  Expression expression;        ///< CHECK
  ForeignKeyTarget references;  ///< FOREIGN KEY
  std::vector<IndexElement> exclusion_elements;
  std::vector<ObjectName> exclusion_operators;
  std::string access_method;  ///< EXCLUDE USING gist
  Expression predicate;       ///< EXCLUDE ... WHERE
  Identifier using_index;     ///< UNIQUE / PRIMARY KEY USING INDEX
  bool nulls_not_distinct = false;
  bool not_valid = false;
  bool no_inherit = false;
  bool deferrable = false;
  bool initially_deferred = false;
  bool inline_of_column = false;  ///< written behind the column it constrains
};

struct ColumnDefinition {
  Identifier name;
  TypeName type;
  bool not_null = false;
  bool explicit_null = false;
  Expression default_value;
  std::optional<Identity> identity;
  Expression generated;  ///< GENERATED ALWAYS AS (..) STORED
  ObjectName collation;
  std::string storage;
  std::string compression;
  std::vector<ConstraintDefinition>
      constraints;  ///< inline CHECK, UNIQUE, PRIMARY KEY, REFERENCES (NOT NULL is `not_null`)
};

struct PartitionKey {
  std::string strategy;  ///< range, list, hash
  std::vector<IndexElement> elements;
};

struct PartitionBound {
  bool is_default = false;
  std::string strategy;           ///< r, l, h as PostgreSQL names them
  std::vector<Expression> lower;  ///< FROM; MINVALUE / MAXVALUE are column references of that name
  std::vector<Expression> upper;  ///< TO
  std::vector<Expression> list;   ///< IN
  int modulus = 0;
  int remainder = 0;
};

struct Option {
  std::string name;  ///< `fillfactor`, `toast.autovacuum_enabled`
  std::string value;
};

struct FunctionArgument {
  Identifier name;
  TypeName type;
  char mode = 'i';  ///< i in, o out, b inout, v variadic, t table column
  Expression default_value;
};

/// A function by name and input types; `arguments` unset when written without parentheses.
struct FunctionSignature {
  ObjectName name;
  std::optional<std::vector<TypeName>> arguments;
};

}  // namespace planner

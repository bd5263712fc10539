#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "planner/sql/names.h"

namespace planner {

/// A data type as used by a column, argument or cast. Built-in types carry PostgreSQL's internal name without
/// a schema
/// (`int4`, `varchar`, `timestamptz`, `bpchar`), whatever the user wrote (`INTEGER`, `CHAR(3)`, `TIMESTAMP(3)
/// WITH TIME ZONE`); `serial` kinds stay `serial4`/`serial8`/`serial2` in operations and never reach a
/// Schema.
struct TypeName {
  ObjectName name;
  std::vector<std::int32_t> modifiers;  ///< (20), (10,2), (3); interval fields as PostgreSQL's typmod list
  int array_dimensions = 0;             ///< `text[]` = 1; PostgreSQL does not enforce the number
  bool set_of = false;
  std::string other_modifiers;  ///< instead of `modifiers` when they are not all integers: `point,4326`

  bool empty() const { return name.empty(); }
  bool is(std::string_view internal_name) const {
    return name.schema.empty() && array_dimensions == 0 && name.name.str() == internal_name;
  }
  friend bool operator==(const TypeName&, const TypeName&) = default;
};

/// As `format_type` prints it and as SQL accepts it: `character varying(20)`, `timestamp(3) without time
/// zone`, `"Role"`, `text[]`.
std::string display(const TypeName& type);
/// The same for splicing into SQL (user-defined names quoted and qualified).
class Sql;
Sql type_sql(const TypeName& type);

/// Reads what `format_type` prints or a user writes. Throws Error when it is not a type.
TypeName parse_type(std::string_view text);

}  // namespace planner

#pragma once

#include <string_view>
#include <vector>

#include "planner/sql/names.h"
#include "planner/sql/type.h"

namespace planner {

/// Is it a type of pg_catalog (`int4`, `timestamptz`, `regclass`, `tsvector`, ...; internal names, no
/// arrays)?
bool is_builtin_type(std::string_view internal_name);

/// The operator class PostgreSQL takes when none is named: default_opclass("btree", int4) -> `int4_ops`;
/// empty when not known.
std::string_view default_opclass(std::string_view access_method, const TypeName& type);

/// An extension planner knows by name.
struct KnownExtension {
  std::string_view name;
  std::vector<std::string_view> types;
};
const KnownExtension* known_extension(const Identifier& name);

}  // namespace planner

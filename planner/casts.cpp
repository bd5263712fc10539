#include "planner/casts.h"

#include <algorithm>

#include "planner/builtin_types.h"

namespace planner {
namespace {

struct Casts {
  std::string_view from;
  char context;  ///< i implicit, a assignment, e explicit
  char method;   ///< b binary coercible, f function, i input and output functions
  std::string_view to;
};
// pg_cast of PostgreSQL 14 to 18 (they differ in bytea and integers only, which 18 added), and of citext and
// hstore.
// clang-format off
constexpr Casts kCasts[] = {
    {"bit", 'e', 'f', "int4 int8"},
    {"bit", 'i', 'b', "varbit"},
    {"bit", 'i', 'f', "bit"},
    {"bool", 'a', 'f', "bpchar citext text varchar"},
    {"bool", 'e', 'f', "int4"},
    {"box", 'a', 'f', "polygon"},
    {"box", 'e', 'f', "circle lseg point"},
    {"bpchar", 'a', 'f', "char citext"},
    {"bpchar", 'e', 'f', "xml"},
    {"bpchar", 'i', 'f', "bpchar name text varchar"},
    {"bytea", 'e', 'f', "int2 int4 int8"},
    {"char", 'a', 'f', "bpchar varchar"},
    {"char", 'e', 'f', "int4"},
    {"char", 'i', 'f', "text"},
    {"cidr", 'a', 'f', "bpchar text varchar"},
    {"cidr", 'i', 'b', "inet"},
    {"circle", 'e', 'f', "box point polygon"},
    {"citext", 'a', 'b', "bpchar"},
    {"citext", 'i', 'b', "text varchar"},
    {"date", 'i', 'f', "timestamp timestamptz"},
    {"daterange", 'e', 'f', "datemultirange"},
    {"float4", 'a', 'f', "int2 int4 int8 numeric"},
    {"float4", 'i', 'f', "float8"},
    {"float8", 'a', 'f', "float4 int2 int4 int8 numeric"},
    {"hstore", 'e', 'f', "json jsonb"},
    {"inet", 'a', 'f', "bpchar cidr citext text varchar"},
    {"int2", 'e', 'f', "bytea"},
    {"int2", 'i', 'f', "float4 float8 int4 int8 numeric oid regclass regcollation regconfig"},
    {"int2", 'i', 'f', "regdictionary regnamespace regoper regoperator regproc regprocedure regrole"},
    {"int2", 'i', 'f', "regtype"},
    {"int4", 'a', 'f', "int2 money"},
    {"int4", 'e', 'f', "bit bool bytea char"},
    {"int4", 'i', 'b', "oid regclass regcollation regconfig regdictionary regnamespace regoper"},
    {"int4", 'i', 'b', "regoperator regproc regprocedure regrole regtype"},
    {"int4", 'i', 'f', "float4 float8 int8 numeric"},
    {"int4range", 'e', 'f', "int4multirange"},
    {"int8", 'a', 'f', "int2 int4 money"},
    {"int8", 'e', 'f', "bit bytea"},
    {"int8", 'i', 'f', "float4 float8 numeric oid regclass regcollation regconfig regdictionary"},
    {"int8", 'i', 'f', "regnamespace regoper regoperator regproc regprocedure regrole regtype"},
    {"int8range", 'e', 'f', "int8multirange"},
    {"interval", 'a', 'f', "time"},
    {"interval", 'i', 'f', "interval"},
    {"json", 'a', 'i', "jsonb"},
    {"jsonb", 'a', 'i', "json"},
    {"jsonb", 'e', 'f', "bool float4 float8 int2 int4 int8 numeric"},
    {"lseg", 'e', 'f', "point"},
    {"macaddr", 'i', 'f', "macaddr8"},
    {"macaddr8", 'i', 'f', "macaddr"},
    {"money", 'a', 'f', "numeric"},
    {"name", 'a', 'f', "bpchar varchar"},
    {"name", 'i', 'f', "text"},
    {"numeric", 'a', 'f', "int2 int4 int8 money"},
    {"numeric", 'i', 'f', "float4 float8 numeric"},
    {"numrange", 'e', 'f', "nummultirange"},
    {"oid", 'a', 'b', "int4"},
    {"oid", 'a', 'f', "int8"},
    {"oid", 'i', 'b', "regclass regcollation regconfig regdictionary regnamespace regoper regoperator"},
    {"oid", 'i', 'b', "regproc regprocedure regrole regtype"},
    {"path", 'a', 'f', "polygon"},
    {"path", 'e', 'f', "point"},
    {"point", 'a', 'f', "box"},
    {"polygon", 'a', 'f', "path"},
    {"polygon", 'e', 'f', "box circle point"},
    {"regclass", 'a', 'b', "int4"},
    {"regclass", 'a', 'f', "int8"},
    {"regclass", 'i', 'b', "oid"},
    {"regcollation", 'a', 'b', "int4"},
    {"regcollation", 'a', 'f', "int8"},
    {"regcollation", 'i', 'b', "oid"},
    {"regconfig", 'a', 'b', "int4"},
    {"regconfig", 'a', 'f', "int8"},
    {"regconfig", 'i', 'b', "oid"},
    {"regdictionary", 'a', 'b', "int4"},
    {"regdictionary", 'a', 'f', "int8"},
    {"regdictionary", 'i', 'b', "oid"},
    {"regnamespace", 'a', 'b', "int4"},
    {"regnamespace", 'a', 'f', "int8"},
    {"regnamespace", 'i', 'b', "oid"},
    {"regoper", 'a', 'b', "int4"},
    {"regoper", 'a', 'f', "int8"},
    {"regoper", 'i', 'b', "oid regoperator"},
    {"regoperator", 'a', 'b', "int4"},
    {"regoperator", 'a', 'f', "int8"},
    {"regoperator", 'i', 'b', "oid regoper"},
    {"regproc", 'a', 'b', "int4"},
    {"regproc", 'a', 'f', "int8"},
    {"regproc", 'i', 'b', "oid regprocedure"},
    {"regprocedure", 'a', 'b', "int4"},
    {"regprocedure", 'a', 'f', "int8"},
    {"regprocedure", 'i', 'b', "oid regproc"},
    {"regrole", 'a', 'b', "int4"},
    {"regrole", 'a', 'f', "int8"},
    {"regrole", 'i', 'b', "oid"},
    {"regtype", 'a', 'b', "int4"},
    {"regtype", 'a', 'f', "int8"},
    {"regtype", 'i', 'b', "oid"},
    {"text", 'a', 'b', "citext"},
    {"text", 'a', 'f', "char"},
    {"text", 'e', 'f', "xml"},
    {"text", 'i', 'b', "bpchar varchar"},
    {"text", 'i', 'f', "name regclass"},
    {"time", 'i', 'f', "interval time timetz"},
    {"timestamp", 'a', 'f', "date time"},
    {"timestamp", 'i', 'f', "timestamp timestamptz"},
    {"timestamptz", 'a', 'f', "date time timestamp timetz"},
    {"timestamptz", 'i', 'f', "timestamptz"},
    {"timetz", 'a', 'f', "time"},
    {"timetz", 'i', 'f', "timetz"},
    {"tsrange", 'e', 'f', "tsmultirange"},
    {"tstzrange", 'e', 'f', "tstzmultirange"},
    {"varbit", 'i', 'b', "bit"},
    {"varbit", 'i', 'f', "varbit"},
    {"varchar", 'a', 'b', "citext"},
    {"varchar", 'a', 'f', "char"},
    {"varchar", 'e', 'f', "xml"},
    {"varchar", 'i', 'b', "bpchar text"},
    {"varchar", 'i', 'f', "name regclass varchar"},
    {"xid8", 'e', 'f', "xid"},
    {"xml", 'a', 'b', "bpchar text varchar"},
};
// clang-format on

bool lists(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

std::optional<CastMethod> listed_cast(std::string_view from, std::string_view to, CastContext context,
                                      int server_version) {
  const auto whole_number = [](std::string_view name) {
    return name == "int2" || name == "int4" || name == "int8";
  };
  const bool bytes = (from == "bytea" && whole_number(to)) || (whole_number(from) && to == "bytea");
  if (bytes && server_version < 180000) return std::nullopt;
  if (from == "path" && to == "point" && server_version >= 150000) return std::nullopt;
  for (const Casts& casts : kCasts) {
    if (casts.from != from || !lists(casts.to, to)) continue;
    const CastContext needed = casts.context == 'i'   ? CastContext::Implicit
                               : casts.context == 'a' ? CastContext::Assignment
                                                      : CastContext::Explicit;
    if (needed > context) return std::nullopt;
    return casts.method == 'b'   ? CastMethod::Binary
           : casts.method == 'f' ? CastMethod::Function
                                 : CastMethod::Text;
  }
  return std::nullopt;
}

/// pg_type.typcategory = 'S'.
bool is_string(std::string_view name, int server_version) {
  if (name == "char") return server_version < 150000;  // internal since
  return name == "text" || name == "varchar" || name == "bpchar" || name == "name" || name == "citext";
}

/// The name casts are looked up by. citext lives in any schema.
std::string_view cast_name(const TypeName& type) {
  if (type.name.schema.empty() || type.name.name.str() == "citext" || type.name.name.str() == "hstore") {
    return type.name.name.str();
  }
  return {};
}

TypeName element_of(TypeName type) {
  type.array_dimensions = 0;
  return type;
}

bool is_range(std::string_view name) {
  return name == "int4range" || name == "int8range" || name == "numrange" || name == "daterange" ||
         name == "tsrange" || name == "tstzrange";
}
bool is_multirange(std::string_view name) {
  return name == "int4multirange" || name == "int8multirange" || name == "nummultirange" ||
         name == "datemultirange" || name == "tsmultirange" || name == "tstzmultirange";
}

/// The operator family of a type's default btree operators, where it holds `=` between different types.
std::string_view shared_family(std::string_view name) {
  if (name == "int2" || name == "int4" || name == "int8") return "integer_ops";
  if (name == "float4" || name == "float8") return "float_ops";
  if (name == "date" || name == "timestamp" || name == "timestamptz") return "datetime_ops";
  if (name == "text" || name == "name") return "text_ops";
  return {};
}

const Domain* domain_of(const TypeName& type, const Schema& schema) {
  if (type.array_dimensions > 0) return nullptr;
  return type.name.schema.empty() && is_builtin_type(type.name.name.str()) ? nullptr
                                                                           : schema.domain(type.name);
}

/// Domains of domains of ...: a replayed schema cannot hold a circle, but one put in by hand could.
constexpr int kMaxDomainDepth = 32;

}  // namespace

TypeName base_type(const TypeName& type, const Schema& schema) {
  TypeName base = type;
  for (int depth = 0; depth < kMaxDomainDepth; ++depth) {
    const Domain* domain = domain_of(base, schema);
    if (domain == nullptr) break;
    base = domain->base;
  }
  return base;
}

bool domain_has_constraints(const TypeName& type, const Schema& schema) {
  TypeName current = type;
  for (int depth = 0; depth < kMaxDomainDepth; ++depth) {
    const Domain* domain = domain_of(current, schema);
    if (domain == nullptr) return false;
    if (domain->not_null || !domain->checks.empty()) return true;
    current = domain->base;
  }
  return false;
}

std::optional<CastMethod> cast_path(const TypeName& from, const TypeName& to, CastContext context,
                                    const Schema& schema, int server_version) {
  const TypeName source = base_type(from, schema);
  const TypeName target = base_type(to, schema);
  if (source.name == target.name && (source.array_dimensions > 0) == (target.array_dimensions > 0))
    return CastMethod::Same;
  if (source.array_dimensions > 0 && target.array_dimensions > 0) {
    // Even when the elements are binary coercible every array is rebuilt (find_coercion_pathway since
    // PostgreSQL 11).
    return cast_path(element_of(source), element_of(target), context, schema, server_version)
               ? std::optional(CastMethod::Elements)
               : std::nullopt;
  }
  const std::string_view source_name = source.array_dimensions > 0 ? std::string_view{} : cast_name(source);
  const std::string_view target_name = target.array_dimensions > 0 ? std::string_view{} : cast_name(target);
  if (!source_name.empty() && !target_name.empty()) {
    if (const auto listed = listed_cast(source_name, target_name, context, server_version)) return listed;
    // A listed cast that the context does not allow is not replaced by one through text.
    if (listed_cast(source_name, target_name, CastContext::Explicit, server_version) &&
        !is_string(target_name, server_version) && !is_string(source_name, server_version)) {
      return std::nullopt;
    }
  }
  if (context >= CastContext::Assignment && is_string(target_name, server_version)) return CastMethod::Text;
  if (context == CastContext::Explicit && is_string(source_name, server_version)) return CastMethod::Text;
  return std::nullopt;
}

TypeName opclass_type(const TypeName& type, const Schema& schema) {
  TypeName base = base_type(type, schema);
  base.modifiers.clear();
  base.other_modifiers.clear();
  if (base.array_dimensions > 0) return base;
  const std::string& name = base.name.name.str();
  if (base.name.schema.empty() && name.starts_with("reg")) {
    return TypeName{
        ObjectName(Identifier("oid")), {}, 0, false, {}};  // regclass and its kin have oid's operators
  }
  if (base.name.schema.empty() && is_range(name))
    return TypeName{ObjectName(Identifier("anyrange")), {}, 0, false, {}};
  if (base.name.schema.empty() && is_multirange(name))
    return TypeName{ObjectName(Identifier("anymultirange")), {}, 0, false, {}};
  if (!(base.name.schema.empty() && is_builtin_type(name)) && schema.enum_type(base.name) != nullptr) {
    return TypeName{ObjectName(Identifier("anyenum")), {}, 0, false, {}};
  }
  return base;
}

std::optional<std::string> foreign_key_equality(const TypeName& referenced, const TypeName& referencing,
                                                const Schema& schema) {
  const TypeName key = opclass_type(referenced, schema);
  const TypeName other = opclass_type(referencing, schema);
  const auto operator_input = [](const TypeName& type) -> std::string {
    if (type.array_dimensions > 0) return "anyarray";
    const std::string& name = type.name.name.str();
    return name == "varchar" ? "text" : name == "cidr" ? "inet" : name;
  };
  const std::string key_input = operator_input(key);
  const std::string other_input = operator_input(other);
  if (key_input == "anyenum" || key_input == "anyarray" || key_input == "anyrange" ||
      key_input == "anymultirange") {
    // One `=` for all of them, which wants the same type on both sides.
    const TypeName key_base = base_type(referenced, schema);
    const TypeName other_base = base_type(referencing, schema);
    if (key_base.name != other_base.name || other_input != key_input) return std::nullopt;
    return key_input + "=" + key_base.name.name.str();
  }
  if (key_input == other_input && key.name.schema == other.name.schema) return key_input + "=" + other_input;
  const std::string_view family = shared_family(key_input);
  if (!family.empty() && family == shared_family(other_input)) return key_input + "=" + other_input;
  // Otherwise the referencing value is cast to the key's type, if that goes without asking
  // (ATAddForeignKeyConstraint).
  if (cast_path(referencing, referenced, CastContext::Implicit, schema)) return key_input + "=" + key_input;
  return std::nullopt;
}

bool type_is_understood(const TypeName& type, const Schema& schema) {
  const TypeName base = base_type(type, schema);
  if (base.name.schema.empty() && is_builtin_type(base.name.name.str())) return true;
  return schema.enum_type(base.name) != nullptr || base.name.name.str() == "citext";
}

}  // namespace planner

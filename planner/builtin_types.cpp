#include "planner/builtin_types.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace planner {
namespace {

// pg_type of PostgreSQL 15: what is in pg_catalog and neither an array nor the row type of a catalog. In byte order.
constexpr std::string_view kTypes[] = {
    "aclitem", "any", "anyarray", "anycompatible", "anycompatiblearray", "anycompatiblemultirange",
    "anycompatiblenonarray", "anycompatiblerange", "anyelement", "anyenum", "anymultirange", "anynonarray",
    "anyrange", "bit", "bool", "box", "bpchar", "bytea", "char", "cid", "cidr", "circle", "cstring", "date",
    "datemultirange", "daterange", "event_trigger", "fdw_handler", "float4", "float8", "gtsvector",
    "index_am_handler", "inet", "int2", "int2vector", "int4", "int4multirange", "int4range", "int8",
    "int8multirange", "int8range", "internal", "interval", "json", "jsonb", "jsonpath", "language_handler",
    "line", "lseg", "macaddr", "macaddr8", "money", "name", "numeric", "nummultirange", "numrange", "oid",
    "oidvector", "path", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary", "pg_ddl_command",
    "pg_dependencies", "pg_lsn", "pg_mcv_list", "pg_ndistinct", "pg_node_tree", "pg_snapshot", "point",
    "polygon", "record", "refcursor", "regclass", "regcollation", "regconfig", "regdictionary",
    "regnamespace", "regoper", "regoperator", "regproc", "regprocedure", "regrole", "regtype",
    "table_am_handler", "text", "tid", "time", "timestamp", "timestamptz", "timetz", "trigger",
    "tsm_handler", "tsmultirange", "tsquery", "tsrange", "tstzmultirange", "tstzrange", "tsvector",
    "txid_snapshot", "unknown", "uuid", "varbit", "varchar", "void", "xid", "xid8", "xml",
};

struct DefaultOpclass {
  std::string_view access_method, type, opclass;
};
// pg_opclass of PostgreSQL 15 where opcdefault.
constexpr DefaultOpclass kDefaultOpclasses[] = {
    {"brin", "anyrange", "range_inclusion_ops"}, {"brin", "bit", "bit_minmax_ops"}, {"brin", "box",
    "box_inclusion_ops"}, {"brin", "bpchar", "bpchar_minmax_ops"}, {"brin", "bytea", "bytea_minmax_ops"},
    {"brin", "char", "char_minmax_ops"}, {"brin", "date", "date_minmax_ops"}, {"brin", "float4",
    "float4_minmax_ops"}, {"brin", "float8", "float8_minmax_ops"}, {"brin", "inet", "inet_inclusion_ops"},
    {"brin", "int2", "int2_minmax_ops"}, {"brin", "int4", "int4_minmax_ops"}, {"brin", "int8",
    "int8_minmax_ops"}, {"brin", "interval", "interval_minmax_ops"}, {"brin", "macaddr",
    "macaddr_minmax_ops"}, {"brin", "macaddr8", "macaddr8_minmax_ops"}, {"brin", "name", "name_minmax_ops"},
    {"brin", "numeric", "numeric_minmax_ops"}, {"brin", "oid", "oid_minmax_ops"}, {"brin", "pg_lsn",
    "pg_lsn_minmax_ops"}, {"brin", "text", "text_minmax_ops"}, {"brin", "tid", "tid_minmax_ops"}, {"brin",
    "time", "time_minmax_ops"}, {"brin", "timestamp", "timestamp_minmax_ops"}, {"brin", "timestamptz",
    "timestamptz_minmax_ops"}, {"brin", "timetz", "timetz_minmax_ops"}, {"brin", "uuid", "uuid_minmax_ops"},
    {"brin", "varbit", "varbit_minmax_ops"}, {"btree", "anyarray", "array_ops"}, {"btree", "anyenum",
    "enum_ops"}, {"btree", "anymultirange", "multirange_ops"}, {"btree", "anyrange", "range_ops"}, {"btree",
    "bit", "bit_ops"}, {"btree", "bool", "bool_ops"}, {"btree", "bpchar", "bpchar_ops"}, {"btree", "bytea",
    "bytea_ops"}, {"btree", "char", "char_ops"}, {"btree", "date", "date_ops"}, {"btree", "float4",
    "float4_ops"}, {"btree", "float8", "float8_ops"}, {"btree", "inet", "inet_ops"}, {"btree", "int2",
    "int2_ops"}, {"btree", "int4", "int4_ops"}, {"btree", "int8", "int8_ops"}, {"btree", "interval",
    "interval_ops"}, {"btree", "jsonb", "jsonb_ops"}, {"btree", "macaddr", "macaddr_ops"}, {"btree",
    "macaddr8", "macaddr8_ops"}, {"btree", "money", "money_ops"}, {"btree", "name", "name_ops"}, {"btree",
    "numeric", "numeric_ops"}, {"btree", "oid", "oid_ops"}, {"btree", "oidvector", "oidvector_ops"},
    {"btree", "pg_lsn", "pg_lsn_ops"}, {"btree", "record", "record_ops"}, {"btree", "text", "text_ops"},
    {"btree", "tid", "tid_ops"}, {"btree", "time", "time_ops"}, {"btree", "timestamp", "timestamp_ops"},
    {"btree", "timestamptz", "timestamptz_ops"}, {"btree", "timetz", "timetz_ops"}, {"btree", "tsquery",
    "tsquery_ops"}, {"btree", "tsvector", "tsvector_ops"}, {"btree", "uuid", "uuid_ops"}, {"btree", "varbit",
    "varbit_ops"}, {"btree", "xid8", "xid8_ops"}, {"gin", "anyarray", "array_ops"}, {"gin", "jsonb",
    "jsonb_ops"}, {"gin", "tsvector", "tsvector_ops"}, {"gist", "anymultirange", "multirange_ops"}, {"gist",
    "anyrange", "range_ops"}, {"gist", "box", "box_ops"}, {"gist", "circle", "circle_ops"}, {"gist", "point",
    "point_ops"}, {"gist", "polygon", "poly_ops"}, {"gist", "tsquery", "tsquery_ops"}, {"gist", "tsvector",
    "tsvector_ops"}, {"hash", "aclitem", "aclitem_ops"}, {"hash", "anyarray", "array_ops"}, {"hash",
    "anyenum", "enum_ops"}, {"hash", "anymultirange", "multirange_ops"}, {"hash", "anyrange", "range_ops"},
    {"hash", "bool", "bool_ops"}, {"hash", "bpchar", "bpchar_ops"}, {"hash", "bytea", "bytea_ops"}, {"hash",
    "char", "char_ops"}, {"hash", "cid", "cid_ops"}, {"hash", "date", "date_ops"}, {"hash", "float4",
    "float4_ops"}, {"hash", "float8", "float8_ops"}, {"hash", "inet", "inet_ops"}, {"hash", "int2",
    "int2_ops"}, {"hash", "int4", "int4_ops"}, {"hash", "int8", "int8_ops"}, {"hash", "interval",
    "interval_ops"}, {"hash", "jsonb", "jsonb_ops"}, {"hash", "macaddr", "macaddr_ops"}, {"hash", "macaddr8",
    "macaddr8_ops"}, {"hash", "name", "name_ops"}, {"hash", "numeric", "numeric_ops"}, {"hash", "oid",
    "oid_ops"}, {"hash", "oidvector", "oidvector_ops"}, {"hash", "pg_lsn", "pg_lsn_ops"}, {"hash", "record",
    "record_ops"}, {"hash", "text", "text_ops"}, {"hash", "tid", "tid_ops"}, {"hash", "time", "time_ops"},
    {"hash", "timestamp", "timestamp_ops"}, {"hash", "timestamptz", "timestamptz_ops"}, {"hash", "timetz",
    "timetz_ops"}, {"hash", "uuid", "uuid_ops"}, {"hash", "xid", "xid_ops"}, {"hash", "xid8", "xid8_ops"},
    {"spgist", "anyrange", "range_ops"}, {"spgist", "box", "box_ops"}, {"spgist", "inet", "inet_ops"},
    {"spgist", "point", "quad_point_ops"}, {"spgist", "polygon", "poly_ops"}, {"spgist", "text", "text_ops"},
};

const std::array<KnownExtension, 18> kExtensions{{
    {"btree_gin", {}},
    {"btree_gist", {}},
    {"citext", {"citext"}},
    {"cube", {"cube"}},
    {"dblink", {}},
    {"earthdistance", {"earth"}},
    {"fuzzystrmatch", {}},
    {"hstore", {"hstore"}},
    {"intarray", {"query_int"}},
    {"isn", {"ean13", "isbn", "isbn13", "ismn", "ismn13", "issn", "issn13", "upc"}},
    {"lo", {"lo"}},
    {"ltree", {"lquery", "ltree", "ltxtquery"}},
    {"pg_trgm", {}},
    {"pgcrypto", {}},
    {"postgis", {"box2d", "box2df", "box3d", "geography", "geometry", "gidx", "spheroid"}},
    {"seg", {"seg"}},
    {"uuid-ossp", {}},
    {"vector", {"halfvec", "sparsevec", "vector"}},
}};

}  // namespace

bool is_builtin_type(std::string_view internal_name) {
  return std::binary_search(std::begin(kTypes), std::end(kTypes), internal_name);
}

std::string_view default_opclass(std::string_view access_method, const TypeName& type) {
  if (!type.name.schema.empty()) return {};
  const std::string_view name = type.array_dimensions > 0 ? std::string_view("anyarray") : type.name.name.str();
  // varchar and the like have no operator class of their own; they are binary coercible to text.
  const std::string_view wanted = name == "varchar" ? "text" : name == "cidr" ? "inet" : name;
  for (const DefaultOpclass& entry : kDefaultOpclasses) {
    if (entry.access_method == access_method && entry.type == wanted) return entry.opclass;
  }
  return {};
}

const KnownExtension* known_extension(const Identifier& name) {
  const auto found = std::find_if(kExtensions.begin(), kExtensions.end(),
                                  [&](const KnownExtension& extension) { return extension.name == name.str(); });
  return found == kExtensions.end() ? nullptr : &*found;
}

}  // namespace planner

#include <pg_query.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>

#include "planner/error.h"
#include "planner/sql/parse.h"
#include "planner/sql/sql.h"
#include "planner/sql/tree.h"
#include "planner/sql/type.h"

namespace planner {

namespace {

struct SpecialSpelling {
  std::string_view internal;
  std::string_view head;  ///< before the modifiers
  std::string_view tail;  ///< after them
};

// format_type_extended in src/backend/utils/adt/format_type.c. `bit` and `bpchar` have this spelling only
// with a length.
constexpr std::array kSpellings{
    SpecialSpelling{"bool", "boolean", ""},
    SpecialSpelling{"int2", "smallint", ""},
    SpecialSpelling{"int4", "integer", ""},
    SpecialSpelling{"int8", "bigint", ""},
    SpecialSpelling{"float4", "real", ""},
    SpecialSpelling{"float8", "double precision", ""},
    SpecialSpelling{"numeric", "numeric", ""},
    SpecialSpelling{"interval", "interval", ""},
    SpecialSpelling{"varchar", "character varying", ""},
    SpecialSpelling{"bpchar", "character", ""},
    SpecialSpelling{"bit", "bit", ""},
    SpecialSpelling{"varbit", "bit varying", ""},
    SpecialSpelling{"time", "time", " without time zone"},
    SpecialSpelling{"timetz", "time", " with time zone"},
    SpecialSpelling{"timestamp", "timestamp", " without time zone"},
    SpecialSpelling{"timestamptz", "timestamp", " with time zone"},
    SpecialSpelling{"serial2", "smallserial", ""},
    SpecialSpelling{"serial4", "serial", ""},
    SpecialSpelling{"serial8", "bigserial", ""},
};

const SpecialSpelling* special_spelling(const TypeName& type) {
  if (!type.name.schema.empty()) return nullptr;
  const std::string& name = type.name.name.str();
  if ((name == "bpchar" || name == "bit") && type.modifiers.empty()) return nullptr;
  for (const SpecialSpelling& spelling : kSpellings) {
    if (spelling.internal == name) return &spelling;
  }
  return nullptr;
}

/// The base types of pg_catalog: what an unqualified name means before any user's type is looked for.
bool is_built_in(std::string_view name) {
  static const std::unordered_set<std::string_view> kBuiltIn{"bool",
                                                             "bytea",
                                                             "char",
                                                             "name",
                                                             "int8",
                                                             "int2",
                                                             "int4",
                                                             "text",
                                                             "oid",
                                                             "tid",
                                                             "xid",
                                                             "cid",
                                                             "json",
                                                             "xml",
                                                             "xid8",
                                                             "point",
                                                             "lseg",
                                                             "path",
                                                             "box",
                                                             "polygon",
                                                             "line",
                                                             "float4",
                                                             "float8",
                                                             "circle",
                                                             "money",
                                                             "macaddr",
                                                             "inet",
                                                             "cidr",
                                                             "macaddr8",
                                                             "aclitem",
                                                             "bpchar",
                                                             "varchar",
                                                             "date",
                                                             "time",
                                                             "timestamp",
                                                             "timestamptz",
                                                             "interval",
                                                             "timetz",
                                                             "bit",
                                                             "varbit",
                                                             "numeric",
                                                             "uuid",
                                                             "pg_lsn",
                                                             "tsvector",
                                                             "gtsvector",
                                                             "tsquery",
                                                             "jsonb",
                                                             "jsonpath",
                                                             "record",
                                                             "int4range",
                                                             "numrange",
                                                             "tsrange",
                                                             "tstzrange",
                                                             "daterange",
                                                             "int8range",
                                                             "void",
                                                             "int4multirange",
                                                             "nummultirange",
                                                             "tsmultirange",
                                                             "tstzmultirange",
                                                             "datemultirange",
                                                             "int8multirange",
                                                             "cstring",
                                                             "any",
                                                             "anyarray",
                                                             "trigger",
                                                             "event_trigger",
                                                             "anyelement",
                                                             "anyenum",
                                                             "anynonarray",
                                                             "anyrange",
                                                             "anycompatible",
                                                             "internal",
                                                             "regproc",
                                                             "regprocedure",
                                                             "regoper",
                                                             "regoperator",
                                                             "regclass",
                                                             "regtype",
                                                             "regrole",
                                                             "regnamespace",
                                                             "regcollation",
                                                             "regconfig",
                                                             "regdictionary",
                                                             "refcursor",
                                                             "txid_snapshot",
                                                             "pg_snapshot",
                                                             "int2vector",
                                                             "oidvector",
                                                             "unknown"};
  return kBuiltIn.contains(name);
}

/// Does quote_identifier leave the name bare? Keywords come from the scanner itself, so the list is the
/// grammar's own.
bool needs_quotes(std::string_view name) {
  static const std::unordered_set<std::string> kReserved = [] {
    std::string all;
    const ProtobufCEnumDescriptor& tokens = pg_query__token__descriptor;
    for (unsigned i = 0; i < tokens.n_values; ++i) {
      std::string word = tokens.values[i].name;
      if (word.ends_with("_P")) word.resize(word.size() - 2);
      std::transform(word.begin(), word.end(), word.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      all += word + ' ';
    }
    std::unordered_set<std::string> reserved;
    const PgQueryScanResult scan = pg_query_scan(all.c_str());
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(scan.pbuf.data);
    if (PgQuery__ScanResult* result = pg_query__scan_result__unpack(nullptr, scan.pbuf.len, bytes)) {
      for (const auto* token : pg::list(result->n_tokens, result->tokens)) {
        if (token->keyword_kind == PG_QUERY__KEYWORD_KIND__NO_KEYWORD ||
            token->keyword_kind == PG_QUERY__KEYWORD_KIND__UNRESERVED_KEYWORD) {
          continue;
        }
        reserved.insert(all.substr(static_cast<std::size_t>(token->start),
                                   static_cast<std::size_t>(token->end - token->start)));
      }
      pg_query__scan_result__free_unpacked(result, nullptr);
    }
    pg_query_free_scan_result(scan);
    return reserved;
  }();
  const auto safe = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  if (name.empty() || !safe(name.front())) return true;
  if (!std::all_of(name.begin(), name.end(), [&](char c) { return safe(c) || (c >= '0' && c <= '9'); }))
    return true;
  return kReserved.contains(std::string(name));
}

std::string bare_or_quoted(const Identifier& name) {
  return needs_quotes(name.str()) ? quoted(name) : name.str();
}

// The masks of src/include/utils/timestamp.h: 1 << the field's number in datetime.h.
constexpr std::int32_t kMonth = 1 << 1, kYear = 1 << 2, kDay = 1 << 3, kHour = 1 << 10, kMinute = 1 << 11,
                       kSecond = 1 << 12;
constexpr std::int32_t kFullInterval = 0x7FFF;

std::string interval_modifiers(const std::vector<std::int32_t>& modifiers) {
  if (modifiers.empty()) return {};
  struct Fields {
    std::int32_t mask;
    std::string_view words;
  };
  static constexpr std::array kFields{
      Fields{kYear, " year"},
      Fields{kMonth, " month"},
      Fields{kDay, " day"},
      Fields{kHour, " hour"},
      Fields{kMinute, " minute"},
      Fields{kSecond, " second"},
      Fields{kYear | kMonth, " year to month"},
      Fields{kDay | kHour, " day to hour"},
      Fields{kDay | kHour | kMinute, " day to minute"},
      Fields{kDay | kHour | kMinute | kSecond, " day to second"},
      Fields{kHour | kMinute, " hour to minute"},
      Fields{kHour | kMinute | kSecond, " hour to second"},
      Fields{kMinute | kSecond, " minute to second"},
  };
  std::string text;
  for (const Fields& fields : kFields) {
    if (fields.mask == modifiers[0]) text = fields.words;
  }
  if (modifiers.size() > 1) text += "(" + std::to_string(modifiers[1]) + ")";
  return text;
}

std::string modifiers_text(const TypeName& type) {
  if (type.is("interval") || (type.name.schema.empty() && type.name.name.str() == "interval")) {
    return interval_modifiers(type.modifiers);
  }
  if (!type.other_modifiers.empty()) return "(" + type.other_modifiers + ")";
  if (type.modifiers.empty()) return {};
  std::string text;
  for (const std::int32_t modifier : type.modifiers) {
    if (!text.empty()) text += ',';
    text += std::to_string(modifier);
  }
  return "(" + text + ")";
}

std::string spelled(const TypeName& type, bool for_sql) {
  std::string text = type.set_of ? "SETOF " : "";
  if (const SpecialSpelling* special = special_spelling(type)) {
    text.append(special->head).append(modifiers_text(type)).append(special->tail);
  } else {
    const Identifier& schema = type.name.schema;
    const bool built_in = schema.empty() && is_built_in(type.name.name.str());
    if (for_sql && !built_in) {
      text += quoted(type.name);
    } else {
      if (!schema.empty() && schema.str() != "public") text += bare_or_quoted(schema) + ".";
      text += bare_or_quoted(type.name.name);
    }
    text += modifiers_text(type);
  }
  // One pair of brackets whatever the number of dimensions: PostgreSQL does not keep them apart.
  if (type.array_dimensions > 0) text += "[]";
  return text;
}

std::optional<std::int32_t> integer_of(const pg::Node* node) {
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_A_CONST) return std::nullopt;
  const PgQuery__AConst& constant = *node->a_const;
  if (constant.isnull || constant.val_case != PG_QUERY__A__CONST__VAL_IVAL) return std::nullopt;
  return constant.ival->ival;
}

void read_modifiers(std::span<pg::Node* const> nodes, TypeName& type) {
  for (const pg::Node* node : nodes) {
    if (const auto value = integer_of(node)) {
      type.modifiers.push_back(*value);
      continue;
    }
    type.modifiers.clear();
    for (const pg::Node* each : nodes) {
      if (!type.other_modifiers.empty()) type.other_modifiers += ',';
      type.other_modifiers += pg::deparse_expression(*each);
    }
    return;
  }
}

/// What the server's typmodin functions make of the modifiers.
void normalize_modifiers(TypeName& type) {
  if (!type.name.schema.empty() || type.modifiers.empty()) return;
  const std::string& name = type.name.name.str();
  if (name == "numeric") {
    if (type.modifiers.size() == 1) type.modifiers.push_back(0);
  } else if (name == "timestamp" || name == "timestamptz" || name == "time" || name == "timetz") {
    type.modifiers[0] = std::min(type.modifiers[0], 6);
  } else if (name == "interval") {
    if (type.modifiers.size() > 1) type.modifiers[1] = std::min(type.modifiers[1], 6);
    if (type.modifiers.size() == 1 && type.modifiers[0] == kFullInterval) type.modifiers.clear();
  }
}

}  // namespace

TypeName pg::type_name(const PgQuery__TypeName* type) {
  TypeName result;
  if (type == nullptr) return result;
  const auto names = list(type->n_names, type->names);
  result.name = object_name(names);
  result.array_dimensions = static_cast<int>(type->n_array_bounds);
  result.set_of = type->setof;
  if (type->pct_type) {
    result.name = ObjectName(result.name.schema, Identifier(result.name.name.str() + "%TYPE"));
    return result;
  }
  if (result.name.schema.empty()) {
    struct Alias {
      std::string_view written;
      std::string_view internal;
    };
    static constexpr std::array kAliases{Alias{"serial", "serial4"}, Alias{"bigserial", "serial8"},
                                         Alias{"smallserial", "serial2"}};
    const std::string& written = result.name.name.str();
    for (const Alias& alias : kAliases) {
      if (written == alias.written) {
        result.name.name = Identifier(alias.internal);
        break;
      }
    }
    // `_text` is the array type's own name.
    if (result.array_dimensions == 0 && written.size() > 1 && written[0] == '_' &&
        is_built_in(written.substr(1))) {
      result.name.name = Identifier(written.substr(1));
      result.array_dimensions = 1;
    }
  }
  read_modifiers(list(type->n_typmods, type->typmods), result);
  normalize_modifiers(result);
  return result;
}

std::string display(const TypeName& type) { return spelled(type, false); }

Sql type_sql(const TypeName& type) { return Sql::verbatim(spelled(type, true)); }

TypeName parse_type(std::string_view text) {
  const auto refuse = [&] { return Error("not a type: " + std::string(text)); };
  // RETURNS takes SETOF too, and nothing but a type can stand there.
  const pg::Parsed parsed = pg::parse("CREATE FUNCTION f() RETURNS " + std::string(text) + "\nLANGUAGE sql");
  if (parsed.result == nullptr || parsed.result->n_stmts != 1) throw refuse();
  const pg::Node* statement = parsed.result->stmts[0]->stmt;
  if (statement->node_case != PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT) throw refuse();
  const PgQuery__CreateFunctionStmt& function = *statement->create_function_stmt;
  if (function.n_options != 1 || function.n_parameters != 0 || function.return_type == nullptr)
    throw refuse();
  return pg::type_name(function.return_type);
}

}  // namespace planner

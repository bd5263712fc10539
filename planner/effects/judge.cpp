#include <algorithm>
#include <cctype>

#include "planner/builtin_functions.h"
#include "planner/builtin_types.h"
#include "planner/casts.h"
#include "planner/effects/build.h"
#include "planner/effects/opclass.h"

/// What PostgreSQL refuses before it does anything: values that cannot be of a column's type, expressions
/// that may change, indexes no access method makes, options nobody knows.
namespace planner::physics {
namespace {

TypeName builtin(std::string_view name) {
  return TypeName{ObjectName(Identifier(std::string(name))), {}, 0, false, {}};
}

bool is_integer_text(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  // 16 knows 0x10, 0o7, 0b1 and 1_000 as well.
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

/// The type of an expression that is nothing but one constant or one well-known call.
std::optional<TypeName> simple_type(const Expression& value) {
  const ExpressionFacts& facts = value.facts();
  if (!facts.casts_to.empty()) return std::nullopt;
  const std::string text = value.text().str();
  if (facts.is_constant && facts.string_constants.empty()) {
    if (text == "true" || text == "false") return builtin("bool");
    if (is_integer_text(text) && text.size() < 10) return builtin("int4");
    return std::nullopt;
  }
  if (facts.functions.size() != 1 || !facts.columns.empty()) return std::nullopt;
  if (text == "now()" || text == "CURRENT_TIMESTAMP" || text == "clock_timestamp()")
    return builtin("timestamptz");
  if (text == "CURRENT_DATE") return builtin("date");
  if (text == "gen_random_uuid()") return builtin("uuid");
  return std::nullopt;
}

constexpr std::string_view kIndexMethods[] = {"btree", "hash", "gist", "gin", "brin", "spgist"};

bool names_unknown_column(const Expression& expression, const std::vector<Identifier>& known,
                          const Identifier& relation, Identifier* which) {
  if (!expression || expression.facts().has_subquery) return false;
  for (const Identifier& column : expression.facts().columns) {
    const bool there = std::find(known.begin(), known.end(), column) != known.end() || column == relation ||
                       is_system_column(column);
    if (there) continue;
    *which = column;
    return true;
  }
  return false;
}

}  // namespace

void judge_value(Builder& b, const Expression& value, const TypeName& written, const Identifier& column) {
  if (!value || value.facts().is_null_constant) return;
  TypeName type = written;
  type.name = b.schema.resolve_type(type.name);
  const TypeName base = base_type(type, b.schema);
  const ExpressionFacts& facts = value.facts();
  if (base.array_dimensions > 0 && facts.is_constant && facts.casts_to.empty()) {
    const auto text = constant_value(value);
    const std::size_t begin = text ? text->find_first_not_of(" \t\n") : std::string::npos;
    const bool quoted = facts.string_constants.size() == 1 && text == facts.string_constants.front();
    if (quoted && (begin == std::string::npos || (text->at(begin) != '{' && text->at(begin) != '[')))
      b.fail("22P02", "malformed array literal: \"" + *text + "\"");
    if (!quoted && facts.string_constants.empty() && simple_type(value)) {
      b.fail("42804", "column \"" + column.str() + "\" is of type " + display(type) +
                          " but default expression is of type " + display(*simple_type(value)));
    }
    return;
  }
  const OtherType* composite = base.array_dimensions > 0 ? nullptr : b.schema.types.find(base.name);
  if (composite != nullptr && composite->kind == 'c' && facts.is_constant && facts.casts_to.empty() &&
      facts.string_constants.size() == 1) {
    const std::string& text = facts.string_constants.front();
    const std::size_t begin = text.find_first_not_of(" \t\n");
    if (begin == std::string::npos || text[begin] != '(')
      b.fail("22P02", "malformed record literal: \"" + text + "\"");
  }
  if (base.array_dimensions > 0 || !type_is_understood(type, b.schema)) return;
  if (facts.is_constant && facts.casts_to.empty() && facts.string_constants.size() == 1) {
    const std::string& text = facts.string_constants.front();
    const bool whole = constant_value(value) == text;
    const EnumType* labels = b.schema.enum_type(base.name);
    const bool builtin_name = base.name.schema.empty() && is_builtin_type(base.name.name.str());
    if (whole && builtin_name && (base.is("int2") || base.is("int4") || base.is("int8")) &&
        !is_integer_text(text))
      b.fail("22P02", "invalid input syntax for type " + display(base) + ": \"" + text + "\"");
    const auto only_of = [&](std::string_view allowed) {
      return text.find_first_not_of(allowed) == std::string::npos;
    };
    const bool no_uuid = base.is("uuid") && !only_of("0123456789abcdefABCDEF-{}");
    const bool no_number = (base.is("numeric") || base.is("float4") || base.is("float8")) && !text.empty() &&
                           text.find_first_of("0123456789") == std::string::npos && text.size() < 3;
    if (whole && builtin_name && (no_uuid || no_number))
      b.fail("22P02", "invalid input syntax for type " + display(base) + ": \"" + text + "\"");
    if (whole && !builtin_name && labels != nullptr &&
        std::find(labels->labels.begin(), labels->labels.end(), text) == labels->labels.end())
      b.fail("22P02", "invalid input value for enum " + base.name.name.str() + ": \"" + text + "\"");
    return;
  }
  if (const auto from = simple_type(value);
      from && !cast_path(*from, type, CastContext::Assignment, b.schema)) {
    b.fail("42804", "column \"" + column.str() + "\" is of type " + display(type) +
                        " but default expression is of type " + display(*from));
  }
}

void judge_constancy(Builder& b, const Expression& expression, const std::string& what) {
  if (!expression) return;
  const auto volatility = b.schema.volatility(expression);
  if (volatility != Schema::ExpressionVolatility::Stable &&
      volatility != Schema::ExpressionVolatility::Volatile)
    return;
  const auto& calls = expression.facts().functions;
  if (std::any_of(calls.begin(), calls.end(), overloads_differ)) {
    b.unknown("which overload of a function " + expression.text().str() +
              " calls: it is refused unless that one is IMMUTABLE");
    return;
  }
  b.fail("42P17", what);
}

void judge_generated(Builder& b, const Table& table, const Expression& expression) {
  judge_constancy(b, expression, "generation expression is not immutable");
  std::vector<Identifier> known;
  for (const Column& column : table.columns) known.push_back(column.name);
  Identifier which;
  if (names_unknown_column(expression, known, table.name.name, &which))
    b.fail("42703", "column \"" + which.str() + "\" does not exist");
  for (const Column& column : table.columns) {
    if (column.generated && expression.mentions(column.name))
      b.fail("42P17", "cannot use generated column \"" + column.name.str() + "\" in another's expression");
  }
}

void judge_columns_of(Builder& b, const TableName& written,
                      const std::vector<const Expression*>& expressions) {
  const Table* table = b.schema.table(written);
  if (table == nullptr || table->columns.empty() || table->certainty != Certainty::Known) return;
  std::vector<Identifier> known;
  for (const Column& column : table->columns) known.push_back(column.name);
  Identifier which;
  for (const Expression* expression : expressions) {
    if (names_unknown_column(*expression, known, table->name.name, &which))
      b.fail("42703", "column \"" + which.str() + "\" does not exist");
  }
}

void judge_row_names(Builder& b, const TableName& written, const Expression& condition) {
  const Table* table = b.schema.table(written);
  if (table == nullptr || table->columns.empty() || table->certainty != Certainty::Known) return;
  std::vector<Identifier> known{Identifier("old"), Identifier("new")};
  for (const Column& column : table->columns) known.push_back(column.name);
  Identifier which;
  if (names_unknown_column(condition, known, table->name.name, &which))
    b.fail("42703", "column \"" + which.str() + "\" does not exist");
}

void judge_index(Builder& b, const CreateIndex& create, const TableName& relation) {
  const Table* table = b.schema.tables.find(relation);
  const View* view = b.schema.views.find(relation);
  if (view != nullptr && !view->materialized) return;  // refused for its kind
  const std::string& method = create.method;
  const bool known_method =
      std::find(std::begin(kIndexMethods), std::end(kIndexMethods), method) != std::end(kIndexMethods);
  if (!known_method) {
    if (b.schema.extensions.begin() == b.schema.extensions.end()) {
      b.fail("42704", "access method \"" + method + "\" does not exist");
    } else {
      b.unknown("whether an extension brings access method " + method +
                ": if not, the statement fails (42704)");
    }
    return;
  }
  const auto lacks = [&](const char* what) {
    b.fail("0A000", "access method \"" + method + "\" does not support " + what);
  };
  if (create.unique && method != "btree") lacks("unique indexes");
  if (!create.included.empty() && method != "btree" && method != "gist" && method != "spgist")
    lacks("included columns");
  if (create.elements.size() > 1 && (method == "hash" || method == "spgist")) lacks("multicolumn indexes");
  if (create.nulls_not_distinct && b.major() < 15)
    b.fail("42601", "NULLS NOT DISTINCT is known from PostgreSQL 15 on");

  std::vector<Identifier> columns;
  if (table != nullptr) {
    for (const Column& column : table->columns) columns.push_back(column.name);
  } else if (view != nullptr) {
    columns = view->columns;
  }
  const bool columns_known = !columns.empty();
  const auto missing = [&](const Identifier& name) {
    if (is_system_column(name)) return;  // refused in another way
    if (columns_known && std::find(columns.begin(), columns.end(), name) == columns.end())
      b.fail("42703", "column \"" + name.str() + "\" does not exist");
  };
  for (const Identifier& name : create.included) missing(name);
  Identifier which;
  if (columns_known && names_unknown_column(create.predicate, columns, relation.name, &which)) missing(which);
  judge_constancy(b, create.predicate, "functions in index predicate must be marked IMMUTABLE");
  for (const IndexElement& element : create.elements) {
    if (element.expression) {
      judge_constancy(b, element.expression, "functions in index expression must be marked IMMUTABLE");
      if (columns_known && names_unknown_column(element.expression, columns, relation.name, &which))
        missing(which);
      continue;
    }
    missing(element.column);
    if (element.opclass.empty()) judge_opclass(b, table, element.column, method);
  }
  judge_options(b, create.options, OptionsOf::Index, method);
}

bool lacks_opclass(const Builder& b, const TypeName& type, const std::string& method) {
  if (!type_is_understood(type, b.schema)) return false;
  const TypeName input = opclass_type(type, b.schema);
  // These bring default operator classes for the scalar types of the core.
  const bool scalar =
      input.array_dimensions == 0 && !input.is("json") && !input.is("jsonb") && !input.is("xml");
  if (scalar && method == "gist" && b.schema.extensions.contains(Identifier("btree_gist"))) return false;
  if (scalar && method == "gin" && b.schema.extensions.contains(Identifier("btree_gin"))) return false;
  return input.name.schema.empty() && input.name.name.str() != "citext" &&
         default_opclass(method, input).empty();
}

void judge_opclass(Builder& b, const Table* table, const Identifier& name, const std::string& method) {
  const Column* column = table == nullptr ? nullptr : table->column(name);
  if (column == nullptr || !lacks_opclass(b, column->type, method)) return;
  b.fail("42704", "data type " + display(column->type) +
                      " has no default operator class for access method \"" + method + "\"");
}

bool is_present_role(std::string_view owner) {
  return owner == "current_user" || owner == "session_user" || owner == "current_role";
}

void judge_definition(Builder& b, const ColumnDefinition& column, const TableName& table) {
  judge_value(b, column.default_value, column.type, column.name);
  constexpr std::string_view kPseudo[] = {"record",        "anyelement", "anyarray",   "void",
                                          "trigger",       "internal",   "cstring",    "any",
                                          "event_trigger", "anyenum",    "anynonarray"};
  const bool user_made =
      !column.type.name.schema.empty() || b.schema.types.contains(b.schema.resolve_type(column.type.name));
  if (!user_made &&
      std::find(std::begin(kPseudo), std::end(kPseudo), column.type.name.name.str()) != std::end(kPseudo))
    b.fail("42P16", "column \"" + column.name.str() + "\" has pseudo-type " + display(column.type));
  if (is_system_column(column.name))
    b.fail("42701", "column name \"" + column.name.str() + "\" conflicts with a system column name");
  // From 18 on a key's columns are NOT NULL by a constraint of their own.
  const bool key = b.major() >= 18 && std::any_of(column.constraints.begin(), column.constraints.end(),
                                                  [](const ConstraintDefinition& each) {
                                                    return each.kind == ConstraintKind::PrimaryKey;
                                                  });
  if (column.explicit_null && (column.not_null || key))
    b.fail("42601", "conflicting NULL/NOT NULL declarations for column \"" + column.name.str() +
                        "\" of table \"" + table.name.str() + "\"");
  const auto both = [&](const char* what) {
    b.fail("42601", std::string(what) + " specified for column \"" + column.name.str() + "\" of table \"" +
                        table.name.str() + "\"");
  };
  if (column.default_value && column.generated) both("both default and generation expression");
  if (column.default_value && column.identity) both("both default and identity");
  if (column.identity && column.generated) both("both identity and generation expression");
  judge_default_shape(b, column.default_value);
}

void judge_default_shape(Builder& b, const Expression& value) {
  if (!value) return;
  if (value.facts().has_subquery) {
    b.fail("0A000", "cannot use subquery in DEFAULT expression");
  } else if (!value.facts().columns.empty()) {
    b.fail("0A000", "cannot use column reference in DEFAULT expression");
  }
}

void judge_temporary(Builder& b, bool temporary, const ObjectName& written) {
  if (temporary && !written.schema.empty() && !written.schema.str().starts_with("pg_temp"))
    b.fail("42P16", "cannot create temporary relation in non-temporary schema");
}

void require_relation(Builder& b, const ObjectName& name) {
  const std::string& place = name.schema.str();
  const bool ours =
      !place.starts_with("pg_") && place != "information_schema" && !name.name.str().starts_with("pg_");
  const bool there = b.schema.tables.contains(name) || b.schema.views.contains(name) ||
                     b.schema.sequences.contains(name) || b.schema.index_tables.contains(name);
  if (there || !ours) return;
  // What planner did not understand, or an extension, may have made it.
  if (!b.schema.gaps.empty() || !(b.schema.extensions.begin() == b.schema.extensions.end())) {
    b.unknown(display(name) + " is not known here: if it does not exist, the statement fails (42P01)");
    return;
  }
  b.fail("42P01", "relation \"" + display(name) + "\" does not exist");
}

}  // namespace planner::physics

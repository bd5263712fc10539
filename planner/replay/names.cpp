#include <algorithm>

#include "planner/builtin_types.h"
#include "planner/casts.h"
#include "planner/replay/internal.h"

namespace planner::replaying {

namespace {
const Identifier kPgTemp("pg_temp");
}

std::string as_written(const ObjectName& name) {
  return name.schema.empty() ? name.name.str() : name.schema.str() + "." + name.name.str();
}

bool contains(const std::vector<Identifier>& names, const Identifier& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// ---- what there is

bool relation_exists(const Schema& schema, const ObjectName& qualified) {
  if (schema.tables.contains(qualified) || schema.index_tables.contains(qualified) ||
      schema.sequences.contains(qualified) || schema.views.contains(qualified)) {
    return true;
  }
  const OtherType* type = schema.types.find(qualified);
  return type != nullptr && type->kind == 'c';
}

bool type_exists(const Schema& schema, const ObjectName& qualified) {
  return schema.enums.contains(qualified) || schema.domains.contains(qualified) ||
         schema.types.contains(qualified) || schema.tables.contains(qualified) ||
         schema.views.contains(qualified) ||
         std::any_of(schema.types.begin(), schema.types.end(), [&](const auto& each) {
           return each.second->range && each.second->range->multirange == qualified;
         });
}

namespace {

std::optional<FoundRelation> relation_at(const Schema& schema, const NameView& qualified) {
  if (schema.tables.contains(qualified)) return FoundRelation{Relation::Table, qualified.copy()};
  if (schema.index_tables.contains(qualified)) return FoundRelation{Relation::Index, qualified.copy()};
  if (schema.sequences.contains(qualified)) return FoundRelation{Relation::Sequence, qualified.copy()};
  if (schema.views.contains(qualified)) return FoundRelation{Relation::View, qualified.copy()};
  const OtherType* type = schema.types.find(qualified);
  if (type != nullptr && type->kind == 'c') return FoundRelation{Relation::CompositeType, qualified.copy()};
  return std::nullopt;
}

}  // namespace

std::optional<FoundRelation> find_relation(const Schema& schema, const ObjectName& written) {
  if (!written.schema.empty()) return relation_at(schema, written);
  if (auto found = relation_at(schema, {kPgTemp, written.name})) return found;
  for (const Identifier& place : schema.search_path) {
    if (auto found = relation_at(schema, {place, written.name})) return found;
  }
  return std::nullopt;
}

char relation_letter(const Schema& schema, const FoundRelation& found) {
  switch (found.kind) {
    case Relation::Table: {
      const Table* table = schema.tables.find(found.name);
      return table != nullptr && table->kind == RelationKind::ForeignTable ? 'f' : 'r';
    }
    case Relation::View: {
      const View* view = schema.views.find(found.name);
      return view != nullptr && view->materialized ? 'm' : 'v';
    }
    case Relation::Sequence:
      return 'S';
    case Relation::Index:
      return 'i';
    case Relation::CompositeType:
      return 'c';
  }
  return '\0';
}

void require_schema(const Schema& schema, const Identifier& name) {
  if (name == kPgTemp || schema.schemas.contains(name)) return;
  refuse("3F000", "schema \"{}\" does not exist", name.str());
}

void require_free_relation(const Schema& schema, const ObjectName& qualified) {
  if (relation_exists(schema, qualified))
    refuse("42P07", "relation \"{}\" already exists", qualified.name.str());
}

void require_free_type(const Schema& schema, const ObjectName& qualified) {
  if (type_exists(schema, qualified)) refuse("42710", "type \"{}\" already exists", qualified.name.str());
}

void require_collatable(const Schema& schema, const TypeName& written, const ObjectName& collation) {
  if (collation.empty()) return;
  TypeName type = written;
  type.name = schema.resolve_type(type.name);
  const TypeName base = base_type(type, schema);
  const std::string& name = base.name.name.str();
  const bool ours = base.name.schema.empty()
                        ? is_builtin_type(name)
                        : schema.enums.contains(base.name) || schema.tables.contains(base.name);
  const OtherType* other = schema.types.find(base.name);
  const bool composite = other != nullptr && (other->kind == 'c' || other->kind == 'r');
  if (!ours && !composite) return;
  constexpr std::string_view kCollatable[] = {"text", "varchar", "bpchar", "name", "citext"};
  if (base.name.schema.empty() &&
      std::find(std::begin(kCollatable), std::end(kCollatable), name) != std::end(kCollatable))
    return;
  refuse("42804", "collations are not supported by type {}", display(type));
}

// ---- new names

ObjectName new_name(const Schema& schema, const ObjectName& written) {
  if (!written.schema.empty()) {
    require_schema(schema, written.schema);
    return written;
  }
  const Identifier place = schema.creation_schema();
  if (place.empty()) refuse("3F000", "no schema has been selected to create in");
  return ObjectName(place, written.name);
}

ObjectName new_relation_name(const Schema& schema, const ObjectName& written, Persistence persistence) {
  if (persistence == Persistence::Temporary) return ObjectName(kPgTemp, written.name);
  return new_name(schema, written);
}

Identifier free_relation_name(const Schema& schema, const Identifier& place, std::string_view name1,
                              std::string_view name2, std::string_view label, bool is_constraint) {
  for (int pass = 0;; ++pass) {
    const std::string numbered = pass == 0 ? std::string(label) : std::string(label) + std::to_string(pass);
    ObjectName candidate(place, Identifier(generated_name(name1, name2, numbered)));
    if (relation_exists(schema, candidate)) continue;
    if (is_constraint && schema.constraint_names.contains(candidate)) continue;
    return candidate.name;
  }
}

Identifier free_constraint_name(const Schema& schema, const Identifier& place, std::string_view name1,
                                std::string_view name2, std::string_view label) {
  for (int pass = 0;; ++pass) {
    const std::string numbered = pass == 0 ? std::string(label) : std::string(label) + std::to_string(pass);
    ObjectName candidate(place, Identifier(generated_name(name1, name2, numbered)));
    if (!schema.constraint_names.contains(candidate)) return candidate.name;
  }
}

std::string joined_names(const std::vector<Identifier>& columns) {
  std::string out;
  for (const Identifier& column : columns) {
    if (!out.empty()) out += '_';
    out += column.str();
    if (out.size() > kMaxNameBytes) break;
  }
  return out;
}

// ---- tables and columns by name

TableName table_named(const Schema& schema, const TableName& written) {
  const auto found = find_relation(schema, written);
  if (!found) {
    if (!written.schema.empty()) require_schema(schema, written.schema);
    refuse("42P01", "relation \"{}\" does not exist", as_written(written));
  }
  if (found->kind != Relation::Table) refuse("42809", "\"{}\" is not a table", written.name.str());
  return found->name;
}

Table& edit_table(Context& context, const TableName& qualified) {
  Table* table = context.schema.tables.edit(qualified);
  if (table == nullptr) refuse("42P01", "relation \"{}\" does not exist", as_written(qualified));
  return *table;
}

const Table& table_at(const Schema& schema, const TableName& qualified) {
  const Table* table = schema.tables.find(qualified);
  if (table == nullptr) refuse("42P01", "relation \"{}\" does not exist", as_written(qualified));
  return *table;
}

void forbid_typed(const Context& context, const Table& table, std::string_view what) {
  if (table.of_type.empty() || context.follows_type || table.certainty == Certainty::Uncertain) return;
  refuse("42809", "cannot {} typed table", what);
}

Column& edit_column(Table& table, const Identifier& name) {
  Column* column = table.column(name);
  if (column == nullptr) {
    refuse("42703", "column \"{}\" of relation \"{}\" does not exist", name.str(), table.name.name.str());
  }
  return *column;
}

const Column& column_of(const Table& table, const Identifier& name) {
  const Column* column = table.column(name);
  if (column == nullptr) {
    refuse("42703", "column \"{}\" of relation \"{}\" does not exist", name.str(), table.name.name.str());
  }
  return *column;
}

// ---- types

namespace {

/// Might there be types that nobody told us of?
bool types_may_be_missing(const Schema& schema) {
  if (!schema.gaps.empty()) return true;
  for (const auto& [name, version] : schema.extensions) {
    if (known_extension(name) == nullptr) return true;
  }
  return false;
}

}  // namespace

ObjectName type_named(const Schema& schema, const ObjectName& written) {
  const ObjectName resolved = schema.resolve_type(written);
  if (resolved.schema.empty()) {
    if (is_builtin_type(resolved.name.str())) return resolved;
  } else if (type_exists(schema, resolved)) {
    return resolved;
  }
  if (types_may_be_missing(schema)) return resolved;
  if (!written.schema.empty()) require_schema(schema, written.schema);
  refuse("42704", "type \"{}\" does not exist", as_written(written));
}

TypeName resolved_type(const Schema& schema, const TypeName& type) {
  TypeName out = type;
  out.name = type_named(schema, type.name);
  // format_type always prints a scale: numeric(10) is numeric(10,0).
  if (out.name.schema.empty() && out.name.name.str() == "numeric" && out.modifiers.size() == 1)
    out.modifiers.push_back(0);
  return out;
}

ObjectName resolved_collation(const ObjectName& collation) {
  if (collation.schema.str() != "pg_catalog" &&
      !(collation.schema.empty() && collation.name.str() == "default")) {
    return collation;
  }
  return collation.name.str() == "default" ? ObjectName() : ObjectName(collation.name);
}

// ---- expressions

Expression nextval_of(const ObjectName& sequence) {
  return Expression::parse(sql("nextval({}::regclass)", Literal(quoted(sequence))).str());
}

bool is_no_default(const Schema& schema, const Expression& value, const TypeName& type) {
  if (!value.facts().is_null_constant) return value.empty();
  // varchar(40) and numeric(3,1) want their length applied even to NULL, and that is an expression.
  if (!type.modifiers.empty()) return false;
  // So does a domain want its constraints asked.
  if (type.array_dimensions == 0 && schema.domains.contains(type.name)) return false;
  const std::vector<ObjectName>& casts = value.facts().casts_to;
  if (casts.empty()) return true;
  TypeName cast;
  cast.name = casts.front();
  return casts.size() == 1 && resolved_type(schema, cast).name == type.name;
}

Expression stored_default(const Schema& schema, const Expression& expression) {
  const auto sequence = nextval_sequence(expression);
  if (!sequence) return expression;
  const auto found = find_relation(schema, *sequence);
  if (!found || found->kind != Relation::Sequence) {
    if (schema.gaps.empty()) refuse("42P01", "relation \"{}\" does not exist", as_written(*sequence));
    return expression;
  }
  return nextval_of(found->name);
}

}  // namespace planner::replaying

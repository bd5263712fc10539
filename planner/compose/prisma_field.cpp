#include <array>
#include <cctype>
#include <utility>

#include "planner/compose/prisma_schema.h"

namespace planner {
namespace {

/// Only the plain types: what Prisma's own mapping table gives without a @db attribute, or with one.
constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kTypes{{
    {"text", "String"},
    {"varchar", "String @db.VarChar"},
    {"bpchar", "String @db.Char"},
    {"uuid", "String @db.Uuid"},
    {"citext", "String @db.Citext"},
    {"xml", "String @db.Xml"},
    {"inet", "String @db.Inet"},
    {"bool", "Boolean"},
    {"int2", "Int @db.SmallInt"},
    {"int4", "Int"},
    {"oid", "Int @db.Oid"},
    {"int8", "BigInt"},
    {"float4", "Float @db.Real"},
    {"float8", "Float"},
    {"numeric", "Decimal @db.Decimal"},
    {"money", "Decimal @db.Money"},
    {"timestamp", "DateTime"},
    {"timestamptz", "DateTime @db.Timestamptz"},
    {"date", "DateTime @db.Date"},
    {"json", "Json @db.Json"},
    {"jsonb", "Json"},
    {"bytea", "Bytes"},
}};

std::string modifiers_text(const TypeName& type) {
  if (type.modifiers.empty()) return "";
  std::string out = "(";
  for (const std::int32_t modifier : type.modifiers)
    out += (out.size() > 1 ? ", " : "") + std::to_string(modifier);
  return out + ")";
}

std::string prisma_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

bool is_prisma_name(const std::string& name) {
  if (name.empty() || std::isalpha(static_cast<unsigned char>(name.front())) == 0) return false;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  }
  return true;
}

/// Empty: Prisma has no word for it, or there is none.
std::string default_attribute(const Column& column) {
  const Expression& value = column.default_value;
  if (column.identity || (!value.empty() && nextval_sequence(value))) return " @default(autoincrement())";
  if (value.empty() || value.facts().is_null_constant) return "";
  if (same_meaning(value, Expression::parse("CURRENT_TIMESTAMP")) ||
      same_meaning(value, Expression::parse("now()")))
    return " @default(now())";
  const std::optional<std::string> constant = constant_value(value);
  if (!constant || column.type.array_dimensions > 0) {
    const bool empty_list =
        column.type.array_dimensions > 0 &&
        (constant == "{}" || (value.facts().is_constant && value.facts().string_constants.empty()));
    return empty_list ? " @default([])" : " @default(dbgenerated(" + prisma_string(value.text().str()) + "))";
  }
  const std::string field = prisma_field(column.name, column.type, true);
  const bool bare = !column.type.name.schema.empty() || field.find(" Int") != std::string::npos ||
                    field.find(" Float") != std::string::npos ||
                    field.find(" Decimal") != std::string::npos || field.find(" BigInt") != std::string::npos;
  if (field.find(" Boolean") != std::string::npos)
    return std::string(" @default(") + (constant->front() == 't' ? "true" : "false") + ")";
  if (field.find(" DateTime") != std::string::npos || field.find(" Bytes") != std::string::npos ||
      field.find(" Unsupported") != std::string::npos)
    return " @default(dbgenerated(" + prisma_string(value.text().str()) + "))";
  return " @default(" + (bare ? *constant : prisma_string(*constant)) + ")";
}

}  // namespace

std::string prisma_field(const Identifier& name, const TypeName& type, bool nullable) {
  std::string base = "Unsupported(\"" + display(type) + "\")";
  std::string attribute;
  for (const auto& [internal, prisma] : kTypes) {
    if (type.name.name.str() != internal) continue;
    const std::size_t space = prisma.find(' ');
    base = prisma.substr(0, space);
    if (space != std::string_view::npos) attribute = std::string(prisma.substr(space)) + modifiers_text(type);
    if (internal == "timestamp" && type.modifiers != std::vector<std::int32_t>{3})
      attribute = " @db.Timestamp" + modifiers_text(type);
  }
  if (!type.name.schema.empty()) base = type.name.name.str();  // an enum, most likely
  if (type.array_dimensions > 0) {
    base += "[]";
  } else if (nullable) {
    base += "?";
  }
  std::string field_name = name.str();
  if (!is_prisma_name(field_name)) {
    attribute += " @map(\"" + field_name + "\")";
    field_name = "field";
  }
  return field_name + " " + base + attribute;
}

std::string prisma_field(const Column& column) {
  const std::string attribute = default_attribute(column);
  std::string field = prisma_field(column.name, column.type, !column.not_null);
  // Attributes come in the order in which Prisma writes them: the default before the native type.
  const std::size_t native = field.find(" @");
  if (native == std::string::npos) return field + attribute;
  return field.substr(0, native) + attribute + field.substr(native);
}

}  // namespace planner

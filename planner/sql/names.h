#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace planner {

/// A name as PostgreSQL stores it (case already folded, quotes removed). Quoted on every output.
class Identifier {
 public:
  Identifier() = default;
  explicit Identifier(std::string raw) : raw_(std::move(raw)) {}
  explicit Identifier(std::string_view raw) : raw_(raw) {}
  explicit Identifier(const char* raw) : raw_(raw) {}

  const std::string& str() const { return raw_; }
  bool empty() const { return raw_.empty(); }

  friend auto operator<=>(const Identifier&, const Identifier&) = default;
  friend bool operator==(const Identifier&, const Identifier&) = default;

 private:
  std::string raw_;
};

/// A possibly qualified name. An empty schema means "to be found through the search path".
struct ObjectName {
  Identifier schema;
  Identifier name;

  ObjectName() = default;
  explicit ObjectName(Identifier name_only) : name(std::move(name_only)) {}
  ObjectName(Identifier schema_name, Identifier object_name)
      : schema(std::move(schema_name)), name(std::move(object_name)) {}

  bool empty() const { return name.empty(); }
  friend auto operator<=>(const ObjectName&, const ObjectName&) = default;
  friend bool operator==(const ObjectName&, const ObjectName&) = default;
};

using TableName = ObjectName;

/// A qualified name that something is looked up by: names are looked up in one schema after the other, and
/// nothing is copied for it. Not longer than what it is made of.
struct NameView {
  const Identifier& schema;
  const Identifier& name;

  NameView(const Identifier& in, const Identifier& what) : schema(in), name(what) {}
  NameView(const ObjectName& whole) : schema(whole.schema), name(whole.name) {}

  ObjectName copy() const { return ObjectName(schema, name); }
  friend std::strong_ordering operator<=>(const NameView& a, const ObjectName& b) {
    const std::strong_ordering order = a.schema <=> b.schema;
    return order == std::strong_ordering::equal ? a.name <=> b.name : order;
  }
  friend bool operator==(const NameView& a, const ObjectName& b) {
    return a.name == b.name && a.schema == b.schema;
  }
};

/// `"name"` with quotes doubled: always valid SQL.
std::string quoted(const Identifier& name);
/// `"schema"."name"`, or `"name"` when the schema is empty.
std::string quoted(const ObjectName& name);
/// For sentences people read: `users`, `billing.invoices` (schema `public` is left out), never quoted.
std::string display(const ObjectName& name);
std::string display(const std::vector<Identifier>& names);  ///< `a, b, c`

/// PostgreSQL keeps 63 bytes of a name (NAMEDATALEN); cuts at a character boundary as the server does.
inline constexpr std::size_t kMaxNameBytes = 63;
std::string truncated_name(std::string_view name, std::size_t bytes = kMaxNameBytes);

/// The name PostgreSQL generates: `name1_name2_label`, the longer part shortened first so that the whole fits
/// 63 bytes (makeObjectName in src/backend/commands/indexcmds.c). Either of the last two may be empty.
std::string generated_name(std::string_view name1, std::string_view name2, std::string_view label);

/// At most 63 bytes: `text` itself when it fits, else its head and a hash of the whole, so that it stays
/// unique.
Identifier fitted_name(std::string_view text);

/// FNV-1a as 8 hex digits; stable between runs and machines.
std::string short_hash(std::string_view text);

}  // namespace planner

template <>
struct std::hash<planner::Identifier> {
  std::size_t operator()(const planner::Identifier& name) const noexcept {
    return std::hash<std::string>{}(name.str());
  }
};

template <>
struct std::hash<planner::ObjectName> {
  std::size_t operator()(const planner::ObjectName& name) const noexcept {
    return std::hash<std::string>{}(name.schema.str()) * 31 + std::hash<std::string>{}(name.name.str());
  }
};

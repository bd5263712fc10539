#include "planner/schema_age.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace planner {
namespace {

template <typename Entries>
bool any_new(const Entries& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.is_new; });
}

template <typename Entries>
void forget_all(Entries& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (std::as_const(entries)[i].is_new) entries[i].is_new = false;
  }
}

bool has_new(const Table& table) {
  return table.is_new || any_new(table.columns) || any_new(table.constraints) || any_new(table.indexes);
}
void forget(Table& table) {
  table.is_new = false;
  forget_all(table.columns);
  forget_all(table.constraints);
  forget_all(table.indexes);
}

bool has_new(const EnumType& type) { return type.is_new; }
void forget(EnumType& type) { type.is_new = false; }

bool has_new(const Domain& domain) { return domain.is_new || any_new(domain.checks); }
void forget(Domain& domain) {
  domain.is_new = false;
  forget_all(domain.checks);
}

/// An object is copied when it is written to: only what has something new is.
template <typename Map>
void forget_in(Map& now, const Map& before) {
  for (const auto& key : now.changed_since(before)) {
    const auto* entry = now.find(key);
    if (entry != nullptr && has_new(*entry)) forget(*now.edit(key));
  }
}

}  // namespace

void forget_new(Schema& now, const Schema& before) {
  forget_in(now.tables, before.tables);
  forget_in(now.enums, before.enums);
  forget_in(now.domains, before.domains);
}

}  // namespace planner

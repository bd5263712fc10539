#include <array>

#include "planner/sql/query_resolver.h"
#include "planner/sql/system_columns.h"

/// Which column of which table a reference means.
namespace planner::pg {

bool has_unknown(const std::vector<ScopeEntry>& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const ScopeEntry& entry) { return !entry.known; });
}

const ScopeEntry* entry_in(const std::vector<ScopeEntry>& entries, const Identifier& alias) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const ScopeEntry& entry) { return entry.alias == alias; });
  return found == entries.end() ? nullptr : &*found;
}

/// The names of a reference, without its star.
std::vector<Identifier> names_in(const PgQuery__ColumnRef& ref) {
  std::vector<Identifier> names;
  for (const Node* field : list(ref.n_fields, ref.fields)) {
    if (field->node_case == PG_QUERY__NODE__NODE_STRING) names.emplace_back(string_of(field));
  }
  return names;
}

namespace {}  // namespace

Identifier Resolver::printed_name(const ScopeColumn& column) {
  const bool renamed = std::any_of(column.sources.begin(), column.sources.end(),
                                   [this](const ColumnSource& source) { return is_renamed(source); });
  if (!renamed || !column.own_name) return column.column.name;
  if (column.qualifier.empty()) {  // USING (a): PostgreSQL then gives the table column aliases
    out_.understood = false;
    return column.column.name;
  }
  return rename_->column_to;
}

Node* Resolver::column_node(const ScopeColumn& column) {
  auto* ref = draft_.arena->make<PgQuery__ColumnRef>(pg_query__column_ref__init);
  auto* node = draft_.arena->make<Node>(pg_query__node__init);
  node->node_case = PG_QUERY__NODE__NODE_COLUMN_REF;
  node->column_ref = ref;
  bind(*ref, column);
  return node;
}

void Resolver::refuse(std::string sqlstate, std::string message) {
  if (!out_.error.empty() || !catalog_.is_complete()) return;
  out_.error = std::move(message);
  out_.sqlstate = std::move(sqlstate);
}

void Resolver::read(const ScopeColumn& column) {
  for (const ColumnSource& source : column.sources) add_once(out_.reads[source.relation], source.column);
}

void Resolver::unclear(const std::vector<ScopeEntry>& entries) {
  for (const ScopeEntry& entry : entries) {
    if (!entry.known && !entry.relation.empty()) add_once(out_.unclear, entry.relation);
  }
}

/// From here on the reference says which table it means.
void Resolver::bind(PgQuery__ColumnRef& ref, const ScopeColumn& column) {
  read(column);
  columns_[&ref] = column.column;
  const Identifier& qualifier = column.qualifier;
  ref.n_fields = qualifier.empty() ? 1 : 2;
  ref.fields = draft_.arena->array<Node>(ref.n_fields);
  if (!qualifier.empty()) ref.fields[0] = string_node(draft_, qualifier.str());
  ref.fields[ref.n_fields - 1] = string_node(draft_, printed_name(column).str());
}

bool Resolver::unqualified(PgQuery__ColumnRef& ref, const Identifier& name, const Scope& scope) {
  const ScopeColumn* found = nullptr;
  std::size_t count = 0;
  for (const ScopeColumn& column : scope.visible) {
    if (column.column.name != name) continue;
    found = &column;
    ++count;
  }
  if (count > 1) {
    refuse("42702", "column reference \"" + name.str() + "\" is ambiguous");
    for (const ScopeColumn& column : scope.visible) {
      if (column.column.name == name) read(column);
    }
    return true;
  }
  if (count == 1) {
    bind(ref, *found);
    return true;
  }
  if (has_unknown(scope.entries)) {
    unclear(scope.entries);
    return true;
  }
  return false;
}

void Resolver::qualified(PgQuery__ColumnRef& ref, const ScopeEntry& entry, const Identifier& name) {
  for (const ScopeColumn& column : entry.columns) {
    if (column.column.name != name) continue;
    bind(ref, column);
    return;
  }
  if (!entry.known) {
    if (!entry.relation.empty()) add_once(out_.unclear, entry.relation);
    ref.fields[ref.n_fields - 2] = string_node(draft_, entry.printed.str());
  } else if (!is_system_column(name)) {
    refuse("42703", "column " + entry.alias.str() + "." + name.str() + " does not exist");
  }
}

void Resolver::reference(PgQuery__ColumnRef& ref, const Scope& scope) {
  if (ref.n_fields == 0 || columns_.contains(&ref)) return;
  const bool whole_row = ref.fields[ref.n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
  const std::vector<Identifier> names = names_in(ref);
  if (names.empty()) return;  // count(*) is no reference at all
  if (!whole_row && names.size() == 1) {
    for (const Scope* place = &scope; place != nullptr; place = place->outer) {
      if (unqualified(ref, names[0], *place)) return;
    }
    for (const Scope* place = &scope; place != nullptr; place = place->outer) {
      const ScopeEntry* entry = entry_in(place->entries, names[0]);
      if (entry == nullptr) continue;
      ref.n_fields = 2;  // a whole row, stored as `t.*`
      ref.fields = draft_.arena->array<Node>(2);
      ref.fields[0] = string_node(draft_, entry->printed.str());
      auto* star = draft_.arena->make<Node>(pg_query__node__init);
      star->node_case = PG_QUERY__NODE__NODE_A_STAR;
      star->a_star = draft_.arena->make<PgQuery__AStar>(pg_query__a__star__init);
      ref.fields[1] = star;
      return;
    }
    if (!is_system_column(names[0])) refuse("42703", "column \"" + names[0].str() + "\" does not exist");
    return;
  }
  const std::size_t at = whole_row ? names.size() - 1 : names.size() - 2;
  for (const Scope* place = &scope; place != nullptr; place = place->outer) {
    for (const ScopeEntry& entry : place->entries) {
      const bool by_schema = at > 0;
      if (by_schema ? entry.renames || entry.relation != ObjectName(names[at - 1], names[at])
                    : entry.alias != names[at]) {
        continue;
      }
      if (!whole_row) return qualified(ref, entry, names.back());
      ref.fields[at] = string_node(draft_, entry.printed.str());
      return;
    }
  }
  refuse("42P01", "missing FROM-clause entry for table \"" + names[at].str() + "\"");
}

void Resolver::expression(const ProtobufCMessage& message, const Scope& scope) {
  walk(message, [&](const ProtobufCMessage& part) {
    if (part.descriptor == &pg_query__column_ref__descriptor) {
      reference(const_cast<PgQuery__ColumnRef&>(as_message_of<PgQuery__ColumnRef>(part)), scope);  // NOLINT
      return false;
    }
    if (part.descriptor == &pg_query__select_stmt__descriptor) {
      select(const_cast<PgQuery__SelectStmt&>(as_message_of<PgQuery__SelectStmt>(part)), &scope);  // NOLINT
      return false;
    }
    return part.descriptor != &pg_query__type_name__descriptor;
  });
}

}  // namespace planner::pg

#include "planner/schema.h"

#include <algorithm>
#include <set>

#include "planner/builtin_functions.h"
#include "planner/builtin_types.h"
#include "planner/error.h"

namespace planner {

namespace {

template <typename Value, typename Matches>
const Value* first_matching(const SharedList<Value>& items, const Matches& matches) {
  const auto found = std::find_if(items.begin(), items.end(), matches);
  return found == items.end() ? nullptr : &*found;
}

/// Only what is found is taken for changing.
template <typename Value, typename Matches>
Value* first_matching(SharedList<Value>& items, const Matches& matches) {
  const SharedList<Value>& all = items;
  const auto found = std::find_if(all.begin(), all.end(), matches);
  return found == all.end() ? nullptr : &items[found.index()];
}

const Identifier kPgCatalog("pg_catalog");
const Identifier kPgTemp("pg_temp");

/// Calls `visit` with the qualified names a written name may mean, in PostgreSQL's order, until it returns
/// true.
template <typename Visit>
bool along_search_path(const Schema& schema, const ObjectName& name, const Visit& visit) {
  if (!name.schema.empty()) return visit(NameView(name));
  if (visit(NameView(kPgTemp, name.name))) return true;
  for (const Identifier& place : schema.search_path) {
    if (place != kPgTemp && visit(NameView(place, name.name))) return true;
  }
  return false;
}

template <typename Value>
const Value* look_up(const Schema& schema, const SharedMap<ObjectName, Value>& objects,
                     const ObjectName& name) {
  const Value* found = nullptr;
  along_search_path(schema, name,
                    [&](const NameView& qualified) { return (found = objects.find(qualified)) != nullptr; });
  return found;
}

bool relation_exists(const Schema& schema, const NameView& name) {
  return schema.tables.contains(name) || schema.views.contains(name) || schema.sequences.contains(name) ||
         schema.index_tables.contains(name);
}

bool type_exists(const Schema& schema, const NameView& name) {
  return schema.enums.contains(name) || schema.domains.contains(name) || schema.types.contains(name) ||
         schema.tables.contains(name) || schema.views.contains(name);
}

}  // namespace

// ---- Table

const Column* Table::column(const Identifier& column_name) const {
  return first_matching(columns, [&](const Column& c) { return c.name == column_name; });
}
Column* Table::column(const Identifier& column_name) {
  return first_matching(columns, [&](const Column& c) { return c.name == column_name; });
}
const Constraint* Table::constraint(const Identifier& constraint_name) const {
  return first_matching(constraints,
                        [&](const Constraint& c) { return c.definition.name == constraint_name; });
}
Constraint* Table::constraint(const Identifier& constraint_name) {
  return first_matching(constraints,
                        [&](const Constraint& c) { return c.definition.name == constraint_name; });
}
const Index* Table::index(const Identifier& index_name) const {
  return first_matching(indexes, [&](const Index& i) { return i.name.name == index_name; });
}
Index* Table::index(const Identifier& index_name) {
  return first_matching(indexes, [&](const Index& i) { return i.name.name == index_name; });
}
const Constraint* Table::primary_key() const {
  return first_matching(constraints,
                        [](const Constraint& c) { return c.definition.kind == ConstraintKind::PrimaryKey; });
}

// ---- Schema: lookups

Schema::Schema() { schemas.put(Identifier("public"), "standard public schema"); }

const Table* Schema::table(const ObjectName& name) const { return look_up(*this, tables, name); }
const View* Schema::view(const ObjectName& name) const { return look_up(*this, views, name); }
const Sequence* Schema::sequence(const ObjectName& name) const { return look_up(*this, sequences, name); }
const EnumType* Schema::enum_type(const ObjectName& name) const { return look_up(*this, enums, name); }
const Domain* Schema::domain(const ObjectName& name) const { return look_up(*this, domains, name); }
const std::vector<Function>* Schema::functions_named(const ObjectName& name) const {
  return look_up(*this, functions, name);
}

const Index* Schema::index(const ObjectName& name) const {
  ObjectName found;
  const TableName* owner = nullptr;
  along_search_path(*this, name, [&](const NameView& qualified) {
    owner = index_tables.find(qualified);
    if (owner != nullptr) found = qualified.copy();
    return owner != nullptr;
  });
  if (owner == nullptr) return nullptr;
  if (const Table* held = tables.find(*owner)) return held->index(found.name);
  if (const View* held = views.find(*owner)) {
    return first_matching(held->indexes, [&](const Index& i) { return i.name == found; });
  }
  return nullptr;
}

Identifier Schema::creation_schema() const {
  for (const Identifier& place : search_path) {
    if (schemas.contains(place)) return place;
  }
  return {};
}

ObjectName Schema::resolve_relation(const ObjectName& name) const {
  if (!name.schema.empty()) return name;
  ObjectName found;
  if (along_search_path(*this, name, [&](const NameView& qualified) {
        if (!relation_exists(*this, qualified)) return false;
        found = qualified.copy();
        return true;
      })) {
    return found;
  }
  return ObjectName(creation_schema(), name.name);
}

ObjectName Schema::resolve_type(const ObjectName& name) const {
  if (name.schema == kPgCatalog) return ObjectName(name.name);
  if (!name.schema.empty()) return name;
  // pg_catalog comes before everything that the search path names.
  if (is_builtin_type(name.name.str())) return name;
  ObjectName found;
  if (along_search_path(*this, name, [&](const NameView& qualified) {
        if (!type_exists(*this, qualified)) return false;
        found = qualified.copy();
        return true;
      })) {
    return found;
  }
  return ObjectName(creation_schema(), name.name);
}

// ---- Schema: questions

std::vector<Schema::Reference> Schema::references_to(const TableName& table) const {
  const TableName target = resolve_relation(table);
  std::vector<Reference> found;
  for (auto at = references.lower_bound({target, {}}); at != references.end() && at->first.target == target;
       ++at)
    found.push_back(at->first.by);
  return found;
}

std::vector<ObjectName> Schema::views_reading(const ObjectName& relation) const {
  const ObjectName wanted = resolve_relation(relation);
  std::vector<ObjectName> out;
  for (const auto& [name, view] : views) {
    if (view->reads.contains(wanted) ||
        std::find(view->reads_all_of.begin(), view->reads_all_of.end(), wanted) != view->reads_all_of.end()) {
      out.push_back(name);
    }
  }
  return out;
}

std::vector<ObjectName> Schema::views_reading(const ObjectName& relation, const Identifier& column) const {
  const ObjectName wanted = resolve_relation(relation);
  std::vector<ObjectName> out;
  for (const auto& [name, view] : views) {
    const auto read = view->reads.find(wanted);
    const bool named = read != view->reads.end() &&
                       std::find(read->second.begin(), read->second.end(), column) != read->second.end();
    if (named ||
        std::find(view->reads_all_of.begin(), view->reads_all_of.end(), wanted) != view->reads_all_of.end()) {
      out.push_back(name);
    }
  }
  return out;
}

std::vector<TableName> Schema::partitions_and_children(const TableName& table) const {
  std::vector<TableName> out;
  const Table* root = this->table(table);
  if (root == nullptr) return out;
  out = root->children;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Table* child = tables.find(out[i]);
    if (child == nullptr) continue;
    for (const TableName& grandchild : child->children) {
      if (std::find(out.begin(), out.end(), grandchild) == out.end()) out.push_back(grandchild);
    }
  }
  return out;
}

bool Schema::not_null_proven(const Table& table, const Identifier& column) const {
  return std::any_of(table.constraints.begin(), table.constraints.end(), [&](const Constraint& c) {
    return c.definition.kind == ConstraintKind::Check && c.validated && c.enforced &&
           proves_not_null(c.definition.expression, column);
  });
}

namespace {

/// What an SQL function computes, where PostgreSQL puts that in the place of the call (inline_function): one
/// SELECT of an expression. The function's own label then only counts where it promises more.
Expression inlined_body(const CreateFunction& function) {
  if (function.language != "sql" || function.strict || function.security_definer || function.procedure ||
      function.returns_table || !function.settings.empty())
    return {};
  Expression body = function.sql_body;
  if (!body) {
    try {
      body = Expression::parse_query(function.body);
    } catch (const Error&) {
      return {};
    }
  }
  const ExpressionFacts& facts = body.facts();
  return facts.relations.empty() && !facts.has_subquery ? body : Expression();
}

}  // namespace

Schema::ExpressionVolatility Schema::volatility(const Expression& expression) const {
  ExpressionVolatility worst = ExpressionVolatility::Immutable;
  const auto meet = [&worst](ExpressionVolatility one) { worst = std::max(worst, one); };
  const auto as_expression = [](Volatility v) {
    return v == Volatility::Volatile ? ExpressionVolatility::Volatile
           : v == Volatility::Stable ? ExpressionVolatility::Stable
                                     : ExpressionVolatility::Immutable;
  };
  for (const FunctionCall& call : expression.facts().functions) {
    // A user's function of the same name as a built-in one is only reached through its schema.
    if (const auto builtin = builtin_volatility(call)) {
      meet(as_expression(*builtin));
      continue;
    }
    const std::vector<Function>* overloads = functions_named(call.name);
    if (overloads == nullptr) {
      meet(ExpressionVolatility::Unknown);
      continue;
    }
    // Overloads are told apart by the number of arguments only: where those that fit differ, nobody knows.
    std::optional<ExpressionVolatility> found;
    for (const Function& function : *overloads) {
      if (function.input_types.size() < static_cast<std::size_t>(call.arguments)) continue;
      ExpressionVolatility own = as_expression(function.definition.volatility);
      // Before 12 a default was looked at before functions in it were inlined.
      const bool inlines = server_version == 0 || server_version >= 120000;
      if (const Expression body = inlines ? inlined_body(function.definition) : Expression(); body) {
        // Functions that call each other in a circle are not followed for ever.
        constexpr int kDeepest = 8;
        static thread_local int depth = 0;
        if (depth < kDeepest) {
          ++depth;
          const ExpressionVolatility inner = volatility(body);
          --depth;
          if (inner != ExpressionVolatility::Unknown) own = std::min(own, inner);
        }
      }
      found = found.value_or(own) == own ? own : ExpressionVolatility::Unknown;
    }
    meet(found.value_or(ExpressionVolatility::Unknown));
  }
  return worst;
}

// ---- Schema: what replay keeps beside the tables

std::vector<std::string> Schema::distinct_gaps() const {
  std::set<std::string> told;
  std::vector<std::string> sentences = gaps.oldest_first();
  std::erase_if(sentences, [&](const std::string& gap) { return !told.insert(gap).second; });
  return sentences;
}

bool Schema::shares_objects_with(const Schema& other) const {
  const auto same = [](const auto& one, const auto& another) { return one.shares_with(another); };
  return same(tables, other.tables) && same(views, other.views) && same(sequences, other.sequences) &&
         same(enums, other.enums) && same(domains, other.domains) && same(types, other.types) &&
         same(functions, other.functions) && same(schemas, other.schemas) &&
         same(extensions, other.extensions) && same(index_tables, other.index_tables) &&
         same(publications, other.publications) && same(publication_filters, other.publication_filters) &&
         same(publication_columns, other.publication_columns) && same(references, other.references) &&
         same(constraint_names, other.constraint_names);
}

void Schema::rebuild_lookups() {
  references = {};
  constraint_names = {};
  index_tables = {};
  const auto count_name = [this](const Identifier& place, const Identifier& name) {
    const ObjectName key(place, name);
    if (int* count = constraint_names.edit(key)) {
      ++*count;
    } else {
      constraint_names.put(key, 1);
    }
  };
  for (const auto& [name, table] : tables) {
    for (const Constraint& constraint : table->constraints) {
      count_name(name.schema, constraint.definition.name);
      if (constraint.definition.kind != ConstraintKind::ForeignKey) continue;
      references.put({constraint.definition.references.table, {name, constraint.definition.name}}, {});
    }
    for (const Table::HiddenConstraint& hidden : table->hidden_constraints)
      count_name(name.schema, hidden.name);
    for (const Index& index : table->indexes) index_tables.put(index.name, name);
  }
  for (const auto& [name, domain] : domains) {
    for (const Constraint& check : domain->checks) count_name(name.schema, check.definition.name);
  }
  for (const auto& [name, view] : views) {
    for (const Index& index : view->indexes) index_tables.put(index.name, name);
  }
}

}  // namespace planner

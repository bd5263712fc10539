#include "plans/steps/type_wishes.h"

#include <algorithm>

#include "planner/effects/effects.h"
#include "planner/object_again.h"
#include "plans/steps/ddl.h"
#include "plans/steps/dependents.h"

namespace planner::plans {

bool serial(const TypeName& type) { return type.is("serial2") || type.is("serial4") || type.is("serial8"); }

/// What a serial type stands for where PostgreSQL does not know it (ALTER COLUMN ... TYPE BIGSERIAL).
TypeName plain_type(const TypeName& type) {
  if (type.is("serial8")) return parse_type("bigint");
  if (type.is("serial4")) return parse_type("integer");
  if (type.is("serial2")) return parse_type("smallint");
  return type;
}

static bool costs_something(const ChangeType& change, const Schema& schema, const EffectsSettings& settings) {
  ChangeType plain = change;
  plain.type = plain_type(change.type);
  const Effects effects = effects_of(plain, schema, settings);
  return !effects.rewrites.empty() || !effects.scans.empty() ||
         std::any_of(effects.indexes.begin(), effects.indexes.end(), [](const IndexEffect& index) {
           return index.work == IndexWork::Built || index.work == IndexWork::Rebuilt;
         });
}

static const Column* existing_column(const Schema& schema, const TableName& table, const Identifier& column) {
  const Table* known = schema.table(table);
  if (known == nullptr || known->is_new) return nullptr;
  const Column* found = known->column(column);
  return found == nullptr || found->is_new ? nullptr : found;
}

/// Labels may be added in place: the old ones are all there, in the same order.
bool only_adds(const ReplaceEnum& swap, const Schema& schema) {
  const EnumType* type = schema.enum_type(swap.type);
  if (type == nullptr) return false;
  std::size_t next = 0;
  for (const std::string& label : swap.labels) {
    if (next < type->labels.size() && type->labels[next] == label) ++next;
  }
  return next == type->labels.size();
}

/// What gets another type if the change costs anything.
static std::vector<Wanted> wishes_of(const RecipeContext& context) {
  std::vector<Wanted> all;
  for (const Intention& intention : context.intentions) {
    if (intention.sources.front().nested >= 0) continue;
    if (const auto* change = std::get_if<ChangeType>(&intention.operation)) {
      if (existing_column(context.start, change->table, change->column) != nullptr)
        all.push_back({&intention, change->table, change->column, nullptr, nullptr, change});
    } else if (const auto* swap = std::get_if<ReplaceEnum>(&intention.operation)) {
      if (only_adds(*swap, context.start)) continue;
      for (const ReplaceEnum::User& user : swap->columns) {
        if (existing_column(context.start, user.table, user.column) != nullptr)
          all.push_back({&intention, user.table, user.column, swap, nullptr, nullptr});
      }
    } else if (const auto* replaced = std::get_if<ReplaceColumn>(&intention.operation)) {
      if (existing_column(context.start, replaced->table, replaced->column.name) == nullptr) continue;
      all.push_back({&intention, replaced->table, replaced->column.name, nullptr, replaced, nullptr});
    }
  }
  return all;
}

static bool is_free(const Wanted& wish, const RecipeContext& context) {
  // Written by hand through a passing name it is never free as it stands.
  return wish.change != nullptr && !serial(wish.change->type) && wish.intention->sources.size() == 1 &&
         !costs_something(*wish.change, context.start, context.options.effects);
}

std::vector<Wanted> wanted_of(const RecipeContext& context) {
  std::vector<Wanted> all = wishes_of(context);
  std::erase_if(all, [&](const Wanted& wish) { return is_free(wish, context); });
  return all;
}

static bool listed(const std::vector<Identifier>& columns, const Identifier& column) {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

bool is_wanted(const std::vector<Wanted>& all, const TableName& table, const Identifier& column) {
  return std::any_of(all.begin(), all.end(),
                     [&](const Wanted& one) { return one.table == table && one.column == column; });
}

/// A foreign key one of whose ends is a wanted column.
bool touches(const TableName& table, const ConstraintDefinition& key, const std::vector<Wanted>& all) {
  return std::any_of(all.begin(), all.end(), [&](const Wanted& one) {
    return (one.table == table && listed(key.columns, one.column)) ||
           (one.table == key.references.table && listed(key.references.columns, one.column));
  });
}

/// Those that must change in the same moment as `first`: columns of one table, of one enum, and the two ends
/// of a foreign key.
std::vector<Wanted> wanted_with(const Intention& intention, const RecipeContext& context) {
  const std::vector<Wanted> all = wishes_of(context);
  const Schema& schema = context.start;
  const auto linked = [&](const Wanted& a, const Wanted& b) {
    if (a.table == b.table || a.intention == b.intention) return true;
    for (const auto& [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      const Table* table = schema.table(from->table);
      if (table == nullptr) continue;
      for (const Constraint& constraint : table->constraints) {
        const ConstraintDefinition& key = constraint.definition;
        if (key.kind == ConstraintKind::ForeignKey && key.references.table == to->table &&
            listed(key.columns, from->column) && listed(key.references.columns, to->column)) {
          return true;
        }
      }
    }
    return false;
  };
  // What a change costs is looked up once, and only where it matters.
  enum class State { Open, Chosen, Free };
  std::vector<State> states(all.size(), State::Open);
  std::vector<std::size_t> chosen;
  const auto choose = [&](std::size_t i) {
    states[i] = is_free(all[i], context) ? State::Free : State::Chosen;
    if (states[i] == State::Chosen) chosen.push_back(i);
  };
  for (std::size_t i = 0; i < all.size() && chosen.empty(); ++i) {
    if (all[i].intention == &intention) choose(i);
  }
  for (std::size_t next = 0; next < chosen.size(); ++next) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (states[i] == State::Open && linked(all[chosen[next]], all[i])) choose(i);
    }
  }
  std::vector<Wanted> ordered;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (states[i] == State::Chosen) ordered.push_back(all[i]);
  }
  return ordered;
}

namespace {

/// The view, trigger or policy a statement takes away or makes; a materialized or temporary view is none.
std::string carried_object(const Operation& operation) {
  const auto* drop = std::get_if<DropView>(&operation);
  const auto* create = std::get_if<CreateView>(&operation);
  const bool other = (drop != nullptr && drop->materialized) || (create != nullptr && create->temporary) ||
                     std::holds_alternative<CreateMaterializedView>(operation);
  return other ? std::string() : object_of(operation);
}

bool takes_away(const Operation& operation) {
  return std::holds_alternative<DropView>(operation) || std::holds_alternative<DropTrigger>(operation) ||
         std::holds_alternative<DropPolicy>(operation);
}

/// Views that stand on views go and come with them.
bool reads_wanted(const ObjectName& view, const std::vector<Wanted>& wanted, const Schema& schema,
                  int depth = 0) {
  for (const Wanted& one : wanted) {
    const std::vector<ObjectName> readers = schema.views_reading(one.table, one.column);
    if (std::find(readers.begin(), readers.end(), view) != readers.end()) return true;
  }
  const View* known = schema.view(view);
  if (known == nullptr || depth > 16) return false;
  const auto below = [&](const ObjectName& other) {
    return schema.view(other) != nullptr && !(other == view) &&
           reads_wanted(other, wanted, schema, depth + 1);
  };
  return std::any_of(known->reads.begin(), known->reads.end(),
                     [&](const auto& read) { return below(read.first); }) ||
         std::any_of(known->reads_all_of.begin(), known->reads_all_of.end(), below);
}

bool hangs_on_wanted(const Operation& drop, const std::vector<Wanted>& wanted, const Schema& schema) {
  if (const auto* view = std::get_if<DropView>(&drop))
    return reads_wanted(schema.resolve_relation(view->view), wanted, schema);
  for (const Wanted& one : wanted) {
    const Table* table = schema.table(one.table);
    if (table == nullptr) continue;
    const Dependents dependents = dependents_of(schema, *table, one.column);
    if (const auto* trigger = std::get_if<DropTrigger>(&drop);
        trigger != nullptr && schema.resolve_relation(trigger->table) == one.table) {
      for (const Trigger* each : dependents.triggers) {
        if (each->definition.name == trigger->trigger) return true;
      }
    }
    if (const auto* policy = std::get_if<DropPolicy>(&drop);
        policy != nullptr && schema.resolve_relation(policy->table) == one.table) {
      if (std::find(dependents.policies.begin(), dependents.policies.end(), policy->policy) !=
          dependents.policies.end())
        return true;
    }
  }
  return false;
}

}  // namespace

std::vector<Carried> carried_with(const std::vector<Wanted>& wanted, const RecipeContext& context) {
  std::vector<Carried> found;
  for (const Intention& drop : context.intentions) {
    if (!takes_away(drop.operation) || drop.sources.front().nested >= 0 ||
        !hangs_on_wanted(drop.operation, wanted, context.start))
      continue;
    const std::string object = carried_object(drop.operation);
    const auto again =
        std::find_if(context.intentions.begin(), context.intentions.end(), [&](const Intention& create) {
          return !takes_away(create.operation) && !object.empty() &&
                 carried_object(create.operation) == object && create.sources.front().nested < 0 &&
                 create.sources.front().statement > drop.sources.front().statement;
        });
    if (again != context.intentions.end()) found.push_back({&drop, &*again});
  }
  return found;
}

Sql made_again(const Operation& drop, const Schema& schema) {
  if (const auto* op = std::get_if<DropView>(&drop)) {
    const View* view = schema.view(op->view);
    if (view == nullptr || view->materialized || !view->options.empty()) return Sql();
    const Sql columns = view->columns.empty() ? Sql() : sql(" ({})", column_list(view->columns));
    return sql("CREATE VIEW {}{} AS {}", view->name, columns, view->query.text());
  }
  return Sql();
}

}  // namespace planner::plans

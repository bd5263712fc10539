#include <algorithm>

#include "planner/replay/drop.h"
#include "planner/replay/internal.h"

namespace planner::replaying {

namespace {

template <typename Parts>
auto* named(Parts& parts, const Identifier& name) {
  for (auto& one : parts) {
    if (one.definition.name == name) return &one;
  }
  return static_cast<decltype(parts.data())>(nullptr);
}

/// Only what is found is taken for changing.
Trigger* named(SharedList<Trigger>& triggers, const Identifier& name) {
  const SharedList<Trigger>& all = triggers;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Trigger& one) { return one.definition.name == name; });
  return found == all.end() ? nullptr : &triggers[found.index()];
}

FoundRelation relation_of(const Schema& schema, const TableName& written) {
  const auto found = find_relation(schema, written);
  if (!found) {
    if (!written.schema.empty()) require_schema(schema, written.schema);
    refuse("42P01", "relation \"{}\" does not exist", as_written(written));
  }
  return *found;
}

SharedList<Trigger>* triggers_of(Context& context, const ObjectName& relation) {
  if (Table* table = context.schema.tables.edit(relation)) return &table->triggers;
  if (View* view = context.schema.views.edit(relation)) return &view->triggers;
  return nullptr;
}

std::vector<RewriteRule>* rules_of(Context& context, const ObjectName& relation) {
  if (Table* table = context.schema.tables.edit(relation)) return &table->rules;
  if (View* view = context.schema.views.edit(relation)) return &view->rules;
  return nullptr;
}

}  // namespace

// ---- triggers

void apply(Context& context, const CreateTrigger& op) {
  const FoundRelation found = relation_of(context.schema, op.table);
  SharedList<Trigger>* triggers = triggers_of(context, found.name);
  if (triggers == nullptr) refuse("42809", "relation \"{}\" cannot have triggers", op.table.name.str());
  Trigger trigger;
  trigger.definition = op;
  trigger.definition.replace = false;
  trigger.definition.table = found.name;
  if (!op.constraint_from.empty())
    trigger.definition.constraint_from = context.schema.resolve_relation(op.constraint_from);
  if (const Table* table = context.schema.tables.find(found.name)) {
    for (const Identifier& column : op.update_columns) {
      if (table->column(column) == nullptr) {
        refuse("42703", "column \"{}\" of relation \"{}\" does not exist", column.str(),
               found.name.name.str());
      }
    }
  }
  bool known = !op.function.schema.empty() && context.schema.functions.contains(op.function);
  for (const Identifier& place : context.schema.search_path) {
    if (known || !op.function.schema.empty()) break;
    const ObjectName qualified(place, op.function.name);
    known = context.schema.functions.contains(qualified);
    if (known) trigger.definition.function = qualified;
  }
  if (known) {
    const ObjectName& function = op.function.schema.empty() ? trigger.definition.function : op.function;
    for (const Function& overload : *context.schema.functions.find(function)) {
      const TypeName& returned = overload.definition.returns;
      if (overload.input_types.empty() && !returned.empty() && returned.name.name.str() != "trigger")
        refuse("42P17", "function {} must return type trigger", as_written(op.function));
    }
  }
  const bool builtin = op.function.name.str() == "suppress_redundant_updates_trigger" ||
                       op.function.name.str().starts_with("tsvector_update_trigger");
  if (!known && !builtin && context.schema.gaps.empty() && context.schema.extensions.empty()) {
    refuse("42883", "function {}() does not exist", as_written(op.function));
  }
  if (const Trigger* existing = named(*triggers, op.name)) {
    if (!op.replace) {
      refuse("42710", "trigger \"{}\" for relation \"{}\" already exists", op.name.str(),
             found.name.name.str());
    }
    trigger.state = existing->state;
    *named(*triggers, op.name) = trigger;
  } else {
    triggers->push_back(trigger);
  }
  const Table* table = context.schema.tables.find(found.name);
  if (table == nullptr || !table->partition_by || !op.for_each_row) return;
  for (const TableName& partition : with_children(context.schema, found.name, false)) {
    if (partition == found.name) continue;
    Trigger copy = trigger;
    copy.definition.table = partition;
    copy.inherited = true;
    SharedList<Trigger>& below = edit_table(context, partition).triggers;
    if (Trigger* existing = named(below, op.name)) {
      *existing = std::move(copy);
    } else {
      below.push_back(std::move(copy));
    }
  }
}

void apply(Context& context, const DropTrigger& op) {
  const auto found = find_relation(context.schema, op.table);
  SharedList<Trigger>* triggers = found ? triggers_of(context, found->name) : nullptr;
  if (!found && op.if_exists) return;
  if (!found) refuse("42P01", "relation \"{}\" does not exist", as_written(op.table));
  const Trigger* trigger = triggers == nullptr ? nullptr : named(*triggers, op.trigger);
  if (trigger == nullptr) {
    if (op.if_exists) return;
    refuse("42704", "trigger \"{}\" for table \"{}\" does not exist", op.trigger.str(), op.table.name.str());
  }
  if (trigger->inherited) {
    const Table& table = table_at(context.schema, found->name);
    const std::string parent = table.partition_of ? table.partition_of->name.str() : std::string();
    refuse("2BP01", "cannot drop trigger {} on table {} because trigger {} on table {} requires it",
           op.trigger.str(), found->name.name.str(), op.trigger.str(), parent);
  }
  Removal removal(context);
  removal.ask({Object::Kind::Trigger, found->name, op.trigger});
  removal.run(op.cascade);
}

void apply(Context& context, const RenameTrigger& op) {
  const FoundRelation found = relation_of(context.schema, op.table);
  SharedList<Trigger>* triggers = triggers_of(context, found.name);
  Trigger* trigger = triggers == nullptr ? nullptr : named(*triggers, op.from);
  if (trigger == nullptr) {
    refuse("42704", "trigger \"{}\" for table \"{}\" does not exist", op.from.str(), found.name.name.str());
  }
  if (named(*triggers, op.to) != nullptr) {
    refuse("42710", "trigger \"{}\" for relation \"{}\" already exists", op.to.str(), found.name.name.str());
  }
  trigger->definition.name = op.to;
  if (!context.schema.tables.contains(found.name)) return;
  for (const TableName& partition : with_children(context.schema, found.name, false)) {
    if (partition == found.name) continue;
    for (Trigger& copy : edit_table(context, partition).triggers) {
      if (copy.inherited && copy.definition.name == op.from) copy.definition.name = op.to;
    }
  }
}

void apply(Context& context, const SetTriggerState& op) {
  const TableName name = table_named(context.schema, op.table);
  if (!op.all && !op.user && named(edit_table(context, name).triggers, op.trigger) == nullptr) {
    refuse("42704", "trigger \"{}\" for table \"{}\" does not exist", op.trigger.str(), name.name.str());
  }
  // Row triggers of partitions follow the partitioned table's.
  for (const TableName& one : with_children(context.schema, name, false)) {
    for (Trigger& trigger : edit_table(context, one).triggers) {
      const bool meant = op.all || op.user || trigger.definition.name == op.trigger;
      if (meant && (one == name || trigger.inherited)) trigger.state = op.state;
    }
  }
}

// ---- rules

void apply(Context& context, const CreateRule& op) {
  const FoundRelation found = relation_of(context.schema, op.table);
  std::vector<RewriteRule>* rules = rules_of(context, found.name);
  if (rules == nullptr) refuse("42809", "relation \"{}\" cannot have rules", op.table.name.str());
  RewriteRule rule;
  rule.definition = op;
  rule.definition.replace = false;
  rule.definition.table = found.name;
  for (ObjectName& mention : rule.definition.mentions) mention = context.schema.resolve_relation(mention);
  if (RewriteRule* existing = named(*rules, op.name)) {
    if (!op.replace)
      refuse("42710", "rule \"{}\" for relation \"{}\" already exists", op.name.str(), found.name.name.str());
    rule.state = existing->state;
    *existing = std::move(rule);
    return;
  }
  rules->push_back(std::move(rule));
}

void apply(Context& context, const DropRule& op) {
  const auto found = find_relation(context.schema, op.table);
  if (!found && op.if_exists) return;
  if (!found) refuse("42P01", "relation \"{}\" does not exist", as_written(op.table));
  if (found->kind == Relation::View && op.rule.str() == "_RETURN") {
    refuse("2BP01", "cannot drop rule _RETURN on view {} because view {} requires it", op.table.name.str(),
           op.table.name.str());
  }
  std::vector<RewriteRule>* rules = rules_of(context, found->name);
  if (rules == nullptr || named(*rules, op.rule) == nullptr) {
    if (op.if_exists) return;
    refuse("42704", "rule \"{}\" for relation \"{}\" does not exist", op.rule.str(), op.table.name.str());
  }
  std::erase_if(*rules, [&](const RewriteRule& rule) { return rule.definition.name == op.rule; });
}

void apply(Context& context, const RenameRule& op) {
  const FoundRelation found = relation_of(context.schema, op.table);
  std::vector<RewriteRule>* rules = rules_of(context, found.name);
  RewriteRule* rule = rules == nullptr ? nullptr : named(*rules, op.from);
  if (rule == nullptr)
    refuse("42704", "rule \"{}\" for relation \"{}\" does not exist", op.from.str(), op.table.name.str());
  if (named(*rules, op.to) != nullptr) {
    refuse("42710", "rule \"{}\" for relation \"{}\" already exists", op.to.str(), op.table.name.str());
  }
  rule->definition.name = op.to;
}

void apply(Context& context, const SetRuleState& op) {
  Table& table = edit_table(context, table_named(context.schema, op.table));
  RewriteRule* rule = named(table.rules, op.rule);
  if (rule == nullptr)
    refuse("42704", "rule \"{}\" for relation \"{}\" does not exist", op.rule.str(), op.table.name.str());
  rule->state = op.state;
}

// ---- policies

namespace {

/// TO PUBLIC is what no TO means.
void tidy_roles(std::vector<std::string>& roles) {
  if (std::find(roles.begin(), roles.end(), "public") != roles.end()) roles.clear();
}

Policy& policy_of(Context& context, const TableName& written, const Identifier& name) {
  const TableName table = table_named(context.schema, written);
  Policy* policy = named(edit_table(context, table).policies, name);
  if (policy == nullptr)
    refuse("42704", "policy \"{}\" for table \"{}\" does not exist", name.str(), table.name.str());
  return *policy;
}

}  // namespace

void apply(Context& context, const CreatePolicy& op) {
  const TableName name = table_named(context.schema, op.table);
  Table& table = edit_table(context, name);
  if (named(table.policies, op.name) != nullptr) {
    refuse("42710", "policy \"{}\" for table \"{}\" already exists", op.name.str(), name.name.str());
  }
  Policy policy{op};
  policy.definition.table = name;
  policy.definition.using_expression = resolved_in(context.schema, op.using_expression, name);
  policy.definition.with_check = resolved_in(context.schema, op.with_check, name);
  if (policy.definition.command.empty()) policy.definition.command = "all";
  tidy_roles(policy.definition.roles);
  table.policies.push_back(std::move(policy));
}

void apply(Context& context, const AlterPolicy& op) {
  CreatePolicy& policy = policy_of(context, op.table, op.name).definition;
  if (!op.roles.empty()) {
    policy.roles = op.roles;
    tidy_roles(policy.roles);
  }
  const TableName table = policy.table;
  if (op.using_expression) policy.using_expression = resolved_in(context.schema, op.using_expression, table);
  if (op.with_check) policy.with_check = resolved_in(context.schema, op.with_check, table);
}

void apply(Context& context, const DropPolicy& op) {
  const auto found = find_relation(context.schema, op.table);
  if (!found && op.if_exists) return;
  if (op.if_exists && found->kind == Relation::Table &&
      named(edit_table(context, found->name).policies, op.policy) == nullptr) {
    return;
  }
  policy_of(context, op.table, op.policy);
  std::erase_if(edit_table(context, found->name).policies,
                [&](const Policy& policy) { return policy.definition.name == op.policy; });
}

void apply(Context& context, const RenamePolicy& op) {
  const TableName table = table_named(context.schema, op.table);
  if (named(edit_table(context, table).policies, op.to) != nullptr) {
    refuse("42710", "policy \"{}\" for table \"{}\" already exists", op.to.str(), table.name.str());
  }
  policy_of(context, op.table, op.from).definition.name = op.to;
}

// ---- extended statistics

namespace {

const CreateStatistics* statistics_at(const Schema& schema, const ObjectName& name, TableName& holder) {
  for (const auto& [table_name, table] : schema.tables) {
    for (const CreateStatistics& statistics : table->statistics) {
      if (statistics.name == name) {
        holder = table_name;
        return &statistics;
      }
    }
  }
  return nullptr;
}

}  // namespace

void apply(Context& context, const CreateStatistics& op) {
  // Those of a materialized view are not kept.
  const auto found = find_relation(context.schema, op.table);
  const View* view = found ? context.schema.views.find(found->name) : nullptr;
  if (view != nullptr && view->materialized) return;
  const TableName table = table_named(context.schema, op.table);
  CreateStatistics stored = op;
  stored.table = table;
  stored.if_not_exists = false;
  TableName holder;
  if (op.name.empty()) {
    std::vector<Identifier> parts = op.columns;
    for (std::size_t i = 0; i < op.expressions.size(); ++i) parts.emplace_back("expr");
    const std::string addition = joined_names(parts);
    for (int pass = 0;; ++pass) {
      const std::string label = pass == 0 ? "stat" : "stat" + std::to_string(pass);
      stored.name = ObjectName(table.schema, Identifier(generated_name(table.name.str(), addition, label)));
      if (statistics_at(context.schema, stored.name, holder) == nullptr) break;
    }
  } else {
    stored.name = new_name(context.schema, op.name);
    if (statistics_at(context.schema, stored.name, holder) != nullptr) {
      if (op.if_not_exists) return;
      refuse("42710", "statistics object \"{}\" already exists", stored.name.name.str());
    }
  }
  for (const std::string& kind : op.kinds) {
    if (kind != "ndistinct" && kind != "dependencies" && kind != "mcv")
      refuse("42601", "unrecognized statistics kind \"{}\"", kind);
  }
  for (auto it = op.columns.begin(); it != op.columns.end(); ++it) {
    if (std::find(op.columns.begin(), it, *it) != it)
      refuse("42701", "duplicate column name in statistics definition");
  }
  for (const Identifier& column : op.columns) {
    if (table_at(context.schema, table).column(column) == nullptr) {
      refuse("42703", "column \"{}\" does not exist", column.str());
    }
  }
  edit_table(context, table).statistics.push_back(std::move(stored));
}

void apply(Context& context, const DropStatistics& op) {
  std::vector<ObjectName> candidates;
  if (!op.name.schema.empty()) {
    candidates.push_back(op.name);
  } else {
    for (const Identifier& place : context.schema.search_path) candidates.emplace_back(place, op.name.name);
  }
  for (const ObjectName& name : candidates) {
    TableName holder;
    if (statistics_at(context.schema, name, holder) == nullptr) continue;
    std::erase_if(edit_table(context, holder).statistics,
                  [&](const CreateStatistics& statistics) { return statistics.name == name; });
    return;
  }
  if (!op.if_exists) refuse("42704", "statistics object \"{}\" does not exist", as_written(op.name));
}

}  // namespace planner::replaying

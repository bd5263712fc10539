#include "plans/schema_tables.h"

#include <algorithm>
#include <map>
#include <set>

#include "planner/casts.h"
#include "planner/schema_diff.h"
#include "planner/schema_facets.h"
#include "plans/schema_sql.h"
#include "plans/steps/ddl.h"

namespace planner::plans::script {

namespace {

CompareOptions without_comments() {
  CompareOptions options;
  options.comments = false;
  return options;
}

bool differ(const Facets& a, const Facets& b) {
  if (a.size() != b.size()) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].what != b[i].what || !same_facet(a[i], b[i])) return true;
  }
  return false;
}

template <typename Part>
bool same(const Part& a, const Part& b) {
  return !differ(facets_of(a, without_comments()), facets_of(b, without_comments()));
}

const Identifier& name_of(const Constraint& part) { return part.definition.name; }
const Identifier& name_of(const Trigger& part) { return part.definition.name; }
const Identifier& name_of(const Policy& part) { return part.definition.name; }
const Identifier& name_of(const RewriteRule& part) { return part.definition.name; }
const Identifier& name_of(const CreateStatistics& part) { return part.name.name; }
const Identifier& name_of(const Index& part) { return part.name.name; }

template <typename Parts>
const typename Parts::value_type* named(const Parts& parts, const Identifier& name) {
  const auto found =
      std::find_if(parts.begin(), parts.end(), [&](const auto& part) { return name_of(part) == name; });
  return found == parts.end() ? nullptr : &*found;
}

/// Nothing but how it is partitioned.
Table only_partitioned(const Table& table) {
  Table out;
  out.partition_by = table.partition_by;
  return out;
}

class TableScripter {
 public:
  explicit TableScripter(Scripter& script) : s_(script), from_(script.from), to_(script.to) {}

  void run();

 private:
  void add(Stage stage, Sql statement) { s_.add(stage, std::move(statement)); }
  void alter(Stage stage, const TableName& table, const Sql& what) {
    add(stage, sql("ALTER TABLE {} {}", table, what));
  }

  /// A table that stays the same object: its parts are compared.
  const Table* before(const TableName& name) const {
    return remade_.contains(name) ? nullptr : from_.tables.find(name);
  }

  void find_remade();
  void create(const Table& table);
  void change(const Table& old, const Table& table);
  void columns(const Table& old, const Table& table);
  void change_column(const Table& table, const Column& old, const Column& column);
  void identity(const Table& table, const Column& old, const Column& column);
  void own_values_of_partition(const Table& table);
  void parents(const Table& old, const Table& table);
  void constraints(const Table* old, const Table& table);
  void indexes(const Table* old, const Table& table);
  void drop_parts(const Table& old, const Table* table);
  void add_parts(const Table* old, const Table& table);
  void comments(const Table* old, const Table& table);
  void views();
  void remake_views();
  void drop_view(const View& view);
  void create_view(const View& view);

  bool retyped(const TableName& table, const Identifier& column) const {
    return retyped_.contains({table, column});
  }
  template <typename Mentions>
  bool touches_retyped(const TableName& table, const Mentions& mentions) const {
    return std::any_of(retyped_.begin(), retyped_.end(),
                       [&](const auto& one) { return one.first == table && mentions(one.second); });
  }
  int depth(const Table& table) const;
  std::vector<TableName> parents_first(const Schema& schema) const;

  Scripter& s_;
  const Schema& from_;
  const Schema& to_;
  std::set<TableName> remade_;                          ///< dropped and made anew under their name
  std::set<std::pair<TableName, Identifier>> retyped_;  ///< columns whose type changes
  std::set<std::pair<TableName, Identifier>> columns_gone_;
  std::set<std::pair<TableName, Identifier>> readded_;  ///< columns dropped and added again
  std::set<ObjectName> views_gone_;
};

int TableScripter::depth(const Table& table) const {
  int levels = 0;
  for (const Table* at = &table; at != nullptr && !at->inherits.empty() && levels < 64; ++levels) {
    at = to_.tables.find(at->inherits.front());
  }
  return levels;
}

std::vector<TableName> TableScripter::parents_first(const Schema& schema) const {
  std::vector<TableName> out;
  std::set<TableName> done;
  const auto visit = [&](const auto& self, const TableName& name) -> void {
    const Table* table = schema.tables.find(name);
    if (table == nullptr || !done.insert(name).second) return;
    for (const TableName& parent : table->inherits) self(self, parent);
    out.push_back(name);
  };
  for (const auto& [name, table] : schema.tables) visit(visit, name);
  return out;
}

void TableScripter::find_remade() {
  for (const auto& [name, table] : to_.tables) {
    const Table* old = from_.tables.find(name);
    if (old == nullptr) continue;
    const bool key_differs = old->partition_by.has_value() != table->partition_by.has_value() ||
                             (table->partition_by && differ(facets_of(only_partitioned(*old), {}),
                                                            facets_of(only_partitioned(*table), {})));
    if (old->kind == table->kind && !key_differs) continue;
    remade_.insert(name);
    s_.note("table " + display(name) +
            " is of another kind or partitioned otherwise: the script drops it with all its rows and makes "
            "it anew");
  }
  for (const auto& [name, table] : to_.tables) {
    const Table* old = before(name);
    if (old == nullptr) continue;
    for (const Column& column : old->columns) {
      const Column* wanted = table->column(column.name);
      if (wanted == nullptr) {
        columns_gone_.insert({name, column.name});
      } else if (!same_facet({"", "", column.generated, true}, {"", "", wanted->generated, true}) &&
                 !wanted->generated.empty()) {
        readded_.insert({name, column.name});
      } else if (column.type != wanted->type || column.collation != wanted->collation) {
        retyped_.insert({name, column.name});
      }
      if (std::find(s_.swapped_enums.begin(), s_.swapped_enums.end(), column.type.name) !=
          s_.swapped_enums.end()) {
        retyped_.insert({name, column.name});
      }
    }
  }
  // A generated column stands in the way of what it is computed from.
  for (const auto& [name, table] : to_.tables) {
    const Table* old = before(name);
    if (old == nullptr) continue;
    for (const Column& column : old->columns) {
      if (column.generated.empty() || table->column(column.name) == nullptr) continue;
      const TableName& table_name = name;
      if (touches_retyped(table_name, [&](const Identifier& c) { return column.generated.mentions(c); })) {
        readded_.insert({name, column.name});
      }
    }
  }
}

void TableScripter::own_values_of_partition(const Table& table) {
  for (const Column& column : table.columns) {
    const Column* above = nullptr;
    for (const TableName& parent : table.inherits) {
      const Table* found = to_.tables.find(parent);
      if (found != nullptr && above == nullptr) above = found->column(column.name);
    }
    if (above == nullptr || (column.local && !table.partition_of)) continue;
    const Sql name = sql("ALTER COLUMN {}", column.name);
    if (!same_default(above->default_value, column.default_value) && column.generated.empty()) {
      alter(Stage::Columns, table.name,
            column.default_value.empty() ? sql("{} DROP DEFAULT", name)
                                         : sql("{} SET DEFAULT {}", name, column.default_value.text()));
    }
    if (column.not_null && !above->not_null) alter(Stage::Columns, table.name, sql("{} SET NOT NULL", name));
  }
}

void TableScripter::create(const Table& table) {
  if (table.kind == RelationKind::ForeignTable) {
    s_.note("foreign table " + display(table.name) +
            " is left out: planner does not know its server's options");
    return;
  }
  add(Stage::Tables, create_table_sql(table, to_));
  if (!table.inherits.empty()) own_values_of_partition(table);
  for (Sql& statement : table_settings_sql(table)) add(Stage::Settings, std::move(statement));
}

void TableScripter::identity(const Table& table, const Column& old, const Column& column) {
  const Sql name = sql("ALTER COLUMN {}", column.name);
  if (old.identity && !column.identity) alter(Stage::Columns, table.name, sql("{} DROP IDENTITY", name));
  if (!old.identity && column.identity) {
    const Sql whole = column_definition_sql(column, table, to_);
    const std::string text = whole.str();
    const std::size_t at = text.find("GENERATED ");
    std::string said = text.substr(at);
    if (said.ends_with(" NOT NULL")) said.resize(said.size() - 9);
    alter(Stage::Columns, table.name, sql("{} ADD {}", name, Sql::verbatim(said)));
  }
  if (old.identity && column.identity && old.identity->always != column.identity->always) {
    alter(Stage::Columns, table.name,
          sql("{} SET GENERATED {}", name, Sql::verbatim(column.identity->always ? "ALWAYS" : "BY DEFAULT")));
  }
}

void TableScripter::change_column(const Table& table, const Column& old, const Column& column) {
  const Sql name = sql("ALTER COLUMN {}", column.name);
  const auto change = [&](const Sql& what) { alter(Stage::Columns, table.name, sql("{} {}", name, what)); };
  const bool type_changes = retyped(table.name, column.name);
  const bool own = !column.inherited || column.local;
  const bool default_changes = !same_default(old.default_value, column.default_value);
  if (!old.generated.empty() && column.generated.empty()) change(sql("DROP EXPRESSION"));
  // An old default may have no cast to the new type.
  if ((default_changes || type_changes) && !old.default_value.empty()) change(sql("DROP DEFAULT"));
  if (old.not_null && !column.not_null) change(sql("DROP NOT NULL"));
  if (type_changes && own) {
    const bool swapped = std::find(s_.swapped_enums.begin(), s_.swapped_enums.end(), column.type.name) !=
                         s_.swapped_enums.end();
    const bool builtin = old.type.name.schema.empty() && column.type.name.schema.empty();
    const bool castable = builtin ? cast_path(old.type, column.type, CastContext::Explicit, to_).has_value()
                                  : old.type.name == column.type.name;
    const bool through_text = swapped || !castable;
    if (!swapped && !castable) {
      s_.note("column " + column.name.str() + " of " + display(table.name) + " goes from " +
              display(old.type) + " to " + display(column.type) +
              " by its text: values that do not read as the new type make the script fail");
    }
    const Sql value = through_text ? sql("{}::text{}", column.name,
                                         Sql::verbatim(column.type.array_dimensions > 0 ? "[]" : ""))
                                   : sql("{}", column.name);
    change(sql("TYPE {}{} USING {}::{}", type_sql(column.type), collate_sql(column.collation), value,
               type_sql(column.type)));
  }
  if ((default_changes || type_changes) && !column.default_value.empty())
    change(sql("SET DEFAULT {}", column.default_value.text()));
  if (!old.not_null && column.not_null) change(sql("SET NOT NULL"));
  identity(table, old, column);
  if (old.storage != column.storage) {
    if (column.storage.empty())
      s_.note("column " + column.name.str() + " of " + display(table.name) +
              " keeps its storage: which one its type has by itself is not known here");
    if (!column.storage.empty()) change(sql("SET STORAGE {}", Identifier(column.storage)));
  }
  if (old.compression != column.compression) {
    change(sql("SET COMPRESSION {}",
               Sql::verbatim(column.compression.empty() ? "default" : column.compression)));
  }
  if (old.statistics_target != column.statistics_target)
    change(sql("SET STATISTICS {}", column.statistics_target));
  std::vector<Sql> gone;
  for (const Option& option : old.options) {
    const bool stays = std::any_of(column.options.begin(), column.options.end(),
                                   [&](const Option& o) { return o.name == option.name; });
    if (!stays) gone.push_back(sql("{}", Identifier(option.name)));
  }
  if (!gone.empty()) change(sql("RESET ({})", join(gone, ", ")));
  if (!column.options.empty()) change(sql("SET ({})", options_list_sql(column.options)));
}

void TableScripter::columns(const Table& old, const Table& table) {
  for (const Column& column : old.columns) {
    if (column.inherited && !column.local) continue;
    const bool gone =
        columns_gone_.contains({table.name, column.name}) || readded_.contains({table.name, column.name});
    if (gone) alter(Stage::Columns, table.name, sql("DROP COLUMN {}", column.name));
    if (columns_gone_.contains({table.name, column.name})) {
      s_.note("column " + column.name.str() + " of " + display(table.name) +
              " is dropped with all its values");
    }
  }
  for (const Column& column : table.columns) {
    const Column* before_it = old.column(column.name);
    if (before_it != nullptr && !readded_.contains({table.name, column.name})) {
      if (!same(*before_it, column) || retyped(table.name, column.name))
        change_column(table, *before_it, column);
      continue;
    }
    if (column.inherited && !column.local) continue;
    alter(Stage::Columns, table.name, sql("ADD COLUMN {}", column_definition_sql(column, table, to_)));
    for (Sql& statement : column_settings_sql(table.name, column)) add(Stage::Settings, std::move(statement));
  }
}

void TableScripter::parents(const Table& old, const Table& table) {
  if (old.partition_of) {
    const bool same_bound = table.partition_of == old.partition_of && table.bound && old.bound &&
                            partition_bound_sql(*table.bound) == partition_bound_sql(*old.bound);
    if (!same_bound && from_.tables.contains(*old.partition_of) && !remade_.contains(*old.partition_of) &&
        to_.tables.contains(*old.partition_of)) {
      alter(Stage::Detach, *old.partition_of, sql("DETACH PARTITION {}", table.name));
    }
    if (same_bound) return;
  }
  if (table.partition_of) {
    alter(Stage::Attach, *table.partition_of,
          sql("ATTACH PARTITION {} {}", table.name, partition_bound_sql(*table.bound)));
    return;
  }
  if (old.partition_of) return;
  for (const TableName& parent : old.inherits) {
    const bool stays =
        std::find(table.inherits.begin(), table.inherits.end(), parent) != table.inherits.end();
    if (!stays && to_.tables.contains(parent)) alter(Stage::Detach, table.name, sql("NO INHERIT {}", parent));
  }
  for (const TableName& parent : table.inherits) {
    const bool had = std::find(old.inherits.begin(), old.inherits.end(), parent) != old.inherits.end();
    if (!had || before(parent) == nullptr) alter(Stage::Attach, table.name, sql("INHERIT {}", parent));
  }
}

void TableScripter::change(const Table& old, const Table& table) {
  parents(old, table);
  columns(old, table);
  if (old.persistence != table.persistence) {
    alter(Stage::Columns, table.name,
          Sql::verbatim(table.persistence == Persistence::Unlogged ? "SET UNLOGGED" : "SET LOGGED"));
  }
  std::vector<Sql> gone;
  for (const Option& option : old.options) {
    const bool stays = std::any_of(table.options.begin(), table.options.end(),
                                   [&](const Option& o) { return o.name == option.name; });
    if (!stays) gone.push_back(options_list_sql({{option.name, ""}}));
  }
  if (!gone.empty()) alter(Stage::Settings, table.name, sql("RESET ({})", join(gone, ", ")));
  const auto option_text = [](const Table& one) { return options_list_sql(one.options).str(); };
  if (!table.options.empty() && option_text(old) != option_text(table)) {
    alter(Stage::Settings, table.name, sql("SET ({})", options_list_sql(table.options)));
  }
  const auto flag = [&](bool was, bool is, const char* on, const char* off) {
    if (was != is) alter(Stage::Settings, table.name, Sql::verbatim(is ? on : off));
  };
  flag(old.row_security, table.row_security, "ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY");
  flag(old.force_row_security, table.force_row_security, "FORCE ROW LEVEL SECURITY",
       "NO FORCE ROW LEVEL SECURITY");
  if (old.replica_identity != table.replica_identity && table.replica_identity != 'i') {
    alter(Stage::Settings, table.name,
          Sql::verbatim(table.replica_identity == 'f'   ? "REPLICA IDENTITY FULL"
                        : table.replica_identity == 'n' ? "REPLICA IDENTITY NOTHING"
                                                        : "REPLICA IDENTITY DEFAULT"));
  }
  if (old.tablespace != table.tablespace) {
    alter(Stage::Settings, table.name,
          sql("SET TABLESPACE {}", Identifier(table.tablespace.empty() ? "pg_default" : table.tablespace)));
  }
}

void TableScripter::constraints(const Table* old, const Table& table) {
  const auto lost_with_column = [&](const Constraint& constraint) {
    return std::any_of(readded_.begin(), readded_.end(), [&](const auto& one) {
      return one.first == table.name && mentions(constraint.definition, one.second);
    });
  };
  for (const Constraint& constraint : old == nullptr ? SharedList<Constraint>{} : old->constraints) {
    if (constraint.inherited) continue;
    const Constraint* wanted = named(table.constraints, name_of(constraint));
    const bool foreign_key = constraint.definition.kind == ConstraintKind::ForeignKey;
    bool drop = wanted == nullptr;
    if (wanted != nullptr && !same(constraint, *wanted)) {
      Constraint valid = constraint;
      valid.validated = true;
      if (!constraint.validated && wanted->validated && same(valid, *wanted)) {
        alter(foreign_key ? Stage::Keys : Stage::Constraints, table.name,
              sql("VALIDATE CONSTRAINT {}", name_of(constraint)));
        continue;
      }
      drop = true;
    }
    const bool to_remade = foreign_key && remade_.contains(constraint.definition.references.table);
    if (drop || to_remade) {
      alter(foreign_key ? Stage::DropKeys : Stage::DropConstraints, table.name,
            sql("DROP CONSTRAINT {}{}", Sql::verbatim(lost_with_column(constraint) ? "IF EXISTS " : ""),
                name_of(constraint)));
    }
  }
  for (const Constraint& constraint : table.constraints) {
    if (constraint.inherited && !(table.partition_of && constraint.definition.kind != ConstraintKind::Check))
      continue;
    const Constraint* had = old == nullptr ? nullptr : named(old->constraints, name_of(constraint));
    const bool foreign_key = constraint.definition.kind == ConstraintKind::ForeignKey;
    Constraint valid = had == nullptr ? constraint : *had;
    valid.validated = true;
    const bool stays = had != nullptr &&
                       (same(*had, constraint) || (constraint.validated && same(valid, constraint))) &&
                       !lost_with_column(constraint) &&
                       !(foreign_key && remade_.contains(constraint.definition.references.table));
    if (!stays)
      add(foreign_key ? Stage::Keys : Stage::Constraints, add_constraint_sql(table.name, constraint));
    const std::string before_comment = stays ? had->comment : std::string();
    if (before_comment != constraint.comment) {
      add(Stage::Comments,
          comment_sql(sql("CONSTRAINT {} ON {}", name_of(constraint), table.name), constraint.comment));
    }
  }
}

void TableScripter::indexes(const Table* old, const Table& table) {
  const auto lost_with_column = [&](const Index& index) {
    return std::any_of(readded_.begin(), readded_.end(), [&](const auto& one) {
      return one.first == table.name && mentions(index, one.second);
    });
  };
  for (const Index& index : old == nullptr ? SharedList<Index>{} : old->indexes) {
    if (!index.constraint.empty() || !index.parent.empty()) continue;
    const Index* wanted = named(table.indexes, name_of(index));
    if (wanted == nullptr || !wanted->constraint.empty() || !same(index, *wanted)) {
      add(Stage::DropConstraints, sql("DROP INDEX {}", index.name));
    }
  }
  for (const Index& index : table.indexes) {
    const Index* had = old == nullptr ? nullptr : named(old->indexes, name_of(index));
    const bool stays = had != nullptr && same(*had, index) && !lost_with_column(index);
    if (index.constraint.empty() && !stays && (index.parent.empty() || had == nullptr)) {
      add(Stage::Indexes, create_index_sql(recreated(index, index.name.name)));
    }
    if (!stays && index.clustered) alter(Stage::Settings, table.name, sql("CLUSTER ON {}", index.name.name));
    if (index.replica_identity && (had == nullptr || !had->replica_identity)) {
      alter(Stage::Settings, table.name, sql("REPLICA IDENTITY USING INDEX {}", index.name.name));
    }
    if ((stays ? had->comment : std::string()) != index.comment)
      add(Stage::Comments, comment_sql(sql("INDEX {}", index.name), index.comment));
  }
}

void TableScripter::drop_parts(const Table& old, const Table* table) {
  if (table == nullptr) return;
  const TableName& name = old.name;
  for (const Trigger& trigger : old.triggers) {
    const Trigger* wanted = named(table->triggers, name_of(trigger));
    Trigger in_state = trigger;
    if (wanted != nullptr) in_state.state = wanted->state;
    const auto& definition = trigger.definition;
    const bool in_the_way = touches_retyped(name, [&](const Identifier& c) {
      return definition.when.mentions(c) ||
             std::find(definition.update_columns.begin(), definition.update_columns.end(), c) !=
                 definition.update_columns.end();
    });
    if (!trigger.inherited && (wanted == nullptr || !same(in_state, *wanted) || in_the_way)) {
      add(Stage::DropParts, sql("DROP TRIGGER {} ON {}", name_of(trigger), name));
    }
  }
  for (const RewriteRule& rule : old.rules) {
    const RewriteRule* wanted = named(table->rules, name_of(rule));
    if (wanted == nullptr || !same(rule, *wanted))
      add(Stage::DropParts, sql("DROP RULE {} ON {}", name_of(rule), name));
  }
  for (const Policy& policy : old.policies) {
    const Policy* wanted = named(table->policies, name_of(policy));
    const bool in_the_way = touches_retyped(name, [&](const Identifier& c) {
      return policy.definition.using_expression.mentions(c) || policy.definition.with_check.mentions(c);
    });
    if (wanted == nullptr || !same(policy, *wanted) || in_the_way)
      add(Stage::DropParts, sql("DROP POLICY {} ON {}", name_of(policy), name));
  }
  for (const CreateStatistics& statistics : old.statistics) {
    const CreateStatistics* wanted = named(table->statistics, name_of(statistics));
    if (wanted == nullptr || !same(statistics, *wanted))
      add(Stage::DropParts, sql("DROP STATISTICS {}", statistics.name));
  }
}

void TableScripter::add_parts(const Table* old, const Table& table) {
  const TableName& name = table.name;
  for (const Trigger& trigger : table.triggers) {
    if (trigger.inherited) continue;
    const Trigger* had = old == nullptr ? nullptr : named(old->triggers, name_of(trigger));
    Trigger in_state = had == nullptr ? trigger : *had;
    in_state.state = trigger.state;
    const auto& definition = trigger.definition;
    const bool in_the_way = touches_retyped(name, [&](const Identifier& c) {
      return definition.when.mentions(c) ||
             std::find(definition.update_columns.begin(), definition.update_columns.end(), c) !=
                 definition.update_columns.end();
    });
    const bool stays = had != nullptr && same(in_state, trigger) && !in_the_way;
    if (!stays) add(Stage::Parts, create_trigger_sql(definition));
    const TriggerState state = stays ? had->state : TriggerState::Enable;
    if (state != trigger.state) add(Stage::Settings, trigger_state_sql(name, trigger));
  }
  for (const RewriteRule& rule : table.rules) {
    const RewriteRule* had = old == nullptr ? nullptr : named(old->rules, name_of(rule));
    if (had != nullptr && same(*had, rule)) continue;
    add(Stage::Parts, create_rule_sql(rule.definition));
    const char* state = rule.state == TriggerState::Disable         ? "DISABLE RULE"
                        : rule.state == TriggerState::EnableAlways  ? "ENABLE ALWAYS RULE"
                        : rule.state == TriggerState::EnableReplica ? "ENABLE REPLICA RULE"
                                                                    : nullptr;
    if (state != nullptr) alter(Stage::Settings, name, sql("{} {}", Sql::verbatim(state), name_of(rule)));
  }
  for (const Policy& policy : table.policies) {
    const Policy* had = old == nullptr ? nullptr : named(old->policies, name_of(policy));
    const bool in_the_way = touches_retyped(name, [&](const Identifier& c) {
      return policy.definition.using_expression.mentions(c) || policy.definition.with_check.mentions(c);
    });
    if (had == nullptr || !same(*had, policy) || in_the_way)
      add(Stage::Parts, create_policy_sql(policy.definition));
  }
  for (const CreateStatistics& statistics : table.statistics) {
    const CreateStatistics* had = old == nullptr ? nullptr : named(old->statistics, name_of(statistics));
    if (had == nullptr || !same(*had, statistics)) add(Stage::Parts, create_statistics_sql(statistics));
  }
}

void TableScripter::comments(const Table* old, const Table& table) {
  if (old == nullptr) return;  // made with its comments
  if (old->comment != table.comment)
    add(Stage::Comments, comment_sql(sql("TABLE {}", table.name), table.comment));
  for (const Column& column : table.columns) {
    const Column* had = old->column(column.name);
    if (had == nullptr || readded_.contains({table.name, column.name}) || had->comment == column.comment)
      continue;
    add(Stage::Comments, comment_sql(sql("COLUMN {}.{}", table.name, column.name), column.comment));
  }
}

// ---- views

void TableScripter::remake_views() {
  const auto reads_changed = [&](const View& view) {
    for (const auto& [relation, columns] : view.reads) {
      const bool gone = remade_.contains(relation) || views_gone_.contains(relation) ||
                        (from_.tables.contains(relation) && !to_.tables.contains(relation));
      if (gone) return true;
      for (const Identifier& column : columns) {
        const std::pair at{relation, column};
        if (retyped_.contains(at) || columns_gone_.contains(at) || readded_.contains(at)) return true;
      }
    }
    return std::any_of(view.reads_all_of.begin(), view.reads_all_of.end(), [&](const ObjectName& relation) {
      return views_gone_.contains(relation) || remade_.contains(relation);
    });
  };
  for (const auto& [name, view] : from_.views) {
    const View* wanted = to_.views.find(name);
    const bool differs =
        wanted == nullptr || !same(*view, *wanted) || !same_query(view->query, from_, wanted->query, to_);
    if (differs) views_gone_.insert(name);
  }
  for (bool more = true; more;) {
    more = false;
    for (const auto& [name, view] : from_.views) {
      if (!views_gone_.contains(name) && reads_changed(*view)) more = views_gone_.insert(name).second || more;
    }
  }
}

void TableScripter::drop_view(const View& view) {
  add(Stage::DropViews,
      view.materialized ? sql("DROP MATERIALIZED VIEW {}", view.name) : sql("DROP VIEW {}", view.name));
}

void TableScripter::create_view(const View& view) {
  add(Stage::Views, create_view_sql(view));
  for (const Index& index : view.indexes)
    add(Stage::Views, create_index_sql(recreated(index, index.name.name)));
  for (const Trigger& trigger : view.triggers) add(Stage::Parts, create_trigger_sql(trigger.definition));
  for (const RewriteRule& rule : view.rules) add(Stage::Parts, create_rule_sql(rule.definition));
  if (!view.comment.empty()) {
    add(Stage::Comments,
        comment_sql(view.materialized ? sql("MATERIALIZED VIEW {}", view.name) : sql("VIEW {}", view.name),
                    view.comment));
  }
}

void TableScripter::views() {
  std::set<ObjectName> done;
  std::vector<ObjectName> order;
  const auto visit = [&](const auto& self, const Schema& schema, const ObjectName& name) -> void {
    const View* view = schema.views.find(name);
    if (view == nullptr || !done.insert(name).second) return;
    for (const auto& [read, columns] : view->reads) self(self, schema, read);
    for (const ObjectName& read : view->reads_all_of) self(self, schema, read);
    order.push_back(name);
  };
  for (const auto& [name, view] : from_.views) visit(visit, from_, name);
  for (auto name = order.rbegin(); name != order.rend(); ++name) {
    if (views_gone_.contains(*name)) drop_view(*from_.views.find(*name));
  }
  done.clear();
  order.clear();
  for (const auto& [name, view] : to_.views) visit(visit, to_, name);
  for (const ObjectName& name : order) {
    const View& view = *to_.views.find(name);
    const View* old = views_gone_.contains(name) ? nullptr : from_.views.find(name);
    if (old == nullptr) {
      create_view(view);
      continue;
    }
    for (const Index& index : old->indexes) {
      const Index* wanted = named(view.indexes, name_of(index));
      if (wanted == nullptr || !same(index, *wanted))
        add(Stage::DropConstraints, sql("DROP INDEX {}", index.name));
    }
    for (const Index& index : view.indexes) {
      const Index* had = named(old->indexes, name_of(index));
      if (had == nullptr || !same(*had, index))
        add(Stage::Views, create_index_sql(recreated(index, index.name.name)));
    }
    if (old->comment != view.comment) {
      add(Stage::Comments,
          comment_sql(view.materialized ? sql("MATERIALIZED VIEW {}", name) : sql("VIEW {}", name),
                      view.comment));
    }
  }
}

void TableScripter::run() {
  find_remade();
  remake_views();
  views();
  std::vector<TableName> dropped;
  for (const TableName& name : parents_first(from_)) {
    const Table& old = *from_.tables.find(name);
    const Table* table = remade_.contains(name) ? nullptr : to_.tables.find(name);
    if (table == nullptr) {
      for (const Constraint& constraint : old.constraints) {
        // Tables that refer to each other could not be dropped one by one.
        if (constraint.definition.kind != ConstraintKind::ForeignKey || constraint.inherited) continue;
        alter(Stage::DropKeys, name, sql("DROP CONSTRAINT {}", name_of(constraint)));
      }
      dropped.push_back(name);
      if (!remade_.contains(name)) s_.note("table " + display(name) + " is dropped with all its rows");
    }
    drop_parts(old, table);
    // A sequence that goes with another table would hold that table here.
    for (const Column& column : old.columns) {
      const auto sequence_name = nextval_sequence(column.default_value);
      const Sequence* sequence = sequence_name ? from_.sequences.find(*sequence_name) : nullptr;
      if (sequence == nullptr || !sequence->owner_table || *sequence->owner_table == name) continue;
      const bool goes =
          !to_.tables.contains(*sequence->owner_table) || remade_.contains(*sequence->owner_table);
      if (goes) alter(Stage::Release, name, sql("ALTER COLUMN {} DROP DEFAULT", column.name));
    }
  }
  for (auto name = dropped.rbegin(); name != dropped.rend(); ++name) {
    const Table& old = *from_.tables.find(*name);
    const bool with_parent =
        old.partition_of && std::find(dropped.begin(), dropped.end(), *old.partition_of) != dropped.end();
    if (!with_parent) add(Stage::DropTables, sql("DROP TABLE {}", *name));
  }
  std::vector<TableName> order = parents_first(to_);
  for (const TableName& name : order) {
    const Table& table = *to_.tables.find(name);
    if (const Table* old = before(name)) {
      change(*old, table);
    } else {
      create(table);
    }
  }
  // Partitions first: a parent's index or key then takes theirs, names included, instead of making its own.
  std::stable_sort(order.begin(), order.end(), [&](const TableName& a, const TableName& b) {
    return depth(*to_.tables.find(a)) > depth(*to_.tables.find(b));
  });
  for (const TableName& name : order) {
    const Table& table = *to_.tables.find(name);
    if (table.kind == RelationKind::ForeignTable) continue;
    const Table* old = before(name);
    constraints(old, table);
    indexes(old, table);
    add_parts(old, table);
    comments(old, table);
  }
}

}  // namespace

void Scripter::swap_enum(const EnumType& wanted) {
  const Identifier old = fitted_name(wanted.name.name.str() + "_planner_old");
  add(Stage::Types, sql("ALTER TYPE {} RENAME TO {}", wanted.name, old));
  add(Stage::Types, create_enum_sql(wanted));
  add(Stage::DropTypes, sql("DROP TYPE {}", ObjectName(wanted.name.schema, old)));
  swapped_enums.push_back(wanted.name);
  note("enum " + display(wanted.name) +
       " loses or reorders labels: rows that hold a label that is gone make the script fail");
}

void script_tables(Scripter& script) { TableScripter(script).run(); }

}  // namespace planner::plans::script

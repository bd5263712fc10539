#include "planner/schema_facets.h"

#include <algorithm>
#include <initializer_list>

namespace planner {

namespace {

class Builder {
 public:
  Builder& text(std::string what, std::string value) {
    facets_.push_back({std::move(what), std::move(value), {}, false});
    return *this;
  }
  Builder& flag(std::string what, bool value) { return text(std::move(what), value ? "yes" : "no"); }
  Builder& expression(std::string what, const Expression& value) {
    facets_.push_back({std::move(what), {}, value, true});
    return *this;
  }
  Facets take() { return std::move(facets_); }

 private:
  Facets facets_;
};

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::string qualified(const ObjectName& name) {
  return name.schema.empty() ? name.name.str() : name.schema.str() + "." + name.name.str();
}

std::string option_list(std::vector<Option> options) {
  std::sort(options.begin(), options.end(), [](const Option& a, const Option& b) { return a.name < b.name; });
  std::string out;
  for (const Option& option : options) {
    if (!out.empty()) out += ", ";
    out += option.name + "=" + (option.value.empty() ? "true" : option.value);
  }
  return out;
}

std::string name_list(std::vector<std::string> names, bool sorted) {
  if (sorted) std::sort(names.begin(), names.end());
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string table_list(const std::vector<ObjectName>& names, bool sorted) {
  std::vector<std::string> out;
  for (const ObjectName& name : names) out.push_back(qualified(name));
  return name_list(std::move(out), sorted);
}

std::string_view action_word(ForeignKeyAction action) {
  switch (action) {
    case ForeignKeyAction::NoAction:
      return "NO ACTION";
    case ForeignKeyAction::Restrict:
      return "RESTRICT";
    case ForeignKeyAction::Cascade:
      return "CASCADE";
    case ForeignKeyAction::SetNull:
      return "SET NULL";
    case ForeignKeyAction::SetDefault:
      return "SET DEFAULT";
  }
  return "";
}

std::string_view kind_word(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::Check:
      return "CHECK";
    case ConstraintKind::NotNull:
      return "NOT NULL";
    case ConstraintKind::PrimaryKey:
      return "PRIMARY KEY";
    case ConstraintKind::Unique:
      return "UNIQUE";
    case ConstraintKind::ForeignKey:
      return "FOREIGN KEY";
    case ConstraintKind::Exclusion:
      return "EXCLUDE";
  }
  return "";
}

std::string_view state_word(TriggerState state) {
  switch (state) {
    case TriggerState::Enable:
      return "enabled";
    case TriggerState::EnableAlways:
      return "always enabled";
    case TriggerState::EnableReplica:
      return "enabled for replicas";
    case TriggerState::Disable:
      return "disabled";
  }
  return "";
}

std::string_view persistence_word(Persistence persistence) {
  switch (persistence) {
    case Persistence::Permanent:
      return "permanent";
    case Persistence::Unlogged:
      return "unlogged";
    case Persistence::Temporary:
      return "temporary";
  }
  return "";
}

std::string element_words(const IndexElement& element) {
  std::string out = element.column.str();
  if (!element.collation.empty()) out += " COLLATE " + qualified(element.collation);
  // An extension's stand where the extension was put; nobody has two of one name.
  if (!element.opclass.empty()) out += " " + element.opclass.name.str();
  if (element.descending) out += " DESC";
  if (element.nulls_first && *element.nulls_first != element.descending) {
    out += *element.nulls_first ? " NULLS FIRST" : " NULLS LAST";
  }
  return out;
}

/// Elements one by one: expressions are compared by meaning, the rest as text.
void add_elements(Builder& builder, const std::vector<IndexElement>& elements) {
  std::string columns;
  std::size_t number = 0;
  for (const IndexElement& element : elements) {
    ++number;
    if (number > 1) columns += ", ";
    if (element.expression) columns += "(expression " + std::to_string(number) + ")";
    columns += element_words(element);
  }
  builder.text("columns", columns);
  number = 0;
  for (const IndexElement& element : elements) {
    ++number;
    if (element.expression) builder.expression("expression " + std::to_string(number), element.expression);
  }
}

void add_bound(Builder& builder, const PartitionBound& bound) {
  builder.flag("default partition", bound.is_default);
  if (bound.is_default) return;
  builder.text("partition modulus and remainder",
               std::to_string(bound.modulus) + ", " + std::to_string(bound.remainder));
  const auto values = [&](const char* word, const std::vector<Expression>& expressions) {
    std::size_t number = 0;
    for (const Expression& value : expressions) {
      builder.expression(std::string(word) + " " + std::to_string(++number), value);
    }
  };
  values("partition from", bound.lower);
  values("partition to", bound.upper);
  values("partition value", bound.list);
}

std::string identity_word(const std::optional<Identity>& identity) {
  if (!identity) return "none";
  return identity->always ? "GENERATED ALWAYS" : "GENERATED BY DEFAULT";
}

std::string cut_comment(const CompareOptions& options, const std::string& comment) {
  return options.comments ? comment : std::string();
}

}  // namespace

std::string signature_text(const Function& function) {
  std::string out;
  for (const TypeName& type : function.input_types) out += (out.empty() ? "" : ", ") + display(type);
  return out;
}

Facets facets_of(const Table& table, const CompareOptions& options) {
  Builder builder;
  builder.text("kind", table.kind == RelationKind::PartitionedTable ? "partitioned table"
                       : table.kind == RelationKind::ForeignTable   ? "foreign table"
                                                                    : "table");
  builder.text("persistence", std::string(persistence_word(table.persistence)));
  builder.flag("row level security", table.row_security)
      .flag("forced row level security", table.force_row_security);
  builder.text("parents", table_list(table.inherits, false));
  if (table.partition_by) {
    builder.text("partition strategy", lower_case(table.partition_by->strategy));
    add_elements(builder, table.partition_by->elements);
  }
  if (table.bound) add_bound(builder, *table.bound);
  if (options.storage) {
    builder.text("storage parameters", option_list(table.options)).text("tablespace", table.tablespace);
    builder.text("access method", table.access_method)
        .text("replica identity", std::string(1, table.replica_identity));
  }
  builder.text("comment", cut_comment(options, table.comment));
  if (options.owners) builder.text("owner", table.owner);
  return builder.take();
}

Facets facets_of(const Column& column, const CompareOptions& options) {
  Builder builder;
  builder.text("type", display(column.type)).flag("NOT NULL", column.not_null);
  builder.expression("default", column.default_value).text("identity", identity_word(column.identity));
  builder.expression("generation expression", column.generated)
      .text("collation", qualified(column.collation));
  builder.flag("inherited", column.inherited);
  if (options.storage) {
    builder.text("storage", lower_case(column.storage)).text("compression", lower_case(column.compression));
    builder.text("statistics target", std::to_string(column.statistics_target));
    builder.text("options", option_list(column.options));
  }
  builder.text("comment", cut_comment(options, column.comment));
  return builder.take();
}

Facets facets_of(const Constraint& constraint, const CompareOptions& options) {
  const ConstraintDefinition& definition = constraint.definition;
  Builder builder;
  builder.text("kind", std::string(kind_word(definition.kind)));
  if (definition.kind == ConstraintKind::Check) {
    builder.expression("expression", definition.expression).flag("NO INHERIT", definition.no_inherit);
  } else if (definition.kind == ConstraintKind::Exclusion) {
    std::vector<std::string> operators;
    for (const ObjectName& one : definition.exclusion_operators) operators.push_back(one.name.str());
    builder.text("operators", name_list(std::move(operators), false))
        .text("method", definition.access_method);
    add_elements(builder, definition.exclusion_elements);
    builder.expression("predicate", definition.predicate);
  } else {
    builder.text("columns", display(definition.columns))
        .text("included columns", display(definition.included));
    builder.flag("NULLS NOT DISTINCT", definition.nulls_not_distinct);
  }
  if (definition.kind == ConstraintKind::ForeignKey) {
    const ForeignKeyTarget& target = definition.references;
    builder.text("referenced table", qualified(target.table))
        .text("referenced columns", display(target.columns));
    builder.text("ON DELETE", std::string(action_word(target.on_delete)));
    builder.text("ON UPDATE", std::string(action_word(target.on_update)));
    builder.text("ON DELETE columns", display(target.on_delete_set_columns))
        .text("MATCH", std::string(1, target.match));
  }
  builder.flag("DEFERRABLE", definition.deferrable || definition.initially_deferred);
  builder.flag("INITIALLY DEFERRED", definition.initially_deferred);
  builder.flag("validated", constraint.validated).flag("enforced", constraint.enforced);
  builder.flag("inherited", constraint.inherited);
  builder.text("comment", cut_comment(options, constraint.comment));
  return builder.take();
}

Facets facets_of(const Index& index, const CompareOptions& options) {
  Builder builder;
  builder.text("method", index.method)
      .flag("UNIQUE", index.unique)
      .flag("NULLS NOT DISTINCT", index.nulls_not_distinct);
  add_elements(builder, index.elements);
  builder.text("included columns", display(index.included)).expression("predicate", index.predicate);
  builder.flag("valid", index.valid && index.ready).text("constraint", index.constraint.str());
  builder.text("parent index", qualified(index.parent));
  if (options.storage) {
    builder.text("storage parameters", option_list(index.options)).text("tablespace", index.tablespace);
    builder.flag("clustered", index.clustered).flag("replica identity", index.replica_identity);
  }
  builder.text("comment", cut_comment(options, index.comment));
  return builder.take();
}

Facets facets_of(const Trigger& trigger, const CompareOptions&) {
  const CreateTrigger& definition = trigger.definition;
  std::string events;
  for (const auto& [on, word] :
       std::initializer_list<std::pair<bool, const char*>>{{definition.on_insert, "INSERT"},
                                                           {definition.on_update, "UPDATE"},
                                                           {definition.on_delete, "DELETE"},
                                                           {definition.on_truncate, "TRUNCATE"}}) {
    if (on) events += (events.empty() ? "" : " OR ") + std::string(word);
  }
  Builder builder;
  builder.text("time", definition.before ? "BEFORE" : definition.instead ? "INSTEAD OF" : "AFTER");
  builder.text("events", events).flag("for each row", definition.for_each_row);
  builder.text("columns", display(definition.update_columns)).expression("condition", definition.when);
  builder.text("function", definition.function.name.str())
      .text("arguments", name_list(definition.arguments, false));
  builder.flag("constraint trigger", definition.constraint);
  builder.flag("deferrable", definition.deferrable || definition.initially_deferred);
  builder.flag("initially deferred", definition.initially_deferred);
  builder.text("old table", definition.old_table.str()).text("new table", definition.new_table.str());
  builder.text("state", std::string(state_word(trigger.state))).flag("inherited", trigger.inherited);
  return builder.take();
}

Facets facets_of(const Policy& policy, const CompareOptions&) {
  std::vector<std::string> roles = policy.definition.roles;
  std::erase(roles, "public");
  Builder builder;
  builder.text("command", lower_case(policy.definition.command))
      .flag("permissive", policy.definition.permissive);
  builder.text("roles", name_list(std::move(roles), true));
  builder.expression("USING", policy.definition.using_expression)
      .expression("WITH CHECK", policy.definition.with_check);
  return builder.take();
}

Facets facets_of(const RewriteRule& rule, const CompareOptions&) {
  Builder builder;
  builder.text("event", lower_case(rule.definition.event)).flag("INSTEAD", rule.definition.instead);
  builder.expression("condition", rule.definition.where).text("state", std::string(state_word(rule.state)));
  return builder.take();
}

Facets facets_of(const CreateStatistics& statistics, const CompareOptions&) {
  std::vector<std::string> columns;
  for (const Identifier& column : statistics.columns) columns.push_back(column.str());
  std::vector<std::string> kinds = statistics.kinds;
  if (kinds.empty()) kinds = {"dependencies", "mcv", "ndistinct"};
  Builder builder;
  // Statistics on one expression have no kinds to choose from.
  if (statistics.columns.empty() && statistics.expressions.size() == 1) kinds.clear();
  builder.text("columns", name_list(std::move(columns), true))
      .text("kinds", name_list(std::move(kinds), true));
  std::size_t number = 0;
  for (const Expression& expression : statistics.expressions) {
    builder.expression("expression " + std::to_string(++number), expression);
  }
  return builder.take();
}

Facets facets_of(const View& view, const CompareOptions& options) {
  Builder builder;
  builder.text("kind", view.materialized ? "materialized view" : "view");
  builder.text("columns", display(view.columns));
  if (view.materialized) builder.flag("populated", view.populated);
  builder.text("options", option_list(view.options)).text("comment", cut_comment(options, view.comment));
  if (options.owners) builder.text("owner", view.owner);
  return builder.take();
}

Facets facets_of(const Sequence& sequence, const CompareOptions& options) {
  Builder builder;
  builder.text("type", sequence.type).text("start", std::to_string(sequence.start));
  builder.text("increment", std::to_string(sequence.increment))
      .text("minimum", std::to_string(sequence.minimum));
  builder.text("maximum", std::to_string(sequence.maximum)).text("cache", std::to_string(sequence.cache));
  builder.flag("cycle", sequence.cycle);
  builder.text("owned by", sequence.owner_table
                               ? qualified(*sequence.owner_table) + "." + sequence.owner_column.str()
                               : "none");
  builder.flag("of an identity column", sequence.internal);
  builder.text("comment", cut_comment(options, sequence.comment));
  if (options.owners) builder.text("owner", sequence.owner);
  return builder.take();
}

Facets facets_of(const EnumType& type, const CompareOptions& options) {
  Builder builder;
  builder.text("values", name_list(type.labels, false)).text("comment", cut_comment(options, type.comment));
  if (options.owners) builder.text("owner", type.owner);
  return builder.take();
}

Facets facets_of(const Domain& domain, const CompareOptions& options) {
  Builder builder;
  builder.text("base type", display(domain.base)).flag("NOT NULL", domain.not_null);
  builder.expression("default", domain.default_value).text("collation", qualified(domain.collation));
  builder.text("comment", cut_comment(options, domain.comment));
  if (options.owners) builder.text("owner", domain.owner);
  return builder.take();
}

Facets facets_of(const OtherType& type, const CompareOptions& options) {
  std::string attributes;
  if (type.kind == 'c') {
    for (const Column& attribute : type.attributes) {
      attributes += (attributes.empty() ? "" : ", ") + attribute.name.str() + " " + display(attribute.type);
    }
  }
  Builder builder;
  builder.text("kind", std::string(1, type.kind)).text("attributes", attributes);
  if (type.range) {
    builder.text("subtype", display(type.range->subtype))
        .text("operator class", qualified(type.range->opclass))
        .text("collation", qualified(type.range->collation))
        .text("canonical function", qualified(type.range->canonical))
        .text("difference function", qualified(type.range->subtype_diff))
        .text("multirange type", qualified(type.range->multirange));
  }
  builder.text("comment", cut_comment(options, type.comment));
  if (options.owners) builder.text("owner", type.owner);
  return builder.take();
}

Facets facets_of(const Function& function, const CompareOptions& options) {
  const CreateFunction& definition = function.definition;
  Builder builder;
  builder.text("kind", definition.procedure ? "procedure" : definition.aggregate ? "aggregate" : "function");
  if (!definition.aggregate) {
    std::string arguments;
    for (const FunctionArgument& argument : definition.arguments) {
      if (!arguments.empty()) arguments += ", ";
      if (argument.mode != 'i') arguments += std::string(1, argument.mode) + " ";
      if (!argument.name.empty()) arguments += argument.name.str() + " ";
      TypeName type = argument.type;
      type.modifiers.clear();  // PostgreSQL forgets them
      type.other_modifiers.clear();
      arguments += display(type);
    }
    TypeName returns = definition.returns;
    returns.modifiers.clear();
    returns.other_modifiers.clear();
    std::string result = definition.returns_table ? "table" : returns.empty() ? "" : display(returns);
    // A function of one OUT argument returns its type whether it says so or not.
    const bool has_outputs = std::any_of(
        definition.arguments.begin(), definition.arguments.end(),
        [](const FunctionArgument& a) { return a.mode == 'o' || a.mode == 'b' || a.mode == 't'; });
    if (has_outputs && !definition.returns_table)
      result = definition.returns.set_of ? "setof outputs" : "outputs";
    if (definition.returns.set_of && !definition.returns_table && !has_outputs) result = "setof " + result;
    builder.text("arguments", arguments).text("result", definition.procedure ? "" : result);
    for (const FunctionArgument& argument : definition.arguments) {
      if (argument.default_value)
        builder.expression("default of " + argument.name.str(), argument.default_value);
    }
    builder.text("language", definition.language);
    builder.text("volatility", definition.volatility == Volatility::Immutable ? "immutable"
                               : definition.volatility == Volatility::Stable  ? "stable"
                                                                              : "volatile");
    builder.flag("STRICT", definition.strict).flag("SECURITY DEFINER", definition.security_definer);
    builder.text("body", definition.body).expression("SQL body", definition.sql_body);
    builder.text("settings", option_list(definition.settings));
  }
  builder.text("comment", cut_comment(options, function.comment));
  if (options.owners) builder.text("owner", function.owner);
  return builder.take();
}

}  // namespace planner

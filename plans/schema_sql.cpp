#include "plans/schema_sql.h"

#include <algorithm>

#include "plans/steps/ddl.h"

namespace planner::plans {

namespace {

Sql word(const std::string& text) { return sql("{}", Identifier(text)); }
Sql keyword(std::string_view text) { return Sql::verbatim(std::string(text)); }

Sql option_name_sql(const std::string& name) {
  const std::size_t dot = name.find('.');
  return dot == std::string::npos ? word(name)
                                  : sql("{}.{}", word(name.substr(0, dot)), word(name.substr(dot + 1)));
}

/// A role's name, but for the word that means everybody.
Sql role_sql(const std::string& role) {
  for (const char* special : {"public", "current_user", "session_user", "current_role"}) {
    if (role == special) return keyword(special);
  }
  return word(role);
}

Sql elements_of(const std::vector<IndexElement>& elements) {
  std::vector<Sql> parts;
  for (const IndexElement& element : elements) {
    Sql part = element.column.empty() ? sql("({})", element.expression.text()) : sql("{}", element.column);
    part = sql("{}{}", part, collate_sql(element.collation));
    if (!element.opclass.empty()) part = sql("{} {}", part, element.opclass);
    parts.push_back(part);
  }
  return join(parts, ", ");
}

Sql values_sql(const std::vector<Expression>& values) {
  std::vector<Sql> parts;
  for (const Expression& value : values) {
    // MINVALUE and MAXVALUE are kept as names.
    const Sql text = value.text();
    const auto& columns = value.facts().columns;
    const bool bound_word =
        columns.size() == 1 && (columns[0].str() == "minvalue" || columns[0].str() == "maxvalue");
    parts.push_back(bound_word ? keyword(columns[0].str()) : text);
  }
  return join(parts, ", ");
}

Sql functions_arguments_sql(const CreateFunction& function) {
  std::vector<Sql> parts;
  for (const FunctionArgument& argument : function.arguments) {
    if (argument.mode == 't') continue;
    Sql part = argument.mode == 'o'   ? keyword("OUT ")
               : argument.mode == 'b' ? keyword("INOUT ")
               : argument.mode == 'v' ? keyword("VARIADIC ")
                                      : Sql();
    if (!argument.name.empty()) part = sql("{}{} ", part, argument.name);
    part = sql("{}{}", part, type_sql(argument.type));
    if (!argument.default_value.empty()) part = sql("{} DEFAULT {}", part, argument.default_value.text());
    parts.push_back(part);
  }
  return join(parts, ", ");
}

/// A search path is a list; every member is a literal of its own.
Sql setting_sql(const Option& setting) {
  if (setting.name != "search_path" && setting.name != "temp_tablespaces")
    return sql("{}", Literal(setting.value));
  std::vector<Sql> members;
  for (std::size_t at = 0; at <= setting.value.size();) {
    const std::size_t end = std::min(setting.value.find(", ", at), setting.value.size());
    members.push_back(sql("{}", Literal(setting.value.substr(at, end - at))));
    at = end + 2;
  }
  return join(members, ", ");
}

Sql body_literal(const std::string& body) {
  // Dollar quotes keep a body readable; its tag must not occur in it.
  std::string tag = "$$";
  for (int n = 1; body.find(tag) != std::string::npos; ++n) tag = "$body" + std::to_string(n) + "$";
  if (!body.empty() && body.back() == '$') tag = "$body$";
  return Sql::verbatim(tag + body + tag);
}

}  // namespace

Sql options_list_sql(const std::vector<Option>& options) {
  std::vector<Sql> parts;
  for (const Option& option : options) {
    parts.push_back(option.value.empty()
                        ? option_name_sql(option.name)
                        : sql("{} = {}", option_name_sql(option.name), Literal(option.value)));
  }
  return join(parts, ", ");
}

Sql comment_sql(const Sql& thing, const std::string& text) {
  return text.empty() ? sql("COMMENT ON {} IS NULL", thing)
                      : sql("COMMENT ON {} IS {}", thing, Literal(text));
}

Sql partition_bound_sql(const PartitionBound& bound) {
  if (bound.is_default) return sql("DEFAULT");
  if (bound.strategy == "h")
    return sql("FOR VALUES WITH (MODULUS {}, REMAINDER {})", bound.modulus, bound.remainder);
  if (bound.strategy == "l") return sql("FOR VALUES IN ({})", values_sql(bound.list));
  return sql("FOR VALUES FROM ({}) TO ({})", values_sql(bound.lower), values_sql(bound.upper));
}

Sql column_definition_sql(const Column& column, const Table& table, const Schema& schema) {
  ColumnDefinition definition;
  definition.name = column.name;
  definition.type = column.type;
  definition.not_null = column.not_null;
  definition.default_value = column.default_value;
  definition.generated = column.generated;
  definition.collation = column.collation;
  definition.compression = column.compression;
  definition.identity = column.identity;
  if (!definition.identity) return column_sql(definition);
  Sql name;
  for (const ObjectName& owned : table.owned_sequences) {
    const Sequence* sequence = schema.sequences.find(owned);
    if (sequence == nullptr || !sequence->internal || sequence->owner_column != column.name) continue;
    SequenceOptions& options = definition.identity->options;
    options.start = sequence->start;
    options.increment = sequence->increment;
    options.minimum = sequence->minimum;
    options.maximum = sequence->maximum;
    options.cache = sequence->cache;
    if (sequence->cycle) options.cycle = true;
    name = sql("SEQUENCE NAME {} ", owned);
    const Sql list = sequence_options_sql(options);
    // SEQUENCE NAME stands inside the same parentheses.
    const Sql inner = list.empty() ? Sql() : Sql::verbatim(list.str().substr(2, list.str().size() - 3));
    Sql out = sql("{} {}", column.name, type_sql(column.type));
    return sql("{} {} ({}{}){}", out, keyword(identity_sql(*definition.identity)), name, inner,
               keyword(column.not_null ? " NOT NULL" : ""));
  }
  return column_sql(definition);
}

Sql create_table_sql(const Table& table, const Schema& schema) {
  const Sql kind = keyword(table.persistence == Persistence::Unlogged ? "UNLOGGED " : "");
  std::vector<Sql> columns;
  for (const Column& column : table.columns) {
    if (column.inherited && !column.local) continue;
    if (!table.partition_of) columns.push_back(column_definition_sql(column, table, schema));
  }
  Sql out;
  if (table.partition_of && table.bound) {
    // What differs from the parent is set afterwards.
    out = sql("CREATE {}TABLE {} PARTITION OF {} {}", kind, table.name, *table.partition_of,
              partition_bound_sql(*table.bound));
  } else {
    const Sql body = columns.empty() ? sql("()") : sql("(\n  {}\n)", join(columns, ",\n  "));
    out = sql("CREATE {}TABLE {} {}", kind, table.name, body);
    if (!table.inherits.empty()) {
      std::vector<Sql> parents;
      for (const TableName& parent : table.inherits) parents.push_back(sql("{}", parent));
      out = sql("{} INHERITS ({})", out, join(parents, ", "));
    }
  }
  if (table.partition_by) {
    out = sql("{} PARTITION BY {} ({})", out, keyword(table.partition_by->strategy),
              elements_of(table.partition_by->elements));
  }
  if (!table.access_method.empty()) out = sql("{} USING {}", out, word(table.access_method));
  if (!table.options.empty()) out = sql("{} WITH ({})", out, options_list_sql(table.options));
  if (!table.tablespace.empty()) out = sql("{} TABLESPACE {}", out, word(table.tablespace));
  return out;
}

std::vector<Sql> column_settings_sql(const TableName& table, const Column& column) {
  std::vector<Sql> out;
  const auto alter = [&](const Sql& what) {
    out.push_back(sql("ALTER TABLE {} ALTER COLUMN {} {}", table, column.name, what));
  };
  if (!column.storage.empty()) alter(sql("SET STORAGE {}", word(column.storage)));
  if (column.statistics_target >= 0) alter(sql("SET STATISTICS {}", column.statistics_target));
  if (!column.options.empty()) alter(sql("SET ({})", options_list_sql(column.options)));
  if (!column.comment.empty())
    out.push_back(comment_sql(sql("COLUMN {}.{}", table, column.name), column.comment));
  return out;
}

std::vector<Sql> table_settings_sql(const Table& table) {
  std::vector<Sql> out;
  const auto alter = [&](const char* what) {
    out.push_back(sql("ALTER TABLE {} {}", table.name, keyword(what)));
  };
  if (table.row_security) alter("ENABLE ROW LEVEL SECURITY");
  if (table.force_row_security) alter("FORCE ROW LEVEL SECURITY");
  if (table.replica_identity == 'f') alter("REPLICA IDENTITY FULL");
  if (table.replica_identity == 'n') alter("REPLICA IDENTITY NOTHING");
  if (!table.comment.empty()) out.push_back(comment_sql(sql("TABLE {}", table.name), table.comment));
  for (const Column& column : table.columns) {
    for (Sql& one : column_settings_sql(table.name, column)) out.push_back(std::move(one));
  }
  return out;
}

Sql add_constraint_sql(const TableName& table, const Constraint& constraint) {
  ConstraintDefinition definition = constraint.definition;
  definition.inline_of_column = false;
  definition.not_valid = !constraint.validated;
  definition.using_index = Identifier();
  return sql("ALTER TABLE {} ADD {}", table, constraint_sql(definition));
}

Sql create_view_sql(const View& view) {
  std::vector<Option> options = view.options;
  Sql check;
  for (auto option = options.begin(); option != options.end();) {
    if (option->name == "check_option") {
      check = sql(" WITH {} CHECK OPTION", keyword(option->value));
      option = options.erase(option);
    } else {
      ++option;
    }
  }
  const Sql columns = view.columns.empty() ? Sql() : sql(" ({})", column_list(view.columns));
  const Sql with = options.empty() ? Sql() : sql(" WITH ({})", options_list_sql(options));
  return sql("CREATE {}VIEW {}{}{} AS {}{}{}", keyword(view.materialized ? "MATERIALIZED " : ""), view.name,
             columns, with, view.query.text(), check,
             keyword(view.materialized && !view.populated ? " WITH NO DATA" : ""));
}

Sql create_sequence_sql(const Sequence& sequence) {
  return sql("CREATE {}SEQUENCE {} AS {} INCREMENT BY {} MINVALUE {} MAXVALUE {} START WITH {} CACHE {}{}",
             keyword(sequence.persistence == Persistence::Unlogged ? "UNLOGGED " : ""), sequence.name,
             keyword(sequence.type), sequence.increment, sequence.minimum, sequence.maximum, sequence.start,
             sequence.cache, keyword(sequence.cycle ? " CYCLE" : ""));
}

Sql sequence_owner_sql(const Sequence& sequence) {
  if (!sequence.owner_table) return sql("ALTER SEQUENCE {} OWNED BY NONE", sequence.name);
  return sql("ALTER SEQUENCE {} OWNED BY {}.{}", sequence.name, *sequence.owner_table, sequence.owner_column);
}

Sql create_enum_sql(const EnumType& type) {
  std::vector<Sql> labels;
  for (const std::string& label : type.labels) labels.push_back(sql("{}", Literal(label)));
  return sql("CREATE TYPE {} AS ENUM ({})", type.name, join(labels, ", "));
}

Sql create_domain_sql(const Domain& domain) {
  Sql out =
      sql("CREATE DOMAIN {} AS {}{}", domain.name, type_sql(domain.base), collate_sql(domain.collation));
  if (!domain.default_value.empty()) out = sql("{} DEFAULT {}", out, domain.default_value.text());
  if (domain.not_null) out = sql("{} NOT NULL", out);
  for (const Constraint& check : domain.checks) out = sql("{} {}", out, constraint_sql(check.definition));
  return out;
}

Sql create_type_sql(const OtherType& type) {
  if (type.kind == 'p') return sql("CREATE TYPE {}", type.name);
  if (type.range) {
    const CreateRangeType& range = *type.range;
    std::vector<Sql> parts{sql("SUBTYPE = {}", type_sql(range.subtype))};
    if (!range.opclass.empty()) parts.push_back(sql("SUBTYPE_OPCLASS = {}", range.opclass));
    if (!range.collation.empty()) parts.push_back(sql("COLLATION = {}", range.collation));
    if (!range.canonical.empty()) parts.push_back(sql("CANONICAL = {}", range.canonical));
    if (!range.subtype_diff.empty()) parts.push_back(sql("SUBTYPE_DIFF = {}", range.subtype_diff));
    if (!range.multirange.empty()) parts.push_back(sql("MULTIRANGE_TYPE_NAME = {}", range.multirange));
    return sql("CREATE TYPE {} AS RANGE ({})", type.name, join(parts, ", "));
  }
  if (type.kind != 'c') return Sql();
  std::vector<Sql> attributes;
  for (const Column& attribute : type.attributes) {
    attributes.push_back(
        sql("{} {}{}", attribute.name, type_sql(attribute.type), collate_sql(attribute.collation)));
  }
  return sql("CREATE TYPE {} AS ({})", type.name, join(attributes, ", "));
}

Sql function_signature_sql(const Function& function) {
  std::vector<Sql> types;
  for (const TypeName& type : function.input_types) types.push_back(type_sql(type));
  return sql("{} {}({})",
             keyword(function.definition.procedure   ? "PROCEDURE"
                     : function.definition.aggregate ? "AGGREGATE"
                                                     : "FUNCTION"),
             function.definition.name, join(types, ", "));
}

Sql create_function_sql(const Function& function, bool replace) {
  const CreateFunction& definition = function.definition;
  if (definition.aggregate ||
      (definition.body.empty() && definition.sql_body.empty() && definition.language == "c"))
    return Sql();
  Sql out = sql("CREATE {}{} {}({})", keyword(replace ? "OR REPLACE " : ""),
                keyword(definition.procedure ? "PROCEDURE" : "FUNCTION"), definition.name,
                functions_arguments_sql(definition));
  if (definition.returns_table) {
    std::vector<Sql> columns;
    for (const FunctionArgument& argument : definition.arguments) {
      if (argument.mode == 't') columns.push_back(sql("{} {}", argument.name, type_sql(argument.type)));
    }
    out = sql("{} RETURNS TABLE ({})", out, join(columns, ", "));
  } else if (!definition.returns.empty() && !definition.procedure) {
    TypeName plain = definition.returns;
    plain.set_of = false;
    out = sql("{} RETURNS {}{}", out, keyword(definition.returns.set_of ? "SETOF " : ""), type_sql(plain));
  }
  out = sql("{} LANGUAGE {}", out, word(definition.language));
  if (!definition.procedure) {
    out = sql("{} {}", out,
              keyword(definition.volatility == Volatility::Immutable ? "IMMUTABLE"
                      : definition.volatility == Volatility::Stable  ? "STABLE"
                                                                     : "VOLATILE"));
    if (definition.strict) out = sql("{} STRICT", out);
  }
  if (definition.security_definer) out = sql("{} SECURITY DEFINER", out);
  for (const Option& setting : definition.settings) {
    out = sql("{} SET {} TO {}", out, option_name_sql(setting.name), setting_sql(setting));
  }
  if (!definition.sql_body.empty()) return sql("{} {}", out, definition.sql_body.text());
  return sql("{} AS {}", out, body_literal(definition.body));
}

Sql create_trigger_sql(const CreateTrigger& trigger) {
  std::vector<Sql> events;
  if (trigger.on_insert) events.push_back(sql("INSERT"));
  if (trigger.on_delete) events.push_back(sql("DELETE"));
  if (trigger.on_update) {
    events.push_back(trigger.update_columns.empty()
                         ? sql("UPDATE")
                         : sql("UPDATE OF {}", column_list(trigger.update_columns)));
  }
  if (trigger.on_truncate) events.push_back(sql("TRUNCATE"));
  Sql out =
      sql("CREATE {}TRIGGER {} {} {} ON {}", keyword(trigger.constraint ? "CONSTRAINT " : ""), trigger.name,
          keyword(trigger.before    ? "BEFORE"
                  : trigger.instead ? "INSTEAD OF"
                                    : "AFTER"),
          join(events, " OR "), trigger.table);
  if (!trigger.constraint_from.empty()) out = sql("{} FROM {}", out, trigger.constraint_from);
  if (trigger.deferrable) out = sql("{} DEFERRABLE", out);
  if (trigger.initially_deferred) out = sql("{} INITIALLY DEFERRED", out);
  if (!trigger.old_table.empty() || !trigger.new_table.empty()) out = sql("{} REFERENCING", out);
  if (!trigger.old_table.empty()) out = sql("{} OLD TABLE AS {}", out, trigger.old_table);
  if (!trigger.new_table.empty()) out = sql("{} NEW TABLE AS {}", out, trigger.new_table);
  out = sql("{} FOR EACH {}", out, keyword(trigger.for_each_row ? "ROW" : "STATEMENT"));
  if (!trigger.when.empty()) out = sql("{} WHEN ({})", out, trigger.when.text());
  std::vector<Sql> arguments;
  for (const std::string& argument : trigger.arguments) arguments.push_back(sql("{}", Literal(argument)));
  return sql("{} EXECUTE FUNCTION {}({})", out, trigger.function, join(arguments, ", "));
}

Sql trigger_state_sql(const TableName& table, const Trigger& trigger) {
  switch (trigger.state) {
    case TriggerState::Enable:
      return sql("ALTER TABLE {} ENABLE TRIGGER {}", table, trigger.definition.name);
    case TriggerState::EnableAlways:
      return sql("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}", table, trigger.definition.name);
    case TriggerState::EnableReplica:
      return sql("ALTER TABLE {} ENABLE REPLICA TRIGGER {}", table, trigger.definition.name);
    case TriggerState::Disable:
      return sql("ALTER TABLE {} DISABLE TRIGGER {}", table, trigger.definition.name);
  }
  return Sql();
}

Sql create_policy_sql(const CreatePolicy& policy) {
  std::vector<Sql> roles;
  for (const std::string& role : policy.roles) roles.push_back(role_sql(role));
  Sql out = sql("CREATE POLICY {} ON {} AS {} FOR {}", policy.name, policy.table,
                keyword(policy.permissive ? "PERMISSIVE" : "RESTRICTIVE"),
                keyword(policy.command.empty() ? "ALL" : policy.command));
  if (!roles.empty()) out = sql("{} TO {}", out, join(roles, ", "));
  if (!policy.using_expression.empty()) out = sql("{} USING ({})", out, policy.using_expression.text());
  if (!policy.with_check.empty()) out = sql("{} WITH CHECK ({})", out, policy.with_check.text());
  return out;
}

Sql create_rule_sql(const CreateRule& rule) {
  std::vector<Sql> actions;
  for (const Expression& action : rule.actions) actions.push_back(action.text());
  Sql out = sql("CREATE RULE {} AS ON {} TO {}", rule.name, keyword(rule.event), rule.table);
  if (!rule.where.empty()) out = sql("{} WHERE {}", out, rule.where.text());
  return sql("{} DO {} {}", out, keyword(rule.instead ? "INSTEAD" : "ALSO"),
             actions.empty() ? sql("NOTHING") : sql("({})", join(actions, "; ")));
}

Sql create_statistics_sql(const CreateStatistics& statistics) {
  std::vector<Sql> parts;
  for (const Identifier& column : statistics.columns) parts.push_back(sql("{}", column));
  for (const Expression& expression : statistics.expressions) parts.push_back(sql("({})", expression.text()));
  std::vector<Sql> kinds;
  for (const std::string& kind : statistics.kinds) kinds.push_back(keyword(kind));
  const Sql list = kinds.empty() || parts.size() == 1 ? Sql() : sql(" ({})", join(kinds, ", "));
  return sql("CREATE STATISTICS {}{} ON {} FROM {}", statistics.name, list, join(parts, ", "),
             statistics.table);
}

}  // namespace planner::plans

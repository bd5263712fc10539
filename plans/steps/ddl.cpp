#include "plans/steps/ddl.h"

#include <algorithm>

#include "planner/sql/parse.h"

namespace planner::plans {
namespace {

/// The parser's own words (a tablespace, an access method): names, so quoted as names.
Sql word(const std::string& text) { return sql("{}", Identifier(text)); }

Sql element_sql(const IndexElement& element) {
  Sql out = element.column.empty() ? sql("({})", element.expression.text()) : sql("{}", element.column);
  out = sql("{}{}", out, collate_sql(element.collation));
  if (!element.opclass.empty()) out = sql("{} {}", out, element.opclass);
  if (element.descending) out = sql("{} DESC", out);
  if (element.nulls_first)
    out = *element.nulls_first ? sql("{} NULLS FIRST", out) : sql("{} NULLS LAST", out);
  return out;
}

Sql elements_sql(const std::vector<IndexElement>& elements) {
  std::vector<Sql> parts;
  for (const IndexElement& element : elements) parts.push_back(element_sql(element));
  return join(parts, ", ");
}

Sql options_sql(const std::vector<Option>& options) {
  if (options.empty()) return Sql();
  std::vector<Sql> parts;
  for (const Option& option : options) {
    const std::size_t dot = option.name.find('.');
    const Sql name = dot == std::string::npos
                         ? word(option.name)
                         : sql("{}.{}", word(option.name.substr(0, dot)), word(option.name.substr(dot + 1)));
    parts.push_back(option.value.empty() ? name : sql("{} = {}", name, Literal(option.value)));
  }
  return sql(" WITH ({})", join(parts, ", "));
}

Sql action_sql(ForeignKeyAction action) {
  switch (action) {
    case ForeignKeyAction::NoAction:
      return sql("NO ACTION");
    case ForeignKeyAction::Restrict:
      return sql("RESTRICT");
    case ForeignKeyAction::Cascade:
      return sql("CASCADE");
    case ForeignKeyAction::SetNull:
      return sql("SET NULL");
    case ForeignKeyAction::SetDefault:
      return sql("SET DEFAULT");
  }
  return Sql();
}

Sql references_sql(const ForeignKeyTarget& target) {
  Sql out = sql("REFERENCES {}", target.table);
  if (!target.columns.empty()) out = sql("{} ({})", out, column_list(target.columns));
  if (target.match == 'f') out = sql("{} MATCH FULL", out);
  if (target.on_delete != ForeignKeyAction::NoAction) {
    out = sql("{} ON DELETE {}", out, action_sql(target.on_delete));
    if (!target.on_delete_set_columns.empty())
      out = sql("{} ({})", out, column_list(target.on_delete_set_columns));
  }
  if (target.on_update != ForeignKeyAction::NoAction)
    out = sql("{} ON UPDATE {}", out, action_sql(target.on_update));
  return out;
}

Sql key_sql(const ConstraintDefinition& constraint, std::string_view word_for_it) {
  Sql out = Sql::verbatim(std::string(word_for_it));
  if (!constraint.using_index.empty()) return sql("{} USING INDEX {}", out, constraint.using_index);
  if (constraint.nulls_not_distinct) out = sql("{} NULLS NOT DISTINCT", out);
  if (!constraint.inline_of_column) out = sql("{} ({})", out, column_list(constraint.columns));
  if (!constraint.included.empty()) out = sql("{} INCLUDE ({})", out, column_list(constraint.included));
  return out;
}

Sql exclusion_sql(const ConstraintDefinition& constraint) {
  std::vector<Sql> parts;
  for (std::size_t i = 0; i < constraint.exclusion_elements.size(); ++i) {
    const ObjectName& name = constraint.exclusion_operators[i];
    const Sql symbol = Sql::verbatim(name.name.str());
    parts.push_back(name.schema.empty()
                        ? sql("{} WITH {}", element_sql(constraint.exclusion_elements[i]), symbol)
                        : sql("{} WITH OPERATOR({}.{})", element_sql(constraint.exclusion_elements[i]),
                              name.schema, symbol));
  }
  Sql out = sql("EXCLUDE{} ({})", using_method_sql(constraint.access_method), join(parts, ", "));
  if (!constraint.included.empty()) out = sql("{} INCLUDE ({})", out, column_list(constraint.included));
  if (!constraint.predicate.empty()) out = sql("{} WHERE ({})", out, constraint.predicate.text());
  return out;
}

Identifier other(const Identifier& name, const Identifier& from, const Identifier& to) {
  return name == from ? to : name;
}

}  // namespace

Sql collate_sql(const ObjectName& collation) {
  return collation.empty() ? Sql() : sql(" COLLATE {}", collation);
}

Sql using_method_sql(std::string_view method) {
  return method.empty() || method == "btree" ? Sql() : sql(" USING {}", Identifier(method));
}

Sql create_index_sql(const CreateIndex& index) {
  const Sql name = index.name.empty() ? Sql() : sql(" {}", index.name);
  Sql out = sql("CREATE{} INDEX{}{}{} ON {}{}{} ({})", Sql::verbatim(index.unique ? " UNIQUE" : ""),
                Sql::verbatim(index.concurrently ? " CONCURRENTLY" : ""),
                Sql::verbatim(index.if_not_exists ? " IF NOT EXISTS" : ""), name,
                Sql::verbatim(index.only ? "ONLY " : ""), index.table, using_method_sql(index.method),
                elements_sql(index.elements));
  if (!index.included.empty()) out = sql("{} INCLUDE ({})", out, column_list(index.included));
  if (index.nulls_not_distinct) out = sql("{} NULLS NOT DISTINCT", out);
  out = sql("{}{}", out, options_sql(index.options));
  if (!index.tablespace.empty()) out = sql("{} TABLESPACE {}", out, word(index.tablespace));
  if (!index.predicate.empty()) out = sql("{} WHERE {}", out, index.predicate.text());
  return out;
}

CreateIndex recreated(const Index& index, const Identifier& name) {
  CreateIndex create;
  create.name = name;
  create.table = index.table;
  create.elements = index.elements;
  create.included = index.included;
  create.method = index.method;
  create.predicate = index.predicate;
  create.options = index.options;
  create.tablespace = index.tablespace;
  create.unique = index.unique;
  create.nulls_not_distinct = index.nulls_not_distinct;
  return create;
}

CreateIndex on_other_column(CreateIndex index, const Identifier& from, const Identifier& to) {
  for (IndexElement& element : index.elements) {
    element.column = other(element.column, from, to);
    if (!element.expression.empty()) element.expression = element.expression.with_column_renamed(from, to);
  }
  for (Identifier& column : index.included) column = other(column, from, to);
  if (!index.predicate.empty()) index.predicate = index.predicate.with_column_renamed(from, to);
  return index;
}

bool mentions(const Index& index, const Identifier& column) {
  const auto in_element = [&](const IndexElement& element) {
    return element.column == column || (!element.expression.empty() && element.expression.mentions(column));
  };
  return std::any_of(index.elements.begin(), index.elements.end(), in_element) ||
         std::find(index.included.begin(), index.included.end(), column) != index.included.end() ||
         (!index.predicate.empty() && index.predicate.mentions(column));
}

bool mentions(const ConstraintDefinition& constraint, const Identifier& column) {
  const auto listed = [&](const std::vector<Identifier>& columns) {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  };
  if (listed(constraint.columns) || listed(constraint.included)) return true;
  if (!constraint.expression.empty() &&
      (constraint.expression.mentions(column) || constraint.expression.facts().whole_row))
    return true;
  if (!constraint.predicate.empty() && constraint.predicate.mentions(column)) return true;
  return std::any_of(constraint.exclusion_elements.begin(), constraint.exclusion_elements.end(),
                     [&](const IndexElement& element) {
                       return element.column == column ||
                              (!element.expression.empty() && element.expression.mentions(column));
                     });
}

Sql constraint_sql(const ConstraintDefinition& constraint) {
  Sql out;
  switch (constraint.kind) {
    case ConstraintKind::Check:
      out = sql("CHECK ({})", constraint.expression.text());
      break;
    case ConstraintKind::NotNull:
      out = sql("NOT NULL {}", column_list(constraint.columns));
      break;
    case ConstraintKind::PrimaryKey:
      out = key_sql(constraint, "PRIMARY KEY");
      break;
    case ConstraintKind::Unique:
      out = key_sql(constraint, "UNIQUE");
      break;
    case ConstraintKind::ForeignKey:
      out = references_sql(constraint.references);
      if (!constraint.inline_of_column)
        out = sql("FOREIGN KEY ({}) {}", column_list(constraint.columns), out);
      break;
    case ConstraintKind::Exclusion:
      out = exclusion_sql(constraint);
      break;
  }
  if (!constraint.name.empty()) out = sql("CONSTRAINT {} {}", constraint.name, out);
  if (constraint.no_inherit) out = sql("{} NO INHERIT", out);
  if (constraint.deferrable) out = sql("{} DEFERRABLE", out);
  if (constraint.initially_deferred) out = sql("{} INITIALLY DEFERRED", out);
  if (constraint.not_valid) out = sql("{} NOT VALID", out);
  return out;
}

Sql sequence_options_sql(const SequenceOptions& options) {
  std::vector<Sql> parts;
  if (options.start) parts.push_back(sql("START WITH {}", *options.start));
  if (options.increment) parts.push_back(sql("INCREMENT BY {}", *options.increment));
  if (options.minimum) parts.push_back(sql("MINVALUE {}", *options.minimum));
  if (options.maximum) parts.push_back(sql("MAXVALUE {}", *options.maximum));
  if (options.cache) parts.push_back(sql("CACHE {}", *options.cache));
  if (options.cycle) parts.push_back(*options.cycle ? sql("CYCLE") : sql("NO CYCLE"));
  return parts.empty() ? Sql() : sql(" ({})", join(parts, " "));
}

std::string_view identity_sql(const Identity& identity) {
  return identity.always ? "GENERATED ALWAYS AS IDENTITY" : "GENERATED BY DEFAULT AS IDENTITY";
}

namespace {

/// The grammar takes less behind DEFAULT than elsewhere: `now() AT TIME ZONE 'utc'` and `a IS NULL` need
/// parentheses there.
Sql default_sql(const Expression& value) {
  const Sql text = value.text();
  if (value.facts().is_constant) return text;
  const ParsedFile alone = parse_file("CREATE TABLE x (y int DEFAULT " + text.str() + ")");
  const bool fits = alone.statements.size() == 1 && alone.statements[0].problem == ParseProblem::None;
  return fits ? text : sql("({})", text);
}

}  // namespace

Sql column_sql(const ColumnDefinition& column) {
  Sql out = sql("{} {}", column.name, type_sql(column.type));
  if (!column.compression.empty()) out = sql("{} COMPRESSION {}", out, word(column.compression));
  out = sql("{}{}", out, collate_sql(column.collation));
  if (!column.generated.empty())
    out = sql("{} GENERATED ALWAYS AS ({}) STORED", out, column.generated.text());
  if (!column.default_value.empty()) out = sql("{} DEFAULT {}", out, default_sql(column.default_value));
  if (column.identity) {
    out = sql("{} {}{}", out, Sql::verbatim(std::string(identity_sql(*column.identity))),
              sequence_options_sql(column.identity->options));
  }
  if (column.not_null) out = sql("{} NOT NULL", out);
  for (const ConstraintDefinition& constraint : column.constraints)
    out = sql("{} {}", out, constraint_sql(constraint));
  return out;
}

}  // namespace planner::plans

#include <algorithm>

#include "planner/builtin_types.h"
#include "planner/casts.h"
#include "planner/replay/drop.h"
#include "planner/replay/internal.h"
#include "planner/sql/renames.h"

namespace planner::replaying {

namespace {

/// A shell is there to be filled.
void require_free_type_or_shell(const Schema& schema, const ObjectName& name) {
  const OtherType* shell = schema.types.find(name);
  if (shell == nullptr || shell->kind != 'p') require_free_type(schema, name);
}

}  // namespace

// ---- enums

void apply(Context& context, const CreateEnum& op) {
  const ObjectName name = new_name(context.schema, op.type);
  require_free_type_or_shell(context.schema, name);
  for (std::size_t i = 0; i < op.labels.size(); ++i) {
    if (op.labels[i].size() > kMaxNameBytes) refuse("42602", "invalid enum label \"{}\"", op.labels[i]);
    if (std::find(op.labels.begin(), op.labels.begin() + static_cast<std::ptrdiff_t>(i), op.labels[i]) !=
        op.labels.begin() + static_cast<std::ptrdiff_t>(i)) {
      refuse("23505", "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"");
    }
  }
  EnumType type;
  type.name = name;
  type.labels = op.labels;
  type.is_new = context.pending;
  context.schema.types.erase(name);
  context.schema.enums.put(name, std::move(type));
}

namespace {

ObjectName enum_named(const Schema& schema, const ObjectName& written) {
  ObjectName name = type_named(schema, written);
  if (!schema.enums.contains(name)) {
    if (!schema.gaps.empty()) refuse("", "type {} is not known", as_written(written));
    refuse("42809", "{} is not an enum", as_written(written));
  }
  return name;
}

}  // namespace

void apply(Context& context, const AddEnumValue& op) {
  const ObjectName name = enum_named(context.schema, op.type);
  const std::vector<std::string>& before = context.schema.enums.find(name)->labels;
  if (std::find(before.begin(), before.end(), op.label) != before.end()) {
    if (op.if_not_exists) return;
    refuse("42710", "enum label \"{}\" already exists", op.label);
  }
  if (op.label.size() > kMaxNameBytes) refuse("42602", "invalid enum label \"{}\"", op.label);
  std::size_t place = before.size();
  if (!op.neighbour.empty()) {
    const auto neighbour = std::find(before.begin(), before.end(), op.neighbour);
    if (neighbour == before.end()) refuse("22023", "\"{}\" is not an existing enum label", op.neighbour);
    place = static_cast<std::size_t>(neighbour - before.begin()) + (op.after ? 1 : 0);
  }
  std::vector<std::string>& labels = context.schema.enums.edit(name)->labels;
  labels.insert(labels.begin() + static_cast<std::ptrdiff_t>(place), op.label);
}

namespace {

void rename_label_in(Expression& expression, const ObjectName& type, const RenameEnumValue& op) {
  const auto& constants = expression.facts().string_constants;
  if (std::find(constants.begin(), constants.end(), op.from) == constants.end()) return;
  expression = with_label_renamed(expression, type, op.from, op.to);
}

/// PostgreSQL stores the label's number: whatever shows it shows the new text.
void rename_label_everywhere(Context& context, const ObjectName& type, const RenameEnumValue& op) {
  Schema& schema = context.schema;
  std::vector<TableName> tables;
  for (const auto& [name, table] : schema.tables) {
    if (std::any_of(table->columns.begin(), table->columns.end(),
                    [&](const Column& column) { return column.type.name == type; })) {
      tables.push_back(name);
    }
  }
  for (const TableName& name : tables) {
    Table& table = *schema.tables.edit(name);
    std::vector<Identifier> typed;
    for (Column& column : table.columns) {
      if (column.type.name != type) continue;
      typed.push_back(column.name);
      rename_label_in(column.default_value, type, op);
    }
    const auto about_it = [&](const Expression& expression) {
      return std::any_of(typed.begin(), typed.end(),
                         [&](const Identifier& c) { return expression.mentions(c); });
    };
    for (Column& column : table.columns) {
      if (about_it(column.generated)) rename_label_in(column.generated, type, op);
    }
    for (Constraint& constraint : table.constraints) {
      if (about_it(constraint.definition.expression))
        rename_label_in(constraint.definition.expression, type, op);
    }
    for (Index& index : table.indexes) {
      if (about_it(index.predicate)) rename_label_in(index.predicate, type, op);
      for (IndexElement& element : index.elements) {
        if (about_it(element.expression)) rename_label_in(element.expression, type, op);
      }
    }
    for (Policy& policy : table.policies) {
      if (about_it(policy.definition.using_expression))
        rename_label_in(policy.definition.using_expression, type, op);
      if (about_it(policy.definition.with_check)) rename_label_in(policy.definition.with_check, type, op);
    }
    for (Trigger& trigger : table.triggers) {
      if (about_it(trigger.definition.when)) rename_label_in(trigger.definition.when, type, op);
    }
    for (const ObjectName& view : schema.views_reading(name)) {
      View& edited = *schema.views.edit(view);
      const auto read = edited.reads.find(name);
      const bool reads_it = read != edited.reads.end() &&
                            std::any_of(typed.begin(), typed.end(),
                                        [&](const Identifier& c) { return contains(read->second, c); });
      if (reads_it) rename_label_in(edited.query, type, op);
    }
  }
}

}  // namespace

void apply(Context& context, const RenameEnumValue& op) {
  const ObjectName name = enum_named(context.schema, op.type);
  const std::vector<std::string>& before = context.schema.enums.find(name)->labels;
  if (std::find(before.begin(), before.end(), op.from) == before.end()) {
    refuse("22023", "\"{}\" is not an existing enum label", op.from);
  }
  if (std::find(before.begin(), before.end(), op.to) != before.end()) {
    refuse("42710", "enum label \"{}\" already exists", op.to);
  }
  std::vector<std::string>& labels = context.schema.enums.edit(name)->labels;
  std::replace(labels.begin(), labels.end(), op.from, op.to);
  rename_label_everywhere(context, name, op);
}

// ---- domains

namespace {

void add_domain_check(Context& context, const ObjectName& name, const ConstraintDefinition& definition) {
  Domain& domain = *context.schema.domains.edit(name);
  Constraint check;
  check.definition = definition;
  check.definition.not_valid = false;
  check.definition.inline_of_column = false;
  check.validated = !definition.not_valid;
  check.is_new = context.pending;
  if (check.definition.name.empty()) {
    check.definition.name = free_constraint_name(context.schema, name.schema, name.name.str(), "", "check");
  } else if (std::any_of(domain.checks.begin(), domain.checks.end(),
                         [&](const Constraint& own) { return own.definition.name == definition.name; })) {
    refuse("42710", "constraint \"{}\" for domain \"{}\" already exists", definition.name.str(),
           name.name.str());
  }
  count_constraint_name(context.schema, name.schema, check.definition.name, 1);
  domain.checks.push_back(std::move(check));
}

}  // namespace

void apply(Context& context, const CreateDomain& op) {
  const ObjectName name = new_name(context.schema, op.domain);
  require_free_type(context.schema, name);
  Domain domain;
  domain.name = name;
  domain.base = resolved_type(context.schema, op.base);
  require_collatable(context.schema, op.base, op.collation);
  domain.not_null = op.not_null;
  if (!is_no_default(context.schema, op.default_value, domain.base))
    domain.default_value = stored_default(context.schema, op.default_value);
  domain.collation = resolved_collation(op.collation);
  domain.is_new = context.pending;
  context.schema.domains.put(name, std::move(domain));
  for (const ConstraintDefinition& check : op.checks) {
    if (check.kind == ConstraintKind::NotNull) {
      context.schema.domains.edit(name)->not_null = true;
    } else {
      add_domain_check(context, name, check);
    }
  }
}

void apply(Context& context, const AlterDomain& op) {
  const ObjectName name = type_named(context.schema, op.domain);
  Domain* domain = context.schema.domains.edit(name);
  if (domain == nullptr) refuse("42809", "{} is not a domain", as_written(op.domain));
  const auto named = [&](const Identifier& wanted) {
    return std::find_if(domain->checks.begin(), domain->checks.end(),
                        [&](const Constraint& check) { return check.definition.name == wanted; });
  };
  if (op.change == DomainChange::ValidateConstraint && named(op.constraint_name) == domain->checks.end()) {
    refuse("42704", "constraint \"{}\" of domain \"{}\" does not exist", op.constraint_name.str(),
           name.name.str());
  }
  if (op.change == DomainChange::SetNotNull && domain->not_null) return;
  // What holds the domain inside another value cannot be checked: get_rels_with_domain().
  const bool checks_values = op.change == DomainChange::ValidateConstraint ||
                             op.change == DomainChange::SetNotNull ||
                             (op.change == DomainChange::AddConstraint && !op.constraint.not_valid);
  for (const auto& [table_name, table] : context.schema.tables) {
    for (const Column& column : table->columns) {
      if (!checks_values || column.type.name != name || column.type.array_dimensions == 0) continue;
      refuse("0A000", "cannot alter type \"{}\" because column \"{}.{}\" uses it", name.name.str(),
             table_name.name.str(), column.name.str());
    }
  }
  switch (op.change) {
    case DomainChange::SetDefault:
      domain->default_value = is_no_default(context.schema, op.default_value, domain->base)
                                  ? Expression()
                                  : stored_default(context.schema, op.default_value);
      break;
    case DomainChange::DropDefault:
      domain->default_value = Expression();
      break;
    case DomainChange::SetNotNull:
      domain->not_null = true;
      break;
    case DomainChange::DropNotNull:
      domain->not_null = false;
      break;
    case DomainChange::AddConstraint:
      if (op.constraint.kind == ConstraintKind::NotNull) {
        domain->not_null = true;
      } else {
        add_domain_check(context, name, op.constraint);
      }
      break;
    case DomainChange::DropConstraint:
      if (named(op.constraint_name) == domain->checks.end()) {
        if (op.if_exists) return;
        refuse("42704", "constraint \"{}\" of domain \"{}\" does not exist", op.constraint_name.str(),
               name.name.str());
      }
      domain->checks.erase(named(op.constraint_name));
      count_constraint_name(context.schema, name.schema, op.constraint_name, -1);
      break;
    case DomainChange::ValidateConstraint:
      named(op.constraint_name)->validated = true;
      break;
  }
}

// ---- composite, range and base types

void apply(Context& context, const CreateCompositeType& op) {
  const ObjectName name = new_name(context.schema, op.type);
  require_free_type_or_shell(context.schema, name);
  require_free_relation(context.schema, name);
  OtherType type;
  type.name = name;
  type.kind = 'c';
  for (const ColumnDefinition& attribute : op.attributes) {
    const bool twice = std::any_of(type.attributes.begin(), type.attributes.end(),
                                   [&](const Column& earlier) { return earlier.name == attribute.name; });
    if (twice) refuse("42701", "column \"{}\" specified more than once", attribute.name.str());
    require_collatable(context.schema, attribute.type, attribute.collation);
    Column column;
    column.name = attribute.name;
    column.type = resolved_type(context.schema, attribute.type);
    column.collation = resolved_collation(attribute.collation);
    type.attributes.push_back(std::move(column));
  }
  context.schema.types.put(name, std::move(type));
}

namespace {

void forbid_used_row_type(const Schema& schema, const ObjectName& name) {
  find_type_users(schema, name, [&](const Object& user, Hold) {
    if (user.kind != Object::Kind::Column) return;
    refuse("0A000", "cannot alter type \"{}\" because column \"{}.{}\" uses it", name.name.str(),
           user.name.name.str(), user.part.str());
  });
}

/// CASCADE: what is done to a composite type is done to the tables made of it; without it there may be none.
void follow_type(Context& context, const AlterCompositeType& op, const std::vector<TableName>& typed) {
  if (typed.empty()) return;
  const Schema before = context.schema;
  const bool followed = context.follows_type;
  context.follows_type = true;
  try {
    for (const TableName& table : typed) {
      switch (op.change) {
        case 'a':
          apply(context, AddColumn{table, op.attribute, false, false});
          break;
        case 'd':
          apply(context, DropColumn{table, op.attribute.name, false, Cascade::Cascade, false});
          break;
        case 'r':
          apply(context, RenameColumn{table, op.attribute.name, op.to, false});
          break;
        default:
          apply(context, ChangeType{table, op.attribute.name, op.attribute.type, op.attribute.collation,
                                    Expression(), false});
          break;
      }
    }
  } catch (const Refused&) {
    context.schema = before;
    context.follows_type = followed;
    throw;
  }
  context.follows_type = followed;
}

}  // namespace

void apply(Context& context, const AlterCompositeType& op) {
  const auto found = find_relation(context.schema, op.type);
  if (!found) refuse("42P01", "relation \"{}\" does not exist", as_written(op.type));
  if (op.change == 'r' && (found->kind == Relation::Table || found->kind == Relation::View))
    return apply(context, RenameColumn{op.type, op.attribute.name, op.to, false});
  if (found->kind != Relation::CompositeType)
    refuse("42809", "\"{}\" is not a composite type", op.type.name.str());
  const ObjectName name = found->name;
  const Identifier& attribute = op.attribute.name;
  const auto place = [&](OtherType& type) {
    return std::find_if(type.attributes.begin(), type.attributes.end(),
                        [&](const Column& column) { return column.name == attribute; });
  };
  std::vector<TableName> typed;
  for (const auto& [table_name, table] : context.schema.tables) {
    if (table->of_type == name) typed.push_back(table_name);
  }
  if (!typed.empty() && op.cascade != Cascade::Cascade)
    refuse("2BP01", "cannot alter type \"{}\" because it is the type of a typed table", op.type.name.str());
  const OtherType& before = *context.schema.types.find(name);
  const bool known = std::any_of(before.attributes.begin(), before.attributes.end(),
                                 [&](const Column& column) { return column.name == attribute; });
  if (op.change == 'a') {
    if (known)
      refuse("42701", "column \"{}\" of relation \"{}\" already exists", attribute.str(), name.name.str());
    Column column;
    column.name = attribute;
    column.type = resolved_type(context.schema, op.attribute.type);
    column.collation = resolved_collation(op.attribute.collation);
    follow_type(context, op, typed);
    context.schema.types.edit(name)->attributes.push_back(std::move(column));
    return;
  }
  if (!known && op.if_exists) return;
  if (!known) {
    if (op.change == 'r') refuse("42703", "column \"{}\" does not exist", attribute.str());
    refuse("42703", "column \"{}\" of relation \"{}\" does not exist", attribute.str(), name.name.str());
  }
  if (op.change == 't') forbid_used_row_type(context.schema, name);
  follow_type(context, op, typed);
  OtherType& type = *context.schema.types.edit(name);
  switch (op.change) {
    case 'd':
      type.attributes.erase(place(type));
      break;
    case 'r':
      place(type)->name = op.to;
      break;
    default:
      place(type)->type = resolved_type(context.schema, op.attribute.type);
      place(type)->collation = resolved_collation(op.attribute.collation);
      break;
  }
}

namespace {

/// makeMultirangeTypeName: `intrange` -> `intmultirange`, `span` -> `span_multirange`.
Identifier multirange_name(const Identifier& range) {
  std::string name = range.str();
  const std::size_t at = name.find("range");
  if (at != std::string::npos) {
    name.insert(at, "multi");
    return Identifier(truncated_name(name, kMaxNameBytes));
  }
  constexpr std::string_view kEnding = "_multirange";
  return Identifier(truncated_name(name, kMaxNameBytes - kEnding.size()) + std::string(kEnding));
}

}  // namespace

void apply(Context& context, const CreateRangeType& op) {
  const ObjectName name = new_name(context.schema, op.type);
  require_free_type_or_shell(context.schema, name);
  OtherType type;
  type.name = name;
  type.kind = 'r';
  CreateRangeType range = op;
  range.type = name;
  range.subtype = resolved_type(context.schema, op.subtype);
  if (op.opclass.empty() && type_is_understood(range.subtype, context.schema)) {
    const TypeName input = opclass_type(range.subtype, context.schema);
    if (input.name.schema.empty() && input.name.name.str() != "citext" &&
        default_opclass("btree", input).empty()) {
      refuse("42704", "data type {} has no default operator class for access method \"btree\"",
             display(range.subtype));
    }
  }
  range.collation = resolved_collation(op.collation);
  if (range.opclass.schema.str() == "pg_catalog") range.opclass.schema = Identifier();
  if (range.opclass.schema.empty() &&
      range.opclass.name.str() == default_opclass("btree", opclass_type(range.subtype, context.schema)))
    range.opclass = ObjectName();
  for (ObjectName* function : {&range.canonical, &range.subtype_diff}) {
    if (function->schema.str() == "pg_catalog") function->schema = Identifier();
    if (function->empty() || !function->schema.empty()) continue;
    for (const Identifier& place : context.schema.search_path) {
      if (!context.schema.functions.contains(ObjectName(place, function->name))) continue;
      function->schema = place;
      break;
    }
  }
  range.multirange = op.multirange.empty() ? ObjectName(name.schema, multirange_name(name.name))
                                           : new_name(context.schema, op.multirange);
  require_free_type(context.schema, range.multirange);
  type.range = std::move(range);
  context.schema.types.put(name, std::move(type));
}

void apply(Context& context, const CreateBaseType& op) {
  const ObjectName name = new_name(context.schema, op.type);
  const OtherType* shell = context.schema.types.find(name);
  if (shell != nullptr && shell->kind == 'p') {
    context.schema.types.edit(name)->kind = 'b';
    return;
  }
  require_free_type(context.schema, name);
  OtherType type;
  type.name = name;
  type.kind = 'p';
  context.schema.types.put(name, std::move(type));
}

}  // namespace planner::replaying

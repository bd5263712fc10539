#include <algorithm>
#include <array>
#include <cctype>

#include "planner/casts.h"
#include "planner/replay/internal.h"
#include "planner/replay/limits.h"
#include "planner/replay/sequence.h"

namespace planner::replaying {

// ---- what a column definition means

namespace {

/// `serial4` -> `int4`; nullopt for any other type.
std::optional<TypeName> serial_base(const TypeName& type) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kSerial{
      {{"serial2", "int2"}, {"serial4", "int4"}, {"serial8", "int8"}}};
  for (const auto& [serial, base] : kSerial) {
    if (type.is(serial)) {
      TypeName out;
      out.name = ObjectName(Identifier(base));
      return out;
    }
  }
  return std::nullopt;
}

/// typstorage of pg_type: p, m or x.
char default_storage(const TypeName& type) {
  if (type.array_dimensions > 0) return 'x';
  if (!type.name.schema.empty()) return 'x';
  static constexpr std::string_view kMain[] = {"cidr", "inet", "numeric"};
  static constexpr std::string_view kExtended[] = {
      "bit",      "bpchar",    "bytea",    "int4range", "int8range", "json", "jsonb",
      "jsonpath", "numrange",  "path",     "polygon",   "daterange", "text", "tsquery",
      "tsrange",  "tstzrange", "tsvector", "varbit",    "varchar",   "xml"};
  const std::string_view name = type.name.name.str();
  if (std::find(std::begin(kMain), std::end(kMain), name) != std::end(kMain)) return 'm';
  if (std::find(std::begin(kExtended), std::end(kExtended), name) != std::end(kExtended)) return 'x';
  return 'p';
}

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string stored_compression(const std::string& written) {
  return written == "default" ? std::string() : written;
}

}  // namespace

std::string stored_storage(const TypeName& type, const std::string& written) {
  const std::string name = upper_case(written);
  if (name.empty() || name == "DEFAULT") return {};
  const char letter = name == "PLAIN" ? 'p' : name == "MAIN" ? 'm' : name == "EXTENDED" ? 'x' : 'e';
  return letter == default_storage(type) ? std::string() : name;
}

ObjectName create_owned_sequence(Context& context, const TableName& table, const Identifier& column,
                                 const TypeName& type, const SequenceOptions& options, bool internal,
                                 Persistence persistence) {
  Sequence sequence;
  sequence.name = ObjectName(table.schema, free_relation_name(context.schema, table.schema, table.name.str(),
                                                              column.str(), "seq", false));
  sequence.owner_table = table;
  sequence.owner_column = column;
  sequence.internal = internal;
  sequence.persistence = persistence;
  SequenceOptions with_type = options;
  if (with_type.as_type.empty()) with_type.as_type = type;
  set_sequence_options(sequence, with_type, true);
  const ObjectName name = sequence.name;
  context.schema.sequences.put(name, std::move(sequence));
  return name;
}

Column make_column(Context& context, const TableName& table, const ColumnDefinition& definition,
                   std::vector<ObjectName>& sequences) {
  Column column;
  column.name = definition.name;
  column.is_new = context.pending;
  column.not_null = definition.not_null;
  const auto serial = serial_base(definition.type);
  column.type = serial ? *serial : resolved_type(context.schema, definition.type);
  if (serial) {
    if (definition.type.array_dimensions > 0) refuse("0A000", "array of serial is not implemented");
    if (definition.default_value) {
      refuse("42601", "multiple default values specified for column \"{}\" of table \"{}\"",
             column.name.str(), table.name.str());
    }
    const ObjectName sequence =
        create_owned_sequence(context, table, column.name, column.type, {}, false, Persistence::Permanent);
    sequences.push_back(sequence);
    column.default_value = nextval_of(sequence);
    column.not_null = true;
  } else if (!is_no_default(context.schema, definition.default_value, column.type)) {
    column.default_value = stored_default(context.schema, definition.default_value);
  }
  if (definition.identity) {
    sequences.push_back(create_owned_sequence(context, table, column.name, column.type,
                                              definition.identity->options, true, Persistence::Permanent));
    column.identity = definition.identity;
    column.not_null = true;
  }
  column.generated = definition.generated;
  column.collation = resolved_collation(definition.collation);
  column.storage = stored_storage(column.type, definition.storage);
  column.compression = stored_compression(definition.compression);
  return column;
}

std::vector<TableName> with_children(const Schema& schema, const TableName& table, bool only) {
  std::vector<TableName> out{table};
  if (only) return out;
  for (TableName& child : schema.partitions_and_children(table)) out.push_back(std::move(child));
  return out;
}

// ---- adding and dropping

namespace {

void add_column_to(Context& context, const TableName& name, const Column& column, bool is_child) {
  Table& table = edit_table(context, name);
  if (Column* existing = table.column(column.name)) {
    // Merging with what the child already has: only the link to the parent is new.
    if (existing->type != column.type) {
      refuse("42804", "child table \"{}\" has different type for column \"{}\"", name.name.str(),
             column.name.str());
    }
    existing->inherited = true;
    return;
  }
  Column added = column;
  added.inherited = is_child;
  added.local = !is_child;
  table.columns.push_back(std::move(added));
}

}  // namespace

void apply(Context& context, const AddColumn& op) {
  const auto found = find_relation(context.schema, op.table);
  if (found && found->kind == Relation::CompositeType)
    refuse("42809", "\"{}\" is not a table", op.table.name.str());
  const TableName name = table_named(context.schema, op.table);
  const Table& before = table_at(context.schema, name);
  if (before.partition_of) refuse("42809", "cannot add column to a partition");
  forbid_typed(context, before, "add column to");
  if (before.column(op.column.name) != nullptr) {
    if (op.if_not_exists) return;
    refuse("42701", "column \"{}\" of relation \"{}\" already exists", op.column.name.str(), name.name.str());
  }
  if (before.columns.size() >= kMostColumns)
    refuse("54011", "tables can have at most {} columns", kMostColumns);
  if (op.only && !before.children.empty()) refuse("42P16", "column must be added to child tables too");
  if (op.column.identity && !before.children.empty()) {
    refuse("42P16", "cannot recursively add identity column to table that has child tables");
  }
  std::vector<ObjectName> sequences;
  std::vector<Identifier> made;
  try {
    const Column column = make_column(context, name, op.column, sequences);
    bool is_child = false;
    for (const TableName& table : with_children(context.schema, name, false)) {
      add_column_to(context, table, column, is_child);
      is_child = true;
    }
    edit_table(context, name)
        .owned_sequences.insert(edit_table(context, name).owned_sequences.end(), sequences.begin(),
                                sequences.end());
    // ALTER TABLE runs its passes in this order whatever the order in the text: checks, keys, foreign keys.
    for (const ConstraintKind kind :
         {ConstraintKind::Check, ConstraintKind::PrimaryKey, ConstraintKind::Unique,
          ConstraintKind::Exclusion, ConstraintKind::ForeignKey}) {
      for (const ConstraintDefinition& constraint : op.column.constraints) {
        if (constraint.kind != kind) continue;
        define_constraint(context, name, constraint, true, false);
        made.push_back(constraint.name);
      }
    }
  } catch (const Refused&) {
    for (const TableName& table : with_children(context.schema, name, false)) {
      Table& edited = edit_table(context, table);
      const Column* added = edited.column(op.column.name);
      if (added == nullptr || (table != name && added->local)) continue;
      std::vector<Identifier> constraints;
      for (const Constraint& constraint : edited.constraints) {
        if (contains(constraint.definition.columns, op.column.name) ||
            constraint.definition.expression.mentions(op.column.name)) {
          constraints.push_back(constraint.definition.name);
        }
      }
      for (const Identifier& constraint : constraints) remove_constraint(context.schema, edited, constraint);
      edited.columns.erase_if([&](const Column& column) { return column.name == op.column.name; });
    }
    for (const ObjectName& sequence : sequences) remove_sequence(context.schema, sequence);
    throw;
  }
}

// ---- changes of one column

namespace {

/// The column of the table and of everything below it.
template <typename Change>
void change_column(Context& context, const TableName& written, const Identifier& name, bool only,
                   const Change& change) {
  const TableName table = table_named(context.schema, written);
  column_of(table_at(context.schema, table), name);
  for (const TableName& one : with_children(context.schema, table, only)) {
    Table& edited = edit_table(context, one);
    if (Column* column = edited.column(name)) change(edited, *column);
  }
}

}  // namespace

void apply(Context& context, const SetNotNull& op) {
  if (op.only && table_at(context.schema, table_named(context.schema, op.table)).partition_by &&
      !table_at(context.schema, table_named(context.schema, op.table)).children.empty()) {
    const TableName table = table_named(context.schema, op.table);
    for (const TableName& child : with_children(context.schema, table, false)) {
      if (child == table) continue;
      const Column* column = table_at(context.schema, child).column(op.column);
      if (column != nullptr && !column->not_null) {
        refuse("42P16", "constraint must be added to child tables too");
      }
    }
  }
  change_column(context, op.table, op.column, op.only,
                [](Table&, Column& column) { column.not_null = true; });
}

void apply(Context& context, const DropNotNull& op) {
  const TableName name = table_named(context.schema, op.table);
  const Table& table = table_at(context.schema, name);
  const Column& column = column_of(table, op.column);
  if (column.identity) {
    refuse("42601", "column \"{}\" of relation \"{}\" is an identity column", op.column.str(),
           name.name.str());
  }
  if (op.only && table.partition_by && !table.children.empty()) {
    refuse("42P16", "cannot remove constraint from only the partitioned table when partitions exist");
  }
  const auto key = [&](const Table& one) {
    const Constraint* primary = one.primary_key();
    return primary != nullptr && contains(primary->definition.columns, op.column);
  };
  if (key(table)) refuse("42P16", "column \"{}\" is in a primary key", op.column.str());
  if (table.partition_of) {
    const Table* parent = context.schema.tables.find(*table.partition_of);
    const Column* above = parent == nullptr ? nullptr : parent->column(op.column);
    if (above != nullptr && above->not_null) {
      refuse("42P16", "column \"{}\" is marked NOT NULL in parent table", op.column.str());
    }
  }
  change_column(context, op.table, op.column, op.only, [](Table&, Column& one) { one.not_null = false; });
}

namespace {

/// The column whose default SET and DROP DEFAULT change; nullptr for a view's, which is not kept.
const Column* defaulted_column(const Schema& schema, const TableName& written, const Identifier& name) {
  const auto found = find_relation(schema, written);
  if (found && found->kind == Relation::View) return nullptr;
  const TableName table = table_named(schema, written);
  const Column& column = column_of(table_at(schema, table), name);
  if (column.identity || column.generated) {
    refuse("42601", "column \"{}\" of relation \"{}\" is {} column", name.str(), table.name.str(),
           column.identity ? "an identity" : "a generated");
  }
  return &column;
}

}  // namespace

void apply(Context& context, const SetDefault& op) {
  const Column* column = defaulted_column(context.schema, op.table, op.column);
  if (column == nullptr) return;
  const Expression value = is_no_default(context.schema, op.value, column->type)
                               ? Expression()
                               : stored_default(context.schema, op.value);
  change_column(context, op.table, op.column, op.only,
                [&](Table&, Column& one) { one.default_value = value; });
}

void apply(Context& context, const DropDefault& op) {
  if (defaulted_column(context.schema, op.table, op.column) == nullptr) return;
  change_column(context, op.table, op.column, op.only,
                [](Table&, Column& one) { one.default_value = Expression(); });
}

void apply(Context& context, const SetStatistics& op) {
  const auto found = find_relation(context.schema, op.table);
  if (!found || found->kind != Relation::Table) return;  // an index's or a materialized view's column
  change_column(context, op.table, op.column, false,
                [&](Table&, Column& column) { column.statistics_target = op.target; });
}

void apply(Context& context, const SetColumnOptions& op) {
  const auto found = find_relation(context.schema, op.table);
  if (!found || found->kind != Relation::Table) return;
  change_column(context, op.table, op.column, true,
                [&](Table&, Column& column) { apply_options(column.options, op.options, op.reset); });
}

void apply(Context& context, const SetStorage& op) {
  const auto found = find_relation(context.schema, op.table);
  if (!found || found->kind != Relation::Table) return;
  const std::string wanted = upper_case(op.storage);
  const Column& before = column_of(table_at(context.schema, found->name), op.column);
  if (wanted != "PLAIN" && default_storage(before.type) == 'p') {
    refuse("0A000", "column data type {} can only have storage PLAIN", display(before.type));
  }
  change_column(context, op.table, op.column, false,
                [&](Table&, Column& column) { column.storage = stored_storage(column.type, op.storage); });
}

void apply(Context& context, const SetCompression& op) {
  const auto found = find_relation(context.schema, op.table);
  if (!found || found->kind != Relation::Table) return;
  change_column(context, op.table, op.column, true,
                [&](Table&, Column& column) { column.compression = stored_compression(op.method); });
}

// ---- identity and generated columns

namespace {

ObjectName identity_sequence(const Schema& schema, const Table& table, const Identifier& column) {
  for (const ObjectName& name : table.owned_sequences) {
    const Sequence* sequence = schema.sequences.find(name);
    if (sequence != nullptr && sequence->internal && sequence->owner_column == column) return name;
  }
  return {};
}

/// Views may be named, but none of their columns can have an identity.
TableName table_for_identity(const Schema& schema, const TableName& written, const Identifier& column,
                             std::string_view why) {
  const auto found = find_relation(schema, written);
  const View* view = found ? schema.views.find(found->name) : nullptr;
  if (view != nullptr && !view->materialized) {
    refuse("55000", "column \"{}\" of relation \"{}\" {}", column.str(), view->name.name.str(), why);
  }
  return table_named(schema, written);
}

void share_identity(Context& context, const TableName& name, const Identifier& column) {
  if (context.schema.server_version < 170000 || !table_at(context.schema, name).partition_by) return;
  const std::optional<Identity> identity = column_of(table_at(context.schema, name), column).identity;
  for (const TableName& one : with_children(context.schema, name, false)) {
    if (table_at(context.schema, one).column(column) != nullptr)
      edit_column(edit_table(context, one), column).identity = identity;
  }
}

/// From 17 on a partitioned table and its partitions have their identity columns together.
void forbid_identity_of_part(const Schema& schema, const TableName& name, std::string_view what) {
  if (schema.server_version < 170000) return;
  if (table_at(schema, name).partition_of) refuse("42P16", "cannot {} column of a partition", what);
}

}  // namespace

void apply(Context& context, const AddIdentity& op) {
  const TableName name = table_for_identity(context.schema, op.table, op.column,
                                            "must be declared NOT NULL before identity can be added");
  forbid_identity_of_part(context.schema, name, "add identity to a");
  const Column& before = column_of(table_at(context.schema, name), op.column);
  if (!before.not_null) {
    refuse("55000", "column \"{}\" of relation \"{}\" must be declared NOT NULL before identity can be added",
           op.column.str(), name.name.str());
  }
  if (before.identity) {
    refuse("55000", "column \"{}\" of relation \"{}\" is already an identity column", op.column.str(),
           name.name.str());
  }
  if (before.default_value) {
    refuse("55000", "column \"{}\" of relation \"{}\" already has a default value", op.column.str(),
           name.name.str());
  }
  const ObjectName sequence = create_owned_sequence(context, name, op.column, before.type,
                                                    op.identity.options, true, Persistence::Permanent);
  Table& table = edit_table(context, name);
  table.owned_sequences.push_back(sequence);
  edit_column(table, op.column).identity = op.identity;
  share_identity(context, name, op.column);
}

void apply(Context& context, const SetIdentity& op) {
  const TableName name = table_for_identity(context.schema, op.table, op.column, "is not an identity column");
  forbid_identity_of_part(context.schema, name, "change identity");
  const Column& before = column_of(table_at(context.schema, name), op.column);
  if (!before.identity) {
    refuse("55000", "column \"{}\" of relation \"{}\" is not an identity column", op.column.str(),
           name.name.str());
  }
  const ObjectName sequence = identity_sequence(context.schema, table_at(context.schema, name), op.column);
  if (Sequence* edited = context.schema.sequences.edit(sequence))
    set_sequence_options(*edited, op.options, false);
  if (op.always) edit_column(edit_table(context, name), op.column).identity->always = *op.always;
  share_identity(context, name, op.column);
}

void apply(Context& context, const DropIdentity& op) {
  const TableName name = table_for_identity(context.schema, op.table, op.column, "is not an identity column");
  forbid_identity_of_part(context.schema, name, "drop identity from a");
  const Column& before = column_of(table_at(context.schema, name), op.column);
  if (!before.identity) {
    if (op.if_exists) return;
    refuse("55000", "column \"{}\" of relation \"{}\" is not an identity column", op.column.str(),
           name.name.str());
  }
  remove_sequence(context.schema,
                  identity_sequence(context.schema, table_at(context.schema, name), op.column));
  edit_column(edit_table(context, name), op.column).identity.reset();
  share_identity(context, name, op.column);
}

void apply(Context& context, const DropExpression& op) {
  const TableName name = table_named(context.schema, op.table);
  const Column& before = column_of(table_at(context.schema, name), op.column);
  if (before.inherited) refuse("42P16", "cannot drop generation expression from inherited column");
  if (!before.generated) {
    if (op.if_exists) return;
    refuse("55000", "column \"{}\" of relation \"{}\" is not a stored generated column", op.column.str(),
           name.name.str());
  }
  change_column(context, op.table, op.column, false,
                [](Table&, Column& column) { column.generated = Expression(); });
}

// ---- type

namespace {

bool mentions_column(const Trigger& trigger, const Identifier& column) {
  return contains(trigger.definition.update_columns, column) || trigger.definition.when.mentions(column);
}

void forbid_dependents_of_type(const Context& context, const Table& table, const Identifier& column) {
  for (const Column& other : table.columns) {
    if (other.generated && other.name != column && other.generated.mentions(column)) {
      refuse("0A000", "cannot alter type of a column used by a generated column");
    }
  }
  if (!context.schema.views_reading(table.name, column).empty()) {
    refuse("0A000", "cannot alter type of a column used by a view or rule");
  }
  for (const Trigger& trigger : table.triggers) {
    if (mentions_column(trigger, column))
      refuse("0A000", "cannot alter type of a column used in a trigger definition");
  }
  for (const Policy& policy : table.policies) {
    if (policy.definition.using_expression.mentions(column) ||
        policy.definition.with_check.mentions(column)) {
      refuse("0A000", "cannot alter type of a column used in a policy definition");
    }
  }
}

bool in_partition_key(const Table& table, const Identifier& column) {
  if (!table.partition_by) return false;
  const auto& elements = table.partition_by->elements;
  return std::any_of(elements.begin(), elements.end(), [&](const IndexElement& element) {
    return element.column == column || element.expression.mentions(column);
  });
}

}  // namespace

namespace {

/// Without USING there must be an assignment cast, for the values and for the default.
void require_cast(const Schema& schema, const Table& table, const Column& column, const TypeName& type,
                  const Expression& using_expression) {
  const bool understood = type_is_understood(column.type, schema) && type_is_understood(type, schema);
  if (!understood || table.certainty == Certainty::Uncertain) return;
  if (cast_path(column.type, type, CastContext::Assignment, schema)) return;
  if (using_expression.empty()) {
    refuse("42804", "column \"{}\" cannot be cast automatically to type {}", column.name.str(),
           display(type));
  }
  // Only of a constant is it sure that it has the column's type.
  const ExpressionFacts& facts = column.default_value.facts();
  if (column.default_value && facts.is_constant && !facts.is_null_constant &&
      !facts.string_constants.empty()) {
    refuse("42804", "default for column \"{}\" cannot be cast automatically to type {}", column.name.str(),
           display(type));
  }
}

}  // namespace

void apply(Context& context, const ChangeType& op) {
  const auto found = find_relation(context.schema, op.table);
  if (found && found->kind == Relation::CompositeType) {
    AlterCompositeType attribute;
    attribute.type = op.table;
    attribute.change = 't';
    attribute.attribute.name = op.column;
    attribute.attribute.type = op.type;
    return apply(context, attribute);
  }
  const TableName name = table_named(context.schema, op.table);
  const Table& before = table_at(context.schema, name);
  forbid_typed(context, before, "alter column type of");
  const Column* column_before = before.column(op.column);
  if (column_before == nullptr) {
    refuse("42703", "column \"{}\" of relation \"{}\" does not exist", op.column.str(), name.name.str());
  }
  if (column_before->inherited) refuse("42P16", "cannot alter inherited column \"{}\"", op.column.str());
  if (in_partition_key(before, op.column)) {
    refuse("42P16", "cannot alter column \"{}\" because it is part of the partition key of relation \"{}\"",
           op.column.str(), name.name.str());
  }
  if (op.only && !before.children.empty()) {
    refuse("42P16", "type of inherited column \"{}\" must be changed in child tables too", op.column.str());
  }
  const TypeName type = resolved_type(context.schema, op.type);
  // The sequence behind an identity column takes the new type first.
  const std::string& type_name = type.name.name.str();
  if (column_before->identity && type_name != "int2" && type_name != "int4" && type_name != "int8")
    refuse("22023", "identity column type must be smallint, integer, or bigint");
  require_cast(context.schema, before, *column_before, type, op.using_expression);
  const auto tables = with_children(context.schema, name, false);
  for (const TableName& one : tables)
    forbid_dependents_of_type(context, table_at(context.schema, one), op.column);
  for (const TableName& one : tables) {
    Column* column = edit_table(context, one).column(op.column);
    if (column == nullptr) continue;
    column->type = type;
    column->collation = resolved_collation(op.collation);
    // PostgreSQL sets storage and compression back to what the new type has.
    column->storage.clear();
    if (default_storage(type) == 'p') column->compression.clear();
  }
  // The sequence of an identity column has the column's type; a serial's own does not follow.
  if (column_before->identity) {
    const ObjectName sequence = identity_sequence(context.schema, table_at(context.schema, name), op.column);
    if (Sequence* edited = context.schema.sequences.edit(sequence)) {
      SequenceOptions options;
      options.as_type = type;
      set_sequence_options(*edited, options, false);
    }
  }
}

}  // namespace planner::replaying

#include "planner/replay/sequence.h"

#include <limits>

#include "planner/replay/internal.h"

namespace planner::replaying {

namespace {

std::int64_t type_minimum(std::string_view type) {
  return type == "int2"   ? std::numeric_limits<std::int16_t>::min()
         : type == "int4" ? std::numeric_limits<std::int32_t>::min()
                          : std::numeric_limits<std::int64_t>::min();
}
std::int64_t type_maximum(std::string_view type) {
  return type == "int2"   ? std::numeric_limits<std::int16_t>::max()
         : type == "int4" ? std::numeric_limits<std::int32_t>::max()
                          : std::numeric_limits<std::int64_t>::max();
}

}  // namespace

void set_sequence_options(Sequence& sequence, const SequenceOptions& options, bool creating) {
  Sequence changed = sequence;
  bool reset_minimum = creating;
  bool reset_maximum = creating;
  bool type_bound_minimum = false;
  bool type_bound_maximum = false;
  if (!options.as_type.empty()) {
    const std::string& type = options.as_type.name.name.str();
    if (type != "int2" && type != "int4" && type != "int8") {
      refuse("22023", "sequence type must be smallint, integer, or bigint");
    }
    if (!creating) {
      // A bound that was the old type's own follows the new type.
      type_bound_maximum = changed.maximum == type_maximum(changed.type);
      type_bound_minimum = changed.minimum == type_minimum(changed.type);
    }
    changed.type = type;
  } else if (creating) {
    changed.type = "int8";
  }
  if (options.increment) changed.increment = *options.increment;
  if (changed.increment == 0) refuse("22023", "INCREMENT must not be zero");
  if (options.cache && *options.cache <= 0)
    refuse("22023", "CACHE ({}) must be greater than zero", *options.cache);
  if (options.cycle) changed.cycle = *options.cycle;
  if (options.maximum) {
    changed.maximum = *options.maximum;
  } else if (reset_maximum || type_bound_maximum) {
    changed.maximum = changed.increment > 0 || type_bound_maximum ? type_maximum(changed.type) : -1;
  }
  if (options.minimum) {
    changed.minimum = *options.minimum;
  } else if (reset_minimum || type_bound_minimum) {
    changed.minimum = changed.increment < 0 || type_bound_minimum ? type_minimum(changed.type) : 1;
  }
  if (changed.maximum > type_maximum(changed.type) || changed.maximum < type_minimum(changed.type)) {
    refuse("22023", "MAXVALUE ({}) is out of range for sequence data type {}", changed.maximum, changed.type);
  }
  if (changed.minimum >= changed.maximum) {
    refuse("22023", "MINVALUE ({}) must be less than MAXVALUE ({})", changed.minimum, changed.maximum);
  }
  if (options.start) {
    changed.start = *options.start;
  } else if (creating) {
    changed.start = changed.increment > 0 ? changed.minimum : changed.maximum;
  }
  if (changed.start < changed.minimum) {
    refuse("22023", "START value ({}) cannot be less than MINVALUE ({})", changed.start, changed.minimum);
  }
  if (changed.start > changed.maximum) {
    refuse("22023", "START value ({}) cannot be greater than MAXVALUE ({})", changed.start, changed.maximum);
  }
  if (options.restart && *options.restart < changed.minimum) {
    refuse("22023", "RESTART value ({}) cannot be less than MINVALUE ({})", *options.restart,
           changed.minimum);
  }
  if (options.restart && *options.restart > changed.maximum) {
    refuse("22023", "RESTART value ({}) cannot be greater than MAXVALUE ({})", *options.restart,
           changed.maximum);
  }
  if (options.cache) changed.cache = *options.cache;
  sequence = std::move(changed);
}

namespace {

void set_owner(Context& context, const ObjectName& name, const SequenceOptions& options) {
  if (!options.owned_by_table) return;
  Sequence* sequence = context.schema.sequences.edit(name);
  if (sequence->internal) refuse("0A000", "cannot change ownership of identity sequence");
  TableName owner;
  const auto relation =
      options.owned_by_table->empty() ? std::nullopt : find_relation(context.schema, *options.owned_by_table);
  // PostgreSQL takes a view's column, too; nothing follows from it here.
  const bool of_view = relation && relation->kind == Relation::View &&
                       !context.schema.views.find(relation->name)->materialized;
  if (!options.owned_by_table->empty() && !of_view) {
    owner = table_named(context.schema, *options.owned_by_table);
    const Table& table = table_at(context.schema, owner);
    if (owner.schema != name.schema)
      refuse("55000", "sequence must be in same schema as table it is linked to");
    column_of(table, *options.owned_by_column);
  }
  if (sequence->owner_table) {
    if (Table* old = context.schema.tables.edit(*sequence->owner_table))
      erase_value(old->owned_sequences, name);
  }
  sequence->owner_table.reset();
  sequence->owner_column = Identifier();
  if (owner.empty()) return;
  sequence->owner_table = owner;
  sequence->owner_column = *options.owned_by_column;
  edit_table(context, owner).owned_sequences.push_back(name);
}

}  // namespace

void apply(Context& context, const CreateSequence& op) {
  const ObjectName name = new_relation_name(context.schema, op.sequence, op.persistence);
  if (relation_exists(context.schema, name)) {
    if (op.if_not_exists) return;
    require_free_relation(context.schema, name);
  }
  Sequence sequence;
  sequence.name = name;
  sequence.persistence = op.persistence;
  set_sequence_options(sequence, op.options, true);
  context.schema.sequences.put(name, std::move(sequence));
  try {
    set_owner(context, name, op.options);
  } catch (const Refused&) {
    context.schema.sequences.erase(name);
    throw;
  }
}

void apply(Context& context, const AlterSequence& op) {
  const auto found = find_relation(context.schema, op.sequence);
  if (!found) {
    if (op.if_exists) return;
    refuse("42P01", "relation \"{}\" does not exist", as_written(op.sequence));
  }
  if (found->kind != Relation::Sequence) refuse("42809", "\"{}\" is not a sequence", op.sequence.name.str());
  set_sequence_options(*context.schema.sequences.edit(found->name), op.options, false);
  set_owner(context, found->name, op.options);
}

void remove_sequence(Schema& schema, const ObjectName& name) {
  const Sequence* sequence = schema.sequences.find(name);
  if (sequence == nullptr) return;
  if (sequence->owner_table && schema.tables.contains(*sequence->owner_table)) {
    erase_value(schema.tables.edit(*sequence->owner_table)->owned_sequences, name);
  }
  schema.sequences.erase(name);
}

}  // namespace planner::replaying

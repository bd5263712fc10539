#include "planner/replay/drop.h"

#include <algorithm>

#include "planner/replay/internal.h"

namespace planner::replaying {

using Kind = Object::Kind;

Identifier signature_of(const Function& function) {
  std::string out;
  for (const TypeName& type : function.input_types) {
    if (!out.empty()) out += ", ";
    out += display(type);
  }
  return Identifier(out);
}

namespace {

std::string quoted_where_needed(const Identifier& name) {
  const std::string& text = name.str();
  const bool plain = !text.empty() &&
                     text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_$") == std::string::npos &&
                     (text[0] < '0' || text[0] > '9') && text[0] != '$';
  return plain ? text : quoted(name);
}

/// Without its schema when the search path leads to it.
std::string visible(const Schema& schema, const ObjectName& name) {
  const bool found = contains(schema.search_path, name.schema);
  return found || name.schema.empty()
             ? quoted_where_needed(name.name)
             : quoted_where_needed(name.schema) + "." + quoted_where_needed(name.name);
}

/// `f(integer,text)`: the server writes a signature without spaces.
std::string without_spaces_after_commas(std::string text) {
  for (std::size_t at = text.find(", "); at != std::string::npos; at = text.find(", ", at))
    text.erase(at + 1, 1);
  return text;
}

std::string relation_word(const Schema& schema, const ObjectName& name) {
  if (const Table* table = schema.tables.find(name)) {
    return (table->kind == RelationKind::ForeignTable ? "foreign table " : "table ") + visible(schema, name);
  }
  if (const View* view = schema.views.find(name)) {
    return (view->materialized ? "materialized view " : "view ") + visible(schema, name);
  }
  return "composite type " + visible(schema, name);
}

}  // namespace

std::string describe(const Schema& schema, const Object& object) {
  const std::string name = visible(schema, object.name);
  const std::string& part = object.part.str();
  switch (object.kind) {
    case Kind::Default:
      return "default value for column " + part + " of " + relation_word(schema, object.name);
    case Kind::Published:
      return "publication of " + relation_word(schema, object.name) + " in publication " + part;
    case Kind::Trigger:
      return "trigger " + part + " on " + relation_word(schema, object.name);
    case Kind::Policy:
      return "policy " + part + " on " + relation_word(schema, object.name);
    case Kind::Rule:
      return "rule " + part + " on " + relation_word(schema, object.name);
    case Kind::Statistics:
      return "statistics object " + part;
    case Kind::Constraint:
      return "constraint " + part + " on " + relation_word(schema, object.name);
    case Kind::DomainCheck:
      return "constraint " + part;
    case Kind::Index:
      return "index " + name;
    case Kind::Column:
      return "column " + part + " of " + relation_word(schema, object.name);
    case Kind::View:
    case Kind::Table:
      return relation_word(schema, object.name);
    case Kind::Sequence:
      return "sequence " + name;
    case Kind::Function:
      return "function " + name + "(" + without_spaces_after_commas(part) + ")";
    case Kind::Type:
      return "type " + name;
    case Kind::Extension:
      return "extension " + object.name.name.str();
    case Kind::Schema:
      return "schema " + object.name.name.str();
  }
  return name;
}

// ---- Removal

void Removal::gather(const Object& object) {
  if (!doomed_.insert(object).second) return;
  find_dependents(context_.schema, object, [this](const Object& dependent, Hold hold) {
    if (hold == Hold::Automatic) {
      automatic_.insert(dependent);
    } else {
      normal_.push_back(dependent);
    }
    gather(dependent);
  });
}

bool Removal::covered(const Object& object) const {
  if (asked_.contains(object) || automatic_.contains(object)) return true;
  if (object.part.empty() || object.kind == Kind::Function) return false;
  for (const Kind owner : {Kind::Table, Kind::View, Kind::Type}) {
    const Object whole{owner, object.name, {}};
    if (asked_.contains(whole) || automatic_.contains(whole)) return true;
  }
  // A default goes with its column.
  const Object column{Kind::Column, object.name, object.part};
  return object.kind == Kind::Default && (asked_.contains(column) || automatic_.contains(column));
}

void Removal::run(Cascade cascade) {
  for (const Object& object : asked_) gather(object);
  if (cascade == Cascade::Restrict &&
      !std::all_of(normal_.begin(), normal_.end(),
                   [this](const Object& object) { return covered(object); })) {
    if (asked_.size() == 1) {
      refuse("2BP01", "cannot drop {} because other objects depend on it",
             describe(context_.schema, *asked_.begin()));
    }
    refuse("2BP01", "cannot drop desired object(s) because other objects depend on them");
  }
  // Of the partitioned table's own key columns none may go, whoever asks.
  for (const Object& object : doomed_) {
    if (object.kind != Kind::Column) continue;
    const Table* table = context_.schema.tables.find(object.name);
    if (table == nullptr || !table->partition_by || doomed_.contains(Object{Kind::Table, object.name, {}}))
      continue;
    for (const IndexElement& element : table->partition_by->elements) {
      if (element.column == object.part || element.expression.mentions(object.part)) {
        refuse("2BP01", "cannot drop {} because {} requires it", describe(context_.schema, object),
               relation_word(context_.schema, object.name));
      }
    }
  }
  for (const Object& object : doomed_) take_out(object);
}

namespace {

template <typename Part>
void erase_part(std::vector<Part>& parts, const Identifier& name) {
  std::erase_if(parts, [&](const Part& one) { return one.definition.name == name; });
}
template <typename Part>
void erase_part(SharedList<Part>& parts, const Identifier& name) {
  parts.erase_if([&](const Part& one) { return one.definition.name == name; });
}

void take_column(Schema& schema, const ObjectName& relation, const Identifier& column) {
  if (Table* table = schema.tables.edit(relation)) {
    table->columns.erase_if([&](const Column& one) { return one.name == column; });
  } else if (OtherType* type = schema.types.edit(relation)) {
    std::erase_if(type->attributes, [&](const Column& one) { return one.name == column; });
  }
}

void take_function(Schema& schema, const ObjectName& name, const Identifier& signature) {
  std::vector<Function>* overloads = schema.functions.edit(name);
  if (overloads == nullptr) return;
  std::erase_if(*overloads, [&](const Function& one) { return signature_of(one) == signature; });
  if (overloads->empty()) schema.functions.erase(name);
}

}  // namespace

void Removal::take_out(const Object& object) {
  Schema& schema = context_.schema;
  Table* table = object.part.empty() ? nullptr : schema.tables.edit(object.name);
  View* view = object.part.empty() ? nullptr : schema.views.edit(object.name);
  switch (object.kind) {
    case Kind::Default:
      if (table != nullptr) {
        if (Column* column = table->column(object.part)) column->default_value = Expression();
      }
      break;
    case Kind::Published:
      unpublish(schema, object.part, object.name);
      break;
    case Kind::Trigger:
      if (table != nullptr) {
        erase_part(table->triggers, object.part);
        for (const TableName& child : with_children(schema, object.name, false)) {
          if (child == object.name) continue;
          edit_table(context_, child).triggers.erase_if([&](const Trigger& trigger) {
            return trigger.inherited && trigger.definition.name == object.part;
          });
        }
      }
      if (view != nullptr) erase_part(view->triggers, object.part);
      break;
    case Kind::Policy:
      if (table != nullptr) erase_part(table->policies, object.part);
      break;
    case Kind::Rule:
      if (table != nullptr) erase_part(table->rules, object.part);
      if (view != nullptr) erase_part(view->rules, object.part);
      break;
    case Kind::Statistics:
      if (table != nullptr) {
        std::erase_if(table->statistics,
                      [&](const CreateStatistics& one) { return one.name.name == object.part; });
      }
      break;
    case Kind::Constraint:
      if (table != nullptr) remove_constraint(schema, *table, object.part);
      break;
    case Kind::Index:
      remove_index(schema, object.name);
      break;
    case Kind::Column:
      take_column(schema, object.name, object.part);
      break;
    case Kind::DomainCheck:
      if (Domain* domain = schema.domains.edit(object.name)) {
        erase_part(domain->checks, object.part);
        count_constraint_name(schema, object.name.schema, object.part, -1);
      }
      break;
    case Kind::View:
      if (const View* held = schema.views.find(object.name)) {
        for (const Index& index : held->indexes) schema.index_tables.erase(index.name);
        schema.views.erase(object.name);
      }
      break;
    case Kind::Table:
      forget_table(schema, object.name);
      break;
    case Kind::Sequence:
      remove_sequence(schema, object.name);
      break;
    case Kind::Function:
      take_function(schema, object.name, object.part);
      break;
    case Kind::Type:
      if (const Domain* domain = schema.domains.find(object.name)) {
        for (const Constraint& check : domain->checks) {
          count_constraint_name(schema, object.name.schema, check.definition.name, -1);
        }
      }
      schema.enums.erase(object.name);
      schema.domains.erase(object.name);
      schema.types.erase(object.name);
      break;
    case Kind::Extension:
      schema.extensions.erase(object.name.name);
      break;
    case Kind::Schema:
      schema.schemas.erase(object.name.name);
      break;
  }
}

// ---- DROP of whole objects

namespace {

/// The relation a DROP names, nullopt when IF EXISTS lets it pass.
std::optional<ObjectName> relation_to_drop(const Schema& schema, const ObjectName& written, Relation kind,
                                           bool if_exists, std::string_view word) {
  const auto found = find_relation(schema, written);
  if (!found) {
    if (if_exists) return std::nullopt;
    if (!written.schema.empty()) require_schema(schema, written.schema);
    refuse(kind == Relation::Index || word == "foreign table" ? "42704" : "42P01", "{} \"{}\" does not exist",
           word, as_written(written));
  }
  const bool foreign = relation_letter(schema, *found) == 'f';
  const bool fits = found->kind == kind && foreign == (word == "foreign table");
  if (!fits) {
    const char* article = kind == Relation::Index ? "an" : "a";
    refuse("42809", "\"{}\" is not {} {}", found->name.name.str(), article, word);
  }
  return found->name;
}

}  // namespace

void ask_for(Context& context, Removal& removal, const DropTable& op) {
  const auto name = relation_to_drop(context.schema, op.table, Relation::Table, op.if_exists,
                                     op.foreign ? "foreign table" : "table");
  if (name) removal.ask({Kind::Table, *name, {}});
}

void ask_for(Context& context, Removal& removal, const DropView& op) {
  const std::string_view word = op.materialized ? "materialized view" : "view";
  const auto name = relation_to_drop(context.schema, op.view, Relation::View, op.if_exists, word);
  if (!name) return;
  if (context.schema.views.find(*name)->materialized != op.materialized) {
    refuse("42809", "\"{}\" is not a {}", name->name.str(), word);
  }
  removal.ask({Kind::View, *name, {}});
}

void ask_for(Context& context, Removal& removal, const DropSequence& op) {
  const auto name =
      relation_to_drop(context.schema, op.sequence, Relation::Sequence, op.if_exists, "sequence");
  if (!name) return;
  const Sequence* sequence = context.schema.sequences.find(*name);
  if (sequence->internal && sequence->owner_table) {
    refuse("2BP01", "cannot drop sequence {} because column {} of {} requires it",
           visible(context.schema, *name), sequence->owner_column.str(),
           relation_word(context.schema, *sequence->owner_table));
  }
  removal.ask({Kind::Sequence, *name, {}});
}

void ask_for(Context& context, Removal& removal, const DropIndex& op) {
  const auto name = relation_to_drop(context.schema, op.index, Relation::Index, op.if_exists, "index");
  if (!name) return;
  const Index* index = index_at(context.schema, *name);
  const Table* table = context.schema.tables.find(index->table);
  if (op.concurrently && table != nullptr && table->partition_by) {
    refuse("0A000", "cannot drop partitioned index \"{}\" concurrently", name->name.str());
  }
  if (!index->constraint.empty()) {
    refuse("2BP01", "cannot drop index {} because constraint {} on {} requires it",
           visible(context.schema, *name), index->constraint.str(),
           relation_word(context.schema, index->table));
  }
  if (!index->parent.empty()) {
    refuse("2BP01", "cannot drop index {} because index {} requires it", visible(context.schema, *name),
           visible(context.schema, index->parent));
  }
  removal.ask({Kind::Index, *name, {}});
}

void ask_for(Context& context, Removal& removal, const DropType& op) {
  const ObjectName name = context.schema.resolve_type(op.type);
  const bool is_domain = context.schema.domains.contains(name);
  const bool is_type = context.schema.enums.contains(name) || context.schema.types.contains(name);
  if (!is_domain && !is_type) {
    if (context.schema.tables.contains(name) || context.schema.views.contains(name)) {
      if (op.domain) refuse("42809", "\"{}\" is not a domain", as_written(op.type));
      refuse("2BP01", "cannot drop type {} because {} requires it", visible(context.schema, name),
             relation_word(context.schema, name));
    }
    if (op.if_exists) return;
    if (!op.type.schema.empty()) require_schema(context.schema, op.type.schema);
    refuse("42704", "type \"{}\" does not exist", as_written(op.type));
  }
  if (op.domain && !is_domain) refuse("42809", "\"{}\" is not a domain", as_written(op.type));
  removal.ask({Kind::Type, name, {}});
}

void ask_for(Context& context, Removal& removal, const DropFunction& op) {
  const std::string_view word = op.kind == 'p'   ? "procedure"
                                : op.kind == 'a' ? "aggregate"
                                : op.kind == 'r' ? "routine"
                                                 : "function";
  ObjectName name;
  std::size_t overload = 0;
  try {
    overload = overload_named(context.schema, op.function, name, word);
  } catch (const Refused& refused) {
    const std::string& state = refused.problem.sqlstate;
    if (op.if_exists && (state == "42883" || state == "42704" || state == "3F000")) return;
    throw;
  }
  if (op.kind == 'f' && (*context.schema.functions.find(name))[overload].definition.aggregate)
    refuse("42809", "\"{}\" is an aggregate function", name.name.str());
  removal.ask({Kind::Function, name, signature_of((*context.schema.functions.find(name))[overload])});
}

void ask_for(Context& context, Removal& removal, const DropSchema& op) {
  if (!context.schema.schemas.contains(op.schema)) {
    if (op.if_exists) return;
    refuse("3F000", "schema \"{}\" does not exist", op.schema.str());
  }
  removal.ask({Kind::Schema, ObjectName(op.schema), {}});
}

namespace {

void drop_plpgsql(const Context& context, Removal& removal, Cascade cascade) {
  for (const auto& [name, overloads] : context.schema.functions) {
    for (const Function& function : *overloads) {
      if (function.definition.language != "plpgsql") continue;
      if (cascade == Cascade::Restrict)
        refuse("2BP01", "cannot drop extension plpgsql because other objects depend on it");
      removal.ask({Kind::Function, name, signature_of(function)});
    }
  }
}

}  // namespace

void ask_for(Context& context, Removal& removal, const DropExtension& op) {
  if (!context.schema.extensions.contains(op.extension)) {
    // Every database has it without having created it.
    if (op.extension.str() == "plpgsql") return drop_plpgsql(context, removal, op.cascade);
    if (op.if_exists) return;
    refuse("42704", "extension \"{}\" does not exist", op.extension.str());
  }
  removal.ask({Kind::Extension, ObjectName(op.extension), {}});
}

namespace {

template <typename Drop>
void drop(Context& context, const Drop& op) {
  Removal removal(context);
  ask_for(context, removal, op);
  removal.run(op.cascade);
}

}  // namespace

void apply(Context& context, const DropTable& op) { drop(context, op); }
void apply(Context& context, const DropView& op) { drop(context, op); }
void apply(Context& context, const DropSequence& op) { drop(context, op); }
void apply(Context& context, const DropIndex& op) { drop(context, op); }
void apply(Context& context, const DropType& op) { drop(context, op); }
void apply(Context& context, const DropFunction& op) { drop(context, op); }
void apply(Context& context, const DropSchema& op) { drop(context, op); }
void apply(Context& context, const DropExtension& op) { drop(context, op); }

// ---- DROP of parts of a table

namespace {

/// Children that have the column only because of this parent, at every level.
void ask_for_column(Context& context, Removal& removal, const TableName& name, const Identifier& column) {
  removal.ask({Kind::Column, name, column});
  for (const TableName& child : table_at(context.schema, name).children) {
    const Table& below = table_at(context.schema, child);
    const Column* own = below.column(column);
    if (own == nullptr || own->local) continue;
    const auto parents =
        std::count_if(below.inherits.begin(), below.inherits.end(), [&](const TableName& parent) {
          const Table* above = context.schema.tables.find(parent);
          return above != nullptr && above->column(column) != nullptr;
        });
    if (parents == 1) ask_for_column(context, removal, child, column);
  }
}

void forget_parents(Context& context, const TableName& name, bool keep_as_own, const Identifier& column) {
  const std::vector<TableName> children = table_at(context.schema, name).children;
  for (const TableName& child : children) {
    if (keep_as_own) {
      if (Column* own = edit_table(context, child).column(column)) own->local = true;
    }
    mark_inherited(context, child);
  }
}

}  // namespace

void apply(Context& context, const DropColumn& op) {
  const auto found = find_relation(context.schema, op.table);
  if (found && found->kind == Relation::View) refuse("42809", "\"{}\" is not a table", op.table.name.str());
  const TableName name = table_named(context.schema, op.table);
  const Table& table = table_at(context.schema, name);
  forbid_typed(context, table, "drop column from");
  const Column* column = table.column(op.column);
  if (column == nullptr) {
    if (op.if_exists) return;
    refuse("42703", "column \"{}\" of relation \"{}\" does not exist", op.column.str(), name.name.str());
  }
  if (column->inherited) refuse("42P16", "cannot drop inherited column \"{}\"", op.column.str());
  if (table.partition_by) {
    for (const IndexElement& element : table.partition_by->elements) {
      if (element.column == op.column || element.expression.mentions(op.column)) {
        refuse("42P16",
               "cannot drop column \"{}\" because it is part of the partition key of relation \"{}\"",
               op.column.str(), name.name.str());
      }
    }
    if (op.only && !table.children.empty()) {
      refuse("42P16", "cannot drop column from only the partitioned table when partitions exist");
    }
  }
  Removal removal(context);
  if (op.only) {
    removal.ask({Kind::Column, name, op.column});
  } else {
    ask_for_column(context, removal, name, op.column);
  }
  removal.run(op.cascade);
  forget_parents(context, name, op.only, op.column);
}

void apply(Context& context, const DropConstraint& op) {
  const TableName name = table_named(context.schema, op.table);
  const Table& table = table_at(context.schema, name);
  const Constraint* constraint = table.constraint(op.constraint);
  if (constraint == nullptr) {
    if (op.if_exists) return;
    refuse("42704", "constraint \"{}\" of relation \"{}\" does not exist", op.constraint.str(),
           name.name.str());
  }
  if (constraint->inherited) {
    refuse("42P16", "cannot drop inherited constraint \"{}\" of relation \"{}\"", op.constraint.str(),
           name.name.str());
  }
  const bool is_check = constraint->definition.kind == ConstraintKind::Check;
  // Keys of a partitioned table are one object with their copies; from 18 on CHECKs may stay in partitions.
  const int version = context.schema.server_version;
  if (op.only && is_check && table.partition_by && !table.children.empty() &&
      (version == 0 || version < 180000)) {
    refuse("42P16", "cannot remove constraint from only the partitioned table when partitions exist");
  }
  Removal removal(context);
  removal.ask({Kind::Constraint, name, op.constraint});
  removal.run(op.cascade);
  if (!is_check) return;
  // Children keep a CHECK that they define themselves or inherit from somebody else.
  for (const TableName& child : with_children(context.schema, name, false)) {
    if (child == name) continue;
    Table& below = edit_table(context, child);
    Constraint* own = below.constraint(op.constraint);
    if (own == nullptr || own->definition.kind != ConstraintKind::Check) continue;
    if (op.only) own->local = true;
    const bool local = own->local;
    const Identifier kept = own->definition.name;
    mark_inherited(context, child);
    own = edit_table(context, child).constraint(kept);
    if (!own->inherited && !local) remove_constraint(context.schema, edit_table(context, child), kept);
  }
}

// ---- DROP of several objects at once

namespace {

template <typename Drop>
bool drop_together(Context& context, const std::vector<Operation>& operations) {
  if (!std::all_of(operations.begin(), operations.end(),
                   [](const Operation& operation) { return std::holds_alternative<Drop>(operation); })) {
    return false;
  }
  Removal removal(context);
  for (const Operation& operation : operations) ask_for(context, removal, std::get<Drop>(operation));
  removal.run(std::get<Drop>(operations.front()).cascade);
  return true;
}

}  // namespace

bool drop_all_together(Context& context, const std::vector<Operation>& operations) {
  return drop_together<DropTable>(context, operations) || drop_together<DropView>(context, operations) ||
         drop_together<DropSequence>(context, operations) || drop_together<DropIndex>(context, operations) ||
         drop_together<DropType>(context, operations) || drop_together<DropFunction>(context, operations) ||
         drop_together<DropSchema>(context, operations) || drop_together<DropExtension>(context, operations);
}

}  // namespace planner::replaying

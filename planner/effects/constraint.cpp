#include <algorithm>

#include "planner/builtin_types.h"
#include "planner/casts.h"
#include "planner/effects/build.h"

/// What PostgreSQL asks of tables, columns and indexes before it takes them into a constraint.
namespace planner::physics {

void judge_foreign_key(Builder& b, const Table& from, const Table& to, const ConstraintDefinition& key) {
  if (from.persistence == Persistence::Permanent && to.persistence != Persistence::Permanent) {
    b.fail("42P16", "constraints on permanent tables may reference only permanent tables");
  }
  if (from.persistence == Persistence::Unlogged && to.persistence == Persistence::Temporary) {
    b.fail("42P16", "constraints on unlogged tables may reference only permanent or unlogged tables");
  }
  if (from.persistence == Persistence::Temporary && to.persistence != Persistence::Temporary) {
    b.fail("42P16", "constraints on temporary tables may reference only temporary tables");
  }
  std::vector<Identifier> wanted = key.references.columns;
  if (wanted.empty() && to.primary_key() != nullptr) wanted = to.primary_key()->definition.columns;
  for (std::size_t i = 0; i < wanted.size() && i < key.columns.size(); ++i) {
    const Column* here = from.column(key.columns[i]);
    const Column* there = to.column(wanted[i]);
    if (here == nullptr || there == nullptr) continue;
    if (!type_is_understood(here->type, b.schema) || !type_is_understood(there->type, b.schema)) continue;
    if (!foreign_key_equality(there->type, here->type, b.schema)) {
      b.fail("42804", "foreign key constraint cannot be implemented: " + display(here->type) + " and " +
                          display(there->type) + " are not compared by any operator");
    }
  }
}

std::set<TableName> keys_taken_over(const Builder& b, const TableName& table, const Schema& before) {
  std::set<TableName> out;
  for (const TableName& partition : b.partitions(table)) {
    const Table* was = before.tables.find(partition);
    const Table* is = b.schema.tables.find(partition);
    if (was == nullptr || is == nullptr) continue;
    const bool taken = std::any_of(is->constraints.begin(), is->constraints.end(), [&](const Constraint& c) {
      const Constraint* old = was->constraint(c.definition.name);
      return c.definition.kind == ConstraintKind::ForeignKey && c.inherited && old != nullptr &&
             !old->inherited;
    });
    if (taken) out.insert(partition);
  }
  return out;
}

void look_up_keys(Builder& b, const TableName& table, const KeyCheck& check) {
  const auto partitioned = [&](const TableName& name) {
    const Table* held = b.schema.tables.find(name);
    return held != nullptr && held->kind == RelationKind::PartitionedTable;
  };
  std::set<TableName> settled;
  for (const TableName& partition : check.taken_over) {
    for (const TableName& below : b.family(partition)) settled.insert(below);
  }
  bool any = settled.empty();
  for (const Table* each : b.stored(table, partitioned(table))) {
    if (settled.contains(each->name)) continue;
    any = true;
    b.scan(each->name, ScanReason::ForeignKey);
  }
  if (!any) return;
  for (const Table* each : b.stored(check.referenced, partitioned(check.referenced)))
    b.scan(each->name, ScanReason::ForeignKey);
}

void judge_using_index(Builder& b, const Table& table, const ConstraintDefinition& constraint) {
  if (table.kind == RelationKind::PartitionedTable) {
    b.fail("0A000", "ALTER TABLE / ADD CONSTRAINT USING INDEX is not supported on partitioned tables");
    return;
  }
  const Index* index = table.index(constraint.using_index);
  if (index == nullptr) return;
  const auto refuse = [&](const std::string& why) {
    b.fail("42809", "index \"" + index->name.name.str() + "\" " + why);
  };
  if (index->method != "btree") refuse("is not a btree");
  for (const IndexElement& element : index->elements) {
    const Column* column = table.column(element.column);
    if (column == nullptr) continue;
    const bool order = element.descending || element.nulls_first.value_or(false);
    const bool collation = !element.collation.empty() && element.collation.name != column->collation.name &&
                           element.collation.name.str() != "default";
    const std::string_view usual = default_opclass("btree", opclass_type(column->type, b.schema));
    const bool opclass = !element.opclass.empty() && !usual.empty() && element.opclass.name.str() != usual;
    if (order || collation || opclass)
      refuse("has a column without default sorting behavior: " + element.column.str());
  }
  if (!index->valid) b.fail("55000", "index \"" + index->name.name.str() + "\" is not valid");
}

void judge_replica_identity(Builder& b, const Table& table, const Identifier& name) {
  const Index* index = table.index(name);
  if (index == nullptr) return;
  // The first of these that is true is what PostgreSQL says.
  const auto refuse = [&](std::string_view sqlstate, const std::string& why) {
    b.fail(sqlstate, "index \"" + name.str() + "\" cannot be used as replica identity: it " + why);
  };
  if (!index->unique) return refuse("42809", "is not unique");
  const Constraint* constraint = index->constraint.empty() ? nullptr : table.constraint(index->constraint);
  if (constraint != nullptr && constraint->definition.deferrable) return refuse("0A000", "is not immediate");
  for (const IndexElement& element : index->elements) {
    if (element.expression) return refuse("0A000", "has an expression");
  }
  if (index->predicate) return refuse("0A000", "is partial");
  for (const IndexElement& element : index->elements) {
    const Column* column = table.column(element.column);
    if (column != nullptr && !column->not_null)
      return refuse("42809", "has the nullable column " + element.column.str());
  }
}

void judge_clustering(Builder& b, const TableName& relation, const ObjectName& index_name) {
  if (index_name.name.empty()) return;
  const TableName* of = b.schema.index_tables.find(index_name);
  if (of != nullptr && *of != relation) {
    b.fail("42809",
           "\"" + index_name.name.str() + "\" is not an index for table \"" + relation.name.str() + "\"");
    return;
  }
  const Table* table = b.schema.tables.find(relation);
  const Index* index = table == nullptr ? nullptr : table->index(index_name.name);
  if (index == nullptr) return;
  if (index->method != "btree" && index->method != "gist")
    b.fail("0A000", "cannot cluster on index \"" + index_name.name.str() +
                        "\" because access method does not support clustering");
  if (index->predicate) b.fail("0A000", "cannot cluster on partial index \"" + index_name.name.str() + "\"");
}

void judge_compression(Builder& b, const Table* table, const Identifier& name) {
  constexpr std::string_view kFixed[] = {
      "int2",        "int4", "int8", "float4", "float8",   "bool", "date", "time",    "timetz",   "timestamp",
      "timestamptz", "uuid", "oid",  "money",  "interval", "char", "name", "macaddr", "macaddr8", "point"};
  const Column* column = table == nullptr ? nullptr : table->column(name);
  if (column == nullptr) return;
  const TypeName base = base_type(column->type, b.schema);
  const bool builtin = base.name.schema.empty() && base.array_dimensions == 0;
  const bool fixed =
      builtin && std::find(std::begin(kFixed), std::end(kFixed), base.name.name.str()) != std::end(kFixed);
  if (fixed || (base.array_dimensions == 0 && b.schema.enum_type(base.name) != nullptr && !builtin))
    b.fail("0A000", "column data type " + display(column->type) + " does not support compression");
}

void judge_persistence(Builder& b, const Table& table, Persistence wanted) {
  const auto refuse = [&](const char* kind, const std::string& why) {
    b.fail("42P16", "could not change table \"" + table.name.name.str() + "\" to " + kind +
                        " because it references " + why);
  };
  if (wanted == Persistence::Unlogged) {
    for (const Schema::Reference& reference : references_with_parents(b, table.name)) {
      const Table* from = b.schema.tables.find(reference.from);
      if (from != nullptr && from->name != table.name && from->persistence == Persistence::Permanent)
        refuse("unlogged", "logged table \"" + from->name.name.str() + "\"");
    }
    return;
  }
  for (const Constraint& each : table.constraints) {
    if (each.definition.kind != ConstraintKind::ForeignKey) continue;
    const Table* to = b.schema.tables.find(each.definition.references.table);
    if (to != nullptr && to->name != table.name && to->persistence != Persistence::Permanent)
      refuse("logged", "unlogged table \"" + to->name.name.str() + "\"");
  }
}

void refuse_bodies(Builder& b, const TableName& table, const Identifier& column) {
  for (const auto& [name, overloads] : b.schema.functions) {
    for (const Function& each : *overloads) {
      if (!each.definition.sql_body) continue;
      const ExpressionFacts& facts = each.definition.sql_body.facts();
      const bool reads = std::any_of(
          facts.relations.begin(), facts.relations.end(),
          [&](const ObjectName& relation) { return b.schema.resolve_relation(relation) == table; });
      if (reads && each.definition.sql_body.mentions(column))
        b.fail("2BP01", "cannot drop column " + column.str() + " of table " + table.name.str() +
                            " because function " + name.name.str() + " depends on it");
    }
  }
}

void refuse_other_parents(Builder& b, const TableName& target, const Identifier& column,
                          std::string_view verb) {
  const std::vector<TableName> family = b.family(target);
  for (const TableName& name : family) {
    const Table* child = b.schema.tables.find(name);
    if (child == nullptr || name == target) continue;
    for (const TableName& parent : child->inherits) {
      const Table* above = b.schema.tables.find(parent);
      const bool elsewhere = std::find(family.begin(), family.end(), parent) == family.end();
      if (elsewhere && above != nullptr && above->column(column) != nullptr)
        b.fail("42P16", "cannot " + std::string(verb) + " inherited column \"" + column.str() +
                            "\" of relation \"" + name.name.str() + "\": it comes from " + display(parent) +
                            " as well");
    }
  }
}

void judge_drop_not_null(Builder& b, const Table& table, const Identifier& column) {
  const Column* held = table.column(column);
  if (held == nullptr) return;
  if (held->identity) b.fail("42601", "column \"" + column.str() + "\" is an identity column");
  for (const Index& index : table.indexes) {
    const bool has_it = std::any_of(index.elements.begin(), index.elements.end(),
                                    [&](const IndexElement& e) { return e.column == column; });
    if (!has_it) continue;
    if (index.primary) b.fail("42P16", "column \"" + column.str() + "\" is in a primary key");
    if (index.replica_identity && table.replica_identity == 'i') {
      b.fail("42P16", "column \"" + column.str() + "\" is in index used as replica identity");
    }
  }
}

std::optional<Identifier> column_of_not_null_name(const Table& table, const Identifier& name) {
  for (const Column& column : table.columns) {
    if (column.not_null && generated_name(table.name.name.str(), column.name.str(), "not_null") == name.str())
      return column.name;
  }
  return std::nullopt;
}

bool made_in_this_transaction(const Builder& b, const TableName& table) {
  return std::any_of(b.earlier.begin(), b.earlier.end(), [&](const Operation* each) {
    const auto* create = std::get_if<CreateTable>(each);
    return create != nullptr && b.schema.resolve_relation(create->table) == table;
  });
}

bool filled_in_this_transaction(const Builder& b, const TableName& table) {
  return std::any_of(b.earlier.begin(), b.earlier.end(), [&](const Operation* each) {
    const ObjectName* target = target_relation(*each);
    if (target == nullptr || b.schema.resolve_relation(*target) != table) return false;
    return std::holds_alternative<Insert>(*each) || std::holds_alternative<Copy>(*each) ||
           std::holds_alternative<Merge>(*each);
  });
}

}  // namespace planner::physics

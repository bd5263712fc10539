#include <algorithm>

#include "planner/builtin_types.h"
#include "planner/casts.h"
#include "planner/effects/build.h"
#include "planner/effects/opclass.h"

/// ALTER COLUMN ... TYPE: what happens to the values, and to everything that leans on the column
/// (ATPrepAlterColumnType, RememberAllDependentForRebuilding, ATPostAlterTypeCleanup).
namespace planner::physics {
namespace {

bool contains(const std::vector<Identifier>& names, const Identifier& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// One change on one relation of the family.
class TypeChangeOf {
 public:
  TypeChangeOf(Builder& builder, const ChangeType& change, const Table& table, const Column& column)
      : b_(builder), change_(change), table_(table), column_(column), to_(change.type) {
    to_.name = b_.schema.resolve_type(to_.name);
  }

  bool run(bool rewritten_anyway) {
    const TypeChange answer =
        type_change(column_.type, to_, change_.using_expression, column_.name, b_.schema, b_.settings);
    if (!type_is_understood(column_.type, b_.schema) || !type_is_understood(to_, b_.schema)) {
      b_.unknown("casts between " + display(column_.type) + " and " + display(to_) + " are not known here");
    }
    if (!answer.depends_on.empty() && b_.schema.time_zone.empty() && !b_.settings.time_zone_known) {
      b_.unknown("the rows are written anew unless the session's time zone is UTC");
    }
    refuse_dependents();
    // The sequence behind an identity column takes the new type first.
    const std::string& wanted = to_.name.name.str();
    if (column_.identity && wanted != "int2" && wanted != "int4" && wanted != "int8") {
      b_.fail("22023", "identity column type must be smallint, integer, or bigint");
      return false;
    }
    if (answer.cost == CastCost::Refused) {
      b_.fail("42804", answer.needs_using ? "column \"" + column_.name.str() +
                                                "\" cannot be cast automatically to type " + display(to_)
                                          : "result of USING clause for column \"" + column_.name.str() +
                                                "\" cannot be cast automatically to type " + display(to_));
      return false;
    }
    judge_default();
    if (answer.may_fail_on_data) b_.fail_on_data(code_of_bad_value(), "a value may not fit " + display(to_));
    rewrite_ = answer.cost == CastCost::Rewrite;
    rebuild_all_ = rewrite_ || rewritten_anyway;
    judge_using();
    if (column_.not_null && change_.using_expression && change_.using_expression.facts().is_null_constant)
      b_.fail_with_rows("23502", "column \"" + column_.name.str() + "\" of relation \"" +
                                     table_.name.name.str() + "\" contains null values");
    const bool made_up = change_.using_expression && !cast_chain(change_.using_expression);
    for (const Index& index : table_.indexes) {
      const bool has_it = std::any_of(index.elements.begin(), index.elements.end(),
                                      [&](const IndexElement& e) { return e.column == column_.name; });
      if (made_up && index.unique && has_it) b_.fail_on_data("23505", "rows may get the same value");
    }
    judge_expressions();
    for (const Index& index : table_.indexes) recreate(index);
    for (const Constraint& each : table_.constraints) check(each);
    foreign_keys();
    // An identity column's sequence takes the new type along; a serial one's does not.
    if (column_.identity) {
      for (const auto& [name, sequence] : b_.schema.sequences) {
        if (!sequence->internal || sequence->owner_table != table_.name ||
            sequence->owner_column != column_.name)
          continue;
        b_.lock(name, LockMode::ShareRowExclusive, LockedKind::Sequence);
        b_.new_sequence_file(name);
      }
    }
    return rewrite_;
  }

 private:
  std::string_view code_of_bad_value() const {
    const TypeName from = base_type(column_.type, b_.schema);
    if (domain_has_constraints(to_, b_.schema)) return "23514";
    if (to_.is("varchar") || to_.is("bpchar") || to_.is("varbit")) return "22001";
    return from.is("text") || from.is("varchar") || from.is("bpchar") ? "22P02" : "22003";
  }

  void refuse(std::string_view by) {
    b_.fail("0A000", "cannot alter type of column \"" + column_.name.str() + "\" of \"" +
                         table_.name.name.str() + "\" used by " + std::string(by));
  }

  void refuse_dependents() {
    const Identifier& name = column_.name;
    if (table_.partition_by) {
      for (const IndexElement& key : table_.partition_by->elements) {
        if (key.column == name || key.expression.mentions(name)) {
          b_.fail("42P16",
                  "cannot alter column \"" + name.str() + "\" because it is part of the partition key");
        }
      }
    }
    if (column_.inherited && b_.schema.resolve_relation(change_.table) == table_.name) {
      b_.fail("42P16", "cannot alter inherited column \"" + name.str() + "\"");
    }
    if (!b_.schema.views_reading(table_.name, name).empty()) refuse("a view");
    for (const RewriteRule& rule : table_.rules) {
      const auto reads = [&](const Expression& e) { return e.mentions(name) || e.facts().whole_row; };
      const std::vector<Expression>& actions = rule.definition.actions;
      if (reads(rule.definition.where) || std::any_of(actions.begin(), actions.end(), reads)) {
        refuse("rule " + rule.definition.name.str());
      }
    }
    for (const Policy& policy : table_.policies) {
      if (policy.definition.using_expression.mentions(name) || policy.definition.with_check.mentions(name)) {
        refuse("policy " + policy.definition.name.str());
      }
    }
    for (const Trigger& trigger : table_.triggers) {
      if (contains(trigger.definition.update_columns, name) || trigger.definition.when.mentions(name)) {
        refuse("trigger " + trigger.definition.name.str());
      }
    }
    for (const Column& other : table_.columns) {
      if (!other.generated || !other.generated.mentions(name)) continue;
      b_.fail(b_.major() < 15 ? "42601" : "0A000",
              "cannot alter type of a column used by generated column \"" + other.name.str() + "\"");
    }
    for (const auto& [function_name, overloads] : b_.schema.functions) {
      for (const Function& each : *overloads) {
        if (!each.definition.sql_body) continue;
        const ExpressionFacts& facts = each.definition.sql_body.facts();
        const bool reads = std::any_of(
            facts.relations.begin(), facts.relations.end(),
            [&](const ObjectName& relation) { return b_.schema.resolve_relation(relation) == table_.name; });
        if (reads && (contains(facts.columns, name) || facts.whole_row))
          refuse("function " + function_name.name.str());
      }
    }
    for (const auto& [publication, filters] : b_.schema.publication_filters) {
      const auto filter = filters->find(table_.name);
      if (filter != filters->end() && contains(filter->second, name)) {
        refuse("a publication WHERE clause of " + publication.str());
      }
    }
    refuse_row_types(b_, table_);
  }

  /// The default is cast by assignment, whatever USING says about the rows.
  void judge_default() {
    const Expression& value = column_.generated ? column_.generated : column_.default_value;
    if (!value || value.facts().is_null_constant) return;
    TypeName type = column_.type;
    const auto calls = [&](std::string_view function) {
      return std::any_of(value.facts().functions.begin(), value.facts().functions.end(),
                         [&](const FunctionCall& call) { return call.name.name.str() == function; });
    };
    if (calls("nextval")) type = TypeName{ObjectName(Identifier("int8")), {}, 0, false, {}};
    if (!type_is_understood(type, b_.schema) || !type_is_understood(to_, b_.schema)) return;
    if (!cast_path(type, to_, CastContext::Assignment, b_.schema)) {
      b_.fail("42804", "default for column \"" + column_.name.str() +
                           "\" cannot be cast automatically to type " + display(to_));
    }
  }

  /// USING of another column: its value is assigned to the new type.
  void judge_using() {
    const auto chain = cast_chain(change_.using_expression);
    if (!chain || chain->column == column_.name) return;
    const Column* other = table_.column(chain->column);
    if (other == nullptr) return;
    TypeName from = chain->casts.empty() ? other->type : chain->casts.back();
    from.name = b_.schema.resolve_type(from.name);
    if (!type_is_understood(from, b_.schema) || !type_is_understood(to_, b_.schema)) return;
    if (!cast_path(from, to_, CastContext::Assignment, b_.schema, b_.settings.server_version))
      b_.fail("42804", "result of USING clause for column \"" + column_.name.str() +
                           "\" cannot be cast automatically to type " + display(to_));
  }

  /// Expressions over the column are read again with the new type, for which there may be no function.
  void judge_expressions() {
    if (opclass_type(column_.type, b_.schema).name == opclass_type(to_, b_.schema).name) return;
    const auto doubt = [&](const std::string& what) {
      b_.unknown("whether " + what + " still means something once the column is " + display(to_) +
                 ": if not, the statement fails (42883)");
    };
    for (const Index& index : table_.indexes) {
      const bool names_it =
          index.predicate.mentions(column_.name) ||
          std::any_of(index.elements.begin(), index.elements.end(),
                      [&](const IndexElement& e) { return e.expression.mentions(column_.name); });
      if (names_it) doubt("the expression of index " + display(index.name));
    }
    for (const Constraint& each : table_.constraints) {
      if (each.definition.kind == ConstraintKind::Check && each.definition.expression.mentions(column_.name))
        doubt("check constraint " + each.definition.name.str());
    }
  }

  ObjectName collation_of(const TypeName& type, const ObjectName& written) const {
    if (!written.empty()) return ObjectName(written.name);
    const Domain* domain = b_.schema.domain(type.name);
    return domain == nullptr ? ObjectName{} : ObjectName(domain->collation.name);
  }
  bool collation_changes() const {
    return collation_of(column_.type, column_.collation) != collation_of(to_, change_.collation);
  }

  /// CheckIndexCompatible: may the new index keep the old file?
  bool compatible(const Index& index) const {
    // A partition's index is attached to its parent's new one, which is always a new build.
    if (!index.parent.empty() || table_.kind != RelationKind::Table || index.predicate) return false;
    if (!index.valid) return false;
    for (const IndexElement& element : index.elements) {
      if (element.expression) return false;
      if (element.column != column_.name) continue;
      if (element.collation.empty() && collation_changes()) return false;
      if (!element.opclass.empty()) continue;
      const TypeName old_input = opclass_type(column_.type, b_.schema);
      const TypeName new_input = opclass_type(to_, b_.schema);
      const std::string_view old_class = default_opclass(index.method, old_input);
      const std::string_view new_class = default_opclass(index.method, new_input);
      if (old_class != new_class) return false;
      // Operator classes for any array, enum or range take exactly one type each; so do those not known here.
      const bool any_type =
          new_class.empty() || new_input.array_dimensions > 0 || new_input.name.name.str().starts_with("any");
      if (any_type && base_type(column_.type, b_.schema).name != base_type(to_, b_.schema).name) return false;
    }
    return true;
  }

  /// Classes for LIKE take texts alone, or padded texts alone.
  void refuse_pattern_class(const Identifier& opclass) {
    if (!type_is_understood(to_, b_.schema)) return;
    const TypeName base = base_type(to_, b_.schema);
    const bool padded = opclass.str().starts_with("bpchar");
    const bool fits = base.array_dimensions == 0 &&
                      (padded ? base.is("bpchar") || base.is("char") : base.is("text") || base.is("varchar"));
    if (!fits && base.name.schema.empty() && base.name.name.str() != "citext")
      b_.fail("42804", "operator class \"" + opclass.str() + "\" does not accept data type " + display(to_));
  }

  void recreate(const Index& index) {
    const auto uses = [&](const IndexElement& e) {
      return e.column == column_.name || e.expression.mentions(column_.name);
    };
    const bool as_key = std::any_of(index.elements.begin(), index.elements.end(), uses);
    if (!as_key && !contains(index.included, column_.name) && !index.predicate.mentions(column_.name)) return;
    for (const IndexElement& element : index.elements) {
      if (element.column != column_.name) continue;
      if (element.opclass.name.str().ends_with("_pattern_ops")) refuse_pattern_class(element.opclass.name);
      if (!element.opclass.empty()) continue;
      if (lacks_opclass(b_, to_, index.method) && !lacks_opclass(b_, column_.type, index.method)) {
        b_.fail("42704", "data type " + display(to_) + " has no default operator class for access method \"" +
                             index.method + "\"");
      }
    }
    b_.lock(index.name, LockMode::AccessExclusive, LockedKind::Index);
    const bool has_file = table_.kind == RelationKind::Table;
    const bool build = has_file && (rebuild_all_ || !compatible(index));
    b_.index(index.name, table_.name, build ? IndexWork::Rebuilt : IndexWork::RecreatedWithoutBuild);
  }

  void check(const Constraint& constraint) {
    if (constraint.definition.kind != ConstraintKind::Check || !constraint.validated || !constraint.enforced)
      return;
    if (!constraint.definition.expression.mentions(column_.name) || table_.kind != RelationKind::Table)
      return;
    // Made again with the new type, and checked again.
    if (!rewrite_) b_.scan(table_.name, ScanReason::Check);
  }

  /// The type a column of a relation has afterwards.
  TypeName type_after(const Table& table, const Identifier& name) const {
    if (table.name == table_.name && name == column_.name) return to_;
    const Column* held = table.column(name);
    return held == nullptr ? TypeName{} : held->type;
  }

  void foreign_key(const Table& from, const Constraint& key) {
    const Table* to = b_.schema.tables.find(key.definition.references.table);
    b_.lock(from.name, LockMode::AccessExclusive);
    b_.lock(key.definition.references.table, LockMode::AccessExclusive);
    if (to == nullptr) return;
    // The key has a copy for each partition it refers to.
    for (const TableName& partition : b_.partitions(to->name)) b_.lock(partition, LockMode::AccessExclusive);
    bool same_operators = true;
    const std::vector<Identifier>& here = key.definition.columns;
    const std::vector<Identifier>& there = key.definition.references.columns;
    for (std::size_t i = 0; i < here.size() && i < there.size(); ++i) {
      const Column* from_column = from.column(here[i]);
      const Column* to_column = to->column(there[i]);
      if (from_column == nullptr || to_column == nullptr) continue;
      const TypeName from_type = type_after(from, here[i]);
      const TypeName to_type = type_after(*to, there[i]);
      if (!type_is_understood(from_type, b_.schema) || !type_is_understood(to_type, b_.schema)) continue;
      const auto after = foreign_key_equality(to_type, from_type, b_.schema);
      if (!after) {
        b_.fail("42804", "foreign key constraint \"" + key.definition.name.str() +
                             "\" cannot be implemented: " + display(from_type) + " and " + display(to_type) +
                             " are not compared by any operator");
      }
      same_operators =
          same_operators && after == foreign_key_equality(to_column->type, from_column->type, b_.schema);
    }
    if (!key.validated || !key.enforced || (same_operators && !rebuild_all_)) return;
    if (from.kind == RelationKind::Table) b_.scan(from.name, ScanReason::ForeignKey);
    for (const Table* each : b_.stored(to->name, to->partition_by.has_value()))
      b_.scan(each->name, ScanReason::ForeignKey);
  }

  void foreign_keys() {
    for (const Constraint& each : table_.constraints) {
      if (each.definition.kind == ConstraintKind::ForeignKey &&
          contains(each.definition.columns, column_.name))
        foreign_key(table_, each);
    }
    for (const Schema::Reference& reference : b_.schema.references_to(table_.name)) {
      const Table* from = b_.schema.tables.find(reference.from);
      const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
      if (key != nullptr && contains(key->definition.references.columns, column_.name))
        foreign_key(*from, *key);
    }
  }

  Builder& b_;
  const ChangeType& change_;
  const Table& table_;
  const Column& column_;
  TypeName to_;
  bool rewrite_ = false;
  bool rebuild_all_ = false;
};

}  // namespace

bool change_type_of(Builder& builder, const ChangeType& change, const TableName& relation,
                    bool rewritten_anyway) {
  const Table* table = builder.schema.tables.find(relation);
  const Column* column = table == nullptr ? nullptr : table->column(change.column);
  if (column == nullptr) {
    builder.unknown(
        "the present type of column " + change.column.str() + " of " + display(relation) +
        " is not known here: most changes of a type write every row anew and rebuild all indexes");
    return false;
  }
  return TypeChangeOf(builder, change, *table, *column).run(rewritten_anyway);
}

namespace {

/// The table's row type and whatever is made of it: domains over it, composite types with it inside. Found
/// once, because every column of the schema is then asked for its type.
std::vector<ObjectName> types_holding_rows_of(const Schema& schema, const TableName& table) {
  std::vector<ObjectName> holding{table};
  const auto holds = [&](const ObjectName& type) {
    return std::find(holding.begin(), holding.end(), type) != holding.end();
  };
  const auto holds_inside = [&](const std::vector<Column>& attributes) {
    return std::any_of(attributes.begin(), attributes.end(),
                       [&](const Column& attribute) { return holds(attribute.type.name); });
  };
  for (std::size_t before = 0; before != holding.size();) {
    before = holding.size();
    for (const auto& [name, domain] : schema.domains) {
      if (!holds(name) && holds(domain->base.name)) holding.push_back(name);
    }
    for (const auto& [name, type] : schema.types) {
      if (!holds(name) && holds_inside(type->attributes)) holding.push_back(name);
    }
  }
  return holding;
}

}  // namespace

void refuse_own_row(Builder& b, const TableName& table, const TypeName& type) {
  if (type.name.schema.empty()) return;
  const std::vector<ObjectName> holding = types_holding_rows_of(b.schema, table);
  // Other tables' row types hold what their columns do.
  const auto within = [&](const auto& self, const ObjectName& name, int depth) -> bool {
    if (std::find(holding.begin(), holding.end(), name) != holding.end()) return true;
    const Table* other = b.schema.tables.find(name);
    constexpr int kDeepest = 8;
    return other != nullptr && depth < kDeepest &&
           std::any_of(other->columns.begin(), other->columns.end(), [&](const Column& column) {
             return !column.type.name.schema.empty() && self(self, column.type.name, depth + 1);
           });
  };
  if (within(within, type.name, 0))
    b.fail("42P16", "composite type " + display(table) + " cannot be made a member of itself");
}

/// find_composite_type_dependencies.
void refuse_row_types(Builder& b, const Table& table) {
  const std::vector<ObjectName> holding = types_holding_rows_of(b.schema, table.name);
  for (const auto& [name, other] : b.schema.tables) {
    if (name == table.name) continue;
    for (const Column& column : other->columns) {
      // Types that a schema holds say so; the ones built in hold nobody's row.
      const ObjectName& type = column.type.name;
      if (!type.schema.empty() && std::find(holding.begin(), holding.end(), type) != holding.end())
        b.fail("0A000", "cannot alter table \"" + table.name.name.str() + "\" because column \"" +
                            name.name.str() + "." + column.name.str() + "\" uses its row type");
    }
  }
}

}  // namespace planner::physics

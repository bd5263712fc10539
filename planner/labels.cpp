#include "planner/labels.h"

#include <algorithm>
#include <type_traits>

namespace planner {
namespace {

struct Collector {
  std::vector<std::string> labels;

  void columns(const TableName& table, const std::vector<Identifier>& names, bool filled) {
    for (const Identifier& name : names) {
      labels.push_back(label_column(table, name));
      if (filled) labels.push_back(label_filled(table, name));
    }
  }
  void expression(const TableName& table, const Expression& value, bool filled) {
    if (value.empty()) return;
    const ExpressionFacts& facts = value.facts();
    columns(table, facts.columns, filled);
    for (const FunctionCall& call : facts.functions) labels.push_back(label_function(call.name));
    for (const ObjectName& type : facts.casts_to) labels.push_back(label_type(type));
    for (const ObjectName& relation : facts.relations) {
      labels.push_back(label_relation(relation));
      columns(relation, facts.columns, filled);
    }
    if (const std::optional<ObjectName> sequence = nextval_sequence(value))
      labels.push_back(label_relation(*sequence));
    if (!facts.string_constants.empty()) labels.push_back(label_enum_values());
  }
  void type(const TypeName& type) {
    if (!type.empty()) labels.push_back(label_type(type.name));
  }
  void constraint(const TableName& table, const ConstraintDefinition& constraint, bool filled) {
    columns(table, constraint.columns, filled);
    columns(table, constraint.included, filled);
    expression(table, constraint.expression, filled);
    expression(table, constraint.predicate, filled);
    for (const IndexElement& element : constraint.exclusion_elements) {
      columns(table, {element.column}, filled);
      expression(table, element.expression, filled);
    }
    if (!constraint.using_index.empty())
      labels.push_back(label_relation({table.schema, constraint.using_index}));
    if (!constraint.references.table.empty()) {
      labels.push_back(label_relation(constraint.references.table));
      columns(constraint.references.table, constraint.references.columns, filled);
      if (!constraint.references.columns.empty())
        labels.push_back(label_unique(constraint.references.table, constraint.references.columns));
    }
    if (!constraint.name.empty()) labels.push_back("gone:" + label_constraint(table, constraint.name));
  }
  void column(const TableName& table, const ColumnDefinition& column) {
    type(column.type);
    expression(table, column.default_value, false);
    expression(table, column.generated, false);
    for (const ConstraintDefinition& inline_constraint : column.constraints)
      constraint(table, inline_constraint, false);
  }
};

}  // namespace

std::string label_relation(const ObjectName& name) { return "relation:" + quoted(name); }
std::string label_under_old_name(const ObjectName& name) { return "under-old-name:" + quoted(name); }
std::string label_gone(const ObjectName& name) { return "gone:relation:" + quoted(name); }
std::string label_column(const TableName& table, const Identifier& column) {
  return "column:" + quoted(table) + "." + quoted(column);
}
std::string label_filled(const TableName& table, const Identifier& column) {
  return "filled:" + quoted(table) + "." + quoted(column);
}
std::string label_type(const ObjectName& type) { return "type:" + quoted(type); }
std::string label_function(const ObjectName& function) { return "function:" + quoted(function.name); }
std::string label_constraint(const TableName& table, const Identifier& constraint) {
  return "constraint:" + quoted(table) + "." + quoted(constraint);
}
std::string label_unique(const TableName& table, const std::vector<Identifier>& columns) {
  std::vector<Identifier> sorted = columns;
  std::sort(sorted.begin(), sorted.end());
  return "unique:" + quoted(table) + "(" + column_list(sorted).str() + ")";
}
std::string label_typed(const std::string& label) { return "typed:" + label; }
std::string label_new_release() { return "new-release"; }
std::string label_enum_values() { return "enum-values"; }

std::vector<std::string> needs_of(const Operation& operation) {
  Collector needed;
  std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (requires { op.table.schema; }) {
          if constexpr (!std::is_same_v<Op, CreateTable> && !std::is_same_v<Op, CreateTableAs>) {
            if (!op.table.empty()) needed.labels.push_back(label_relation(op.table));
          }
        }
        if constexpr (std::is_same_v<Op, CreateTable>) {
          needed.labels.push_back(label_gone(op.table));
          for (const ColumnDefinition& column : op.columns) needed.column(op.table, column);
          for (const ConstraintDefinition& constraint : op.constraints)
            needed.constraint(op.table, constraint, false);
          for (const LikeClause& like : op.likes) needed.labels.push_back(label_relation(like.source));
          for (const TableName& parent : op.inherits) needed.labels.push_back(label_relation(parent));
          if (op.partition_of) needed.labels.push_back(label_relation(*op.partition_of));
        } else if constexpr (std::is_same_v<Op, CreateTableAs> || std::is_same_v<Op, Select>) {
          needed.expression({}, op.query, true);
        } else if constexpr (std::is_same_v<Op, AddColumn> || std::is_same_v<Op, ReplaceColumn>) {
          needed.column(op.table, op.column);
        } else if constexpr (std::is_same_v<Op, ChangeType>) {
          needed.columns(op.table, {op.column}, true);
          needed.type(op.type);
          needed.expression(op.table, op.using_expression, true);
        } else if constexpr (std::is_same_v<Op, SetNotNull>) {
          needed.columns(op.table, {op.column}, true);
        } else if constexpr (std::is_same_v<Op, ValidateConstraint>) {
          needed.labels.push_back(label_constraint(op.table, op.constraint));
        } else if constexpr (std::is_same_v<Op, SetDefault>) {
          needed.columns(op.table, {op.column}, false);
          needed.expression(op.table, op.value, false);
        } else if constexpr (std::is_same_v<Op, RenameColumn>) {
          needed.columns(op.table, {op.from}, false);
        } else if constexpr (std::is_same_v<Op, CreateIndex>) {
          if (!op.name.empty()) needed.labels.push_back(label_gone({op.table.schema, op.name}));
          for (const IndexElement& element : op.elements) {
            if (!element.column.empty()) needed.columns(op.table, {element.column}, true);
            needed.expression(op.table, element.expression, true);
          }
          needed.columns(op.table, op.included, true);
          needed.expression(op.table, op.predicate, true);
        } else if constexpr (std::is_same_v<Op, AddForeignKey> || std::is_same_v<Op, AddCheck>) {
          needed.constraint(op.table, op.constraint, false);
        } else if constexpr (requires { op.constraint.kind; }) {
          if constexpr (!std::is_same_v<Op, AlterDomain>) needed.constraint(op.table, op.constraint, true);
        } else if constexpr (std::is_same_v<Op, CreateView> || std::is_same_v<Op, CreateMaterializedView>) {
          needed.labels.push_back(label_gone(op.view));
          needed.expression({}, op.query, std::is_same_v<Op, CreateMaterializedView>);
        } else if constexpr (std::is_same_v<Op, Update> || std::is_same_v<Op, Delete> ||
                             std::is_same_v<Op, Insert>) {
          needed.expression(op.table, op.statement, false);
          if constexpr (requires { op.columns; }) needed.columns(op.table, op.columns, false);
        } else if constexpr (std::is_same_v<Op, CreateFunction>) {
          for (const FunctionArgument& argument : op.arguments) needed.type(argument.type);
          needed.type(op.returns);
        } else if constexpr (std::is_same_v<Op, CreateTrigger>) {
          needed.labels.push_back(label_function(op.function));
          needed.columns(op.table, op.update_columns, false);
          needed.expression(op.table, op.when, false);
        } else if constexpr (std::is_same_v<Op, CreatePolicy> || std::is_same_v<Op, AlterPolicy>) {
          needed.expression(op.table, op.using_expression, false);
          needed.expression(op.table, op.with_check, false);
        } else if constexpr (std::is_same_v<Op, CreateStatistics>) {
          needed.columns(op.table, op.columns, false);
          for (const Expression& expression : op.expressions) needed.expression(op.table, expression, false);
        } else if constexpr (std::is_same_v<Op, AlterSequence> || std::is_same_v<Op, CreateSequence>) {
          if (op.options.owned_by_table && op.options.owned_by_column) {
            needed.columns(*op.options.owned_by_table, {*op.options.owned_by_column}, false);
          }
          if constexpr (std::is_same_v<Op, AlterSequence>)
            needed.labels.push_back(label_relation(op.sequence));
        } else if constexpr (std::is_same_v<Op, Comment>) {
          needed.labels.push_back(label_relation(op.name));
          if (op.kind == ObjectKind::Column) needed.columns(op.name, {op.sub_object}, false);
        } else if constexpr (std::is_same_v<Op, Grant>) {
          for (const ObjectName& object : op.objects) {
            needed.labels.push_back(label_relation(object));
            needed.columns(object, op.columns, false);
          }
        } else if constexpr (std::is_same_v<Op, RenameIndex> || std::is_same_v<Op, DropIndex>) {
          needed.labels.push_back(label_relation(op.index));
        } else if constexpr (requires {
                               op.table.schema;
                               op.column.str();
                             }) {
          needed.columns(op.table, {op.column}, false);
        }
      },
      operation);
  return needed.labels;
}

std::vector<std::string> provides_of(const Operation& operation) {
  std::vector<std::string> provided;
  std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, CreateTable> || std::is_same_v<Op, CreateTableAs>) {
          provided.push_back(label_relation(op.table));
        } else if constexpr (std::is_same_v<Op, DropTable>) {
          provided.push_back(label_gone(op.table));
        } else if constexpr (std::is_same_v<Op, RenameTable>) {
          provided.push_back(label_relation({op.table.schema, op.to}));
          provided.push_back(label_gone(op.table));
        } else if constexpr (std::is_same_v<Op, AddColumn>) {
          provided.push_back(label_column(op.table, op.column.name));
          provided.push_back(label_filled(op.table, op.column.name));
        } else if constexpr (std::is_same_v<Op, CreateIndex>) {
          if (!op.name.empty()) provided.push_back(label_relation({op.table.schema, op.name}));
        } else if constexpr (std::is_same_v<Op, DropIndex>) {
          provided.push_back(label_gone(op.index));
        } else if constexpr (std::is_same_v<Op, RenameIndex>) {
          provided.push_back(label_relation({op.index.schema, op.to}));
          provided.push_back(label_gone(op.index));
        } else if constexpr (std::is_same_v<Op, AddForeignKey> || std::is_same_v<Op, AddCheck>) {
          if (!op.constraint.name.empty()) provided.push_back(label_constraint(op.table, op.constraint.name));
        } else if constexpr (std::is_same_v<Op, DropConstraint>) {
          provided.push_back("gone:" + label_constraint(op.table, op.constraint));
          provided.push_back(label_gone({op.table.schema, op.constraint}));
        } else if constexpr (std::is_same_v<Op, CreateView> || std::is_same_v<Op, CreateMaterializedView>) {
          provided.push_back(label_relation(op.view));
        } else if constexpr (std::is_same_v<Op, DropView>) {
          provided.push_back(label_gone(op.view));
        } else if constexpr (std::is_same_v<Op, CreateSequence>) {
          provided.push_back(label_relation(op.sequence));
        } else if constexpr (std::is_same_v<Op, CreateEnum> || std::is_same_v<Op, CreateCompositeType> ||
                             std::is_same_v<Op, CreateRangeType> || std::is_same_v<Op, CreateBaseType>) {
          provided.push_back(label_type(op.type));
        } else if constexpr (std::is_same_v<Op, CreateDomain>) {
          provided.push_back(label_type(op.domain));
        } else if constexpr (std::is_same_v<Op, CreateFunction>) {
          provided.push_back(label_function(op.name));
        } else if constexpr (std::is_same_v<Op, AddEnumValue>) {
          provided.push_back(label_enum_values());
        } else if constexpr (std::is_same_v<Op, CreateSchema>) {
          provided.push_back("schema:" + op.schema.str());
        }
      },
      operation);
  return provided;
}

}  // namespace planner

#include <type_traits>

#include "planner/compose/compose.h"

namespace planner {
namespace {

using Statements = std::optional<std::vector<Sql>>;

Sql alter_column(const TableName& table, const Identifier& column, const Sql& action) {
  return sql("ALTER TABLE {} ALTER COLUMN {} {}", table, column, action);
}

Statements default_back(const TableName& table, const Identifier& column, const Schema& before) {
  const Table* known = before.table(table);
  const Column* old_column = known == nullptr ? nullptr : known->column(column);
  if (old_column == nullptr) return std::nullopt;
  if (old_column->default_value.empty()) return std::vector{alter_column(table, column, sql("DROP DEFAULT"))};
  return std::vector{alter_column(table, column, sql("SET DEFAULT {}", old_column->default_value.text()))};
}

Statements comment_back(const Comment& op, const Schema& before) {
  const auto text_sql = [](const std::string& text) {
    return text.empty() ? sql("NULL") : sql("{}", Literal(text));
  };
  const Table* table = before.table(op.name);
  if (table == nullptr) return std::nullopt;
  if (op.kind == ObjectKind::Table)
    return std::vector{sql("COMMENT ON TABLE {} IS {}", op.name, text_sql(table->comment))};
  if (op.kind != ObjectKind::Column) return std::nullopt;
  const Column* column = table->column(op.sub_object);
  if (column == nullptr) return std::nullopt;
  return std::vector{sql("COMMENT ON COLUMN {}.{} IS {}", op.name, op.sub_object, text_sql(column->comment))};
}

/// An enum is its labels; what CASCADE took along would not come back with it.
Statements type_back(const DropType& op, const Schema& before) {
  const EnumType* type = before.enum_type(op.type);
  if (type == nullptr || op.cascade == Cascade::Cascade) return std::nullopt;
  std::vector<Sql> labels;
  for (const std::string& label : type->labels) labels.push_back(sql("{}", Literal(label)));
  std::vector<Sql> back{sql("CREATE TYPE {} AS ENUM ({})", type->name, join(labels, ", "))};
  if (!type->comment.empty())
    back.push_back(sql("COMMENT ON TYPE {} IS {}", type->name, Literal(type->comment)));
  return back;
}

/// What hangs on a view, or goes with CASCADE, would not come back with it.
Statements view_back(const DropView& op, const Schema& before) {
  const View* view = before.view(op.view);
  if (view == nullptr && op.if_exists) return std::vector<Sql>{};
  if (view == nullptr || view->materialized || op.cascade == Cascade::Cascade || !view->options.empty() ||
      !view->triggers.empty() || !view->rules.empty() || view->certainty != Certainty::Known)
    return std::nullopt;
  const Sql columns = view->columns.empty() ? Sql() : sql(" ({})", column_list(view->columns));
  std::vector<Sql> back{sql("CREATE VIEW {}{} AS {}", view->name, columns, view->query.text())};
  if (!view->comment.empty())
    back.push_back(sql("COMMENT ON VIEW {} IS {}", view->name, Literal(view->comment)));
  return back;
}

struct Inverse {
  const Schema& before;

  template <typename Op>
  Statements operator()(const Op& op) const {
    if constexpr (std::is_same_v<Op, CreateTable>) {
      if (op.if_not_exists && before.table(op.table) != nullptr) return std::vector<Sql>{};
      return std::vector{sql("DROP TABLE {}", op.table)};
    } else if constexpr (std::is_same_v<Op, AddColumn>) {
      const Table* table = before.table(op.table);
      if (op.if_not_exists && table != nullptr && table->column(op.column.name) != nullptr)
        return std::vector<Sql>{};
      return std::vector{sql("ALTER TABLE {} DROP COLUMN {}", op.table, op.column.name)};
    } else if constexpr (std::is_same_v<Op, SetDefault> || std::is_same_v<Op, DropDefault>) {
      return default_back(op.table, op.column, before);
    } else if constexpr (std::is_same_v<Op, RenameConstraint>) {
      return std::vector{sql("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", op.table, op.to, op.from)};
    } else if constexpr (std::is_same_v<Op, RenameIndex>) {
      if (op.if_exists && before.index(op.index) == nullptr) return std::vector<Sql>{};
      return std::vector{
          sql("ALTER INDEX {} RENAME TO {}", ObjectName(op.index.schema, op.to), op.index.name)};
    } else if constexpr (std::is_same_v<Op, CreateIndex>) {
      if (op.name.empty()) return std::nullopt;
      return std::vector{sql("DROP INDEX {}", ObjectName(op.table.schema, op.name))};
    } else if constexpr (std::is_same_v<Op, AddForeignKey> || std::is_same_v<Op, AddCheck> ||
                         std::is_same_v<Op, AddUnique> || std::is_same_v<Op, AddPrimaryKey> ||
                         std::is_same_v<Op, AddExclusion>) {
      if (op.constraint.name.empty()) return std::nullopt;
      return std::vector{sql("ALTER TABLE {} DROP CONSTRAINT {}", op.table, op.constraint.name)};
    } else if constexpr (std::is_same_v<Op, CreateEnum> || std::is_same_v<Op, CreateCompositeType> ||
                         std::is_same_v<Op, CreateRangeType>) {
      return std::vector{sql("DROP TYPE {}", op.type)};
    } else if constexpr (std::is_same_v<Op, DropType>) {
      return type_back(op, before);
    } else if constexpr (std::is_same_v<Op, DropView>) {
      return view_back(op, before);
    } else if constexpr (std::is_same_v<Op, CreateDomain>) {
      return std::vector{sql("DROP DOMAIN {}", op.domain)};
    } else if constexpr (std::is_same_v<Op, CreateSequence>) {
      return std::vector{sql("DROP SEQUENCE {}", op.sequence)};
    } else if constexpr (std::is_same_v<Op, CreateView>) {
      const View* old_view = before.view(op.view);
      if (old_view == nullptr) return std::vector{sql("DROP VIEW {}", op.view)};
      return std::nullopt;
    } else if constexpr (std::is_same_v<Op, CreateTrigger>) {
      if (op.replace) return std::nullopt;
      return std::vector{sql("DROP TRIGGER {} ON {}", op.name, op.table)};
    } else if constexpr (std::is_same_v<Op, CreatePolicy>) {
      return std::vector{sql("DROP POLICY {} ON {}", op.name, op.table)};
    } else if constexpr (std::is_same_v<Op, CreateStatistics>) {
      return std::vector{sql("DROP STATISTICS {}", op.name)};
    } else if constexpr (std::is_same_v<Op, CreateSchema>) {
      if (op.if_not_exists && before.schemas.contains(op.schema)) return std::vector<Sql>{};
      return std::vector{sql("DROP SCHEMA {}", op.schema)};
    } else if constexpr (std::is_same_v<Op, CreateExtension>) {
      if (op.if_not_exists && before.extensions.contains(op.extension)) return std::vector<Sql>{};
      return std::vector{sql("DROP EXTENSION {}", op.extension)};
    } else if constexpr (std::is_same_v<Op, CreateFunction>) {
      const std::vector<Function>* same = before.functions_named(op.name);
      if (same != nullptr || op.aggregate) return std::nullopt;
      std::vector<Sql> types;
      for (const FunctionArgument& argument : op.arguments) {
        if (argument.mode == 'i' || argument.mode == 'b' || argument.mode == 'v')
          types.push_back(type_sql(argument.type));
      }
      return std::vector{op.procedure ? sql("DROP PROCEDURE {}({})", op.name, join(types, ", "))
                                      : sql("DROP FUNCTION {}({})", op.name, join(types, ", "))};
    } else if constexpr (std::is_same_v<Op, DropNotNull>) {
      return std::nullopt;  // SET NOT NULL would read the table under its strongest lock
    } else if constexpr (std::is_same_v<Op, Comment>) {
      return comment_back(op, before);
    } else {
      return std::nullopt;
    }
  }
};

}  // namespace

std::optional<std::vector<Sql>> inverse_of(const Operation& operation, const Schema& before) {
  return std::visit(Inverse{before}, operation);
}

}  // namespace planner

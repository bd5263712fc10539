#include "planner/object_again.h"

#include <algorithm>
#include <type_traits>

namespace planner {
namespace {

std::string on_table(const char* kind, const TableName& table, const Identifier& name) {
  return std::string(kind) + " " + quoted(name) + " of " + quoted(table);
}

std::string named(const char* kind, const ObjectName& name) { return std::string(kind) + " " + quoted(name); }

/// Functions of one name differ by what they are given.
std::string routine(const ObjectName& name, const std::vector<TypeName>& given) {
  std::string text = named("routine", name) + "(";
  for (const TypeName& type : given) text += display(type) + ",";
  return text + ")";
}

std::vector<TypeName> given_to(const CreateFunction& function) {
  std::vector<TypeName> types;
  for (const FunctionArgument& argument : function.arguments) {
    if (argument.mode == 'i' || argument.mode == 'b' || argument.mode == 'v') types.push_back(argument.type);
  }
  return types;
}

template <typename Items, typename Name>
bool holds(const Items& items, const Name& is_it) {
  return std::any_of(items.begin(), items.end(), is_it);
}

}  // namespace

std::string object_of(const Operation& operation) {
  return std::visit(
      [](const auto& op) -> std::string {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, DropTrigger>) return on_table("trigger", op.table, op.trigger);
        if constexpr (std::is_same_v<Op, CreateTrigger>) return on_table("trigger", op.table, op.name);
        if constexpr (std::is_same_v<Op, DropPolicy>) return on_table("policy", op.table, op.policy);
        if constexpr (std::is_same_v<Op, CreatePolicy>) return on_table("policy", op.table, op.name);
        if constexpr (std::is_same_v<Op, DropRule>) return on_table("rule", op.table, op.rule);
        if constexpr (std::is_same_v<Op, CreateRule>) return on_table("rule", op.table, op.name);
        if constexpr (std::is_same_v<Op, DropDefault> || std::is_same_v<Op, SetDefault>)
          return on_table("default", op.table, op.column);
        if constexpr (std::is_same_v<Op, DropFunction>) {
          // Without parentheses it means the only one there is.
          return op.function.arguments ? routine(op.function.name, *op.function.arguments) : std::string();
        }
        if constexpr (std::is_same_v<Op, CreateFunction>) return routine(op.name, given_to(op));
        if constexpr (std::is_same_v<Op, DropStatistics>) return named("statistics", op.name);
        if constexpr (std::is_same_v<Op, CreateStatistics>) return named("statistics", op.name);
        if constexpr (std::is_same_v<Op, DropSequence>) return named("sequence", op.sequence);
        if constexpr (std::is_same_v<Op, CreateSequence>) return named("sequence", op.sequence);
        if constexpr (std::is_same_v<Op, DropType> || std::is_same_v<Op, CreateEnum> ||
                      std::is_same_v<Op, CreateCompositeType> || std::is_same_v<Op, CreateRangeType>)
          return named("type", op.type);
        if constexpr (std::is_same_v<Op, CreateDomain>) return named("type", op.domain);
        if constexpr (std::is_same_v<Op, DropExtension>) return "extension " + quoted(op.extension);
        if constexpr (std::is_same_v<Op, CreateExtension>) return "extension " + quoted(op.extension);
        if constexpr (std::is_same_v<Op, DropSchema>) return "schema " + quoted(op.schema);
        if constexpr (std::is_same_v<Op, CreateSchema>) return "schema " + quoted(op.schema);
        if constexpr (std::is_same_v<Op, DropView>) return named("view", op.view);
        if constexpr (std::is_same_v<Op, CreateView> || std::is_same_v<Op, CreateMaterializedView>)
          return named("view", op.view);
        if constexpr (std::is_same_v<Op, DropTable>) return named("table", op.table);
        if constexpr (std::is_same_v<Op, CreateTable>) return named("table", op.table);
        return std::string();
      },
      operation);
}

bool drops_something(const Operation& drop, const Schema& schema) {
  return std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, DropTrigger>) {
          const Table* table = schema.table(op.table);
          const View* view = schema.view(op.table);
          const auto is_it = [&](const Trigger& each) { return each.definition.name == op.trigger; };
          return (table != nullptr && holds(table->triggers, is_it)) ||
                 (view != nullptr && holds(view->triggers, is_it));
        } else if constexpr (std::is_same_v<Op, DropPolicy>) {
          const Table* table = schema.table(op.table);
          return table != nullptr && holds(table->policies, [&](const Policy& each) {
                   return each.definition.name == op.policy;
                 });
        } else if constexpr (std::is_same_v<Op, DropFunction>) {
          return schema.functions_named(op.function.name) != nullptr;
        } else if constexpr (std::is_same_v<Op, DropSequence>) {
          return schema.sequence(op.sequence) != nullptr;
        } else if constexpr (std::is_same_v<Op, DropView>) {
          return schema.view(op.view) != nullptr;
        } else if constexpr (std::is_same_v<Op, DropTable>) {
          return schema.table(op.table) != nullptr;
        } else if constexpr (std::is_same_v<Op, DropSchema>) {
          return schema.schemas.contains(op.schema);
        } else if constexpr (std::is_same_v<Op, DropExtension>) {
          return schema.extensions.contains(op.extension);
        } else {
          return true;
        }
      },
      drop);
}

bool is_mere_definition(const Operation& drop) {
  return std::holds_alternative<DropTrigger>(drop) || std::holds_alternative<DropPolicy>(drop) ||
         std::holds_alternative<DropRule>(drop) || std::holds_alternative<DropFunction>(drop) ||
         std::holds_alternative<DropStatistics>(drop) || std::holds_alternative<DropSequence>(drop) ||
         std::holds_alternative<DropType>(drop) || std::holds_alternative<DropExtension>(drop) ||
         std::holds_alternative<DropDefault>(drop);
}

}  // namespace planner

#include <algorithm>

#include "planner/replay/internal.h"

namespace planner::replaying {

namespace {

/// Input types as they tell overloads apart: modifiers do not count.
std::vector<TypeName> input_types(const std::vector<FunctionArgument>& arguments, bool procedure) {
  std::vector<TypeName> out;
  for (const FunctionArgument& argument : arguments) {
    const bool input = argument.mode == 'i' || argument.mode == 'b' || argument.mode == 'v' ||
                       (procedure && argument.mode == 'o');
    if (!input) continue;
    out.push_back(argument.type);
    out.back().modifiers.clear();
    out.back().other_modifiers.clear();
  }
  return out;
}

bool same_inputs(const std::vector<TypeName>& a, const std::vector<TypeName>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const TypeName& x, const TypeName& y) {
    return x.name == y.name && (x.array_dimensions > 0) == (y.array_dimensions > 0);
  });
}

std::vector<TypeName> plain(const Schema& schema, std::vector<TypeName> types) {
  for (TypeName& type : types) {
    type.name = schema.resolve_type(type.name);
    type.modifiers.clear();
    type.other_modifiers.clear();
  }
  return types;
}

}  // namespace

std::size_t overload_named(const Schema& schema, const FunctionSignature& signature, ObjectName& found,
                           std::string_view kind_word) {
  const std::string written = as_written(signature.name);
  const auto missing = [&] {
    if (!signature.arguments) refuse("42883", "could not find a {} named \"{}\"", kind_word, written);
    std::string types;
    for (const TypeName& type : *signature.arguments) types += (types.empty() ? "" : ", ") + display(type);
    refuse("42883", "{} {}({}) does not exist", kind_word, written, types);
  };
  std::vector<ObjectName> places;
  if (!signature.name.schema.empty()) {
    require_schema(schema, signature.name.schema);
    places.push_back(signature.name);
  } else {
    for (const Identifier& place : schema.search_path) places.emplace_back(place, signature.name.name);
  }
  for (const ObjectName& place : places) {
    const std::vector<Function>* overloads = schema.functions.find(place);
    if (overloads == nullptr) continue;
    found = place;
    if (!signature.arguments) {
      if (overloads->size() > 1) refuse("42725", "{} name \"{}\" is not unique", kind_word, written);
      return 0;
    }
    const std::vector<TypeName> wanted = plain(schema, *signature.arguments);
    for (std::size_t i = 0; i < overloads->size(); ++i) {
      if (same_inputs((*overloads)[i].input_types, wanted)) return i;
    }
  }
  missing();
  return 0;
}

/// An input argument that had a name keeps it: callers may write `f(name => ...)`.
void keep_argument_names(const Function& held, const Function& next) {
  const auto inputs = [](const Function& function) {
    std::vector<std::string> names;
    for (const FunctionArgument& argument : function.definition.arguments) {
      if (argument.mode != 'o' && argument.mode != 't') names.push_back(argument.name.str());
    }
    return names;
  };
  const std::vector<std::string> before = inputs(held);
  const std::vector<std::string> after = inputs(next);
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    if (!before[i].empty() && before[i] != after[i])
      refuse("42P13", "cannot change name of input parameter \"{}\"", before[i]);
  }
}

void apply(Context& context, const CreateFunction& op) {
  Function function;
  function.definition = op;
  function.definition.name = new_name(context.schema, op.name);
  function.definition.replace = false;
  for (FunctionArgument& argument : function.definition.arguments) {
    argument.type = resolved_type(context.schema, argument.type);
  }
  if (!op.returns.empty()) function.definition.returns = resolved_type(context.schema, op.returns);
  function.input_types = input_types(function.definition.arguments, op.procedure);
  const ObjectName name = function.definition.name;
  std::vector<Function>* overloads = context.schema.functions.edit(name);
  if (overloads == nullptr) {
    context.schema.functions.put(name, {std::move(function)});
    return;
  }
  for (Function& held : *overloads) {
    if (!same_inputs(held.input_types, function.input_types)) continue;
    if (!op.replace) {
      refuse("42723", "function \"{}\" already exists with same argument types", name.name.str());
    }
    if (held.definition.procedure != op.procedure || held.definition.aggregate != op.aggregate) {
      refuse("42809", "cannot change routine kind");
    }
    if (!op.procedure && !held.definition.returns.empty() && !op.returns.empty() &&
        (held.definition.returns.name != function.definition.returns.name ||
         held.definition.returns.set_of != function.definition.returns.set_of)) {
      refuse("42P13", "cannot change return type of existing function");
    }
    keep_argument_names(held, function);
    function.comment = held.comment;
    function.owner = held.owner;
    held = std::move(function);
    return;
  }
  overloads->push_back(std::move(function));
}

void apply(Context& context, const AlterFunction& op) {
  ObjectName name;
  const std::size_t overload = overload_named(context.schema, op.function, name, "function");
  Function& function = (*context.schema.functions.edit(name))[overload];
  if (op.volatility) function.definition.volatility = *op.volatility;
}

void apply(Context& context, const RenameFunction& op) {
  ObjectName name;
  const std::string_view word = op.kind == 'p' ? "procedure" : op.kind == 'a' ? "aggregate" : "function";
  const std::size_t overload = overload_named(context.schema, op.function, name, word);
  const ObjectName target(name.schema, op.to);
  const std::vector<TypeName> inputs = (*context.schema.functions.find(name))[overload].input_types;
  if (const std::vector<Function>* held = context.schema.functions.find(target)) {
    for (const Function& function : *held) {
      if (same_inputs(function.input_types, inputs)) {
        refuse("42723", "function {}() already exists in schema \"{}\"", op.to.str(), name.schema.str());
      }
    }
  }
  move_function(context, name, overload, target);
}

}  // namespace planner::replaying

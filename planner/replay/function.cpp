#include <algorithm>

#include "planner/builtin_settings.h"
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

void require_kind(const Function& function, std::string_view kind_word) {
  const CreateFunction& held = function.definition;
  const std::string& name = held.name.name.str();
  if (kind_word == "function" && held.procedure) refuse("42809", "{} is not a function", name);
  if (kind_word == "procedure" && !held.procedure) refuse("42809", "{} is not a procedure", name);
  if (kind_word == "aggregate" && !held.aggregate) refuse("42809", "function {} is not an aggregate", name);
}

void require_settings(const std::vector<Option>& settings) {
  for (const Option& setting : settings) {
    if (!setting.name.empty() && !is_setting(setting.name))
      refuse("42704", "unrecognized configuration parameter \"{}\"", setting.name);
  }
}

/// interpret_function_parameter_list: names that clash, defaults with a hole behind them.
void require_arguments(const CreateFunction& function) {
  const auto is_input = [](char mode) { return mode == 'i' || mode == 'v'; };
  const auto is_output = [](char mode) { return mode == 'o' || mode == 't'; };
  bool defaults = false;
  for (std::size_t i = 0; i < function.arguments.size(); ++i) {
    const FunctionArgument& one = function.arguments[i];
    for (std::size_t earlier = 0; earlier < i && !one.name.empty(); ++earlier) {
      const FunctionArgument& other = function.arguments[earlier];
      const bool apart =
          (is_input(one.mode) && is_output(other.mode)) || (is_output(one.mode) && is_input(other.mode));
      if (other.name == one.name && !apart)
        refuse("42P13", "parameter name \"{}\" used more than once", one.name.str());
    }
    if (is_output(one.mode)) continue;
    if (one.default_value) {
      defaults = true;
    } else if (defaults && !function.procedure) {
      refuse("42P13", "input parameters after one with a default value must also have defaults");
    }
  }
}

/// What CREATE OR REPLACE cannot change of the inputs: their names, and defaults that callers rely on.
void require_same_arguments(const CreateFunction& before, const CreateFunction& after) {
  const auto inputs = [](const CreateFunction& function) {
    std::vector<const FunctionArgument*> out;
    for (const FunctionArgument& each : function.arguments) {
      if (each.mode != 'o' && each.mode != 't') out.push_back(&each);
    }
    return out;
  };
  const auto old = inputs(before);
  const auto now = inputs(after);
  for (std::size_t i = 0; i < old.size() && i < now.size(); ++i) {
    if (!old[i]->name.empty() && old[i]->name != now[i]->name)
      refuse("42P13", "cannot change name of input parameter \"{}\"", old[i]->name.str());
    if (old[i]->default_value && !now[i]->default_value)
      refuse("42P13", "cannot remove parameter defaults from existing function");
  }
}

/// What a function with OUT parameters returns.
std::vector<TypeName> outputs(const CreateFunction& function) {
  std::vector<TypeName> out;
  for (const FunctionArgument& each : function.arguments) {
    if (each.mode == 'o' || each.mode == 'b' || each.mode == 't') out.push_back(each.type);
  }
  return out;
}

}  // namespace

std::string_view routine_word(ObjectKind kind) {
  return kind == ObjectKind::Procedure   ? "procedure"
         : kind == ObjectKind::Aggregate ? "aggregate"
         : kind == ObjectKind::Routine   ? "routine"
                                         : "function";
}

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
      // LookupFuncNameInternal: procedures alone for PROCEDURE, none of them for FUNCTION and AGGREGATE.
      std::optional<std::size_t> only;
      for (std::size_t i = 0; i < overloads->size(); ++i) {
        const bool procedure = (*overloads)[i].definition.procedure;
        if (kind_word != "routine" && procedure != (kind_word == "procedure")) continue;
        if (only) refuse("42725", "{} name \"{}\" is not unique", kind_word, written);
        only = i;
      }
      if (!only) continue;
      require_kind((*overloads)[*only], kind_word);
      return *only;
    }
    const std::vector<TypeName> wanted = plain(schema, *signature.arguments);
    for (std::size_t i = 0; i < overloads->size(); ++i) {
      if (!same_inputs((*overloads)[i].input_types, wanted)) continue;
      require_kind((*overloads)[i], kind_word);
      return i;
    }
  }
  if (signature.arguments) {
    for (const TypeName& type : *signature.arguments) type_named(schema, type.name);
  }
  missing();
  return 0;
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
  if (!op.aggregate) require_arguments(op);
  require_settings(op.settings);
  if (op.language == "sql" && op.returns.is("trigger"))
    refuse("42P13", "SQL functions cannot return type trigger");
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
    if (!op.procedure && outputs(held.definition) != outputs(function.definition))
      refuse("42P13", "cannot change return type of existing function");
    if (!op.aggregate) require_same_arguments(held.definition, function.definition);
    function.comment = held.comment;
    function.owner = held.owner;
    held = std::move(function);
    return;
  }
  overloads->push_back(std::move(function));
}

void apply(Context& context, const AlterFunction& op) {
  ObjectName name;
  const std::size_t overload = overload_named(context.schema, op.function, name, "routine");
  CreateFunction& held = (*context.schema.functions.edit(name))[overload].definition;
  if (held.aggregate) refuse("42809", "\"{}\" is an aggregate function", name.name.str());
  if (held.procedure && op.volatility) refuse("42P13", "invalid attribute in procedure definition");
  if (op.volatility) held.volatility = *op.volatility;
}

void apply(Context& context, const RenameFunction& op) {
  ObjectName name;
  const std::string_view word = op.kind == 'p'   ? "procedure"
                                : op.kind == 'a' ? "aggregate"
                                : op.kind == 'r' ? "routine"
                                                 : "function";
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

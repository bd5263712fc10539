#include "plans/steps/conversion.h"

#include <algorithm>
#include <array>

#include "planner/casts.h"
#include "planner/error.h"
#include "plans/steps/text.h"

namespace planner::plans {
namespace {

bool one_of(const TypeName& type, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return type.is(name); });
}

bool is_text(const TypeName& type) {
  return one_of(type, {"text", "varchar", "bpchar"}) ||
         (type.array_dimensions == 0 && type.name.name.str() == "citext");
}

TypeName element_of(TypeName type) {
  type.array_dimensions = 0;
  return type;
}

/// Does the text form or the value depend on settings that sessions differ in?
bool asks_session(const TypeName& from, const TypeName& to) {
  const TypeName a = element_of(from), b = element_of(to);
  const auto dated = [](const TypeName& type) {
    return one_of(type, {"date", "timestamp", "timestamptz", "time", "timetz", "interval", "money", "bytea",
                         "float4", "float8"});
  };
  const auto zoned = [](const TypeName& type) { return one_of(type, {"timestamptz", "timetz"}); };
  const auto moment = [](const TypeName& type) {
    return one_of(type, {"date", "timestamp", "timestamptz", "time", "timetz"});
  };
  if (zoned(a) != zoned(b) && moment(a) && moment(b)) return true;
  if (a.is("timestamptz") && b.is("timetz")) return true;
  return (is_text(a) && dated(b)) || (dated(a) && is_text(b));
}

bool asks_zone(const TypeName& from, const TypeName& to) {
  const TypeName a = element_of(from), b = element_of(to);
  const bool zone = one_of(a, {"timestamptz", "timetz"}) || one_of(b, {"timestamptz", "timetz"});
  return zone && asks_session(from, to);
}

/// Texts whose other spelling is another value: 007 is not 7. A UUID in capitals is the same UUID.
bool spelling_counts(const TypeName& from, const TypeName& to) {
  if (is_text(from))
    return one_of(to, {"int2", "int4", "int8", "numeric", "float4", "float8", "varchar", "bpchar", "name"});
  return !one_of(from, {"json", "jsonb"});
}

Expression cast_of(const Expression& value, const TypeName& to) {
  const std::string text = value.text().str(), type = type_sql(to).str();
  try {
    Expression cast = Expression::parse("(" + text + ")::" + type);
    cast.text();
    return cast;
  } catch (const Error&) {  // the deparser leaves out the parentheses of some expressions (AT TIME ZONE)
    return Expression::parse("COALESCE(" + text + ")::" + type);
  }
}

Expression column_expression(const Identifier& column) { return Expression::parse(quoted(column)); }

struct FunctionParts {
  ObjectName name;
  std::vector<Identifier> arguments;
  std::vector<TypeName> types;
  TypeName returns;
  Expression value;          ///< over the arguments
  bool as_question = false;  ///< returns whether the value cannot be computed
  bool fixed_settings = false;
};

Sql signature(const FunctionParts& parts) {
  std::vector<Sql> types;
  for (const TypeName& type : parts.types) types.push_back(type_sql(type));
  return sql("{}({})", parts.name, join(types, ", "));
}

/// Class 22 is what values do wrong; 23 is what domains refuse. Anything else is not the value's fault and
/// stays loud.
Sql create(const FunctionParts& parts) {
  std::vector<Sql> arguments;
  Expression value = parts.value;
  for (std::size_t i = 0; i < parts.arguments.size(); ++i) {
    Identifier name = parts.arguments[i];
    // PL/pgSQL itself calls the arguments $1, $2, ...
    if (name.str().starts_with("$")) {
      name = planner_name("value", name.str());
      value = value.with_column_renamed(parts.arguments[i], name);
    }
    arguments.push_back(sql("{} {}", name, type_sql(parts.types[i])));
  }
  TypeName plain = parts.returns;
  plain.modifiers.clear();
  std::vector<Sql> lines{sql("\n      BEGIN")};
  if (parts.as_question) {
    lines.push_back(sql("  PERFORM {};", value.text()));
    lines.push_back(sql("  RETURN false;"));
  } else {
    lines.push_back(sql("  RETURN {};", value.text()));
  }
  lines.push_back(sql("EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN"));
  lines.push_back(parts.as_question ? sql("  RETURN true;") : sql("  RETURN NULL;"));
  lines.push_back(sql("END\n      "));
  const Sql body = on_lines(lines);
  const Sql quoted_body = body.str().find("$convert$") == std::string::npos
                              ? sql("$convert${}$convert$", body)
                              : dollar_quoted(body);
  // Every session must come to the same value, whatever its settings.
  const Sql settings = parts.fixed_settings
                           ? sql(" SET TimeZone = 'UTC' SET DateStyle = 'ISO, MDY' SET IntervalStyle = "
                                 "'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex'")
                           : Sql();
  return sql("CREATE OR REPLACE FUNCTION {}({}) RETURNS {} LANGUAGE plpgsql STABLE{} AS {}", parts.name,
             join(arguments, ", "), parts.as_question ? sql("boolean") : type_sql(plain), settings,
             quoted_body);
}

Expression call(const FunctionParts& parts) {
  return Expression::parse(quoted(parts.name) + "(" + column_list(parts.arguments).str() + ")");
}

void add_function(Conversion& conversion, const FunctionParts& parts) {
  conversion.functions.push_back(create(parts));
  conversion.drop_functions.push_back(sql("DROP FUNCTION {}", signature(parts)));
}

ObjectName function_name(const ConversionRequest& request, std::string_view what) {
  return {request.table.schema, planner_name(what, request.table.name.str() + "_" + request.column.str())};
}

/// The cast as it is written: through the types of a USING that only casts, else straight. The last one is
/// explicit, so that a text too long is cut (and counted) instead of failing the write.
Expression cast_expression(const ConversionRequest& request, const Schema& schema) {
  Expression value = column_expression(request.column);
  if (const auto chain = request.given.empty() ? std::nullopt : cast_chain(request.given);
      chain && chain->column == request.column) {
    for (TypeName step : chain->casts) {
      step.name = schema.resolve_type(step.name);
      if (step.name != request.to.name || step.array_dimensions != request.to.array_dimensions)
        value = cast_of(value, step);
    }
  }
  return cast_of(value, request.to);
}

}  // namespace

bool serves_as(const TypeName& from, const TypeName& to, const Schema& schema,
               const EffectsSettings& settings) {
  const auto casts = [&](const TypeName& one, const TypeName& other, CastContext context) {
    return cast_path(one, other, context, schema, settings.server_version).has_value();
  };
  if (!casts(from, to, CastContext::Assignment)) return false;
  const bool compared = !from.is("json") && !from.is("xml");  // which have no equality
  return !compared || casts(from, to, CastContext::Implicit) || casts(to, from, CastContext::Implicit);
}

std::optional<Conversion> conversion_of(const ConversionRequest& request, const Table& table,
                                        const Schema& schema, const EffectsSettings& settings) {
  Conversion conversion;
  const TypeChange change =
      type_change(request.from, request.to, request.given, request.column, schema, settings);
  const auto chain = request.given.empty() ? std::nullopt : cast_chain(request.given);
  const bool computed = !request.given.empty() && !(chain && chain->column == request.column);
  if (change.cost == CastCost::Refused) return std::nullopt;
  const Expression value = computed ? cast_of(request.given, request.to) : cast_expression(request, schema);
  const bool session = !computed && asks_session(request.from, request.to);
  conversion.reads_clock_zone = !computed && asks_zone(request.from, request.to);
  const bool total = request.total || (!computed && !change.may_fail_on_data && !session);
  FunctionParts parts;
  for (const Identifier& name : value.facts().columns) {
    const Column* column = table.column(name);
    if (column == nullptr) continue;
    parts.arguments.push_back(name);
    parts.types.push_back(name == request.column ? request.from : column->type);
  }
  parts.fixed_settings = session;
  parts.value = value;
  parts.returns = request.to;
  const bool constant = parts.arguments.empty();
  if (total || constant) {
    conversion.up = value;
  } else {
    parts.name = function_name(request, "up");
    add_function(conversion, parts);
    conversion.up = call(parts);
    FunctionParts question = parts;
    question.name = function_name(request, "fails");
    question.as_question = true;
    add_function(conversion, question);
    if (change.may_fail_on_data || computed) conversion.fails = call(question);
  }
  // A text that is cut, a number that is rounded: the value comes back as another one.
  const bool narrower_text = is_text(request.to) && !request.to.modifiers.empty();
  if (!computed && !request.meant && (change.may_lose_data || change.may_fail_on_data || narrower_text) &&
      spelling_counts(request.from, request.to)) {
    const auto back =
        cast_path(request.to, request.from, CastContext::Explicit, schema, settings.server_version);
    if (back && !session) {
      FunctionParts differs;
      differs.name = function_name(request, "differs");
      differs.arguments = {request.column};
      differs.types = {request.from};
      differs.returns = request.from;
      differs.value = cast_of(value, request.from);
      add_function(conversion, differs);
      const Sql again = call(differs).text();
      conversion.changed =
          Expression::parse(sql("{} IS NOT NULL AND {} IS NOT NULL AND {} *<> {}", request.column, again,
                                image(again), image(sql("{}", request.column)))
                                .str());
    }
  }
  return conversion;
}

Conversion way_back(const ConversionRequest& request, const Schema& schema, const EffectsSettings& settings) {
  Conversion conversion;
  Expression value;
  if (cast_path(request.from, request.to, CastContext::Explicit, schema, settings.server_version)) {
    value = cast_of(column_expression(request.column), request.to);
  } else if (request.from.array_dimensions > 0 && request.to.array_dimensions == 0 &&
             cast_path(element_of(request.from), request.to, CastContext::Explicit, schema,
                       settings.server_version)) {
    value = cast_of(Expression::parse("(" + quoted(request.column) + ")[1]"), request.to);
  } else if (request.from.array_dimensions == 0 && request.to.array_dimensions == 0) {
    // Whatever has a text form may be read from it: the function says NULL when it cannot.
    value = cast_of(cast_of(column_expression(request.column), parse_type("text")), request.to);
  }
  if (value.empty()) return conversion;
  FunctionParts parts;
  parts.name = function_name(request, "down");
  parts.arguments = {request.column};
  parts.types = {request.from};
  parts.returns = request.to;
  parts.value = value;
  parts.fixed_settings = asks_session(request.from, request.to);
  const TypeChange change =
      type_change(request.from, request.to, Expression(), request.column, schema, settings);
  if (change.cost != CastCost::Refused && !change.may_fail_on_data && !parts.fixed_settings) {
    conversion.up = value;
    return conversion;
  }
  add_function(conversion, parts);
  conversion.up = call(parts);
  return conversion;
}

}  // namespace planner::plans

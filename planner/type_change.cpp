#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "planner/builtin_types.h"
#include "planner/casts.h"
#include "planner/effects/effects.h"

namespace planner {
namespace {

/// One column's values on their way to the new type, as the planner sees the expression after simplification
/// (ATColumnChangeRequiresRewrite strips what leaves the bytes alone).
struct Journey {
  TypeName type;  ///< where the value is now, domains kept
  bool rewrite = false;
  bool impossible = false;
  bool may_fail = false;
  bool may_lose = false;
  bool asked_time_zone = false;
};

std::string_view name_of(const TypeName& type) { return type.name.name.str(); }

constexpr int kMaxPrecision = 6;  // MAX_TIMESTAMP_PRECISION, MAX_TIME_PRECISION, MAX_INTERVAL_PRECISION
constexpr std::int32_t kIntervalFullRange = 0x7FFF;

/// The least field an interval keeps (0 seconds ... 5 years), from its range mask.
int least_field(const std::vector<std::int32_t>& modifiers) {
  if (modifiers.empty()) return 0;
  constexpr std::array<int, 6> kBits{12, 11, 10, 3, 1, 2};  // SECOND MINUTE HOUR DAY MONTH YEAR
  for (std::size_t i = 0; i < kBits.size(); ++i) {
    if ((modifiers[0] >> kBits[i] & 1) != 0) return static_cast<int>(i);
  }
  return 0;
}

int precision_of_interval(const std::vector<std::int32_t>& modifiers) {
  return modifiers.size() < 2 ? std::numeric_limits<int>::max() : modifiers[1];
}

/// Does PostgreSQL see that applying `to` to values that carry `from` changes none (the functions' support
/// functions)?
bool modifiers_keep_values(std::string_view type, const std::vector<std::int32_t>& from,
                           const std::vector<std::int32_t>& to) {
  if (from == to || to.empty()) return true;
  if (type == "varchar" || type == "varbit") return !from.empty() && from[0] <= to[0];
  if (type == "numeric") {
    const auto scale = [](const std::vector<std::int32_t>& m) { return m.size() > 1 ? m[1] : 0; };
    return !from.empty() && from[0] <= to[0] && scale(from) == scale(to);
  }
  if (type == "timestamp" || type == "timestamptz" || type == "time" || type == "timetz") {
    return to[0] >= kMaxPrecision || (!from.empty() && to[0] >= from[0]);
  }
  if (type == "interval") {
    const int new_least = to[0] == kIntervalFullRange ? 0 : least_field(to);
    const int old_least = from.empty() || from[0] == kIntervalFullRange ? 0 : least_field(from);
    const int new_precision = precision_of_interval(to);
    return new_least <= old_least &&
           (old_least > 0 || new_precision >= kMaxPrecision || new_precision >= precision_of_interval(from));
  }
  return false;  // char(n), bit(n) and array elements are always touched
}

/// Zones that are UTC for all times: the server looks the zone up and compares its one offset with zero.
bool is_utc(std::string_view zone) {
  std::string lower;
  for (const char c : zone) lower.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  constexpr std::array<std::string_view, 24> kNames{
      "utc",       "etc/utc",       "zulu",      "etc/zulu",      "gmt",  "etc/gmt",  "uct",   "etc/uct",
      "universal", "etc/universal", "greenwich", "etc/greenwich", "gmt0", "etc/gmt0", "gmt+0", "gmt-0",
      "etc/gmt+0", "etc/gmt-0",     "utc0",      "+00",           "-00",  "+0",       "0",     "+00:00"};
  return std::find(kNames.begin(), kNames.end(), lower) != kNames.end();
}

bool integer(std::string_view name) { return name == "int2" || name == "int4" || name == "int8"; }
int width(std::string_view name) { return name == "int2" ? 2 : name == "int4" ? 4 : 8; }

/// What a cast by function or text form can do to values.
void judge_values(Journey& journey, const TypeName& from, const TypeName& to) {
  const std::string_view a = name_of(from);
  const std::string_view b = name_of(to);
  const auto text = [](std::string_view n) {
    return n == "text" || n == "varchar" || n == "bpchar" || n == "citext" || n == "name";
  };
  if (text(b)) {
    if (b == "name" || a == "bpchar") journey.may_lose = true;  // cut at 63 bytes; trailing blanks
    return;
  }
  if (text(a)) {
    journey.may_fail = true;
    return;
  }
  if (integer(a) && integer(b)) {
    journey.may_fail = journey.may_fail || width(b) < width(a);
    return;
  }
  if (integer(a) && b == "float8") {
    journey.may_lose = journey.may_lose || a == "int8";
  } else if (integer(a) && b == "float4") {
    journey.may_lose = journey.may_lose || a != "int2";
  } else if ((a == "float4" || a == "float8" || a == "numeric") && integer(b)) {
    journey.may_fail = journey.may_lose = true;
  } else if (a == "float8" && b == "float4") {
    journey.may_fail = journey.may_lose = true;
  } else if (a == "numeric" && (b == "float8" || b == "float4" || b == "money")) {
    journey.may_fail = journey.may_lose = true;
  } else if ((a == "float4" || a == "float8") && b == "numeric") {
    journey.may_lose = true;
  } else if ((a == "timestamp" || a == "timestamptz") && (b == "date" || b == "time" || b == "timetz")) {
    journey.may_lose = true;
  } else if ((a == "timetz" && b == "time") || (a == "interval" && b == "time") ||
             (a == "inet" && b == "cidr") || a == "json") {
    journey.may_lose = true;
  } else if (from.array_dimensions > 0 || a == "bit" || a == "jsonb" || a == "macaddr8") {
    journey.may_fail = true;
  } else if (integer(a) && b == "bool") {
    journey.may_lose = true;
  }
}

void apply_modifiers(Journey& journey, const TypeName& target) {
  const std::string_view type = target.array_dimensions > 0 ? std::string_view{} : name_of(target);
  if (modifiers_keep_values(type, journey.type.modifiers, target.modifiers) &&
      target.other_modifiers == journey.type.other_modifiers) {
    return;
  }
  if (!target.other_modifiers.empty() || journey.type.modifiers != target.modifiers) journey.rewrite = true;
  if (type == "numeric") {
    // More digits behind the point round nothing, more before it refuse nothing; a numeric without modifiers
    // holds any.
    const std::vector<std::int32_t>& from = journey.type.modifiers;
    const std::vector<std::int32_t>& into = target.modifiers;
    const auto scale = [](const std::vector<std::int32_t>& digits) {
      return digits.size() > 1 ? digits[1] : 0;
    };
    const bool known = !from.empty() && !into.empty();
    journey.may_lose = journey.may_lose || !known || scale(into) < scale(from);
    journey.may_fail = journey.may_fail || !known || into[0] - scale(into) < from[0] - scale(from);
  } else if (type == "timestamp" || type == "timestamptz" || type == "time" || type == "timetz" ||
             type == "interval") {
    journey.may_lose = true;
  } else {
    journey.may_fail = true;
  }
}

/// One cast, written or implied.
void cast_to(Journey& journey, const TypeName& to, CastContext context, const Schema& schema,
             const EffectsSettings& settings) {
  const TypeName target = base_type(to, schema);
  const auto method = cast_path(journey.type, to, context, schema, settings.server_version);
  if (!method) {
    journey.impossible = true;
    return;
  }
  const TypeName from = base_type(journey.type, schema);
  const bool left_domain = from.name != journey.type.name;
  const bool domain_kept = left_domain && journey.type.name == to.name;
  journey.type = from;
  switch (*method) {
    case CastMethod::Same:
      if (left_domain && !domain_kept)
        journey.type.modifiers.clear();  // the base value carries no modifier in the expression
      break;
    case CastMethod::Binary:
      journey.type.modifiers.clear();
      break;
    case CastMethod::Function: {
      const std::string_view a = name_of(from);
      const std::string_view b = name_of(target);
      if ((a == "timestamp" && b == "timestamptz") || (a == "timestamptz" && b == "timestamp")) {
        journey.asked_time_zone = true;
        // Before 12 every session zone rewrote.
        if (settings.server_version < 120000 ||
            !is_utc(schema.time_zone.empty() ? settings.time_zone : schema.time_zone))
          journey.rewrite = true;
      } else {
        journey.rewrite = true;
      }
      judge_values(journey, from, target);
      journey.type.modifiers.clear();
      break;
    }
    case CastMethod::Text:
    case CastMethod::Elements:
      journey.rewrite = true;
      judge_values(journey, from, target);
      journey.type.modifiers.clear();
      break;
  }
  journey.type.name = target.name;
  journey.type.array_dimensions = target.array_dimensions;
  if (!domain_kept) apply_modifiers(journey, target);
  journey.type = to;
  if (!domain_kept && domain_has_constraints(to, schema)) {
    journey.rewrite = true;
    journey.may_fail = true;
  }
}

}  // namespace

TypeChange type_change(const TypeName& from, const TypeName& to, const Expression& using_expression,
                       const Identifier& column, const Schema& schema, const EffectsSettings& settings) {
  TypeChange change;
  Journey journey;
  journey.type = from;
  bool computed = false;  // by an expression that is more than casts of this column
  if (using_expression) {
    const auto chain = cast_chain(using_expression);
    if (chain && chain->column == column) {
      for (const TypeName& cast : chain->casts) {
        TypeName step = cast;
        step.name = schema.resolve_type(step.name);
        cast_to(journey, step, CastContext::Explicit, schema, settings);
      }
    } else {
      computed = true;
      journey.rewrite = true;
      journey.may_fail = true;
    }
  }
  if (!computed) cast_to(journey, to, CastContext::Assignment, schema, settings);
  if (journey.impossible) {
    change.cost = CastCost::Refused;
    change.needs_using = !using_expression;
    return change;
  }
  if (journey.rewrite) {
    change.cost = CastCost::Rewrite;
  } else {
    const auto opclass = [&](const TypeName& type) {
      return default_opclass("btree", opclass_type(type, schema));
    };
    const TypeName old_base = base_type(from, schema);
    const TypeName new_base = base_type(to, schema);
    // A type whose operators are not known here is its own class.
    const bool same = !opclass(from).empty() || !opclass(to).empty() ? opclass(from) == opclass(to)
                                                                     : old_base.name == new_base.name;
    change.cost = same ? CastCost::Free : CastCost::FreeButIndexesRebuilt;
  }
  change.may_fail_on_data = journey.may_fail;
  change.may_lose_data = journey.may_lose;
  if (journey.asked_time_zone) change.depends_on = "the session's time zone";
  return change;
}

}  // namespace planner

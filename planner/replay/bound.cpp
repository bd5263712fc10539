#include <algorithm>
#include <charconv>

#include "planner/replay/partition.h"

/// What a partition may hold: transformPartitionBound() and check_new_partition_bound().
namespace planner::replaying {
namespace {

bool same_values(const std::vector<Expression>& a, const std::vector<Expression>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Expression& x, const Expression& y) { return same_meaning(x, y); });
}

bool same_bound(const PartitionBound& a, const PartitionBound& b) {
  if (a.is_default || b.is_default) return a.is_default && b.is_default;
  if (a.modulus != 0 || b.modulus != 0) return a.modulus == b.modulus && a.remainder == b.remainder;
  return same_values(a.lower, b.lower) && same_values(a.upper, b.upper) && same_values(a.list, b.list);
}

/// `2024-01-31` or `2024-01-31 10:00:00`: written so, the order of the texts is that of the times.
bool is_plain_time(const std::string& text) {
  constexpr std::string_view kShape = "dddd-dd-dd dd:dd:dd";
  if (text.size() != 10 && text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i]) return false;
  }
  return true;
}

/// Less than, equal to or greater than 0 for two values of the type; nullopt when that takes a server.
std::optional<int> compared(const TypeName& type, const std::string& a, const std::string& b) {
  if (type.array_dimensions > 0) return std::nullopt;
  if (type.is("int2") || type.is("int4") || type.is("int8")) {
    long long x = 0;
    long long y = 0;
    const auto read = [](const std::string& text, long long& into) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
      return error == std::errc() && end == text.data() + text.size();
    };
    if (!read(a, x) || !read(b, y)) return std::nullopt;
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const bool time = type.is("date") || type.is("timestamp") || type.is("timestamptz");
  if (time && is_plain_time(a) && a.size() == b.size() && is_plain_time(b)) return a.compare(b);
  return std::nullopt;
}

/// One end of a range over one column.
struct End {
  int infinite = 0;  ///< -1 MINVALUE, 1 MAXVALUE
  std::optional<std::string> value;
};
End end_of(const Expression& written) {
  const std::vector<Identifier>& names = written.facts().columns;
  if (names.size() == 1 && names.front().str() == "minvalue") return {-1, std::nullopt};
  if (names.size() == 1 && names.front().str() == "maxvalue") return {1, std::nullopt};
  return {0, constant_value(written)};
}
std::optional<int> compared(const TypeName& type, const End& a, const End& b) {
  if (a.infinite != 0 || b.infinite != 0) return a.infinite < b.infinite ? -1 : a.infinite > b.infinite;
  if (!a.value || !b.value) return std::nullopt;
  return compared(type, *a.value, *b.value);
}

/// The type of the one column a table is partitioned by.
const TypeName* key_type(const Table& parent) {
  if (parent.partition_by->elements.size() != 1) return nullptr;
  const IndexElement& key = parent.partition_by->elements.front();
  const Column* column = key.expression ? nullptr : parent.column(key.column);
  return column == nullptr ? nullptr : &column->type;
}

bool certainly_overlaps(const Table& parent, const PartitionBound& a, const PartitionBound& b) {
  if (a.is_default || b.is_default) return a.is_default && b.is_default;
  if (a.modulus > 0 && b.modulus > 0) {
    const int common = std::min(a.modulus, b.modulus);
    return a.remainder % common == b.remainder % common;
  }
  if (same_bound(a, b)) return true;
  const TypeName* type = key_type(parent);
  if (a.strategy == "l") {
    return std::any_of(a.list.begin(), a.list.end(), [&](const Expression& one) {
      return std::any_of(b.list.begin(), b.list.end(), [&](const Expression& other) {
        if (same_meaning(one, other)) return true;
        const auto x = constant_value(one);
        const auto y = constant_value(other);
        return type != nullptr && x && y && compared(*type, *x, *y) == 0;
      });
    });
  }
  if (type == nullptr || a.lower.size() != 1 || a.upper.size() != 1 || b.lower.size() != 1 ||
      b.upper.size() != 1)
    return false;
  const auto before = [&](const Expression& x, const Expression& y) {
    const auto order = compared(*type, end_of(x), end_of(y));
    return order && *order < 0;
  };
  return before(a.lower[0], b.upper[0]) && before(b.lower[0], a.upper[0]);
}

void require_right_kind(const Table& parent, const PartitionBound& bound) {
  const std::string& strategy = parent.partition_by->strategy;
  if (bound.is_default) {
    if (strategy == "hash") refuse("42P16", "a hash-partitioned table may not have a default partition");
    return;
  }
  if (bound.strategy.empty() || strategy.empty()) return;
  if (bound.strategy.front() != strategy.front())
    refuse("42P16", "invalid bound specification for a {} partition", strategy);
  const std::size_t columns = parent.partition_by->elements.size();
  if (bound.strategy == "r" && bound.lower.size() != columns)
    refuse("42P16", "FROM must specify exactly one value per partitioning column");
  if (bound.strategy == "r" && bound.upper.size() != columns)
    refuse("42P16", "TO must specify exactly one value per partitioning column");
  if (bound.strategy == "h" && bound.modulus <= 0)
    refuse("42P16", "modulus for hash partition must be an integer value greater than zero");
  if (bound.strategy == "h" && bound.remainder >= bound.modulus)
    refuse("42P16", "remainder for hash partition must be less than modulus");
}

}  // namespace

void require_free_bound(const Schema& schema, const TableName& parent, const PartitionBound& bound,
                        const TableName& partition) {
  const Table& above = table_at(schema, parent);
  require_right_kind(above, bound);
  const TypeName* type = key_type(above);
  if (type != nullptr && bound.strategy == "r" && bound.lower.size() == 1 && bound.upper.size() == 1) {
    const auto order = compared(*type, end_of(bound.lower[0]), end_of(bound.upper[0]));
    if (order && *order >= 0)
      refuse("42P17", "empty range bound specified for partition \"{}\"", partition.name.str());
  }
  for (const TableName& other : above.children) {
    const Table* sibling = schema.tables.find(other);
    if (sibling == nullptr || !sibling->bound || !certainly_overlaps(above, *sibling->bound, bound)) continue;
    if (bound.is_default) {
      refuse("42P17", "partition \"{}\" conflicts with existing default partition \"{}\"",
             partition.name.str(), other.name.str());
    }
    refuse("42P17", "partition \"{}\" would overlap partition \"{}\"", partition.name.str(),
           other.name.str());
  }
}

}  // namespace planner::replaying

#include <algorithm>
#include <array>
#include <cctype>
#include <compare>
#include <numeric>
#include <optional>

#include "planner/effects/build.h"
#include "planner/replay/internal.h"
#include "planner/sql/conditions.h"

/// Partitions: attaching, creating, detaching, and the DEFAULT partition that must not hold the newcomer's
/// rows.
namespace planner::physics {
namespace {

using Values = std::vector<std::string>;

/// Compares two constants as PostgreSQL would for the key's type; nullopt when that needs a server.
std::optional<std::strong_ordering> compare(std::string a, std::string b) {
  if (a == b) return std::strong_ordering::equal;
  const auto decimal = [](const std::string& text) {
    const std::size_t sign = text.starts_with("-") ? 1 : 0;
    return text.size() > sign && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(sign), text.end(),
                                             [](unsigned char c) { return std::isdigit(c) != 0; });
  };
  if (decimal(a) && decimal(b)) {
    const bool a_negative = a[0] == '-';
    const bool b_negative = b[0] == '-';
    if (a_negative != b_negative)
      return a_negative ? std::strong_ordering::less : std::strong_ordering::greater;
    if (a_negative) {
      std::swap(a, b);
      a.erase(0, 1);
      b.erase(0, 1);
    }
    a.erase(0, std::min(a.find_first_not_of('0'), a.size()));
    b.erase(0, std::min(b.find_first_not_of('0'), b.size()));
    if (a.size() != b.size()) return a.size() <=> b.size();
    return a.compare(b) <=> 0;
  }
  // Dates and timestamps as people write them: 2024-01-31, 2024-01-31 00:00:00. One form on both sides orders
  // like text.
  const auto shape = [](std::string text) {
    for (char& c : text) c = std::isdigit(static_cast<unsigned char>(c)) != 0 ? '9' : c;
    return text;
  };
  constexpr std::string_view kMidnight = " 00:00:00";
  for (std::string* each : {&a, &b}) {
    if (each->size() > kMidnight.size() && each->ends_with(kMidnight))
      each->resize(each->size() - kMidnight.size());
  }
  if (a == b) return std::strong_ordering::equal;
  if (shape(a) == shape(b) && shape(a).starts_with("9999-99-99")) return a.compare(b) <=> 0;
  return std::nullopt;
}

bool surely(const std::optional<std::strong_ordering>& order, bool less, bool equal, bool greater) {
  if (!order) return false;
  return (*order < 0 && less) || (*order == 0 && equal) || (*order > 0 && greater);
}

/// A single-column bound; an absent end has no limit.
struct Bound {
  Identifier key;
  std::optional<std::string> from, to;  ///< range: from <= key < to
  Values list;
  bool is_range = false;
  bool with_null = false;
};

std::optional<Bound> single_bound(const Table& parent, const PartitionBound& bound) {
  if (!parent.partition_by || bound.is_default || parent.partition_by->elements.size() != 1)
    return std::nullopt;
  const IndexElement& key = parent.partition_by->elements.front();
  if (key.column.empty()) return std::nullopt;
  Bound out;
  out.key = key.column;
  const auto endless = [](const Expression& e) {
    const auto& columns = e.facts().columns;
    return !columns.empty() && (columns[0].str() == "minvalue" || columns[0].str() == "maxvalue");
  };
  if (bound.strategy == "r" && bound.lower.size() == 1 && bound.upper.size() == 1) {
    out.is_range = true;
    if (!endless(bound.lower[0])) {
      out.from = constant_value(bound.lower[0]);
      if (!out.from) return std::nullopt;
    }
    if (!endless(bound.upper[0])) {
      out.to = constant_value(bound.upper[0]);
      if (!out.to) return std::nullopt;
    }
    return out;
  }
  if (bound.strategy != "l") return std::nullopt;
  for (const Expression& value : bound.list) {
    if (value.facts().is_null_constant) {
      out.with_null = true;
      continue;
    }
    const auto constant = constant_value(value);
    if (!constant) return std::nullopt;
    out.list.push_back(*constant);
  }
  return out;
}

/// All validated checks of a table as alternatives that hold together with NOT NULL of the key.
std::vector<std::vector<Comparison>> known(const Table& table) {
  std::vector<std::vector<Comparison>> all{{}};
  for (const Constraint& each : table.constraints) {
    if (each.definition.kind != ConstraintKind::Check || !each.validated || !each.enforced) continue;
    std::vector<std::vector<Comparison>> product;
    for (const auto& left : all) {
      for (const auto& right : alternatives(each.definition.expression)) {
        product.push_back(left);
        product.back().insert(product.back().end(), right.begin(), right.end());
      }
    }
    if (product.size() <= 256) all = std::move(product);
  }
  return all;
}

bool at_least(const Comparison& c, const std::string& value) {
  if (c.comparison == "in")
    return std::all_of(c.constants.begin(), c.constants.end(),
                       [&](const std::string& v) { return surely(compare(v, value), false, true, true); });
  if (c.comparison == "=" || c.comparison == ">=" || c.comparison == ">") {
    return surely(compare(c.constants[0], value), false, true, true);
  }
  return false;
}
bool below(const Comparison& c, const std::string& value) {
  if (c.comparison == "in")
    return std::all_of(c.constants.begin(), c.constants.end(),
                       [&](const std::string& v) { return surely(compare(v, value), true, false, false); });
  if (c.comparison == "=" || c.comparison == "<=")
    return surely(compare(c.constants[0], value), true, false, false);
  if (c.comparison == "<") return surely(compare(c.constants[0], value), true, true, false);
  return false;
}
bool one_of(const Comparison& c, const Values& values) {
  if (c.comparison != "=" && c.comparison != "in") return false;
  return std::all_of(c.constants.begin(), c.constants.end(), [&](const std::string& v) {
    return std::find(values.begin(), values.end(), v) != values.end();
  });
}
bool none_of(const Comparison& c, const Values& values) {
  if (c.comparison == "=" || c.comparison == "in") {
    return std::all_of(c.constants.begin(), c.constants.end(), [&](const std::string& v) {
      return std::all_of(values.begin(), values.end(),
                         [&](const std::string& w) { return surely(compare(v, w), true, false, true); });
    });
  }
  if (c.comparison == "<>" || c.comparison == "not in") {
    return std::all_of(values.begin(), values.end(), [&](const std::string& w) {
      return std::find(c.constants.begin(), c.constants.end(), w) != c.constants.end();
    });
  }
  return std::all_of(values.begin(), values.end(), [&](const std::string& w) {
    return below(c, w) || (c.comparison == ">" && surely(compare(c.constants[0], w), false, true, true)) ||
           (c.comparison == ">=" && surely(compare(c.constants[0], w), false, false, true));
  });
}

/// Do the table's constraints imply the bound (PostgreSQL then attaches without reading it)?
bool implies_bound(const Table& table, const Bound& bound) {
  const Column* key = table.column(bound.key);
  const auto everywhere = known(table);
  return std::all_of(everywhere.begin(), everywhere.end(), [&](const std::vector<Comparison>& together) {
    const auto some = [&](const auto& holds) {
      return std::any_of(together.begin(), together.end(),
                         [&](const Comparison& c) { return c.column == bound.key && holds(c); });
    };
    const bool not_null = bound.with_null || (key != nullptr && key->not_null) ||
                          some([](const Comparison& c) { return c.comparison == "is not null"; });
    if (!not_null) return false;
    if (!bound.is_range) return some([&](const Comparison& c) { return one_of(c, bound.list); });
    return (!bound.from || some([&](const Comparison& c) { return at_least(c, *bound.from); })) &&
           (!bound.to || some([&](const Comparison& c) { return below(c, *bound.to); }));
  });
}

/// Do the table's constraints exclude every row of the bound?
bool excludes_bound(const Table& table, const Bound& bound) {
  const Column* key = table.column(bound.key);
  const auto everywhere = known(table);
  return std::all_of(everywhere.begin(), everywhere.end(), [&](const std::vector<Comparison>& together) {
    const auto some = [&](const auto& holds) {
      return std::any_of(together.begin(), together.end(),
                         [&](const Comparison& c) { return c.column == bound.key && holds(c); });
    };
    const bool is_null = some([](const Comparison& c) { return c.comparison == "is null"; });
    if (bound.is_range) {
      return is_null || (bound.from && some([&](const Comparison& c) { return below(c, *bound.from); })) ||
             (bound.to && some([&](const Comparison& c) { return at_least(c, *bound.to); }));
    }
    const bool not_null = (key != nullptr && key->not_null) ||
                          some([](const Comparison& c) { return c.comparison == "is not null"; });
    return (!bound.with_null || not_null) &&
           (is_null || some([&](const Comparison& c) { return none_of(c, bound.list); }));
  });
}

/// Bounds that no two partitions of one table can have (as far as constants can be compared here), and bounds
/// that are none.
void judge_bound(Builder& b, const Table& parent, const TableName& name, const PartitionBound& written) {
  if (!parent.partition_by) return;
  const std::string& strategy = parent.partition_by->strategy;
  if (written.is_default) {
    if (strategy.starts_with("h"))
      b.fail("42P16", "a hash-partitioned table may not have a default partition");
    return;
  }
  if (!written.strategy.empty() && !strategy.empty() && strategy.front() != written.strategy.front()) {
    b.fail("42P16", "invalid bound specification for a " + strategy + " partition");
    return;
  }
  if (written.strategy == "h") {
    for (const TableName& child : parent.children) {
      const Table* held = b.schema.tables.find(child);
      if (held == nullptr || !held->bound || child == name || held->bound->modulus == 0) continue;
      const int step = std::gcd(held->bound->modulus, written.modulus);
      if (step > 0 && held->bound->remainder % step == written.remainder % step)
        b.fail("42P17",
               "partition \"" + name.name.str() + "\" would overlap partition \"" + child.name.str() + "\"");
    }
    return;
  }
  const auto bound = single_bound(parent, written);
  if (!bound) return;
  if (bound->is_range && bound->from && bound->to &&
      surely(compare(*bound->from, *bound->to), false, true, true)) {
    b.fail("42P17", "empty range bound specified for partition \"" + name.name.str() + "\"");
    return;
  }
  for (const TableName& child : parent.children) {
    const Table* held = b.schema.tables.find(child);
    if (held == nullptr || !held->bound || child == name) continue;
    const auto other = single_bound(parent, *held->bound);
    if (!other) continue;
    bool overlaps = false;
    if (bound->is_range) {
      const auto starts_before = [](const std::optional<std::string>& from,
                                    const std::optional<std::string>& to) {
        return !from || !to || surely(compare(*from, *to), true, false, false);
      };
      overlaps = starts_before(bound->from, other->to) && starts_before(other->from, bound->to);
    } else {
      overlaps = (bound->with_null && other->with_null) ||
                 std::any_of(bound->list.begin(), bound->list.end(), [&](const std::string& value) {
                   return std::find(other->list.begin(), other->list.end(), value) != other->list.end();
                 });
    }
    if (overlaps)
      b.fail("42P17",
             "partition \"" + name.name.str() + "\" would overlap partition \"" + child.name.str() + "\"");
  }
}

void lock_with_partitions(Builder& b, const TableName& table, LockMode mode) {
  b.lock(table, mode);
  for (const TableName& partition : b.partitions(table)) b.lock(partition, mode);
}

}  // namespace

std::vector<Schema::Reference> references_with_parents(const Builder& b, TableName table) {
  std::vector<Schema::Reference> all;
  for (const Table* held = b.schema.tables.find(table); held != nullptr;) {
    for (Schema::Reference& each : b.schema.references_to(table)) {
      const Table* from = b.schema.tables.find(each.from);
      const Constraint* key = from == nullptr ? nullptr : from->constraint(each.constraint);
      const bool copy = key != nullptr && key->inherited && from->partition_of;
      if (!copy) all.push_back(std::move(each));
    }
    if (!held->partition_of) break;
    table = *held->partition_of;
    held = b.schema.tables.find(table);
  }
  return all;
}

void adopt_partition(Builder& b, const Table& parent, const Table& partition, bool attached) {
  if (partition.bound) judge_bound(b, parent, partition.name, *partition.bound);
  for (const Index& index : parent.indexes) {
    if (partition.kind == RelationKind::ForeignTable) {  // it gets no indexes
      if (index.unique) b.fail("42809", "a table with unique indexes takes no foreign table as partition");
      continue;
    }
    b.lock(index.name, LockMode::ShareUpdateExclusive, LockedKind::Index);
  }
  const std::optional<Bound> bound = partition.bound ? single_bound(parent, *partition.bound) : std::nullopt;
  if (const TableName* fallback = b.default_partition(parent);
      fallback != nullptr && *fallback != partition.name) {
    b.lock(*fallback, LockMode::AccessExclusive);
    const Table* held = b.schema.tables.find(*fallback);
    if (held == nullptr || !bound || !excludes_bound(*held, *bound))
      lock_with_partitions(b, *fallback, LockMode::AccessExclusive);
    for (const Table* each : b.stored(*fallback)) {
      if (!bound || !excludes_bound(*each, *bound)) b.scan(each->name, ScanReason::PartitionBound);
    }
    b.fail_on_data("23514", "the default partition may hold rows of the new one");
  }
  for (const Constraint& key : parent.constraints) {
    if (key.definition.kind != ConstraintKind::ForeignKey) continue;
    const TableName& referenced = key.definition.references.table;
    const auto own = attached ? std::find_if(partition.constraints.begin(), partition.constraints.end(),
                                             [&](const Constraint& c) {
                                               return c.validated && replaying::same_foreign_key(
                                                                         c.definition, key.definition);
                                             })
                              : partition.constraints.end();
    if (own != partition.constraints.end()) {
      // It becomes part of the parent's; its own triggers on the referenced table go.
      lock_with_partitions(b, referenced, LockMode::AccessExclusive);
      continue;
    }
    lock_with_partitions(b, referenced, LockMode::ShareRowExclusive);
    if (!attached) continue;
    for (const Table* each : b.stored(partition.name)) b.scan(each->name, ScanReason::ForeignKey);
    for (const Table* each : b.stored(referenced)) b.scan(each->name, ScanReason::ForeignKey);
    b.fail_on_data("23503", "a row may refer to nothing in " + display(referenced));
  }
  if (b.major() >= 15) {
    for (const Schema::Reference& reference : references_with_parents(b, parent.name)) {
      if (reference.from != parent.name) b.lock(reference.from, LockMode::ShareRowExclusive);
    }
  }
}

void apply(Builder& b, const AttachPartition& attach) {
  const TableName parent_name = b.schema.resolve_relation(attach.table);
  const TableName name = b.schema.resolve_relation(attach.partition);
  const Table* parent = b.schema.tables.find(parent_name);
  const Table* partition = b.schema.tables.find(name);
  // Before 12 the parent was locked like everything else.
  b.lock(parent_name, b.major() >= 12 ? LockMode::ShareUpdateExclusive : LockMode::AccessExclusive);
  for (const TableName& each : b.family(name)) b.lock(each, LockMode::AccessExclusive);
  if (parent != nullptr) judge_bound(b, *parent, name, attach.bound);
  if (parent == nullptr || partition == nullptr) {
    b.unknown("the partitions, indexes and constraints of " +
              display(parent == nullptr ? parent_name : name) + " are not known here");
    b.scan(name, ScanReason::PartitionBound);
    b.advance_quietly_by(attach);
    return;
  }
  Table joining = *partition;
  joining.bound = attach.bound;
  adopt_partition(b, *parent, joining, true);
  const std::optional<Bound> bound = single_bound(*parent, attach.bound);
  if (!attach.bound.is_default || !parent->children.empty()) {
    for (const Table* each : b.stored(name)) {
      if (!bound || !implies_bound(*each, *bound)) b.scan(each->name, ScanReason::PartitionBound);
    }
    b.fail_on_data("23514", "the table may hold rows outside the partition's bound");
  }
  b.advance_by(attach);
  for (const IndexEffect& effect : b.effects.indexes) {
    if (effect.work == IndexWork::Built) b.scan(effect.table, ScanReason::IndexBuild);
  }
}

void apply(Builder& b, const DetachPartition& detach) {
  const TableName parent_name = b.schema.resolve_relation(detach.table);
  const TableName name = b.schema.resolve_relation(detach.partition);
  const Table* parent = b.schema.tables.find(parent_name);
  const Table* partition = b.schema.tables.find(name);
  if ((detach.concurrently || detach.finalize) && b.major() < 14) {
    b.fail("42601", "DETACH PARTITION CONCURRENTLY and FINALIZE are known from PostgreSQL 14 on");
  }
  const bool weak = detach.concurrently || detach.finalize;
  b.lock(parent_name, weak ? LockMode::ShareUpdateExclusive : LockMode::AccessExclusive);
  if (detach.concurrently) {
    b.refuse_in_transaction();
    b.effects.waits_for_old_snapshots = true;
  }
  const TableName* fallback = parent == nullptr ? nullptr : b.default_partition(*parent);
  if (fallback != nullptr && detach.concurrently) {
    b.fail("55000", "cannot detach partitions concurrently when a default partition exists");
    return;
  }
  for (const TableName& each : b.family(name))
    b.lock(each, b.major() >= 14 ? LockMode::AccessExclusive : LockMode::ShareUpdateExclusive);
  if (fallback != nullptr) b.lock(*fallback, LockMode::AccessExclusive);
  if (parent == nullptr || partition == nullptr) {
    b.unknown("the indexes and constraints of " + display(parent == nullptr ? parent_name : name) +
              " are not known here");
    b.advance_quietly_by(detach);
    return;
  }
  for (const Index& index : partition->indexes) {
    if (!index.parent.empty()) b.lock(index.name, LockMode::AccessExclusive, LockedKind::Index);
  }
  for (const Constraint& key : parent->constraints) {
    // The partition's copy of the foreign key becomes one of its own, with new triggers.
    if (key.definition.kind != ConstraintKind::ForeignKey) continue;
    const TableName& to = key.definition.references.table;
    if (b.major() >= 15 || b.partitions(to).empty()) lock_with_partitions(b, to, LockMode::ShareRowExclusive);
  }
  for (const Schema::Reference& reference : references_with_parents(b, parent_name)) {
    if (reference.from != parent_name) b.lock(reference.from, LockMode::AccessExclusive);
    // RI_PartitionRemove_Check: no row may still refer to one of the partition.
    for (const Table* each : b.stored(name)) b.scan(each->name, ScanReason::ForeignKey);
    for (const Table* each : b.stored(reference.from)) b.scan(each->name, ScanReason::ForeignKey);
    b.fail_on_data("23503", "rows of " + display(reference.from) + " may refer to rows of the partition");
  }
  b.advance_quietly_by(detach);
}

}  // namespace planner::physics

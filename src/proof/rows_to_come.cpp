#include "src/proof/rows_to_come.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "src/database/connection.h"

namespace planner {
namespace {

using Text = std::optional<std::string>;

/// A column that rows have in the end.
struct ColumnToCome {
  Identifier name;             ///< in the end
  std::vector<Sql> values;     ///< over the row at the start, as text: the first one the server can compute
  TypeName type;               ///< in the end
  bool may_be_filled = false;  ///< NULL becomes a value nobody can foretell
  bool filled = false;         ///< by --fill
  bool same_type = true;       ///< the text is the one that is found
  Sql found = Sql();           ///< over the row in the end, as text; empty: the column itself
};

struct TableToCome {
  const Table* before = nullptr;
  const Table* after = nullptr;
  std::vector<ColumnToCome> columns;
};

bool has(const std::vector<Identifier>& names, const Identifier& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Expectations {
 public:
  explicit Expectations(const RowsToCome& what) : what_(what), mapping_(mapping_of(what.intentions)) {}

  std::optional<TableToCome> table(const Table& before) const {
    const Table* after = what_.after.table(renamed(before.name));
    if (after == nullptr || dropped(before.name)) return std::nullopt;
    TableToCome out{&before, after, {}};
    for (const Column& column : before.columns) {
      if (auto expected = of_old(before, *after, column)) out.columns.push_back(std::move(*expected));
    }
    for (const Column& column : after->columns) {
      const SplitOptions::Fill* fill = fill_of(before.name, column.name);
      const bool known = std::any_of(out.columns.begin(), out.columns.end(),
                                     [&](const ColumnToCome& one) { return one.name == column.name; });
      if (known || fill == nullptr || before.column(source(before.name, column.name)) != nullptr ||
          !foretold(fill->value) || assigned(before.name, column.name))
        continue;
      ColumnToCome expected{column.name, {}, column.type};
      expected.filled = true;
      expected.values = as_text(sql("({})", fill->value.text()), column.type, false);
      out.columns.push_back(std::move(expected));
    }
    return out;
  }

 private:
  ObjectName renamed(const ObjectName& table) const {
    for (const auto& [from, to] : mapping_.tables) {
      if (what_.before.resolve_relation(from) == table) return ObjectName(table.schema, to.name);
    }
    return table;
  }
  Identifier renamed(const TableName& table, const Identifier& column) const {
    for (const ReleaseMapping::Column& one : mapping_.columns) {
      if (same(one.table, table) && one.from == column) return one.to;
    }
    return column;
  }
  Identifier source(const TableName& table, const Identifier& column) const {
    for (const ReleaseMapping::Column& one : mapping_.columns) {
      if (same(one.table, table) && one.to == column) return one.from;
    }
    return column;
  }
  /// Statements behind a rename speak of the table under its new name.
  bool same(const TableName& said, const TableName& table) const {
    return what_.before.resolve_relation(said) == table || said == renamed(table);
  }

  template <typename T, typename Match>
  const T* intention(Match&& match) const {
    for (const Intention& intention : what_.intentions) {
      const auto* operation = std::get_if<T>(&intention.operation);
      if (operation != nullptr && match(*operation)) return operation;
    }
    return nullptr;
  }

  bool dropped(const TableName& table) const {
    return intention<DropTable>([&](const DropTable& drop) { return same(drop.table, table); }) != nullptr;
  }
  bool assigned(const TableName& table, const Identifier& column) const {
    return intention<Update>([&](const Update& update) {
             return same(update.table, table) && has(update.columns, column);
           }) != nullptr;
  }
  const SplitOptions::Fill* fill_of(const TableName& table, const Identifier& column) const {
    for (const SplitOptions::Fill& fill : what_.fills) {
      if (same(fill.table, table) && fill.column == column) return &fill;
    }
    return nullptr;
  }
  /// A value that differs from moment to moment cannot be foretold.
  bool foretold(const Expression& value) const {
    return what_.before.volatility(value) == Schema::ExpressionVolatility::Immutable ||
           value.facts().has_subquery;
  }

  /// `same_type`: the value has the column's type already.
  static std::vector<Sql> as_text(const Sql& value, const TypeName& type, bool same_type) {
    if (same_type) return {sql("{}::text", value)};
    // The type may be one that the migration makes.
    return {sql("({})::{}::text", value, type_sql(type)), sql("({})::text::{}::text", value, type_sql(type)),
            sql("({})::text", value)};
  }

  std::optional<ColumnToCome> of_old(const Table& before, const Table& after, const Column& column) const {
    const auto left_out = what_.left_out.find(display(before.name));
    const Identifier to = renamed(before.name, column.name);
    const Column* there = after.column(to);
    const auto here = [&](const auto& operation) {
      return same(operation.table, before.name) &&
             (operation.column == column.name || operation.column == to);
    };
    if (there == nullptr || assigned(before.name, column.name) || assigned(before.name, to) ||
        (left_out != what_.left_out.end() && left_out->second.contains(column.name.str())) ||
        (column.generated.empty() != there->generated.empty()) || intention<DropColumn>(here) != nullptr)
      return std::nullopt;
    ColumnToCome out{to, {}, there->type};
    out.same_type = column.type == there->type;
    const SplitOptions::Fill* fill = fill_of(before.name, to);
    const bool made_anew = replaced(before.name, to);
    const bool relabelled =
        fill != nullptr && intention<ReplaceEnum>([&](const ReplaceEnum& replace) {
                             return what_.before.resolve_type(replace.type) == column.type.name;
                           }) != nullptr;
    if (made_anew && fill == nullptr) {
      if (const Constraint* key = leads_to_new_values(before, column.name))
        return by_target(before, after, to, *key);
    }
    if (made_anew || relabelled) {
      const Expression value = fill != nullptr                ? fill->value
                               : there->default_value.empty() ? Expression::parse("NULL")
                                                              : there->default_value;
      if (!foretold(value)) return std::nullopt;
      out.filled = fill != nullptr;
      out.values = as_text(sql("({})", value.text()), there->type, false);
      return out;
    }
    const Sql stored = sql("{}", column.name);
    const auto* change = intention<ChangeType>(here);
    if (change != nullptr && !change->using_expression.empty()) {
      if (!foretold(change->using_expression)) return std::nullopt;
      for (Sql& value : as_text(sql("({})", change->using_expression.text()), there->type, false))
        out.values.push_back(std::move(value));
      // Written over a name that the column does not have yet; a plain cast says nothing more than the type.
      if (!cast_chain(change->using_expression)) return out;
    }
    if (fill != nullptr && foretold(fill->value)) {
      out.filled = !column.not_null;
      for (Sql& value :
           as_text(sql("coalesce({}, ({})::{})", stored, fill->value.text(), type_sql(column.type)),
                   there->type, out.same_type))
        out.values.push_back(std::move(value));
    } else {
      // A NULL in a column that becomes required is what the plan fills.
      out.may_be_filled = there->not_null || fill != nullptr;
    }
    for (Sql& value : as_text(stored, there->type, out.same_type)) out.values.push_back(std::move(value));
    return out;
  }

  bool replaced(const TableName& table, const Identifier& column) const {
    return intention<ReplaceColumn>([&](const ReplaceColumn& replace) {
             return same(replace.table, table) && replace.column.name == column;
           }) != nullptr;
  }

  /// Was the column made anew, with values that nobody can foretell?
  bool given_anew(const Table& table, const Identifier& column, std::size_t depth) const {
    const Table* after = what_.after.table(renamed(table.name));
    const Column* there = after == nullptr ? nullptr : after->column(column);
    // Keys that lead in a circle have no value that is new.
    if (!replaced(table.name, column) || there == nullptr || depth > what_.intentions.size()) return false;
    const SplitOptions::Fill* fill = fill_of(table.name, column);
    const Expression& value = fill != nullptr ? fill->value : there->default_value;
    return !value.empty() ? !foretold(value) : leads_to_new_values(table, column, depth + 1) != nullptr;
  }

  /// A foreign key whose target is given new values, which the column takes over.
  const Constraint* leads_to_new_values(const Table& table, const Identifier& column,
                                        std::size_t depth = 0) const {
    for (const Constraint& constraint : table.constraints) {
      const ConstraintDefinition& key = constraint.definition;
      const Table* target =
          key.kind == ConstraintKind::ForeignKey ? what_.before.table(key.references.table) : nullptr;
      for (std::size_t i = 0; target != nullptr && i < key.columns.size(); ++i) {
        const bool itself = target->name == table.name && key.references.columns[i] == column;
        if (key.columns[i] == column && !itself && given_anew(*target, key.references.columns[i], depth))
          return &constraint;
      }
    }
    return nullptr;
  }

  /// The value is new, but it leads to the same row as before: to one with the same other values.
  std::optional<ColumnToCome> by_target(const Table& before, const Table& after, const Identifier& column,
                                        const Constraint& constraint) const {
    const ConstraintDefinition& key = constraint.definition;
    const Table& target = *what_.before.table(key.references.table);
    const Table* target_after = what_.after.table(renamed(target.name));
    if (target_after == nullptr) return std::nullopt;
    std::vector<Sql> lasting;
    for (const Column& one : target.columns) {
      const Column* there = target_after->column(one.name);
      if (there == nullptr || !(there->type == one.type) || replaced(target.name, one.name)) continue;
      const std::optional<ColumnToCome> expected = of_old(target, *target_after, one);
      const bool lasts = expected && expected->name == one.name && expected->found.empty() &&
                         !expected->filled && !expected->may_be_filled && expected->same_type;
      if (lasts) lasting.push_back(sql("planner_target.{}", one.name));
    }
    const Sql seen = lasting.empty() ? Sql::verbatim("true") : sql("ROW({})", join(lasting, ", "));
    const auto row_of = [&](const Table& child, const Table& parent) {
      std::vector<Sql> matches;
      for (std::size_t i = 0; i < key.columns.size(); ++i)
        matches.push_back(
            sql("planner_target.{} = {}.{}", key.references.columns[i], child.name, key.columns[i]));
      return sql("(SELECT {}::text FROM {} planner_target WHERE {})", seen, parent.name,
                 join(matches, " AND "));
    };
    ColumnToCome out{column, {row_of(before, target)}, TypeName()};
    out.found = row_of(after, *target_after);
    return out;
  }

  const RowsToCome& what_;
  ReleaseMapping mapping_;
};

using Rows = std::vector<std::vector<Text>>;

/// Inheriting tables have rows of their own.
Sql rows_of(const Table& table) {
  const bool only = table.kind == RelationKind::Table && !table.children.empty();
  return only ? sql("ONLY {}", table.name) : sql("{}", table.name);
}

bool computable(Connection& connection, const Sql& value, const Table& table) {
  try {
    connection.exec(sql("SELECT {} FROM {}", value, rows_of(table)).str());
    return true;
  } catch (const DatabaseError&) {
    return false;
  }
}

class Comparing {
 public:
  Comparing(Connection& start, Connection& end, std::size_t at_most, RowComparison& out)
      : start_(start), end_(end), at_most_(at_most), out_(out) {}

  void compare(TableToCome table) {
    std::vector<Sql> selected, found;
    std::vector<ColumnToCome> columns;
    for (ColumnToCome& column : table.columns) {
      const auto value = std::find_if(column.values.begin(), column.values.end(),
                                      [&](const Sql& one) { return computable(start_, one, *table.before); });
      if (value == column.values.end()) continue;
      selected.push_back(*value);
      found.push_back(column.found.empty() ? sql("{}::text", column.name) : column.found);
      out_.says_fills = out_.says_fills || column.filled;
      columns.push_back(std::move(column));
    }
    if (columns.empty()) return;
    out_.compared = true;
    const auto read = [](Connection& connection, const std::vector<Sql>& values, const Table& from) {
      return connection.exec(sql("SELECT {} FROM {}", join(values, ", "), rows_of(from)).str()).rows;
    };
    const Rows expected = read(start_, selected, *table.before);
    const Rows there = read(end_, found, *table.after);
    const std::string name = display(table.after->name);
    for (const std::vector<std::size_t>& key : keys(*table.before, *table.after, columns)) {
      const auto by_key = index(expected, key);
      if (by_key) return by_rows(name, columns, *by_key, index(there, key), key);
    }
    as_a_whole(name, columns, expected, there);
  }

 private:
  using ByKey = std::map<std::vector<Text>, const std::vector<Text>*>;

  /// Keys of either schema all of whose columns are there: the old one first, by which rows were told apart.
  static std::vector<std::vector<std::size_t>> keys(const Table& before, const Table& after,
                                                    const std::vector<ColumnToCome>& columns) {
    std::vector<std::vector<std::size_t>> out;
    const auto note = [&](const std::vector<Identifier>& names) {
      std::vector<std::size_t> places;
      for (const Identifier& name : names) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
          if (columns[i].name == name) places.push_back(i);
        }
      }
      if (!names.empty() && places.size() == names.size()) out.push_back(places);
    };
    for (const Table* table : {&after, &before}) {
      if (const Constraint* primary = table->primary_key()) note(primary->definition.columns);
      for (const Index& index : table->indexes) {
        std::vector<Identifier> names;
        for (const IndexElement& element : index.elements) names.push_back(element.column);
        if (index.unique && index.predicate.empty()) note(names);
      }
    }
    return out;
  }

  /// Nothing when two rows are alike, or one has no key.
  static std::optional<ByKey> index(const Rows& rows, const std::vector<std::size_t>& key) {
    ByKey out;
    for (const std::vector<Text>& row : rows) {
      std::vector<Text> values;
      for (const std::size_t place : key) {
        if (!row[place]) return std::nullopt;
        values.push_back(row[place]);
      }
      if (!out.emplace(std::move(values), &row).second) return std::nullopt;
    }
    return out;
  }

  void by_rows(const std::string& table, const std::vector<ColumnToCome>& columns, const ByKey& expected,
               const std::optional<ByKey>& there, const std::vector<std::size_t>& key) {
    if (!there) {
      note(out_.lost, table + ": two rows are alike in " + columns[key.front()].name.str());
      return;
    }
    for (const auto& [values, row] : expected) {
      std::string name = table + "(";
      for (const Text& value : values) name += (name.back() == '(' ? "" : "|") + value.value_or("NULL");
      name += ")";
      const auto found = there->find(values);
      if (found == there->end()) {
        note(out_.lost, name + ": the row is missing");
        continue;
      }
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const ColumnToCome& column = columns[i];
        const Text& wanted = (*row)[i];
        const Text& value = (*found->second)[i];
        if (alike(column, wanted, value)) continue;
        note(column.filled ? out_.fills : out_.lost, name + "." + column.name.str() + ": expected " +
                                                         wanted.value_or("NULL") + ", found " +
                                                         value.value_or("NULL"));
      }
    }
  }

  void as_a_whole(const std::string& table, const std::vector<ColumnToCome>& columns, const Rows& expected,
                  const Rows& there) {
    std::vector<bool> counts(columns.size(), true);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      counts[i] =
          !columns[i].may_be_filled ||
          std::all_of(expected.begin(), expected.end(), [&](const auto& row) { return row[i].has_value(); });
    }
    const auto image = [&](const std::vector<Text>& row) {
      std::string out;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (counts[i])
          out += (out.empty() ? "" : ", ") + columns[i].name.str() + "=" + row[i].value_or("NULL");
      }
      return out;
    };
    std::multiset<std::string> found;
    for (const auto& row : there) found.insert(image(row));
    for (const auto& row : expected) {
      const auto same = found.find(image(row));
      if (same == found.end()) {
        note(out_.lost, table + ": no row with " + image(row));
      } else {
        found.erase(same);
      }
    }
  }

  bool alike(const ColumnToCome& column, const Text& wanted, const Text& found) {
    if (wanted == found || (!wanted && column.may_be_filled)) return true;
    if (!wanted || !found || column.same_type) return false;
    try {  // the type was not known at the start
      return end_.exec_params(sql("SELECT ($1::text::{})::text", type_sql(column.type)).str(), {wanted})
                 .rows.at(0)
                 .at(0) == found;
    } catch (const DatabaseError&) {
      return false;
    }
  }

  void note(std::vector<std::string>& list, std::string line) const {
    if (list.size() < at_most_) list.push_back(std::move(line));
  }

  Connection& start_;
  Connection& end_;
  std::size_t at_most_;
  RowComparison& out_;
};

/// Rows whose fate only the statement itself knows: their tables.
std::optional<std::set<ObjectName>> changed_by_statements(const RowsToCome& what) {
  std::set<ObjectName> out;
  for (const Intention& intention : what.intentions) {
    const Operation& operation = intention.operation;
    // What goes may take rows of other tables along.
    if (std::holds_alternative<Delete>(operation) || std::holds_alternative<Truncate>(operation) ||
        std::holds_alternative<Merge>(operation))
      return std::nullopt;
    const auto* update = std::get_if<Update>(&operation);
    const auto* insert = std::get_if<Insert>(&operation);
    if (update == nullptr && insert == nullptr) continue;
    const ObjectName name = what.before.resolve_relation(update != nullptr ? update->table : insert->table);
    const Table* table = what.before.table(name);
    if (table != nullptr && !table->triggers.empty()) return std::nullopt;
    for (const Schema::Reference& reference : what.before.references_to(name)) {
      const Table* from = what.before.table(reference.from);
      const Constraint* key = from == nullptr ? nullptr : from->constraint(reference.constraint);
      const bool follows =
          update != nullptr && key != nullptr &&
          std::any_of(update->columns.begin(), update->columns.end(), [&](const Identifier& column) {
            return has(key->definition.references.columns, column);
          });
      if (follows) return std::nullopt;
    }
    if (insert != nullptr) out.insert(name);
  }
  return out;
}

}  // namespace

RowComparison compare_rows(Connection& start, Connection& end, const RowsToCome& what, std::size_t at_most) {
  RowComparison out;
  const std::optional<std::set<ObjectName>> changed = changed_by_statements(what);
  const Expectations expectations(what);
  Comparing comparing(start, end, at_most, out);
  for (const auto& [name, table] : what.before.tables) {
    if (table->kind == RelationKind::ForeignTable || table->partition_of ||
        name.schema.str().starts_with("planner"))
      continue;
    if (!changed || changed->contains(name)) {
      out.skipped.push_back(display(name));
      continue;
    }
    if (std::optional<TableToCome> to_come = expectations.table(*table))
      comparing.compare(std::move(*to_come));
  }
  return out;
}

bool keeps_more_than_original(const std::vector<Intention>& intentions) {
  return std::any_of(intentions.begin(), intentions.end(), [](const Intention& intention) {
    return intention.evidence.has_value() &&
           !std::holds_alternative<ReplaceConstraint>(intention.operation) &&
           !std::holds_alternative<ReplaceEnum>(intention.operation) &&
           !std::holds_alternative<SetNotNull>(intention.operation);
  });
}

}  // namespace planner

#include "planner/sql/row_reach.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>

#include "planner/sql/tree.h"

namespace planner {
namespace {

/// A relation of FROM, or the one that is changed.
struct Item {
  Identifier name;
  std::optional<RowKeys> keys;  ///< nullopt: its columns are not known
  double at_most = kAnyNumber;
  bool alone = false;  ///< every name of a table means it
};

struct Range {
  std::optional<std::int64_t> low, high;
};

/// What a condition says about one item.
struct Reach {
  std::map<Identifier, double> values;  ///< how many values a column can have
  std::map<Identifier, Range> ranges;
  double rows = kAnyNumber;
};

/// WITH queries of the statement by name; two of one name are as good as unknown.
using Withs = std::map<Identifier, const PgQuery__CommonTableExpr*>;

bool has(const std::vector<Identifier>& names, const Identifier& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const pg::Node* without_casts(const pg::Node* node) {
  while (node != nullptr && node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) node = node->type_cast->arg;
  return node;
}

/// No column, no sub-query, no call: the same value for every row.
bool is_settled(const pg::Node* node) {
  bool settled = node != nullptr;
  if (settled) {
    pg::walk(pg::message_of(*node), [&](const ProtobufCMessage& message) {
      settled = settled && message.descriptor != &pg_query__column_ref__descriptor &&
                message.descriptor != &pg_query__sub_link__descriptor &&
                message.descriptor != &pg_query__func_call__descriptor;
      return settled;
    });
  }
  return settled;
}

std::optional<std::int64_t> integer_of(const pg::Node* node) {
  node = without_casts(node);
  if (node == nullptr) return std::nullopt;
  if (node->node_case == PG_QUERY__NODE__NODE_A_EXPR && node->a_expr->lexpr == nullptr &&
      node->a_expr->n_name == 1 && pg::string_of(node->a_expr->name[0]) == "-") {
    const auto positive = integer_of(node->a_expr->rexpr);
    return positive ? std::optional(-*positive) : std::nullopt;
  }
  if (node->node_case != PG_QUERY__NODE__NODE_A_CONST || node->a_const->isnull) return std::nullopt;
  const PgQuery__AConst& value = *node->a_const;
  if (value.val_case == PG_QUERY__A__CONST__VAL_IVAL) return value.ival->ival;
  // What does not fit into 32 bits, and what is written as '10'.
  const std::string_view text = value.val_case == PG_QUERY__A__CONST__VAL_FVAL ? pg::text_of(value.fval->fval)
                                : value.val_case == PG_QUERY__A__CONST__VAL_SVAL
                                    ? pg::text_of(value.sval->sval)
                                    : std::string_view{};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // Half of the range is left as room for one more or less.
  if (text.empty() || error != std::errc() || end != text.data() + text.size() ||
      number > std::numeric_limits<std::int64_t>::max() / 2)
    return std::nullopt;
  return number;
}

bool is_false(const pg::Node* node) {
  node = without_casts(node);
  if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_A_CONST) return false;
  return node->a_const->isnull ||
         (node->a_const->val_case == PG_QUERY__A__CONST__VAL_BOOLVAL && node->a_const->boolval->boolval == 0);
}

double product(const std::vector<Identifier>& key, const std::map<Identifier, double>& values) {
  double all = 1;
  for (const Identifier& column : key) {
    const auto found = values.find(column);
    if (found == values.end()) return kAnyNumber;
    all *= found->second;
  }
  return all;
}

class Counter {
 public:
  Counter(const KeysOf& keys_of, Withs withs) : keys_of_(keys_of), withs_(std::move(withs)) {}

  double update(const PgQuery__UpdateStmt& update) {
    return changed(*update.relation, pg::list(update.n_from_clause, update.from_clause), update.where_clause);
  }
  double removal(const PgQuery__DeleteStmt& removal) {
    return changed(*removal.relation, pg::list(removal.n_using_clause, removal.using_clause),
                   removal.where_clause);
  }
  double merge(const PgQuery__MergeStmt& merge) {
    const pg::Node* source = merge.source_relation;
    return changed(*merge.relation, pg::list(1, &source), merge.join_condition);
  }
  double through(const pg::Node* where, const ObjectName& relation) {
    std::vector<Item> items{{relation.name, keys_of_(relation), kAnyNumber, true}};
    settle(items, {where});
    return items.front().at_most;
  }

 private:
  using Conditions = std::vector<const pg::Node*>;

  double changed(const PgQuery__RangeVar& target, std::span<const pg::Node* const> from,
                 const pg::Node* where) {
    std::vector<Item> items;
    Conditions conditions;
    add_relation(target, false, items);
    for (const pg::Node* item : from) add(item, items, conditions);
    if (where != nullptr) conditions.push_back(where);
    settle(items, conditions);
    return items.front().at_most;
  }

  void add_relation(const PgQuery__RangeVar& range, bool may_be_with, std::vector<Item>& items) {
    Item item;
    const bool alias = range.alias != nullptr && pg::has_text(range.alias->aliasname);
    item.name = pg::identifier(alias ? range.alias->aliasname : range.relname);
    const auto with = withs_.find(pg::identifier(range.relname));
    if (may_be_with && !pg::has_text(range.schemaname) && with != withs_.end()) {
      if (with->second != nullptr && depth_ < kDeepest) {
        item.at_most = rows_of_with(*with->second);
        std::vector<Identifier> columns =
            pg::identifiers(pg::list(with->second->n_aliascolnames, with->second->aliascolnames));
        if (columns.empty()) columns = outputs_of(with->second->ctequery);
        if (!columns.empty()) item.keys = RowKeys{std::move(columns), {}, {}};
      }
    } else {
      item.keys = keys_of_(pg::table_name(&range));
    }
    items.push_back(std::move(item));
  }

  void add(const pg::Node* node, std::vector<Item>& items, Conditions& conditions) {
    if (node->node_case == PG_QUERY__NODE__NODE_RANGE_VAR) {
      add_relation(*node->range_var, true, items);
    } else if (node->node_case == PG_QUERY__NODE__NODE_JOIN_EXPR) {
      const PgQuery__JoinExpr& join = *node->join_expr;
      if (join.larg != nullptr) add(join.larg, items, conditions);
      if (join.rarg != nullptr) add(join.rarg, items, conditions);
      // The condition of an outer join keeps rows that it is false for.
      if (join.jointype == PG_QUERY__JOIN_TYPE__JOIN_INNER && join.quals != nullptr)
        conditions.push_back(join.quals);
    } else if (node->node_case == PG_QUERY__NODE__NODE_RANGE_SUBSELECT) {
      const PgQuery__RangeSubselect& sub = *node->range_subselect;
      Item item;
      std::vector<Identifier> columns;
      if (sub.alias != nullptr) {
        item.name = pg::identifier(sub.alias->aliasname);
        columns = pg::identifiers(pg::list(sub.alias->n_colnames, sub.alias->colnames));
      }
      if (columns.empty()) columns = outputs_of(sub.subquery);
      if (!columns.empty()) item.keys = RowKeys{std::move(columns), {}, {}};
      if (sub.lateral == 0) item.at_most = rows_of(sub.subquery);
      items.push_back(std::move(item));
    } else {
      items.push_back({});  // a function: nobody knows how many rows
    }
  }

  /// Names of what a query or a RETURNING gives; empty when a star or a nameless one is among them.
  static std::vector<Identifier> outputs_of(const pg::Node* query) {
    std::span<pg::Node* const> targets;
    if (query != nullptr && query->node_case == PG_QUERY__NODE__NODE_SELECT_STMT)
      targets = pg::list(query->select_stmt->n_target_list, query->select_stmt->target_list);
    if (query != nullptr && query->node_case == PG_QUERY__NODE__NODE_INSERT_STMT)
      targets = pg::list(query->insert_stmt->n_returning_list, query->insert_stmt->returning_list);
    if (query != nullptr && query->node_case == PG_QUERY__NODE__NODE_DELETE_STMT)
      targets = pg::list(query->delete_stmt->n_returning_list, query->delete_stmt->returning_list);
    if (query != nullptr && query->node_case == PG_QUERY__NODE__NODE_UPDATE_STMT)
      targets = pg::list(query->update_stmt->n_returning_list, query->update_stmt->returning_list);
    std::vector<Identifier> names;
    for (const pg::Node* target : targets) {
      const PgQuery__ResTarget& output = *target->res_target;
      const Identifier name =
          pg::has_text(output.name) ? pg::identifier(output.name) : column_name(output.val);
      if (name.empty()) return {};
      names.push_back(name);
    }
    return names;
  }

  static Identifier column_name(const pg::Node* node) {
    if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) return {};
    const PgQuery__ColumnRef& reference = *node->column_ref;
    return Identifier(std::string(pg::string_of(reference.fields[reference.n_fields - 1])));
  }

  /// Each once: queries that name others twice would be counted without end.
  double rows_of_with(const PgQuery__CommonTableExpr& with) {
    const auto [known, added] = counted_.emplace(&with, kAnyNumber);
    if (added) {
      const double rows = rows_of(with.ctequery);
      counted_[&with] = rows;
      return rows;
    }
    return known->second;
  }

  /// Rows of a whole query, not of one that is asked for every row of another.
  double rows_of(const pg::Node* query) {
    if (query == nullptr || depth_ >= kDeepest) return kAnyNumber;
    ++depth_;
    double rows = kAnyNumber;
    if (query->node_case == PG_QUERY__NODE__NODE_SELECT_STMT) {
      rows = rows_of_select(*query->select_stmt);
    } else if (query->node_case == PG_QUERY__NODE__NODE_INSERT_STMT) {
      rows = rows_of(query->insert_stmt->select_stmt);
    } else if (query->node_case == PG_QUERY__NODE__NODE_UPDATE_STMT) {
      rows = update(*query->update_stmt);
    } else if (query->node_case == PG_QUERY__NODE__NODE_DELETE_STMT) {
      rows = removal(*query->delete_stmt);
    }
    --depth_;
    return rows;
  }

  double rows_of_select(const PgQuery__SelectStmt& select) {
    double rows = kAnyNumber;
    if (select.limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_COUNT) {
      if (const auto limit = integer_of(select.limit_count)) rows = static_cast<double>(*limit);
    }
    return std::min(rows, rows_without_limit(select));
  }

  double rows_without_limit(const PgQuery__SelectStmt& select) {
    if (select.op == PG_QUERY__SET_OPERATION__SETOP_UNION)
      return rows_of_select(*select.larg) + rows_of_select(*select.rarg);
    if (select.op == PG_QUERY__SET_OPERATION__SETOP_INTERSECT ||
        select.op == PG_QUERY__SET_OPERATION__SETOP_EXCEPT)
      return rows_of_select(*select.larg);
    if (select.n_values_lists > 0) return static_cast<double>(select.n_values_lists);
    // unnest() and its kin make many rows of one.
    for (const pg::Node* target : pg::list(select.n_target_list, select.target_list)) {
      const pg::Node* value = without_casts(target->res_target->val);
      if (value != nullptr && value->node_case == PG_QUERY__NODE__NODE_FUNC_CALL) return kAnyNumber;
    }
    std::vector<Item> items;
    Conditions conditions;
    for (const pg::Node* item : pg::list(select.n_from_clause, select.from_clause))
      add(item, items, conditions);
    if (select.where_clause != nullptr) conditions.push_back(select.where_clause);
    settle(items, conditions);
    double rows = 1;
    for (const Item& item : items) rows *= item.at_most;
    return rows;
  }

  /// A join with a short list shortens what it joins, which may shorten the next: until nothing changes.
  void settle(std::vector<Item>& items, const Conditions& conditions) {
    for (bool changes = items.size() <= kMostItems; changes;) {
      changes = false;
      for (std::size_t i = 0; i < items.size(); ++i) {
        Reach all;
        for (const pg::Node* condition : conditions) also(all, read(condition, items, i));
        finish(all, items[i]);
        if (all.rows >= items[i].at_most) continue;
        items[i].at_most = all.rows;
        changes = true;
      }
    }
  }

  static void also(Reach& all, const Reach& more) {
    all.rows = std::min(all.rows, more.rows);
    for (const auto& [column, count] : more.values) {
      const auto [known, added] = all.values.emplace(column, count);
      if (!added) known->second = std::min(known->second, count);
    }
    for (const auto& [column, range] : more.ranges) {
      Range& known = all.ranges[column];
      if (range.low) known.low = known.low ? std::max(*known.low, *range.low) : *range.low;
      if (range.high) known.high = known.high ? std::min(*known.high, *range.high) : *range.high;
    }
  }

  static void finish(Reach& reach, const Item& item) {
    static const Identifier kPlace("ctid");
    if (item.keys) {
      for (const auto& [column, range] : reach.ranges) {
        if (!range.low || !range.high || !has(item.keys->integers, column)) continue;
        const double length =
            std::max(0.0, static_cast<double>(*range.high) - static_cast<double>(*range.low) + 1);
        const auto [known, added] = reach.values.emplace(column, length);
        if (!added) known->second = std::min(known->second, length);
      }
      for (const std::vector<Identifier>& key : item.keys->unique)
        reach.rows = std::min(reach.rows, product(key, reach.values));
    }
    reach.ranges.clear();
    reach.rows = std::min(reach.rows, product({kPlace}, reach.values));
  }

  Reach read(const pg::Node* node, const std::vector<Item>& items, std::size_t wanted) {
    Reach reach;
    if (node == nullptr || depth_ >= kDeepest) return reach;
    if (is_false(node)) {
      reach.rows = 0;
    } else if (node->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR) {
      ++depth_;
      reach = read_bool(*node->bool_expr, items, wanted);
      --depth_;
    } else if (node->node_case == PG_QUERY__NODE__NODE_A_EXPR) {
      reach = read_comparison(*node->a_expr, items, wanted);
    } else if (node->node_case == PG_QUERY__NODE__NODE_SUB_LINK) {
      reach = read_among(*node->sub_link, items, wanted);
    }
    return reach;
  }

  Reach read_bool(const PgQuery__BoolExpr& expr, const std::vector<Item>& items, std::size_t wanted) {
    Reach reach;
    const auto parts = pg::list(expr.n_args, expr.args);
    if (expr.boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
      for (const pg::Node* part : parts) also(reach, read(part, items, wanted));
    } else if (expr.boolop == PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR) {
      bool first = true;
      for (const pg::Node* part : parts) {
        Reach one = read(part, items, wanted);
        finish(one, items[wanted]);
        if (first) {
          reach = std::move(one);
        } else {
          reach.rows += one.rows;
          for (auto known = reach.values.begin(); known != reach.values.end();) {
            const auto other = one.values.find(known->first);
            if (other == one.values.end()) {
              known = reach.values.erase(known);
            } else {
              known->second += other->second;
              ++known;
            }
          }
        }
        first = false;
      }
    }
    return reach;
  }

  Reach read_comparison(const PgQuery__AExpr& expr, const std::vector<Item>& items, std::size_t wanted) {
    Reach reach;
    const std::string_view name = expr.n_name == 1 ? pg::string_of(expr.name[0]) : std::string_view{};
    const auto limit = [&](const pg::Node* side, std::string_view comparison, const pg::Node* other) {
      const auto column = column_of(side, items, wanted);
      const auto number = integer_of(other);
      if (!column || !number) return;
      Range& range = reach.ranges[*column];
      if (comparison == ">=") range.low = *number;
      if (comparison == ">") range.low = *number + 1;
      if (comparison == "<=") range.high = *number;
      if (comparison == "<") range.high = *number - 1;
    };
    if (expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP && name == "=") {
      equal(expr.lexpr, expr.rexpr, items, wanted, reach);
      equal(expr.rexpr, expr.lexpr, items, wanted, reach);
    } else if (expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP) {
      static const std::map<std::string_view, std::string_view> kMirrored{
          {"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};
      const auto mirrored = kMirrored.find(name);
      if (mirrored == kMirrored.end()) return reach;
      limit(expr.lexpr, name, expr.rexpr);
      limit(expr.rexpr, mirrored->second, expr.lexpr);
    } else if (expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN && expr.rexpr != nullptr &&
               expr.rexpr->node_case == PG_QUERY__NODE__NODE_LIST && expr.rexpr->list->n_items == 2) {
      limit(expr.lexpr, ">=", expr.rexpr->list->items[0]);
      limit(expr.lexpr, "<=", expr.rexpr->list->items[1]);
    } else if (name == "=" && (expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN ||
                               expr.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY)) {
      const double count = length_of(expr.rexpr);
      if (count < kAnyNumber) pin(expr.lexpr, count, items, wanted, reach);
    }
    return reach;
  }

  /// How long a list of constants is: `(1, 2)`, `ARRAY[1, 2]`, `'{1,2}'`.
  static double length_of(const pg::Node* list) {
    const pg::Node* node = without_casts(list);
    if (!is_settled(node)) return kAnyNumber;
    if (node->node_case == PG_QUERY__NODE__NODE_LIST) return static_cast<double>(node->list->n_items);
    if (node->node_case == PG_QUERY__NODE__NODE_A_ARRAY_EXPR)
      return static_cast<double>(node->a_array_expr->n_elements);
    if (node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
        node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL) {
      const std::string_view text = pg::text_of(node->a_const->sval->sval);
      return 1.0 + static_cast<double>(std::count(text.begin(), text.end(), ','));
    }
    return kAnyNumber;
  }

  /// The column, or each column of `(a, b)`, has at most so many values.
  void pin(const pg::Node* side, double count, const std::vector<Item>& items, std::size_t wanted,
           Reach& reach) {
    if (side == nullptr) return;
    std::vector<Identifier> columns;
    if (side->node_case == PG_QUERY__NODE__NODE_ROW_EXPR) {
      for (const pg::Node* part : pg::list(side->row_expr->n_args, side->row_expr->args)) {
        if (const auto column = column_of(part, items, wanted)) columns.push_back(*column);
      }
    } else if (const auto column = column_of(side, items, wanted)) {
      columns.push_back(*column);
    }
    for (const Identifier& column : columns) {
      const auto [known, added] = reach.values.emplace(column, count);
      if (!added) known->second = std::min(known->second, count);
    }
    // Values of one row belong together: as many rows as the list has, when these are a whole key.
    if (columns.size() < 2 || !items[wanted].keys) return;
    for (const std::vector<Identifier>& key : items[wanted].keys->unique) {
      if (std::all_of(key.begin(), key.end(), [&](const Identifier& each) { return has(columns, each); }))
        reach.rows = std::min(reach.rows, count);
    }
  }

  void equal(const pg::Node* side, const pg::Node* other, const std::vector<Item>& items, std::size_t wanted,
             Reach& reach) {
    if (side == nullptr || other == nullptr) return;
    const pg::Node* value = without_casts(other);
    if (is_settled(other)) {
      pin(side, 1, items, wanted, reach);
    } else if (value->node_case == PG_QUERY__NODE__NODE_SUB_LINK) {
      const PgQuery__SubLink& link = *value->sub_link;
      if (link.sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK && stands_alone(link.subselect, items))
        pin(side, 1, items, wanted, reach);
    } else if (value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i != wanted && items[i].at_most < kAnyNumber && column_of(value, items, i))
          pin(side, items[i].at_most, items, wanted, reach);
      }
    }
  }

  /// `x IN (SELECT ..)`.
  Reach read_among(const PgQuery__SubLink& link, const std::vector<Item>& items, std::size_t wanted) {
    Reach reach;
    const bool equals = link.n_oper_name == 0 || pg::string_of(link.oper_name[0]) == "=";
    if (link.sub_link_type != PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK || !equals ||
        !stands_alone(link.subselect, items))
      return reach;
    const double count = rows_of(link.subselect);
    if (count < kAnyNumber) pin(link.testexpr, count, items, wanted, reach);
    return reach;
  }

  /// The column of the wanted item that a reference means, when it can mean no other's.
  static std::optional<Identifier> column_of(const pg::Node* node, const std::vector<Item>& items,
                                             std::size_t wanted) {
    node = without_casts(node);
    if (node == nullptr || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) return std::nullopt;
    const PgQuery__ColumnRef& reference = *node->column_ref;
    const Identifier column = column_name(node);
    if (column.empty()) return std::nullopt;
    if (reference.n_fields > 1) {
      const Identifier owner(std::string(pg::string_of(reference.fields[reference.n_fields - 2])));
      return items[wanted].alone || owner == items[wanted].name ? std::optional(column) : std::nullopt;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      const bool here = items[i].keys && has(items[i].keys->columns, column);
      if (i == wanted ? items[i].keys && !here && items.size() > 1 : !items[i].keys || here)
        return std::nullopt;
    }
    return column;
  }

  /// Does a sub-query look at no row of the query around it?
  bool stands_alone(const pg::Node* query, const std::vector<Item>& around) {
    if (query == nullptr) return false;
    std::vector<Item> inside;
    std::vector<const PgQuery__ColumnRef*> references;
    pg::walk(pg::message_of(*query), [&](const ProtobufCMessage& message) {
      Conditions unused;
      if (message.descriptor == &pg_query__range_var__descriptor) {
        add_relation(pg::as_message_of<PgQuery__RangeVar>(message), true, inside);
      } else if (message.descriptor == &pg_query__range_subselect__descriptor) {
        const auto& sub = pg::as_message_of<PgQuery__RangeSubselect>(message);
        Item item;
        if (sub.alias != nullptr) {
          item.name = pg::identifier(sub.alias->aliasname);
          item.keys = RowKeys{pg::identifiers(pg::list(sub.alias->n_colnames, sub.alias->colnames)), {}, {}};
        }
        inside.push_back(std::move(item));
      } else if (message.descriptor == &pg_query__column_ref__descriptor) {
        references.push_back(&pg::as_message_of<PgQuery__ColumnRef>(message));
      }
      return true;
    });
    return std::all_of(references.begin(), references.end(), [&](const PgQuery__ColumnRef* reference) {
      const pg::Node* last = reference->fields[reference->n_fields - 1];
      if (reference->n_fields > 1) {
        const Identifier owner(std::string(pg::string_of(reference->fields[reference->n_fields - 2])));
        return std::any_of(inside.begin(), inside.end(),
                           [&](const Item& item) { return item.name == owner; });
      }
      if (last->node_case != PG_QUERY__NODE__NODE_STRING) return true;  // *
      const Identifier column(std::string(pg::string_of(last)));
      const auto knows = [&](const Item& item) { return item.keys && has(item.keys->columns, column); };
      if (std::any_of(inside.begin(), inside.end(), knows)) return true;
      return std::none_of(around.begin(), around.end(),
                          [&](const Item& item) { return !item.keys || knows(item); });
    });
  }

  static constexpr int kDeepest = 40;
  static constexpr std::size_t kMostItems = 20;
  const KeysOf& keys_of_;
  Withs withs_;
  std::map<const PgQuery__CommonTableExpr*, double> counted_;
  int depth_ = 0;
};

Withs withs_of(const pg::Node& statement) {
  Withs withs;
  pg::walk(pg::message_of(statement), [&](const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__common_table_expr__descriptor) {
      const auto& with = pg::as_message_of<PgQuery__CommonTableExpr>(message);
      const auto [known, added] = withs.emplace(pg::identifier(with.ctename), &with);
      if (!added) known->second = nullptr;
    } else if (message.descriptor == &pg_query__with_clause__descriptor &&
               pg::as_message_of<PgQuery__WithClause>(message).recursive != 0) {
      for (const pg::Node* each : pg::list(pg::as_message_of<PgQuery__WithClause>(message).n_ctes,
                                           pg::as_message_of<PgQuery__WithClause>(message).ctes))
        withs[pg::identifier(each->common_table_expr->ctename)] = nullptr;
      return false;
    }
    return true;
  });
  return withs;
}

}  // namespace

std::vector<RowReach> row_reach(const Expression& statement, const KeysOf& keys_of) {
  std::vector<RowReach> changes;
  const pg::Node* root = ExpressionAccess::node(statement);
  if (root == nullptr) return changes;
  Counter counter(keys_of, withs_of(*root));
  pg::walk(pg::message_of(*root), [&](const ProtobufCMessage& message) {
    if (message.descriptor == &pg_query__update_stmt__descriptor) {
      const auto& update = pg::as_message_of<PgQuery__UpdateStmt>(message);
      changes.push_back({pg::table_name(update.relation), counter.update(update)});
    } else if (message.descriptor == &pg_query__delete_stmt__descriptor) {
      const auto& removal = pg::as_message_of<PgQuery__DeleteStmt>(message);
      changes.push_back({pg::table_name(removal.relation), counter.removal(removal)});
    } else if (message.descriptor == &pg_query__merge_stmt__descriptor) {
      const auto& merge = pg::as_message_of<PgQuery__MergeStmt>(message);
      changes.push_back({pg::table_name(merge.relation), counter.merge(merge)});
    }
    return true;
  });
  return changes;
}

double rows_through(const Expression& where, const ObjectName& relation, const KeysOf& keys_of) {
  const pg::Node* node = ExpressionAccess::node(where);
  if (node == nullptr) return kAnyNumber;
  return Counter(keys_of, {}).through(node, relation);
}

}  // namespace planner

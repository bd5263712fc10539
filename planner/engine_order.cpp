#include "planner/engine_order.h"

#include <algorithm>
#include <map>
#include <set>

namespace planner {
namespace {

/// Names of relations without their schema: that two tables of one name wait for each other does no harm.
struct Touched {
  std::set<Identifier> written, read;
};

void add_expression(const Expression& expression, Touched& touched) {
  if (expression.empty()) return;
  for (const ObjectName& relation : expression.facts().relations) touched.read.insert(relation.name);
}

void look(const Operation& operation, Touched& touched) {
  if (const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&operation)) {
    if (*block == nullptr) return;
    for (const Operation& inside : (*block)->body) look(inside, touched);
    return;
  }
  std::visit(
      [&](const auto& op) {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, Update> || std::is_same_v<Op, Delete> ||
                      std::is_same_v<Op, Insert> || std::is_same_v<Op, Merge>) {
          touched.written.insert(op.table.name);
          add_expression(op.statement, touched);
        } else if constexpr (std::is_same_v<Op, Select> || std::is_same_v<Op, CreateTableAs>) {
          add_expression(op.query, touched);
        }
      },
      operation);
}

std::string label_rows(const Identifier& relation, std::size_t statement) {
  return "rows:" + quoted(relation) + ":" + std::to_string(statement);
}

}  // namespace

void keep_order_of_data(std::vector<Step>& steps, const std::vector<Intention>& intentions) {
  std::map<std::size_t, Touched> by_statement;
  for (const Intention& intention : intentions) {
    Touched touched;
    look(intention.operation, touched);
    if (touched.written.empty() && touched.read.empty()) continue;
    Touched& known = by_statement[intention.sources.front().statement];
    known.written.insert(touched.written.begin(), touched.written.end());
    known.read.insert(touched.read.begin(), touched.read.end());
  }
  // Only those steps that touch rows themselves: what a recipe prepares or clears away waits for nobody.
  for (Step& step : steps) {
    if (step.kind != PhaseKind::Backfill || step.sources.empty()) continue;
    const std::size_t place = step.sources.front().statement;
    const auto own = by_statement.find(place);
    if (own == by_statement.end()) continue;
    for (const Identifier& relation : own->second.written)
      step.provides.push_back(label_rows(relation, place));
    for (auto earlier = by_statement.begin(); earlier != own; ++earlier) {
      for (const Identifier& relation : earlier->second.written) {
        if (own->second.written.contains(relation) || own->second.read.contains(relation))
          step.needs.push_back(label_rows(relation, earlier->first));
      }
    }
  }
}

bool makes_temporary(const std::vector<Intention>& intentions) {
  const Identifier own_schema("pg_temp");
  return std::any_of(intentions.begin(), intentions.end(), [&](const Intention& intention) {
    if (const auto* table = std::get_if<CreateTable>(&intention.operation))
      return table->persistence == Persistence::Temporary || table->table.schema == own_schema;
    if (const auto* table = std::get_if<CreateTableAs>(&intention.operation))
      return table->persistence == Persistence::Temporary || table->table.schema == own_schema;
    if (const auto* view = std::get_if<CreateView>(&intention.operation))
      return view->temporary || view->view.schema == own_schema;
    if (const auto* function = std::get_if<CreateFunction>(&intention.operation))
      return function->name.schema == own_schema;
    return false;
  });
}

}  // namespace planner

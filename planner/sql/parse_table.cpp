#include "planner/sql/read.h"

namespace planner::pg {

namespace {

// enum TableLikeOption in src/include/nodes/parsenodes.h.
LikeClause like_clause(const PgQuery__TableLikeClause& like, std::size_t position) {
  const auto has = [&](unsigned bit) { return (like.options & (1U << bit)) != 0; };
  LikeClause result;
  result.source = table_name(like.relation);
  result.comments = has(0);
  result.compression = has(1);
  result.constraints = has(2);
  result.defaults = has(3);
  result.generated = has(4);
  result.identity = has(5);
  result.indexes = has(6);
  result.statistics = has(7);
  result.storage = has(8);
  result.position = position;
  return result;
}

PartitionKey partition_key(const Source& source, const PgQuery__PartitionSpec& spec) {
  PartitionKey result;
  result.strategy = text_of(spec.strategy);
  for (const Node* node : list(spec.n_part_params, spec.part_params)) {
    const PgQuery__PartitionElem& part = *node->partition_elem;
    IndexElement element;
    element.column = identifier(part.name);
    element.expression = scalar(source, part.expr);
    element.collation = object_name(list(part.n_collation, part.collation));
    element.opclass = object_name(list(part.n_opclass, part.opclass));
    result.elements.push_back(std::move(element));
  }
  return result;
}

std::vector<Expression> expressions(const Source& source, std::span<Node* const> nodes) {
  std::vector<Expression> result;
  for (const Node* node : nodes) result.push_back(scalar(source, node));
  return result;
}

/// What INTO and CREATE TABLE .. AS have in common.
template <typename Create>
void read_into(const PgQuery__IntoClause& into, Create& result) {
  result.column_names = identifiers(list(into.n_col_names, into.col_names));
  result.with_data = !into.skip_data;
}

}  // namespace

PartitionBound partition_bound(const Source& source, const PgQuery__PartitionBoundSpec* bound) {
  PartitionBound result;
  if (bound == nullptr) return result;
  result.is_default = bound->is_default;
  result.strategy = text_of(bound->strategy);
  result.modulus = bound->modulus;
  result.remainder = bound->remainder;
  result.lower = expressions(source, list(bound->n_lowerdatums, bound->lowerdatums));
  result.upper = expressions(source, list(bound->n_upperdatums, bound->upperdatums));
  result.list = expressions(source, list(bound->n_listdatums, bound->listdatums));
  return result;
}

void read_create_table(const Source& source, const PgQuery__CreateStmt& statement,
                       std::string_view foreign_server, Operations& out) {
  CreateTable& result = std::get<CreateTable>(out.emplace_back(CreateTable{}));
  result.table = table_name(statement.relation);
  result.persistence = persistence(statement.relation);
  result.if_not_exists = statement.if_not_exists;
  result.foreign_server = foreign_server;
  result.columns.reserve(statement.n_table_elts);
  for (const Node* element : list(statement.n_table_elts, statement.table_elts)) {
    switch (element->node_case) {
      case PG_QUERY__NODE__NODE_COLUMN_DEF:
        result.columns.push_back(column_definition(source, *element->column_def));
        break;
      case PG_QUERY__NODE__NODE_CONSTRAINT:
        result.constraints.push_back(constraint_definition(source, *element->constraint));
        break;
      case PG_QUERY__NODE__NODE_TABLE_LIKE_CLAUSE:
        result.likes.push_back(like_clause(*element->table_like_clause, result.columns.size()));
        break;
      default:
        break;
    }
  }
  for (const Node* constraint : list(statement.n_constraints, statement.constraints)) {
    if (constraint->node_case == PG_QUERY__NODE__NODE_CONSTRAINT) {
      result.constraints.push_back(constraint_definition(source, *constraint->constraint));
    }
  }
  for (const Node* parent : list(statement.n_inh_relations, statement.inh_relations)) {
    if (parent->node_case == PG_QUERY__NODE__NODE_RANGE_VAR)
      result.inherits.push_back(table_name(parent->range_var));
  }
  if (statement.partbound != nullptr) {
    // PARTITION OF names its parent where INHERITS does.
    if (!result.inherits.empty()) result.partition_of = std::move(result.inherits.front());
    result.inherits.clear();
    result.bound = partition_bound(source, statement.partbound);
  }
  if (statement.partspec != nullptr) result.partition_by = partition_key(source, *statement.partspec);
  if (statement.of_typename != nullptr) result.of_type = type_name(statement.of_typename).name;
  result.options = options(list(statement.n_options, statement.options));
  result.access_method = text_of(statement.access_method);
  result.tablespace = text_of(statement.tablespacename);
}

void read_create_table_as(const Source& source, const PgQuery__CreateTableAsStmt& statement,
                          Operations& out) {
  const PgQuery__IntoClause& into = *statement.into;
  if (statement.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW) {
    CreateMaterializedView result;
    result.view = table_name(into.rel);
    result.query = query(source, statement.query);
    result.if_not_exists = statement.if_not_exists;
    read_into(into, result);
    out.emplace_back(std::move(result));
    return;
  }
  CreateTableAs result;
  result.table = table_name(into.rel);
  result.persistence = persistence(into.rel);
  result.query = query(source, statement.query);
  result.if_not_exists = statement.if_not_exists;
  read_into(into, result);
  out.emplace_back(std::move(result));
}

const PgQuery__IntoClause* into_of(const PgQuery__SelectStmt& select) {
  const PgQuery__SelectStmt* first = &select;
  while (first->larg != nullptr) first = first->larg;
  return first->into_clause;
}

void read_select_into(const Source& source, const Node& node, Operations& out) {
  const PgQuery__IntoClause& into = *into_of(*node.select_stmt);
  CreateTableAs result;
  result.table = table_name(into.rel);
  result.persistence = persistence(into.rel);
  read_into(into, result);
  // The query itself, without the table it makes.
  const auto copied = [&](const PgQuery__SelectStmt& select) {
    auto* copy = source.arena->make<PgQuery__SelectStmt>(pg_query__select_stmt__init);
    *copy = select;
    return copy;
  };
  PgQuery__SelectStmt* select = copied(*node.select_stmt);
  PgQuery__SelectStmt* first = select;
  for (; first->larg != nullptr; first = first->larg) first->larg = copied(*first->larg);
  first->into_clause = nullptr;
  auto* query_node = source.arena->make<Node>(pg_query__node__init);
  query_node->node_case = PG_QUERY__NODE__NODE_SELECT_STMT;
  query_node->select_stmt = select;
  result.query = query(source, query_node);
  out.emplace_back(std::move(result));
}

}  // namespace planner::pg

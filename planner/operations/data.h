#pragma once

#include <vector>

#include "planner/operations/parts.h"

/// Statements that read or write rows. Names are as written (schema empty when not given).
namespace planner {

struct Update {
  TableName table;
  std::vector<Identifier> columns;
  Expression where;
  Expression statement;
  bool from_other_tables = false;
};
struct Delete {
  TableName table;
  Expression where;
  Expression statement;
  bool from_other_tables = false;
};
struct Insert {
  TableName table;
  std::vector<Identifier> columns;
  bool from_query = false;
  std::vector<TableName> source_tables;
  Expression statement;
};
struct Merge {
  TableName table;
  Expression statement;
};
struct Truncate {
  std::vector<TableName> tables;
  Cascade cascade = Cascade::Restrict;
  bool restart_identity = false;
  std::vector<bool> only;  ///< per table: written with ONLY
};
struct Copy {
  TableName table;
  bool from = true;
};
struct Select {
  Expression query;
};  ///< facts() tells which functions (setval, set_config, pg_advisory_..) and tables

}  // namespace planner

#pragma once

#include <string>
#include <vector>

#include "planner/operations/parts.h"

/// Operations on indexes. Names are as written (schema empty when not given).
namespace planner {

struct CreateIndex {
  Identifier name;  ///< empty: generated
  TableName table;
  std::vector<IndexElement> elements;
  std::vector<Identifier> included;
  std::string method;  ///< btree when not written
  Expression predicate;
  std::vector<Option> options;
  std::string tablespace;
  bool unique = false;
  bool concurrently = false;
  bool if_not_exists = false;
  bool only = false;
  bool nulls_not_distinct = false;
};
struct DropIndex {
  ObjectName index;
  bool concurrently = false;
  bool if_exists = false;
  Cascade cascade = Cascade::Restrict;
};
struct RenameIndex {
  ObjectName index;
  Identifier to;
  bool if_exists = false;
};
struct AttachIndexPartition {
  ObjectName index;
  ObjectName partition;
};
enum class ReindexTarget { Index, Table, Schema, Database, System };
struct Reindex {
  ReindexTarget target = ReindexTarget::Index;
  ObjectName name;
  bool concurrently = false;
};
struct Cluster {
  TableName table;
  Identifier index;
};  ///< empty table: every clustered table

}  // namespace planner

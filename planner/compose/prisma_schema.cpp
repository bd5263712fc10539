#include "planner/compose/prisma_schema.h"

#include <algorithm>
#include <cctype>

#include "planner/own_names.h"
#include "planner/replay/replay.h"
#include "planner/sql/parse.h"

namespace planner {
namespace {

const Identifier kOwnSchema("planner");

std::string quoted_words(const std::string& text) { return "`" + text + "`"; }

std::string listed(const std::vector<Identifier>& columns) {
  std::string out;
  for (const Identifier& column : columns) out += (out.empty() ? "" : ", ") + column.str();
  return out;
}

std::string mapped(const Identifier& name, const Table& table, const std::vector<Identifier>& columns,
                   std::string_view suffix) {
  std::string usual = table.name.name.str();
  for (const Identifier& column : columns) usual += "_" + column.str();
  usual += suffix;
  return name.str() == usual ? "" : (columns.empty() ? "" : ", ") + ("map: \"" + name.str() + "\"");
}

std::vector<Identifier> key_columns(const Index& index) {
  std::vector<Identifier> columns;
  for (const IndexElement& element : index.elements) columns.push_back(element.column);
  return columns;
}

/// `@@index([a, b])`; empty: Prisma does not see such an index.
std::string block_of(const Index& index, const Table& table) {
  if (!index.predicate.empty()) return "";
  std::string columns;
  for (const IndexElement& element : index.elements) {
    if (element.column.empty()) return "";
    columns += (columns.empty() ? "" : ", ") + element.column.str();
    if (element.descending) columns += "(sort: Desc)";
  }
  const std::string kind = index.primary ? "@@id" : index.unique ? "@@unique" : "@@index";
  std::string arguments = "[" + columns + "]";
  if (index.method != "btree") {
    std::string method = index.method;
    method.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(method.front())));
    arguments += ", type: " + method;
  }
  const std::vector<Identifier> none;
  arguments += mapped(index.name.name, table, index.primary ? none : key_columns(index),
                      index.primary  ? "_pkey"
                      : index.unique ? "_key"
                                     : "_idx");
  return kind + "(" + arguments + ")";
}

std::string_view action_word(ForeignKeyAction action) {
  switch (action) {
    case ForeignKeyAction::NoAction:
      return "NoAction";
    case ForeignKeyAction::Restrict:
      return "Restrict";
    case ForeignKeyAction::Cascade:
      return "Cascade";
    case ForeignKeyAction::SetNull:
      return "SetNull";
    case ForeignKeyAction::SetDefault:
      return "SetDefault";
  }
  return "NoAction";
}

std::string relation_of(const Constraint& constraint, const Table& table) {
  const ConstraintDefinition& key = constraint.definition;
  return "@relation(fields: [" + listed(key.columns) + "], references: [" + listed(key.references.columns) +
         "], onDelete: " + std::string(action_word(key.references.on_delete)) +
         ", onUpdate: " + std::string(action_word(key.references.on_update)) +
         mapped(key.name, table, key.columns, "_fkey") + ")";
}

/// Compares one model.
class ModelChanges {
 public:
  ModelChanges(const Table& before, const Table& after, std::vector<PrismaAdvice>& out)
      : before_(before), after_(after), out_(out) {}

  void find() {
    for (const Column& column : after_.columns) {
      const Column* old = before_.column(column.name);
      const std::string ignored = is_planners(column.name) ? " @ignore" : "";
      if (old == nullptr) {
        say({column.name}, "add " + quoted_words(prisma_field(column) + ignored));
      } else if (prisma_field(*old) != prisma_field(column)) {
        say({column.name}, "the field is now " + quoted_words(prisma_field(column) + ignored));
      }
    }
    for (const Column& column : before_.columns) {
      if (after_.column(column.name) == nullptr)
        say({column.name}, "remove the field " + quoted_words(column.name.str()));
    }
    blocks();
    relations();
  }

 private:
  void say(std::vector<Identifier> columns, std::string text) {
    out_.push_back({after_.name.name.str(), std::move(text), std::move(columns)});
  }

  /// Prisma forgets the indexes of a removed field with it.
  bool stands(const std::vector<Identifier>& columns) const {
    return std::all_of(columns.begin(), columns.end(),
                       [&](const Identifier& column) { return after_.column(column) != nullptr; });
  }

  void blocks() {
    const std::vector<std::string> then = prisma_blocks(before_);
    const std::vector<std::string> now = prisma_blocks(after_);
    for (const Index& index : before_.indexes) {
      const std::string block = block_of(index, before_);
      if (!block.empty() && stands(key_columns(index)) && !has(now, block))
        say({}, "remove " + quoted_words(block));
    }
    for (const std::string& block : now) {
      if (!has(then, block)) say({}, "add " + quoted_words(block));
    }
  }

  static bool has(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  }

  static const PrismaRelation* over(const std::vector<PrismaRelation>& all,
                                    const std::vector<Identifier>& columns) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const PrismaRelation& one) {
      return one.key->definition.columns == columns;
    });
    return found == all.end() ? nullptr : &*found;
  }

  void relations() {
    const std::vector<PrismaRelation> then = prisma_relations(before_);
    const std::vector<PrismaRelation> now = prisma_relations(after_);
    for (const PrismaRelation& relation : now) {
      const ConstraintDefinition& key = relation.key->definition;
      const PrismaRelation* old = over(then, key.columns);
      if (old != nullptr && old->attribute == relation.attribute) continue;
      say({}, (old == nullptr ? "add the relation to " : "the relation to ") +
                  key.references.table.name.str() + (old == nullptr ? ": " : " is now ") +
                  quoted_words(relation.attribute));
    }
    for (const PrismaRelation& relation : then) {
      const std::vector<Identifier>& columns = relation.key->definition.columns;
      if (stands(columns) && over(now, columns) == nullptr)
        say({}, "remove the relation over " + quoted_words(listed(columns)));
    }
  }

  const Table& before_;
  const Table& after_;
  std::vector<PrismaAdvice>& out_;
};

std::string labels_of(const EnumType& type) {
  std::string out = type.name.name.str() + " {";
  for (const std::string& label : type.labels) out += " " + label;
  return out + " }";
}

void enum_changes(const Schema& before, const Schema& after, std::vector<PrismaAdvice>& out) {
  for (const ObjectName& name : after.enums.changed_since(before.enums)) {
    const EnumType& now = *after.enums.find(name);
    const EnumType* old = before.enums.find(name);
    if (old != nullptr && old->labels == now.labels) continue;
    out.push_back({name.name.str(),
                   (old == nullptr ? "add the enum " : "the enum is now ") + quoted_words(labels_of(now)),
                   {}});
  }
  for (const ObjectName& name : before.enums.changed_since(after.enums)) {
    if (!after.enums.contains(name)) out.push_back({name.name.str(), "remove the enum", {}});
  }
}

/// Did a recipe speak of it, in words that fit what it does?
bool is_said(const std::vector<PrismaAdvice>& said, const PrismaAdvice& found) {
  return std::any_of(said.begin(), said.end(), [&](const PrismaAdvice& one) {
    if (one.model != found.model) return false;
    if (one.columns.empty()) return true;
    return std::any_of(found.columns.begin(), found.columns.end(), [&](const Identifier& column) {
      return std::find(one.columns.begin(), one.columns.end(), column) != one.columns.end();
    });
  });
}

bool is_seen(const TableName& name, const Table& table) {
  return !(name.schema == kOwnSchema) && !table.partition_of;
}

}  // namespace

std::vector<std::string> prisma_blocks(const Table& table) {
  std::vector<std::string> blocks;
  for (const Index& index : table.indexes) {
    std::string block = block_of(index, table);
    if (!block.empty()) blocks.push_back(std::move(block));
  }
  return blocks;
}

std::vector<PrismaRelation> prisma_relations(const Table& table) {
  std::vector<PrismaRelation> relations;
  for (const Constraint& constraint : table.constraints) {
    if (constraint.definition.kind == ConstraintKind::ForeignKey)
      relations.push_back({&constraint, relation_of(constraint, table)});
  }
  return relations;
}

std::vector<PrismaAdvice> prisma_changes(const Schema& before, const Schema& after) {
  std::vector<PrismaAdvice> out;
  enum_changes(before, after, out);
  for (const TableName& name : after.tables.changed_since(before.tables)) {
    const Table& now = *after.tables.find(name);
    const Table* old = before.tables.find(name);
    if (!is_seen(name, now)) continue;
    if (old == nullptr || !is_seen(name, *old)) {
      out.push_back({name.name.str(), "add the model of the table " + quoted_words(name.name.str()), {}});
    } else {
      ModelChanges(*old, now, out).find();
    }
  }
  for (const TableName& name : before.tables.changed_since(after.tables)) {
    const Table* now = after.tables.find(name);
    if (is_seen(name, *before.tables.find(name)) && (now == nullptr || !is_seen(name, *now)))
      out.push_back({name.name.str(), "remove the model of the table " + quoted_words(name.name.str()), {}});
  }
  return out;
}

void complete_prisma_advice(Plan& plan, Schema start) {
  for (Phase& phase : plan.phases) {
    const Schema before = start;
    replay_file(start, parse_file(phase.migration.str()));
    const std::vector<PrismaAdvice> said = phase.prisma;
    for (PrismaAdvice& found : prisma_changes(before, start)) {
      if (!is_said(said, found)) phase.prisma.push_back(std::move(found));
    }
  }
}

}  // namespace planner

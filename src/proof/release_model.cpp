#include "src/proof/release_model.h"

#include <algorithm>

#include "planner/replay/replay.h"
#include "planner/sql/parse.h"

namespace planner {
namespace {

bool contains(const std::vector<Identifier>& names, const Identifier& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The primary key, else the first unique index over NOT NULL columns.
std::vector<Identifier> key_of(const Table& table) {
  if (const Constraint* primary = table.primary_key()) return primary->definition.columns;
  for (const Index& index : table.indexes) {
    if (!index.unique || !index.valid || !index.predicate.empty()) continue;
    std::vector<Identifier> columns;
    for (const IndexElement& element : index.elements) {
      const Column* column = element.column.empty() ? nullptr : table.column(element.column);
      if (column == nullptr || !column->not_null) break;
      columns.push_back(element.column);
    }
    if (columns.size() == index.elements.size() && !columns.empty()) return columns;
  }
  return {};
}

ReleaseColumn release_column(const Schema& schema, const Table& table, const Column& column,
                             const std::vector<Identifier>& key) {
  ReleaseColumn out;
  out.name = column.name;
  out.type = column.type;
  out.logical = column.name.str();
  out.not_null = column.not_null;
  out.has_default = !column.default_value.empty() || column.identity.has_value();
  out.same_default = column.default_value.facts().is_constant;
  out.written = column.generated.empty() && !(column.identity && column.identity->always);
  out.in_key = contains(key, column.name);
  for (const Index& index : table.indexes) {
    if (!index.unique) continue;
    for (const IndexElement& element : index.elements) {
      const bool here =
          element.column.empty() ? element.expression.mentions(column.name) : element.column == column.name;
      out.unique = out.unique || here;
    }
  }
  for (const Constraint& constraint : table.constraints) {
    const ConstraintDefinition& definition = constraint.definition;
    if (definition.kind == ConstraintKind::ForeignKey && contains(definition.columns, column.name))
      out.references = true;
    if (definition.kind == ConstraintKind::Check && definition.expression.mentions(column.name))
      out.checked = true;
    if (definition.kind == ConstraintKind::Exclusion) out.checked = true;
  }
  for (const Schema::Reference& reference : schema.references_to(table.name)) {
    const Table* from = schema.table(reference.from);
    const Constraint* constraint = from == nullptr ? nullptr : from->constraint(reference.constraint);
    if (constraint != nullptr && contains(constraint->definition.references.columns, column.name))
      out.unique = true;
  }
  if (table.partition_by) {
    for (const IndexElement& element : table.partition_by->elements) {
      if (element.column == column.name) out.checked = true;
    }
  }
  return out;
}

}  // namespace

std::string_view release_name(Release release) {
  switch (release) {
    case Release::Old:
      return "old release";
    case Release::New:
      return "new release";
    case Release::Transitional:
      return "transitional release";
  }
  return "";
}

ReleaseMapping mapping_of(const std::vector<Intention>& intentions) {
  ReleaseMapping mapping;
  for (const Intention& intention : intentions) {
    if (const auto* column = std::get_if<RenameColumn>(&intention.operation)) {
      mapping.columns.push_back({column->table, column->from, column->to});
    } else if (const auto* table = std::get_if<RenameTable>(&intention.operation)) {
      mapping.tables.emplace_back(table->table, TableName(table->table.schema, table->to));
    }
  }
  return mapping;
}

ReleaseModel release_model(const Schema& schema, Release release, const ReleaseMapping& mapping,
                           const std::vector<TableName>& only) {
  ReleaseModel model;
  model.release = release;
  for (const auto& [name, table] : schema.tables) {
    // Rows of tables that inherit from it are found in it too, under keys that are unique in each alone.
    const bool inherited = table->kind == RelationKind::Table && !table->children.empty();
    if (table->kind == RelationKind::ForeignTable || table->partition_of || inherited ||
        name.schema.str().starts_with("planner"))
      continue;
    TableName old_name = name;
    TableName new_name = name;
    for (const auto& [from, to] : mapping.tables) {
      if (release == Release::Old && schema.resolve_relation(from) == name)
        new_name = TableName(name.schema, to.name);
      if (release != Release::Old && to.name == name.name) old_name = TableName(name.schema, from.name);
    }
    if (!only.empty() && std::find(only.begin(), only.end(), old_name) == only.end()) continue;
    ReleaseTable out;
    out.name = name;
    out.logical = display(new_name);
    out.key = key_of(*table);
    if (out.key.empty()) continue;
    out.referenced = !schema.references_to(name).empty();
    for (const Column& column : table->columns) {
      ReleaseColumn seen = release_column(schema, *table, column, out.key);
      if (release == Release::Old) {
        for (const ReleaseMapping::Column& renamed : mapping.columns) {
          if (schema.resolve_relation(renamed.table) == name && renamed.from == column.name)
            seen.logical = renamed.to.str();
        }
      }
      out.columns.push_back(std::move(seen));
    }
    model.tables.push_back(std::move(out));
  }
  return model;
}

void match_releases(ReleaseModel& old_release, ReleaseModel& new_release) {
  for (ReleaseTable& before : old_release.tables) {
    for (ReleaseTable& after : new_release.tables) {
      if (before.logical != after.logical) continue;
      for (ReleaseColumn& old_column : before.columns) {
        for (ReleaseColumn& new_column : after.columns) {
          if (old_column.logical != new_column.logical) continue;
          if (new_column.not_null && !old_column.not_null) old_column.filled = true;
          // What the migration is about to refuse, whoever sends it, neither sends; nor what is refused until
          // the old release is gone, which may rely on that.
          old_column.unique = new_column.unique = old_column.unique || new_column.unique;
          old_column.references = new_column.references = old_column.references || new_column.references;
          old_column.checked = new_column.checked = old_column.checked || new_column.checked;
          old_column.default_leads = new_column.default_leads =
              old_column.references && (old_column.has_default || new_column.has_default);
          if (old_column.type == new_column.type) continue;
          old_column.other_type = new_column.type;
          new_column.other_type = old_column.type;
        }
      }
    }
  }
}

void note_views(ReleaseModel& model, const Plan& plan, Schema start) {
  for (const Phase& phase : plan.phases) {
    replay_file(start, parse_file(phase.migration.str()));
    for (ReleaseTable& table : model.tables)
      table.behind_view = table.behind_view || start.view(table.name) != nullptr;
  }
}

ReleaseModel transitional_model(const ReleaseModel& old_release, const ReleaseModel& new_release) {
  ReleaseModel model = new_release;
  model.release = Release::Transitional;
  for (ReleaseTable& table : model.tables) {
    for (const ReleaseTable& before : old_release.tables) {
      if (before.logical != table.logical || before.name != table.name) continue;
      for (const ReleaseColumn& column : before.columns) {
        const auto same = std::find_if(table.columns.begin(), table.columns.end(),
                                       [&](const ReleaseColumn& other) { return other.name == column.name; });
        const auto twin =
            std::find_if(table.columns.begin(), table.columns.end(),
                         [&](const ReleaseColumn& other) { return other.logical == column.logical; });
        if (same == table.columns.end() && twin != table.columns.end()) table.columns.push_back(column);
      }
    }
  }
  return model;
}

}  // namespace planner

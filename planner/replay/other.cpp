#include <algorithm>

#include "planner/builtin_settings.h"
#include "planner/builtin_types.h"
#include "planner/error.h"
#include "planner/replay/internal.h"
#include "planner/sql/conditions.h"
#include "planner/sql/parse.h"

namespace planner::replaying {

// ---- schemas and extensions

void apply(Context& context, const CreateSchema& op) {
  const Identifier name = op.schema.empty() ? Identifier(op.authorization) : op.schema;
  if (context.schema.schemas.contains(name)) {
    if (op.if_not_exists) return;
    refuse("42P06", "schema \"{}\" already exists", name.str());
  }
  if (name.str().starts_with("pg_")) refuse("42939", "unacceptable schema name \"{}\"", name.str());
  context.schema.schemas.put(name, "");
}

void apply(Context& context, const CreateExtension& op) {
  Schema& schema = context.schema;
  if (schema.extensions.contains(op.extension) || op.extension.str() == "plpgsql") {
    if (op.if_not_exists) return;
    refuse("42710", "extension \"{}\" already exists", op.extension.str());
  }
  if (!op.schema.empty() && op.schema.str() != "pg_catalog") require_schema(schema, op.schema);
  const Identifier place = op.schema.empty() ? schema.creation_schema() : op.schema;
  schema.extensions.put(op.extension, std::string(op.version));
  const KnownExtension* known = known_extension(op.extension);
  if (known == nullptr) return;
  for (const std::string_view type_name : known->types) {
    OtherType type;
    type.name = ObjectName(place, Identifier(type_name));
    type.kind = 'b';
    type.extension = op.extension;
    const ObjectName name = type.name;
    if (!type_exists(schema, name)) schema.types.put(name, std::move(type));
  }
}

void apply(Context& context, const AlterExtension& op) {
  if (!context.schema.extensions.contains(op.extension) && op.extension.str() != "plpgsql") {
    refuse("42704", "extension \"{}\" does not exist", op.extension.str());
  }
}

void apply(Context& context, const DropOwned& op) {
  std::string roles;
  for (const std::string& role : op.roles) roles += (roles.empty() ? "" : ", ") + role;
  context.schema.gaps.push("DROP OWNED BY " + roles +
                           " may have dropped objects that planner does not know the owner of");
}

// ---- comments and owners

namespace {

FoundRelation relation_of(const Schema& schema, const ObjectName& written) {
  const auto found = find_relation(schema, written);
  if (!found) {
    if (!written.schema.empty()) require_schema(schema, written.schema);
    refuse("42P01", "relation \"{}\" does not exist", as_written(written));
  }
  return *found;
}

void comment_column(Context& context, const Comment& op, const std::string& text) {
  const FoundRelation found = relation_of(context.schema, op.name);
  if (found.kind != Relation::Table) return;  // columns of views and composite types: not kept
  edit_column(edit_table(context, found.name), op.sub_object).comment = text;
}

void require_statistics(const Schema& schema, const ObjectName& written) {
  if (!schema.gaps.empty()) return;
  for (const auto& [name, table] : schema.tables) {
    for (const CreateStatistics& each : table->statistics) {
      if (each.name.name == written.name && (written.schema.empty() || written.schema == each.name.schema))
        return;
    }
  }
  for (const auto& [name, view] : schema.views) {
    if (view->materialized) return;  // it may be one of a materialized view
  }
  refuse("42704", "statistics object \"{}\" does not exist", as_written(written));
}

void comment_constraint(Context& context, const Comment& op, const std::string& text) {
  const auto found = find_relation(context.schema, op.name);
  if (const Domain* domain = found ? nullptr : context.schema.domain(op.name)) {
    const bool there =
        std::any_of(domain->checks.begin(), domain->checks.end(),
                    [&](const Constraint& check) { return check.definition.name == op.sub_object; });
    if (!there) {
      refuse("42704", "constraint \"{}\" for domain {} does not exist", op.sub_object.str(),
             domain->name.name.str());
    }
  }
  if (!found || found->kind != Relation::Table) return;
  Constraint* constraint = edit_table(context, found->name).constraint(op.sub_object);
  if (constraint == nullptr) {
    refuse("42704", "constraint \"{}\" for table \"{}\" does not exist", op.sub_object.str(),
           op.name.name.str());
  }
  constraint->comment = text;
}

/// Calls `change` with the type's comment or owner, whatever kind of type it is.
template <typename Change>
void change_type(Context& context, const ObjectName& written, const Change& change) {
  Schema& schema = context.schema;
  const ObjectName name = type_named(schema, written);
  if (EnumType* type = schema.enums.edit(name)) {
    change(type->comment, type->owner);
  } else if (Domain* domain = schema.domains.edit(name)) {
    change(domain->comment, domain->owner);
  } else if (OtherType* other = schema.types.edit(name)) {
    change(other->comment, other->owner);
  }
}

template <typename Change>
void change_relation(Context& context, const ObjectName& written, const Change& change) {
  Schema& schema = context.schema;
  const FoundRelation found = relation_of(schema, written);
  std::string none;
  if (Table* table = schema.tables.edit(found.name)) {
    change(table->comment, table->owner);
  } else if (View* view = schema.views.edit(found.name)) {
    change(view->comment, view->owner);
  } else if (Sequence* sequence = schema.sequences.edit(found.name)) {
    change(sequence->comment, sequence->owner);
  } else if (Index* index = edit_index(context, found.name)) {
    change(index->comment, none);
  }
}

template <typename Change>
void change_function(Context& context, ObjectKind kind, const ObjectName& written,
                     const std::optional<std::vector<TypeName>>& arguments, const Change& change) {
  ObjectName name;
  const std::size_t overload =
      overload_named(context.schema, FunctionSignature{written, arguments}, name, routine_word(kind));
  Function& function = (*context.schema.functions.edit(name))[overload];
  change(function.comment, function.owner);
}

template <typename Change>
void change_object(Context& context, ObjectKind kind, const ObjectName& name,
                   const std::optional<std::vector<TypeName>>& arguments, const Change& change) {
  switch (kind) {
    case ObjectKind::Table:
    case ObjectKind::ForeignTable:
    case ObjectKind::View:
    case ObjectKind::MaterializedView:
    case ObjectKind::Index:
    case ObjectKind::Sequence:
      return change_relation(context, name, change);
    case ObjectKind::Type:
    case ObjectKind::Domain:
      return change_type(context, name, change);
    case ObjectKind::Function:
    case ObjectKind::Procedure:
    case ObjectKind::Aggregate:
    case ObjectKind::Routine:
      return change_function(context, kind, name, arguments, change);
    default:
      return;
  }
}

}  // namespace

void apply(Context& context, const Comment& op) {
  const std::string text = op.text.value_or("");
  switch (op.kind) {
    case ObjectKind::Column:
      return comment_column(context, op, text);
    case ObjectKind::Constraint:
      return comment_constraint(context, op, text);
    case ObjectKind::Statistics:
      return require_statistics(context.schema, op.name);
    case ObjectKind::Schema:
      if (!context.schema.schemas.contains(op.name.name)) {
        refuse("3F000", "schema \"{}\" does not exist", op.name.name.str());
      }
      context.schema.schemas.put(op.name.name, text);
      return;
    case ObjectKind::Domain: {
      const ObjectName name = type_named(context.schema, op.name);
      if (!context.schema.domains.contains(name) && type_exists(context.schema, name))
        refuse("42809", "\"{}\" is not a domain", as_written(op.name));
      [[fallthrough]];
    }
    default:
      return change_object(context, op.kind, op.name, op.arguments,
                           [&](std::string& comment, std::string&) { comment = text; });
  }
}

void apply(Context& context, const ChangeOwner& op) {
  change_object(context, op.kind, op.name, op.arguments,
                [&](std::string&, std::string& owner) { owner = op.owner; });
}

namespace {

void rename_statistics(Context& context, const OtherObject& op) {
  for (const auto& [table_name, table] : context.schema.tables) {
    for (std::size_t i = 0; i < table->statistics.size(); ++i) {
      const ObjectName& name = table->statistics[i].name;
      const bool path_leads_there = contains(context.schema.search_path, name.schema);
      if (name.name != op.name.name ||
          (op.name.schema.empty() ? !path_leads_there : op.name.schema != name.schema))
        continue;
      edit_table(context, TableName(table_name)).statistics[i].name.name = op.to;
      return;
    }
  }
  refuse("42704", "statistics object \"{}\" does not exist", as_written(op.name));
}

using PublishedColumns = SharedMap<Identifier, std::map<TableName, std::vector<Identifier>>>;

void remember(PublishedColumns& facts, const Identifier& publication, const TableName& table,
              const std::vector<Identifier>& columns) {
  if (columns.empty()) return;
  if (!facts.contains(publication)) facts.put(publication, {});
  (*facts.edit(publication))[table] = columns;
}

template <typename Map>
void move_key(Map& map, const Identifier& from, const Identifier& to) {
  const auto* held = map.find(from);
  if (held == nullptr) return;
  auto moved = *held;
  map.erase(from);
  map.put(to, std::move(moved));
}

/// Tables of an ALTER or CREATE PUBLICATION; refused where PostgreSQL would.
std::vector<TableName> published_tables(const Schema& schema, const OtherObject& op) {
  const Identifier& name = op.name.name;
  std::vector<TableName> tables;
  for (std::size_t i = 0; i < op.tables.size(); ++i) {
    const TableName table = table_named(schema, op.tables[i]);
    const bool there = op.change == 'a' && contains(*schema.publications.find(name), table);
    const bool missing = op.change == '-' && !contains(*schema.publications.find(name), table);
    if (there)
      refuse("42710", "relation \"{}\" is already member of publication \"{}\"", table.name.str(),
             name.str());
    if (missing) refuse("42704", "relation \"{}\" is not part of the publication", table.name.str());
    if (i < op.listed.size()) {
      for (const Identifier& column : op.listed[i]) column_of(table_at(schema, table), column);
    }
    if (!contains(tables, table)) tables.push_back(table);
  }
  return tables;
}

template <typename Change>
void change_published(Schema& schema, const TableName& table, const Change& change) {
  std::vector<Identifier> publications;
  for (const auto& [publication, tables] : schema.publications) {
    if (contains(*tables, table)) publications.push_back(publication);
  }
  for (const Identifier& publication : publications) change(publication);
}

}  // namespace

void unpublish(Schema& schema, const Identifier& publication, const TableName& table) {
  if (std::vector<TableName>* tables = schema.publications.edit(publication)) erase_value(*tables, table);
  for (PublishedColumns* facts : {&schema.publication_filters, &schema.publication_columns}) {
    if (facts->contains(publication)) facts->edit(publication)->erase(table);
  }
}

void unpublish(Schema& schema, const TableName& table) {
  change_published(schema, table,
                   [&](const Identifier& publication) { unpublish(schema, publication, table); });
}

void rename_published(Schema& schema, const TableName& from, const TableName& to) {
  change_published(schema, from, [&](const Identifier& publication) {
    for (TableName& table : *schema.publications.edit(publication)) {
      if (table == from) table = to;
    }
    for (PublishedColumns* facts : {&schema.publication_filters, &schema.publication_columns}) {
      if (!facts->contains(publication) || !facts->find(publication)->contains(from)) continue;
      auto node = facts->edit(publication)->extract(from);
      node.key() = to;
      facts->edit(publication)->insert(std::move(node));
    }
  });
}

void rename_published_column(Schema& schema, const TableName& table, const Identifier& from,
                             const Identifier& to) {
  change_published(schema, table, [&](const Identifier& publication) {
    for (PublishedColumns* facts : {&schema.publication_filters, &schema.publication_columns}) {
      if (!facts->contains(publication) || !facts->find(publication)->contains(table)) continue;
      for (Identifier& column : facts->edit(publication)->at(table)) {
        if (column == from) column = to;
      }
    }
  });
}

void apply(Context& context, const OtherObject& op) {
  if (op.kind == ObjectKind::Statistics && op.change == 'r') return rename_statistics(context, op);
  if (op.kind != ObjectKind::Publication) return;
  const Identifier& name = op.name.name;
  Schema& schema = context.schema;
  if (op.change == 'd') {
    if (!schema.publications.contains(name) && !op.if_exists)
      refuse("42704", "publication \"{}\" does not exist", name.str());
    schema.publications.erase(name);
    schema.publication_filters.erase(name);
    schema.publication_columns.erase(name);
    return;
  }
  if (op.change == 'r') {
    if (!schema.publications.contains(name)) refuse("42704", "publication \"{}\" does not exist", name.str());
    if (schema.publications.contains(op.to))
      refuse("42710", "publication \"{}\" already exists", op.to.str());
    move_key(schema.publications, name, op.to);
    move_key(schema.publication_filters, name, op.to);
    move_key(schema.publication_columns, name, op.to);
    return;
  }
  if (op.change == 'c') {
    if (schema.publications.contains(name)) refuse("42710", "publication \"{}\" already exists", name.str());
  } else if (!schema.publications.contains(name)) {
    refuse("42704", "publication \"{}\" does not exist", name.str());
  }
  const std::vector<TableName> tables = published_tables(schema, op);
  if (op.change == 'c') {
    schema.publications.put(name, {});
  } else if (op.change == '=') {
    schema.publications.edit(name)->clear();
    schema.publication_filters.erase(name);
    schema.publication_columns.erase(name);
  }
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (op.change == '-') {
      unpublish(schema, name, tables[i]);
      continue;
    }
    schema.publications.edit(name)->push_back(tables[i]);
    if (i < op.filtered.size()) remember(schema.publication_filters, name, tables[i], op.filtered[i]);
    if (i < op.listed.size()) remember(schema.publication_columns, name, tables[i], op.listed[i]);
  }
}

// ---- the session

namespace {

void set_search_path(Context& context, const std::vector<std::string>& values, bool local) {
  Schema& schema = context.schema;
  if (local && !schema.search_path_after_transaction)
    schema.search_path_after_transaction = schema.search_path;
  if (!local) schema.search_path_after_transaction.reset();
  schema.search_path.clear();
  for (const std::string& value : values) {
    if (!value.empty() && value != "$user") schema.search_path.emplace_back(value);
  }
}

void reset_search_path(Schema& schema) {
  schema.search_path = schema.session_search_path;
  schema.search_path_after_transaction.reset();
}

}  // namespace

void apply(Context& context, const SetVariable& op) {
  if (!op.reset_all && !op.name.empty() && !is_setting(op.name))
    refuse("42704", "unrecognized configuration parameter \"{}\"", op.name);
  if (op.reset_all) {
    reset_search_path(context.schema);
    context.schema.time_zone.clear();
  } else if (op.name == "search_path") {
    if (op.reset) return reset_search_path(context.schema);
    set_search_path(context, op.values, op.local);
  } else if (op.name == "timezone" || op.name == "TimeZone") {
    context.schema.time_zone = op.reset || op.values.empty() ? std::string() : op.values.front();
  }
}

namespace {

/// The list that the text of a search path spells.
std::optional<std::vector<std::string>> path_in(const std::string& text) {
  if (text.empty()) return std::vector<std::string>{};
  try {
    for (const Operation& operation : parse_statement("SET search_path TO " + text)) {
      if (const auto* set = std::get_if<SetVariable>(&operation)) return set->values;
    }
  } catch (const Error&) {
  }
  return std::nullopt;
}

}  // namespace

void apply(Context& context, const Select& op) {
  for (const SettingCall& call : setting_calls(op.query)) {
    if (call.name != "search_path") continue;
    // SELECT pg_catalog.set_config('search_path', '', false), as pg_dump writes it.
    const std::optional<std::vector<std::string>> path = call.value ? path_in(*call.value) : std::nullopt;
    if (path) {
      set_search_path(context, *path, call.local);
    } else {
      context.schema.gaps.push("set_config('search_path', ...) with a list that planner cannot read");
    }
  }
}

void apply(Context& context, const Transaction& op) {
  Schema& schema = context.schema;
  SharedStack<Schema::OpenTransaction>& open = schema.open_transactions;
  const auto remember = [&](Identifier savepoint) {
    auto before = std::make_shared<Schema>(schema);
    before->open_transactions.clear();
    open.push({std::move(savepoint), std::move(before)});
  };
  const auto end_transaction = [&] {
    if (schema.search_path_after_transaction) schema.search_path = *schema.search_path_after_transaction;
    schema.search_path_after_transaction.reset();
    open.clear();
  };
  const auto begin = [&] {
    if (open.empty()) remember(Identifier());
  };
  /// The open transactions up to the savepoint, which is their top.
  const auto up_to_savepoint = [&] {
    SharedStack<Schema::OpenTransaction> up_to = open;
    while (!up_to.empty() && (up_to.top().savepoint.empty() || up_to.top().savepoint != Identifier(op.name)))
      up_to.pop();
    if (up_to.empty()) refuse("3B001", "savepoint \"{}\" does not exist", op.name);
    return up_to;
  };
  switch (op.action) {
    case TransactionAction::Begin:
      begin();
      break;
    case TransactionAction::Commit:
    case TransactionAction::Prepare:
      end_transaction();
      if (op.chain) begin();
      break;
    case TransactionAction::Rollback: {
      if (open.empty()) break;
      while (open.size() > 1) open.pop();
      const std::shared_ptr<const Schema> before = open.top().before;
      schema = *before;
      if (op.chain) begin();
      break;
    }
    case TransactionAction::Savepoint:
      remember(Identifier(op.name));
      break;
    case TransactionAction::ReleaseSavepoint:
      open = up_to_savepoint();
      open.pop();
      break;
    case TransactionAction::RollbackToSavepoint: {
      SharedStack<Schema::OpenTransaction> kept = up_to_savepoint();
      const std::shared_ptr<const Schema> before = kept.top().before;
      schema = *before;
      schema.open_transactions = std::move(kept);
      break;
    }
    default:
      break;
  }
}

void apply(Context& context, const Discard&) { end_session(context.schema); }

void apply(Context& context, const Unrecognized& op) {
  Schema& schema = context.schema;
  schema.gaps.push(op.dynamic ? "dynamic SQL (" + op.what + ") was not looked at"
                              : op.what + " was not understood");
  for (const TableName& written : op.may_touch) {
    const auto found = find_relation(schema, written);
    if (!found) continue;
    if (Table* table = schema.tables.edit(found->name)) table->certainty = Certainty::Uncertain;
    if (View* view = schema.views.edit(found->name)) view->certainty = Certainty::Uncertain;
  }
}

}  // namespace planner::replaying

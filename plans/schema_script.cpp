#include "plans/schema_script.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "planner/schema_diff.h"
#include "planner/schema_facets.h"
#include "plans/schema_sql.h"
#include "plans/schema_tables.h"
#include "plans/steps/ddl.h"

namespace planner::plans {

using script::Scripter;
using script::Stage;

namespace {

CompareOptions everything() {
  CompareOptions options;
  options.comments = true;
  return options;
}

/// Functions that need a table first: row types in their signature, or a body that is bound to names.
bool needs_tables(const Function& function, const Schema& schema) {
  const auto of_table = [&](const TypeName& type) {
    return schema.tables.contains(type.name) || schema.views.contains(type.name);
  };
  return !function.definition.sql_body.empty() || of_table(function.definition.returns) ||
         std::any_of(function.input_types.begin(), function.input_types.end(), of_table);
}

bool differ(const Facets& a, const Facets& b) {
  if (a.size() != b.size()) return true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].what != b[i].what || !same_facet(a[i], b[i])) return true;
  }
  return false;
}

class ObjectScripter {
 public:
  ObjectScripter(Scripter& script) : s_(script), from_(script.from), to_(script.to) {}

  void run() {
    schemas_and_extensions();
    enums();
    domains();
    composite_types();
    sequences();
    functions();
  }

 private:
  void add(Stage stage, Sql statement) { s_.add(stage, std::move(statement)); }

  void comment(const Sql& thing, const std::string& before, const std::string& after) {
    if (before != after) add(Stage::Comments, comment_sql(thing, after));
  }

  void schemas_and_extensions() {
    for (const auto& [name, text] : to_.schemas) {
      const std::string* old = from_.schemas.find(name);
      if (old == nullptr) add(Stage::Schemas, sql("CREATE SCHEMA {}", name));
      comment(sql("SCHEMA {}", name), old == nullptr ? "" : *old, *text);
    }
    for (const auto& [name, version] : to_.extensions) {
      if (from_.extensions.contains(name)) continue;
      const Identifier place = schema_of_extension(name);
      add(Stage::Schemas, place.empty()
                              ? sql("CREATE EXTENSION IF NOT EXISTS {}", name)
                              : sql("CREATE EXTENSION IF NOT EXISTS {} WITH SCHEMA {}", name, place));
    }
    // An extension goes before the schema it stands in.
    for (const auto& [name, version] : from_.extensions) {
      if (!to_.extensions.contains(name)) add(Stage::DropSchemas, sql("DROP EXTENSION IF EXISTS {}", name));
    }
    for (const auto& [name, text] : from_.schemas) {
      if (!to_.schemas.contains(name)) add(Stage::DropSchemas, sql("DROP SCHEMA {}", name));
    }
  }

  /// Where its members stand; empty when none is known.
  Identifier schema_of_extension(const Identifier& extension) const {
    for (const auto& [name, type] : to_.types) {
      if (type->extension == extension) return name.schema;
    }
    for (const auto& [name, overloads] : to_.functions) {
      for (const Function& function : *overloads) {
        if (function.extension == extension) return name.schema;
      }
    }
    return Identifier();
  }

  void enums() {
    for (const auto& [name, type] : to_.enums) {
      const EnumType* old = from_.enums.find(name);
      if (old == nullptr) {
        add(Stage::Types, create_enum_sql(*type));
      } else if (old->labels != type->labels && !add_labels(*old, *type)) {
        s_.swap_enum(*type);
      }
      comment(sql("TYPE {}", name), old == nullptr ? "" : old->comment, type->comment);
    }
    for (const auto& [name, type] : from_.enums) {
      if (!to_.enums.contains(name)) add(Stage::DropTypes, sql("DROP TYPE {}", name));
    }
  }

  /// ALTER TYPE .. ADD VALUE is enough when the old labels keep their order.
  bool add_labels(const EnumType& old, const EnumType& wanted) {
    std::size_t at = 0;
    for (const std::string& label : wanted.labels) {
      if (at < old.labels.size() && old.labels[at] == label) ++at;
    }
    if (at != old.labels.size()) return false;
    const std::set<std::string> known(old.labels.begin(), old.labels.end());
    for (std::size_t i = 0; i < wanted.labels.size(); ++i) {
      if (known.contains(wanted.labels[i])) continue;
      const Sql where =
          i > 0 ? sql(" AFTER {}", Literal(wanted.labels[i - 1]))
                : sql(" BEFORE {}", Literal(old.labels.empty() ? wanted.labels[0] : old.labels.front()));
      add(Stage::Types, sql("ALTER TYPE {} ADD VALUE {}{}", wanted.name, Literal(wanted.labels[i]),
                            old.labels.empty() && i == 0 ? Sql() : where));
      s_.result.outside_transaction = true;
    }
    return true;
  }

  void domains() {
    for (const ObjectName& name : domains_by_need()) {
      const Domain& domain = *to_.domains.find(name);
      const Domain* old = from_.domains.find(name);
      if (old == nullptr) {
        add(Stage::Types, create_domain_sql(domain));
      } else {
        change_domain(*old, domain);
      }
      comment(sql("DOMAIN {}", name), old == nullptr ? "" : old->comment, domain.comment);
    }
    for (const auto& [name, domain] : from_.domains) {
      if (!to_.domains.contains(name)) add(Stage::DropTypes, sql("DROP DOMAIN {}", name));
    }
  }

  /// A domain over a domain comes behind it.
  std::vector<ObjectName> domains_by_need() const {
    std::vector<ObjectName> out;
    std::set<ObjectName> done;
    const auto visit = [&](const auto& self, const ObjectName& name) -> void {
      const Domain* domain = to_.domains.find(name);
      if (domain == nullptr || !done.insert(name).second) return;
      self(self, domain->base.name);
      out.push_back(name);
    };
    for (const auto& [name, domain] : to_.domains) visit(visit, name);
    return out;
  }

  void change_domain(const Domain& old, const Domain& wanted) {
    const auto alter = [&](const Sql& what) {
      add(Stage::Types, sql("ALTER DOMAIN {} {}", wanted.name, what));
    };
    if (old.base != wanted.base || old.collation != wanted.collation) {
      s_.note("domain " + display(wanted.name) +
              " stands on another type: a domain cannot be changed that way, its columns have to move to a "
              "new one");
    }
    if (!same_default(old.default_value, wanted.default_value)) {
      alter(wanted.default_value.empty() ? sql("DROP DEFAULT")
                                         : sql("SET DEFAULT {}", wanted.default_value.text()));
    }
    if (old.not_null != wanted.not_null) alter(wanted.not_null ? sql("SET NOT NULL") : sql("DROP NOT NULL"));
    const auto named = [](const std::vector<Constraint>& all, const Identifier& name) {
      return std::find_if(all.begin(), all.end(),
                          [&](const Constraint& one) { return one.definition.name == name; });
    };
    for (const Constraint& check : old.checks) {
      const auto other = named(wanted.checks, check.definition.name);
      if (other == wanted.checks.end() ||
          differ(facets_of(check, everything()), facets_of(*other, everything()))) {
        alter(sql("DROP CONSTRAINT {}", check.definition.name));
      }
    }
    for (const Constraint& check : wanted.checks) {
      const auto other = named(old.checks, check.definition.name);
      if (other == old.checks.end() ||
          differ(facets_of(check, everything()), facets_of(*other, everything()))) {
        ConstraintDefinition definition = check.definition;
        definition.not_valid = !check.validated;
        alter(sql("ADD {}", constraint_sql(definition)));
      }
    }
  }

  void composite_types() {
    for (const auto& [name, type] : to_.types) {
      if (!type->extension.empty()) continue;
      const OtherType* old = from_.types.find(name);
      if (old == nullptr) {
        const Sql made = create_type_sql(*type);
        if (made.empty()) s_.note("type " + display(name) + " cannot be made from what planner knows of it");
        if (!made.empty()) add(Stage::Types, made);
      } else if (differ(facets_of(*old, everything()), facets_of(*type, everything()))) {
        change_composite(*old, *type);
      }
      comment(sql("TYPE {}", name), old == nullptr ? "" : old->comment, type->comment);
    }
    for (const auto& [name, type] : from_.types) {
      if (type->extension.empty() && !to_.types.contains(name))
        add(Stage::DropTypes, sql("DROP TYPE {}", name));
    }
  }

  void change_composite(const OtherType& old, const OtherType& wanted) {
    if (old.kind != 'c' || wanted.kind != 'c') {
      s_.note("type " + display(wanted.name) + " is of another kind: it has to be dropped and made by hand");
      return;
    }
    const auto named = [](const std::vector<Column>& all, const Identifier& name) {
      return std::find_if(all.begin(), all.end(), [&](const Column& one) { return one.name == name; });
    };
    const auto alter = [&](const Sql& what) {
      add(Stage::Types, sql("ALTER TYPE {} {}", wanted.name, what));
    };
    for (const Column& attribute : old.attributes) {
      if (named(wanted.attributes, attribute.name) == wanted.attributes.end())
        alter(sql("DROP ATTRIBUTE {}", attribute.name));
    }
    for (const Column& attribute : wanted.attributes) {
      const auto before = named(old.attributes, attribute.name);
      if (before == old.attributes.end())
        alter(sql("ADD ATTRIBUTE {} {}", attribute.name, type_sql(attribute.type)));
      if (before != old.attributes.end() && before->type != attribute.type) {
        alter(sql("ALTER ATTRIBUTE {} TYPE {}", attribute.name, type_sql(attribute.type)));
      }
    }
  }

  void sequences() {
    for (const auto& [name, sequence] : to_.sequences) {
      const Sequence* old = from_.sequences.find(name);
      if (sequence->internal) {
        if (old != nullptr && old->internal) {
          if (differ(facets_of(*old, everything()), facets_of(*sequence, everything())))
            change_sequence(*old, *sequence);
        } else if (const Table* table =
                       sequence->owner_table ? to_.tables.find(*sequence->owner_table) : nullptr) {
          // One copied by LIKE may be wider than its column.
          const Column* column = table->column(sequence->owner_column);
          if (column != nullptr && !column->type.is(sequence->type)) {
            add(Stage::Owners, sql("ALTER SEQUENCE {} AS {} MAXVALUE {}", name, Sql::verbatim(sequence->type),
                                   sequence->maximum));
          }
        }
        continue;
      }
      if (old == nullptr) {
        add(Stage::Sequences, create_sequence_sql(*sequence));
        if (sequence->owner_table) add(Stage::Owners, sequence_owner_sql(*sequence));
      } else {
        change_sequence(*old, *sequence);
      }
      comment(sql("SEQUENCE {}", name), old == nullptr ? "" : old->comment, sequence->comment);
    }
    for (const auto& [name, sequence] : from_.sequences) {
      // With its column an owned sequence goes by itself.
      if (!sequence->internal && !to_.sequences.contains(name))
        add(Stage::DropTypes, sql("DROP SEQUENCE IF EXISTS {}", name));
    }
  }

  void change_sequence(const Sequence& old, const Sequence& wanted) {
    std::vector<Sql> changes;
    if (old.type != wanted.type) changes.push_back(sql("AS {}", Sql::verbatim(wanted.type)));
    if (old.increment != wanted.increment) changes.push_back(sql("INCREMENT BY {}", wanted.increment));
    if (old.minimum != wanted.minimum || old.type != wanted.type)
      changes.push_back(sql("MINVALUE {}", wanted.minimum));
    if (old.maximum != wanted.maximum || old.type != wanted.type)
      changes.push_back(sql("MAXVALUE {}", wanted.maximum));
    if (old.start != wanted.start) changes.push_back(sql("START WITH {}", wanted.start));
    if (old.cache != wanted.cache) changes.push_back(sql("CACHE {}", wanted.cache));
    if (old.cycle != wanted.cycle) changes.push_back(Sql::verbatim(wanted.cycle ? "CYCLE" : "NO CYCLE"));
    if (!changes.empty()) add(Stage::Owners, sql("ALTER SEQUENCE {} {}", wanted.name, join(changes, " ")));
    if (old.owner_table != wanted.owner_table || old.owner_column != wanted.owner_column) {
      // Let go first: the old owner may be dropped and would take the sequence along.
      if (old.owner_table) add(Stage::Release, sql("ALTER SEQUENCE {} OWNED BY NONE", wanted.name));
      if (wanted.owner_table) add(Stage::Owners, sequence_owner_sql(wanted));
    }
  }

  static const Function* overload(const Schema& schema, const ObjectName& name, const Function& like) {
    const std::vector<Function>* overloads = schema.functions.find(name);
    if (overloads == nullptr) return nullptr;
    for (const Function& one : *overloads) {
      if (signature_text(one) == signature_text(like)) return &one;
    }
    return nullptr;
  }

  void functions() {
    for (const auto& [name, overloads] : to_.functions) {
      for (const Function& function : *overloads) {
        if (function.extension.empty()) make_function(name, function);
      }
    }
    for (const auto& [name, overloads] : from_.functions) {
      for (const Function& function : *overloads) {
        if (!function.extension.empty() || overload(to_, name, function) != nullptr) continue;
        add(needs_tables(function, from_) ? Stage::Release : Stage::DropFunctions,
            sql("DROP {}", function_signature_sql(function)));
      }
    }
  }

  void make_function(const ObjectName& name, const Function& function) {
    const Function* old = overload(from_, name, function);
    const Stage stage = needs_tables(function, to_) ? Stage::LateFunctions : Stage::Functions;
    comment(function_signature_sql(function), old == nullptr ? "" : old->comment, function.comment);
    if (old != nullptr) {
      CompareOptions plain = everything();
      plain.comments = false;
      if (!differ(facets_of(*old, plain), facets_of(function, plain))) return;
    }
    const Sql made = create_function_sql(function, old != nullptr);
    if (made.empty()) {
      s_.note("function " + display(name) + "(" + signature_text(function) +
              ") cannot be made from what planner knows of it");
      return;
    }
    if (function.definition.language == "sql") s_.functions_read_tables = true;
    add(stage, made);
  }

  Scripter& s_;
  const Schema& from_;
  const Schema& to_;
};

}  // namespace

SchemaScript script_between(const Schema& from, const Schema& to) {
  Scripter script{from, to};
  ObjectScripter(script).run();
  script::script_tables(script);
  SchemaScript& result = script.result;
  if (script.functions_read_tables) result.statements.push_back(sql("SET check_function_bodies = off"));
  for (std::vector<Sql>& stage : script.stages) {
    for (Sql& statement : stage) result.statements.push_back(std::move(statement));
  }
  return std::move(result);
}

}  // namespace planner::plans

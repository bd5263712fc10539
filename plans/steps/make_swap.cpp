#include <algorithm>

#include "planner/casts.h"
#include "planner/compose/compose.h"
#include "plans/recipes.h"
#include "plans/steps/ddl.h"
#include "plans/steps/dependents.h"
#include "plans/steps/make_swap.h"
#include "plans/steps/swap_reasons.h"
#include "plans/steps/text.h"
#include "plans/steps/type_swap.h"
#include "plans/steps/type_wishes.h"

namespace planner::plans {
namespace {

TypeName renamed_type(TypeName type, const ObjectName& name) {
  type.name = name;
  return type;
}

struct Builder {
  const RecipeContext& context;
  const std::vector<Wanted>& wanted;
  TypeSwap swap;
  std::vector<std::string> notes;
  bool old_works_after = true, new_works_before = true;

  SwappedEnum& enum_of(const ReplaceEnum& replace) {
    for (SwappedEnum& known : swap.enums) {
      if (known.type == replace.type) return known;
    }
    swap.enums.push_back({replace.type,
                          {replace.type.schema, planner_name("new", replace.type.name.str())},
                          {replace.type.schema, planner_name("old", replace.type.name.str())},
                          replace.labels});
    return swap.enums.back();
  }

  std::optional<RecipeResult> add_column(const Wanted& one) {
    const Table* table = context.start.table(one.table);
    const Table* table_after = context.after.table(one.table);
    SwappedColumn column;
    column.name = one.column;
    column.fresh = planner_name("new", one.column.str());
    column.old = planner_name("old", one.column.str());
    column.before = table->column(one.column);
    column.after = table_after == nullptr ? nullptr : table_after->column(one.column);
    column.sources = one.intention->sources;
    if (column.after == nullptr)
      return refuse(one, "the migration renames or drops it again later.",
                    "Put that into a migration of its own.");
    if (!column.before->generated.empty() || !column.after->generated.empty())
      return refuse(one, "it is a generated column.", kByHand);
    column.required = column.after->not_null;
    column.dropped_and_added = one.replaced != nullptr;
    column.join = join_of(one, wanted, context);
    column.default_in_its_words = keeps_default_words(one, *column.before, *column.after);
    if (one.replaced == nullptr && column.after->not_null && !column.before->not_null) {
      // SET NOT NULL has phases of its own. Behind the change of type they wait for the swap; before it they
      // would be lost with the old column.
      const bool behind =
          std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& intention) {
            const auto* set = std::get_if<SetNotNull>(&intention.operation);
            return set != nullptr && set->table == one.table && set->column == one.column &&
                   intention.sources.front().statement >= one.intention->sources.front().statement;
          });
      if (!behind)
        return refuse(one, "the migration also makes it NOT NULL.",
                      "Put SET NOT NULL into a migration of its own, after this one.");
      column.required = false;
    }
    const bool anew =
        !column.join && one.replaced != nullptr && given_anew(value_given(one, context), context.before);
    const bool own_values = !column.before->default_value.empty() || column.before->identity.has_value();
    column.goes_on = anew && own_values && !column.after->identity.has_value() && keeps_sequences(one);
    if (column.before->identity.has_value() != column.after->identity.has_value() && !column.goes_on) {
      return refuse(one, "the migration also changes whether it is an identity column.",
                    "Put that into a migration of its own.");
    }
    for (const Intention& other : context.intentions) {
      // PostgreSQL would read its constants as values of the old type.
      const auto* check = std::get_if<AddCheck>(&other.operation);
      if (check != nullptr && one.change != nullptr && check->table == one.table &&
          other.sources.front().statement < one.intention->sources.front().statement &&
          mentions(check->constraint, one.column))
        return refuse(one, "the migration adds a check to it before.",
                      "Write ADD CONSTRAINT behind the change of type.");
    }
    const Dependents dependents = dependents_of(context.start, *table, one.column);
    if (auto refusal = reason_to_refuse(one, *table, dependents, context, wanted)) return refusal;
    if (column.join) {
      if (auto refusal = reason_not_to_join(one, *column.join, *table, context)) return refusal;
    }

    ConversionRequest up;
    up.table = one.table;
    up.column = one.column;
    up.from = column.before->type;
    up.to = plain_type(column.after->type);
    column.fresh_type = up.to;
    column.old_type = up.from;
    if (one.change != nullptr) up.given = one.change->using_expression;
    if (one.replaced != nullptr && !column.join) {
      if (auto ask = ask_for_target(one, wanted, context)) return ask;
      if (auto ask = choose_values(one, *column.before, *column.after, context, up)) return ask;
    }
    if (one.enum_swap != nullptr) {
      const SwappedEnum& type = enum_of(*one.enum_swap);
      column.fresh_type = renamed_type(up.to, type.fresh);
      column.old_type = renamed_type(up.from, type.old);
      const EnumType* old_labels = context.start.enum_type(type.type);
      const auto has = [](const std::vector<std::string>& labels, const std::string& label) {
        return std::find(labels.begin(), labels.end(), label) != labels.end();
      };
      const bool removes = std::any_of(old_labels->labels.begin(), old_labels->labels.end(),
                                       [&](const std::string& label) { return !has(type.labels, label); });
      const bool adds = std::any_of(type.labels.begin(), type.labels.end(), [&](const std::string& label) {
        return !has(old_labels->labels, label);
      });
      if (auto ask = ask_for_default(one, *column.before, type.labels, context)) return ask;
      up.total = !removes;
      up.meant = true;
      old_works_after = old_works_after && !removes;
      new_works_before = new_works_before && !adds;
    } else {
      const bool forth = serves_as(up.from, up.to, context.start, context.options.effects);
      const bool back = serves_as(up.to, up.from, context.start, context.options.effects);
      old_works_after = old_works_after && forth;
      new_works_before = new_works_before && back;
      const bool keyed = std::any_of(table->indexes.begin(), table->indexes.end(), [&](const Index& index) {
        return index.unique &&
               std::any_of(index.elements.begin(), index.elements.end(),
                           [&](const IndexElement& element) { return element.column == one.column; });
      });
      if (!forth && !back && !keyed) {
        notes.push_back(
            "No statement of one release that names the type of " + said(one.table, one.column) +
            " works for the other. To let both run side by side, write the change under a new name "
            "(DROP COLUMN beside ADD COLUMN) and split that with --no-rename " +
            option_said(one) + " --fill " + display(one.table) + ".NEW=SQL.");
      }
    }
    // A release that leaves the column out needs what the other one does without.
    const auto gives_itself = [](const Column& known) {
      return !known.default_value.empty() || known.identity.has_value();
    };
    if (column.required && gives_itself(*column.before) && !gives_itself(*column.after))
      old_works_after = false;
    if (column.before->not_null && gives_itself(*column.after) && !gives_itself(*column.before))
      new_works_before = false;
    // NULL is a value as well: one release may send it, and the other's column refuses it.
    if (column.before->not_null && !column.after->not_null && one.replaced != nullptr)
      new_works_before = false;
    if (column.required && !column.before->not_null) old_works_after = false;
    if (!up.given.empty() && up.given.facts().has_subquery)
      return refuse(one, "its values are computed by a query.", kByHand);
    if (!up.given.empty() && one.enum_swap == nullptr) {
      const auto volatility = context.before.volatility(up.given);
      const bool varies = volatility == Schema::ExpressionVolatility::Volatile ||
                          volatility == Schema::ExpressionVolatility::Unknown;
      column.once = up.given.facts().columns.empty() && volatility != Schema::ExpressionVolatility::Immutable;
      if (varies && !column.once)
        return refuse(one, "its values would be others each time they are computed.", kByHand);
    }
    const auto convert = [&](const TypeName& from, const TypeName& to) {
      ConversionRequest request = up;
      request.from = from;
      request.to = to;
      if (one.enum_swap != nullptr) {
        const std::string text = from.array_dimensions > 0 ? "::text[]" : "::text";
        // What becomes of rows with a label that goes, as a person says; else they must not be there.
        const Expression meant = said_value(context, one);
        std::string value = meant.empty() ? quoted(one.column) : "(" + meant.text().str() + ")";
        if (!meant.empty() && meant.facts().columns.empty() && from.array_dimensions == 0)
          value = where_label_goes(one.column, enum_of(*one.enum_swap).labels, meant).str();
        request.given = Expression::parse("(" + value + text + ")::" + type_sql(to).str());
      }
      return conversion_of(request, *table, context.start, context.options.effects);
    };
    const auto given_once = [&](const Identifier& holder) {
      Conversion conversion;
      conversion.up = Expression::parse("COALESCE(" + quoted(holder) + ", (" + up.given.text().str() +
                                        ")::" + type_sql(column.fresh_type).str() + ")");
      return conversion;
    };
    if (!column.join) {
      const std::optional<Conversion> forth =
          column.once ? given_once(column.fresh) : convert(up.from, column.fresh_type);
      if (!forth)
        return refuse(one, "PostgreSQL has no cast from " + display(up.from) + " to " + display(up.to) + ".",
                      "Say how with USING.");
      column.up = *forth;
      column.up_after = *forth;
      column.up_after.functions.clear();
      if (one.enum_swap != nullptr) column.up_after = *convert(column.old_type, up.to);
      column.up_after.up = column.once ? given_once(column.name).up
                                       : column.up_after.up.with_column_renamed(column.name, column.old);

      ConversionRequest down;
      down.table = one.table;
      down.column = one.column;
      down.from = up.to;
      down.to = column.old_type;
      if (!column.goes_on) column.down = way_back(down, context.start, context.options.effects);
    }

    const bool loses = loss_agreed(context, one);
    std::vector<Sql> refused_values;
    if (!column.up.fails.empty() && (!loses || column.required))
      refused_values.push_back(column.up.fails.text());
    if (!column.up.changed.empty() && !loses) refused_values.push_back(sql("({})", column.up.changed.text()));
    if (!refused_values.empty()) column.refused = Expression::parse(join(refused_values, " OR ").str());

    for (const Sequence* sequence : dependents.sequences) {
      if (sequence->internal) {
        if (!column.goes_on) column.identity = sequence;
        continue;
      }
      note_sequence(one, *sequence, up.to);
    }
    table_of(*table, *table_after).columns.push_back(std::move(column));
    return std::nullopt;
  }

  /// A default that nobody touches is read again by PostgreSQL as it is stored, and in that a text bears the
  /// type it had: 'x'::bpchar.
  bool keeps_default_words(const Wanted& one, const Column& before, const Column& after) const {
    if (one.change == nullptr || before.default_value.facts().string_constants.empty() ||
        !before.default_value.facts().functions.empty() ||
        !same_meaning(before.default_value, after.default_value))
      return false;
    return std::none_of(context.intentions.begin(), context.intentions.end(),
                        [&](const Intention& intention) {
                          const auto* set = std::get_if<SetDefault>(&intention.operation);
                          const auto* drop = std::get_if<DropDefault>(&intention.operation);
                          return (set != nullptr && set->table == one.table && set->column == one.column) ||
                                 (drop != nullptr && drop->table == one.table && drop->column == one.column);
                        });
  }

  /// ALTER TYPE leaves the sequence of a serial column as it is; only BIGSERIAL, which PostgreSQL does not
  /// understand there, means it too.
  void note_sequence(const Wanted& one, const Sequence& sequence, const TypeName& type) {
    if (sequence.type == type.name.name.str()) return;
    if (one.change != nullptr && serial(one.change->type)) {
      swap.sequences_forth.push_back(sql("ALTER SEQUENCE {} AS {}", sequence.name, type_sql(type)));
      swap.sequences_back.push_back(sql("ALTER SEQUENCE {} AS {}", sequence.name, Identifier(sequence.type)));
    } else if (type.is("int8")) {
      const Sequence* after = context.after.sequence(sequence.name);
      if (after != nullptr && after->type == "int8") return;
      notes.push_back(
          "Sequence " + display(sequence.name) +
          " stays an integer sequence, as in the original, and stops at 2147483647: add ALTER SEQUENCE " +
          quoted(sequence.name) + " AS bigint.");
    }
  }

  /// DROP COLUMN takes its sequence along: it stays with the old column and goes with it. One that the
  /// migration drops by itself has to be there until then.
  bool goes_along(const ObjectName& name, const Sequence& sequence) const {
    return context.after.sequence(name) == nullptr &&
           std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& intention) {
             const auto* replace = std::get_if<ReplaceColumn>(&intention.operation);
             return replace != nullptr && replace->table == sequence.owner_table &&
                    replace->column.name == sequence.owner_column;
           });
  }

  /// May the old column go on taking values from its sequences until it goes?
  bool keeps_sequences(const Wanted& one) const {
    if (std::any_of(context.intentions.begin(), context.intentions.end(), [](const Intention& intention) {
          return std::holds_alternative<DropSequence>(intention.operation);
        }))
      return false;
    return std::all_of(context.start.sequences.begin(), context.start.sequences.end(),
                       [&](const auto& entry) {
                         const Sequence& sequence = *entry.second;
                         return sequence.internal ||
                                !(sequence.owner_table == one.table && sequence.owner_column == one.column) ||
                                goes_along(entry.first, sequence);
                       });
  }

  SwappedTable& table_of(const Table& table, const Table& after) {
    for (SwappedTable& known : swap.tables) {
      if (known.table == &table) return known;
    }
    SwappedTable fresh;
    fresh.table = &table;
    fresh.after = &after;
    swap.tables.push_back(std::move(fresh));
    return swap.tables.back();
  }

  bool known(const ConstraintDefinition& definition, const SwappedTable& table) const {
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [&](const SwappedColumn& column) { return mentions(definition, column.name); });
  }

  /// How a constraint reads in the end: changed by the migration in the same moment, or as it was.
  ConstraintDefinition final_form(const TableName& table, const ConstraintDefinition& before) const {
    for (const Intention& intention : context.intentions) {
      const auto* replace = std::get_if<ReplaceConstraint>(&intention.operation);
      if (replace == nullptr || replace->table != table || replace->old_constraint != before.name) continue;
      const Table* after = context.after.table(table);
      const Constraint* now =
          after == nullptr
              ? nullptr
              : after->constraint(replace->constraint.name.empty() ? before.name : replace->constraint.name);
      if (now != nullptr) return now->definition;
    }
    const Table* after = context.after.table(table);
    const Constraint* now = after == nullptr ? nullptr : after->constraint(before.name);
    return now == nullptr ? before : now->definition;
  }

  /// DROP COLUMN and ADD COLUMN of one name: what stood on the column is not made again unless the migration
  /// says so.
  bool goes_with_column(const Index& index, const SwappedTable& table) const {
    const auto names_it = [&](const Intention& intention) {
      const auto* drop = std::get_if<DropIndex>(&intention.operation);
      const auto* rename = std::get_if<RenameIndex>(&intention.operation);
      return (drop != nullptr && drop->index == index.name) ||
             (rename != nullptr && rename->index == index.name);
    };
    return index.constraint.empty() && table.after->index(index.name.name) == nullptr &&
           std::none_of(context.intentions.begin(), context.intentions.end(), names_it);
  }

  /// DROP COLUMN takes along every constraint that names it.
  bool gone_with_column(const TableName& name, const ConstraintDefinition& definition) const {
    const Table* after = context.after.table(name);
    const bool remade = after == nullptr || after->constraint(definition.name) != nullptr ||
                        final_form(name, definition).name != definition.name;
    const bool dropped_apart =
        std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& intention) {
          const auto* drop = std::get_if<DropConstraint>(&intention.operation);
          return drop != nullptr && drop->table == name && drop->constraint == definition.name;
        });
    return !remade && !dropped_apart && std::any_of(wanted.begin(), wanted.end(), [&](const Wanted& one) {
      return one.replaced != nullptr && one.table == name && mentions(definition, one.column);
    });
  }

  std::optional<RecipeResult> finish() {
    for (SwappedTable& table : swap.tables) {
      std::vector<MirrorPair> pairs;
      std::vector<MirrorPair> joined;
      for (const SwappedColumn& column : table.columns) {
        MirrorPair pair;
        pair.to = column.fresh;
        if (column.join) {
          joined.push_back(pair);
          continue;
        }
        pair.from = column.name;
        pair.from_type = column.before->type;
        pair.to_type = column.fresh_type;
        pair.up = column.up.up;
        pairs.push_back(pair);
      }
      table.mirror = make_mirror(*table.table, pairs);
      // A row that points at itself needs its own new key first.
      Table with_mirror = *table.table;
      with_mirror.triggers.emplace_back().definition.name = table.mirror.trigger_name;
      table.joins = make_mirror(with_mirror, joined);
      for (const Index& index : table.table->indexes) {
        const bool about =
            std::any_of(table.columns.begin(), table.columns.end(),
                        [&](const SwappedColumn& column) { return mentions(index, column.name); });
        if (about && goes_with_column(index, table)) {
          // On the old column it would refuse what the new one takes; it would have to be built again.
          if (index.unique) table.gone_indexes.push_back(index.name);
          if (index.unique) swap.reversible = false;
        }
        if (!about || !index.valid || goes_with_column(index, table)) continue;
        const Constraint* key = table.table->constraint(index.constraint);
        if (key != nullptr && gone_with_column(table.table->name, key->definition)) continue;
        SwappedIndex swapped;
        swapped.index = &index;
        swapped.fresh = recreated(index, planner_name("new", index.name.name.str()));
        swapped.back = recreated(index, planner_name("back", index.name.name.str()));
        swapped.fresh.concurrently = swapped.back.concurrently = true;
        for (const SwappedColumn& column : table.columns) {
          swapped.fresh = on_other_column(swapped.fresh, column.name, column.fresh);
          swapped.back = on_other_column(swapped.back, column.name, column.old);
        }
        table.indexes.push_back(std::move(swapped));
      }
      for (const Constraint& constraint : table.table->constraints) {
        const ConstraintDefinition& definition = constraint.definition;
        if (!known(definition, table)) continue;
        if (definition.kind != ConstraintKind::ForeignKey &&
            gone_with_column(table.table->name, definition)) {
          table.gone.push_back(definition);
          // Its index would have to be built again.
          if (definition.kind != ConstraintKind::Check) swap.reversible = false;
          continue;
        }
        const ConstraintDefinition after = final_form(table.table->name, definition);
        if (definition.kind == ConstraintKind::Check)
          table.checks.push_back({definition, after, constraint.validated});
        if (definition.kind == ConstraintKind::Unique || definition.kind == ConstraintKind::PrimaryKey) {
          if (after.name != definition.name || after.columns != definition.columns ||
              after.kind != definition.kind) {
            return refused("Key " + said(definition.name) + " of " + display(table.table->name) +
                               " changes together with the type of one of its columns.",
                           "Change the key in a migration of its own.");
          }
          table.keys.push_back(definition);
        }
      }
      for (const auto& [name, sequence] : context.start.sequences) {
        if (sequence->owner_table != table.table->name || sequence->internal) continue;
        const Identifier& owner = sequence->owner_column;
        const bool about = std::any_of(table.columns.begin(), table.columns.end(),
                                       [&](const SwappedColumn& column) { return column.name == owner; });
        if (about && !goes_along(name, *sequence)) table.sequences.push_back(sequence.get());
      }
      std::vector<Identifier> assigned;
      for (const SwappedColumn& column : table.columns) assigned.push_back(column.fresh);
      for (const Identifier& trigger : update_triggers(*table.table, assigned)) {
        notes.push_back("The backfill updates every row of " + display(table.table->name) +
                        ", which fires trigger " + said(trigger) + " for each.");
      }
    }
    for (SwappedTable& table : swap.tables) {
      table.changed_first =
          std::any_of(context.intentions.begin(), context.intentions.end(), [&](const Intention& intention) {
            const auto* update = std::get_if<Update>(&intention.operation);
            const auto* deletion = std::get_if<Delete>(&intention.operation);
            return (update != nullptr && update->table == table.table->name) ||
                   (deletion != nullptr && deletion->table == table.table->name);
          });
    }
    if (auto refusal = carry()) return refusal;
    if (auto refusal = find_foreign_keys()) return refusal;
    swap.before = new_works_before ? Window::BothReleases : Window::OldRelease;
    swap.after = old_works_after ? Window::BothReleases : Window::NewRelease;
    if (old_works_after && new_works_before) {
      swap.when_to_deploy =
          "Statements of either release work before and after it: deploy the new one whenever it suits.";
    } else if (old_works_after) {
      swap.when_to_deploy = "Statements of the old release go on working; deploy the new one from here on.";
    } else if (new_works_before) {
      swap.when_to_deploy =
          "Statements of the new release worked before it already; one of the old release that names the old "
          "type or sends what the new type lacks fails from here on.";
    } else {
      swap.when_to_deploy =
          "Values of the old type are not accepted for the new one or the other way round: a statement that "
          "names its type fails on one side of this moment. "
          "Parameters without a declared type (Prisma, node-postgres) work wherever their text is a value of "
          "the type the column has.";
    }
    return std::nullopt;
  }

  /// What the migration takes away before and makes again after goes and comes in the moment of the swap, in
  /// its own words.
  std::optional<RecipeResult> carry() {
    const auto words = [&](const Intention& intention) {
      const Span& span = context.file.statements[intention.sources.front().statement].span;
      return Sql::verbatim(context.migration.text.substr(span.begin, span.end - span.begin));
    };
    // A view of all columns (*) would take in the ones that planner adds for a while: they are written out.
    const auto remade = [&](const Intention& intention) {
      const auto* create = std::get_if<CreateView>(&intention.operation);
      if (create == nullptr || !create->query.facts().whole_row || create->check_option != 'n')
        return words(intention);
      const Sql spelled = made_again(Operation(DropView{.view = create->view}), context.after);
      return spelled.empty() ? words(intention) : spelled;
    };
    const std::vector<Carried> along = carried_with(wanted, context);
    for (const Carried& one : along) {
      const auto* create = std::get_if<CreateView>(&one.create->operation);
      const View* view = create == nullptr ? nullptr : context.after.view(create->view);
      const View* view_before = create == nullptr ? nullptr : context.start.view(create->view);
      for (const SwappedTable& table : swap.tables) {
        const auto takes_all = [&](const View* known) {
          return known != nullptr && std::find(known->reads_all_of.begin(), known->reads_all_of.end(),
                                               table.table->name) != known->reads_all_of.end();
        };
        if (takes_all(view)) {
          return refused("View " + display(view->name) + " takes all columns of " +
                             display(table.table->name) +
                             " (*), and so would take the ones that planner adds for a while.",
                         "Name the columns in the view, or make the view again in a migration of its own, "
                         "after this one.");
        }
        // Made again as it was while the shadow stands, it would take that in.
        if (takes_all(view_before)) swap.reversible = false;
      }
    }
    for (const Carried& one : along) swap.take_away.push_back(words(*one.drop));
    std::vector<const Intention*> creates;
    for (const Intention& intention : context.intentions) {
      if (std::any_of(along.begin(), along.end(),
                      [&](const Carried& one) { return one.create == &intention; }))
        creates.push_back(&intention);
    }
    for (const Intention* create : creates) swap.make_again.push_back(remade(*create));
    for (auto create = creates.rbegin(); create != creates.rend(); ++create) {
      const auto back = inverse_of((*create)->operation, Schema());
      if (!back) swap.reversible = false;
      if (back) swap.take_away_back.insert(swap.take_away_back.end(), back->begin(), back->end());
    }
    for (auto one = along.rbegin(); one != along.rend(); ++one) {
      const Sql again = made_again(one->drop->operation, context.start);
      if (again.empty()) swap.reversible = false;
      if (!again.empty()) swap.make_again_back.push_back(again);
    }
    return std::nullopt;
  }

  std::optional<RecipeResult> find_foreign_keys() {
    for (const auto& [name, table] : context.start.tables) {
      for (const Constraint& constraint : table->constraints) {
        const ConstraintDefinition& definition = constraint.definition;
        if (definition.kind != ConstraintKind::ForeignKey || !touches(name, definition, wanted)) continue;
        SwappedKey key{name, definition, final_form(name, definition), constraint.validated,
                       gone_with_column(name, definition)};
        if (key.gone) {
          swap.foreign_keys.push_back(std::move(key));
          continue;
        }
        for (const SwappedTable& swapped : swap.tables) {
          for (const SwappedColumn& column : swapped.columns) {
            if (swapped.table->name != name || !column.once || !mentions(definition, column.name)) continue;
            return refused(
                "Foreign key " + said(definition.name) + " of " + display(name) +
                    ": its rows would get new values of " + said(column.name) + " that no row of " +
                    display(definition.references.table) + " has.",
                "Let old and new key live side by side, in migrations that planner splits one by one: add "
                "the "
                "new key column to " +
                    display(definition.references.table) +
                    " with its default and a unique index; add a column beside " + said(name, column.name) +
                    " and fill it by UPDATE " + quoted(name) + " SET ... FROM " +
                    quoted(definition.references.table) +
                    " WHERE the old keys are equal; add the foreign key to it; deploy code that uses the new "
                    "columns; then drop the old ones.");
          }
        }
        if (table->kind != RelationKind::Table || table->partition_of || !table->children.empty()) {
          return refused("Foreign key " + said(definition.name) + " of " + display(name) +
                             ", whose table is partitioned, points at a column that changes its type.",
                         kByHand);
        }
        const Table* child = context.after.table(name);
        const Table* parent = context.after.table(definition.references.table);
        for (std::size_t i = 0; child != nullptr && parent != nullptr && i < key.after.columns.size() &&
                                i < key.after.references.columns.size();
             ++i) {
          const Column* from = child->column(key.after.columns[i]);
          const Column* to = parent->column(key.after.references.columns[i]);
          if (from == nullptr || to == nullptr ||
              foreign_key_equality(plain_type(to->type), plain_type(from->type), context.after))
            continue;
          return refused("Foreign key " + said(definition.name) + " of " + display(name) + " would compare " +
                             display(from->type) + " with " + display(to->type) +
                             ", which PostgreSQL cannot.",
                         "Change the type of both columns in this migration.");
        }
        swap.foreign_keys.push_back(std::move(key));
      }
    }
    return std::nullopt;
  }
};

}  // namespace

std::optional<RecipeResult> make_swap(const Intention& intention, const RecipeContext& context) {
  const std::vector<Wanted> chosen = wanted_with(intention, context);
  if (chosen.empty()) return std::nullopt;
  if (chosen.front().intention != &intention)
    return covered("It shares the phases of another change of type.");
  Builder builder{context, chosen, {}, {}};
  for (const Wanted& one : chosen) {
    if (auto problem = builder.add_column(one)) return problem;
  }
  if (auto problem = builder.finish()) return problem;
  RecipeResult result;
  result.steps = type_swap_steps(builder.swap, context);
  result.notes = std::move(builder.notes);
  return result;
}

}  // namespace planner::plans

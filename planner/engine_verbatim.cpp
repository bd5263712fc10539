#include "planner/engine_verbatim.h"

#include <algorithm>
#include <map>
#include <set>

#include "planner/compose/compose.h"
#include "planner/error.h"
#include "planner/labels.h"
#include "planner/object_again.h"
#include "planner/recognize/walk.h"
#include "planner/sql/places.h"

namespace planner {
namespace {

std::string text_of(const Migration& migration, const Span& span) {
  return migration.text.substr(span.begin, span.end - span.begin);
}

bool changes_data(const Operation& operation) {
  if (const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&operation))
    return *block != nullptr && std::any_of((*block)->body.begin(), (*block)->body.end(), changes_data);
  return std::holds_alternative<Update>(operation) || std::holds_alternative<Delete>(operation) ||
         std::holds_alternative<Insert>(operation) || std::holds_alternative<Merge>(operation);
}

/// SELECT has nowhere to put its rows inside a DO block.
Sql inside_block(const Operation& operation, const std::string& comments, const std::string& text) {
  if (std::holds_alternative<Select>(operation)) {
    return Sql::verbatim(comments + "PERFORM planner_rows.* FROM (" + text + ") AS planner_rows");
  }
  return Sql::verbatim(comments + text);
}

struct Source {
  const Intention* intention = nullptr;
  const Operation* operation = nullptr;
};

class Verbatim {
 public:
  explicit Verbatim(const VerbatimContext& context) : context_(context) {}

  std::vector<Step> steps(const std::vector<const Intention*>& harmless) {
    std::map<std::size_t, std::vector<const Intention*>> by_statement;
    for (const Intention* intention : harmless)
      by_statement[intention->sources.front().statement].push_back(intention);
    find_what_comes_back(by_statement);
    for (const auto& [index, intentions] : by_statement) {
      if (is_whole(index, intentions)) {
        whole(index, intentions);
      } else {
        sub_commands(index, intentions);
      }
    }
    join_what_comes_back();
    return std::move(steps_);
  }

 private:
  using ByStatement = std::map<std::size_t, std::vector<const Intention*>>;

  bool is_whole(std::size_t index, const std::vector<const Intention*>& intentions) const {
    std::set<std::size_t> operations;
    for (const Intention* intention : intentions) {
      for (const SourceRef& source : intention->sources) {
        if (source.statement == index) operations.insert(source.operation);
      }
    }
    return operations.size() == context_.file.statements[index].operations.size();
  }

  /// The later statement that makes again what this operation drops.
  std::optional<std::size_t> made_again_by(const Intention& drop, const ByStatement& by_statement) const {
    if (!takes_away(drop.operation)) return std::nullopt;
    const std::string object = object_of(drop.operation);
    const Schema& met = context_.met(drop.sources.front());
    if (object.empty() || (!is_mere_definition(drop.operation) && drops_something(drop.operation, met)))
      return std::nullopt;
    const std::size_t from = drop.sources.front().statement;
    for (auto later = by_statement.lower_bound(from); later != by_statement.end(); ++later) {
      for (const Intention* create : later->second) {
        if (create == &drop || takes_away(create->operation) || object_of(create->operation) != object)
          continue;
        require_no_change_between(drop, *create);
        return later->first;
      }
    }
    return std::nullopt;
  }

  /// Rows that are changed while a trigger is away are changed without it.
  void require_no_change_between(const Intention& drop, const Intention& create) const {
    const bool steers = std::holds_alternative<DropTrigger>(drop.operation) ||
                        std::holds_alternative<DropRule>(drop.operation) ||
                        std::holds_alternative<DropPolicy>(drop.operation);
    if (!steers || !drops_something(drop.operation, context_.met(drop.sources.front()))) return;
    for (std::size_t i = drop.sources.front().statement; i < create.sources.front().statement; ++i) {
      const std::vector<Operation>& operations = context_.file.statements[i].operations;
      if (!std::any_of(operations.begin(), operations.end(), changes_data)) continue;
      throw Error("The migration takes " + object_of(drop.operation) +
                      " away, changes rows, and makes it again: in phases the rows would be changed while it "
                      "is there.",
                  "Change the rows in a migration of their own, with the drop and the CREATE around them, in "
                  "a quiet moment.");
    }
  }

  /// `DROP TRIGGER IF EXISTS t; CREATE TRIGGER t`: nobody is to wait with the drop until the old release is
  /// gone, and take away what was just made.
  void find_what_comes_back(const ByStatement& by_statement) {
    for (const auto& [index, intentions] : by_statement) {
      std::size_t joined = context_.file.statements.size();
      for (const Intention* intention : intentions) {
        const std::optional<std::size_t> by = made_again_by(*intention, by_statement);
        if (!by) continue;
        come_back_.insert(intention);
        joined = std::min(joined, *by);
      }
      const bool all = std::all_of(intentions.begin(), intentions.end(),
                                   [&](const Intention* each) { return come_back_.contains(each); });
      const bool one_text =
          target_relation(intentions.front()->operation) == nullptr || intentions.size() == 1;
      if (!all && one_text && joined < context_.file.statements.size()) {
        throw Error("One statement drops what the migration makes again and what it does not: " +
                        text_of(context_.migration, context_.file.statements[index].span),
                    "Drop what is made again in a statement of its own, then split again.");
      }
      if (all && joined > index && joined < context_.file.statements.size() && is_whole(index, intentions) &&
          is_whole(joined, by_statement.at(joined)))
        joined_.emplace(index, joined);
    }
  }

  /// The drop stands right before what makes the object again, in the same transaction.
  void join_what_comes_back() {
    std::set<std::size_t> gone;
    for (auto pair = joined_.rbegin(); pair != joined_.rend(); ++pair) {
      const auto drop = step_of_.find(pair->first);
      const auto create = step_of_.find(pair->second);
      if (drop == step_of_.end() || create == step_of_.end()) continue;
      Step& from = steps_[drop->second];
      Step& into = steps_[create->second];
      if (from.shape != Shape::Together || into.shape != Shape::Together) continue;
      const auto before = [](auto& to, const auto& what) { to.insert(to.begin(), what.begin(), what.end()); };
      before(into.statements, from.statements);
      before(into.locks, from.locks);
      before(into.sources, from.sources);
      before(into.needs, from.needs);
      before(into.provides, from.provides);
      std::erase_if(into.needs, [&](const std::string& label) {
        return std::find(into.provides.begin(), into.provides.end(), label) != into.provides.end();
      });
      into.title = from.title + "; " + into.title;
      into.reversible = into.reversible && from.reversible;
      if (into.reversible) {
        into.reverse.insert(into.reverse.end(), from.reverse.begin(), from.reverse.end());
      } else {
        into.reverse.clear();
        if (!from.reverse_note.empty()) into.reverse_note = from.reverse_note;
      }
      gone.insert(drop->second);
    }
    for (auto step = gone.rbegin(); step != gone.rend(); ++step)
      steps_.erase(steps_.begin() + static_cast<std::ptrdiff_t>(*step));
  }

  bool waits_for_release(const Intention& intention) const {
    return takes_away(intention.operation) && !come_back_.contains(&intention);
  }

  /// What a block needs and brings is what its statements do.
  void add_labels(const Operation& operation, const Schema& schema, Step& step) const {
    if (const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&operation)) {
      for (const Operation& inside : (*block)->body) add_labels(inside, schema, step);
      return;
    }
    const Operation named = qualified(operation, schema);
    for (std::string& label : needs_of(named)) step.needs.push_back(std::move(label));
    for (std::string& label : provides_of(named)) step.provides.push_back(std::move(label));
    // A column may be NULL again only when the primary key over it is gone.
    if (const auto* relax = std::get_if<DropNotNull>(&named)) {
      const Table* table = context_.start.table(relax->table);
      const Constraint* key = table == nullptr ? nullptr : table->primary_key();
      if (key == nullptr) return;
      const std::vector<Identifier>& columns = key->definition.columns;
      if (std::find(columns.begin(), columns.end(), relax->column) != columns.end())
        step.needs.push_back("gone:" + label_constraint(table->name, key->definition.name));
    }
  }

  /// A view that the migration dropped before and makes again: between the two nobody may read it.
  bool comes_back(const Operation& operation, const Schema& before) const {
    const auto is_back = [&](const ObjectName& view) {
      return context_.start.view(view) != nullptr && before.view(view) == nullptr;
    };
    if (const auto* view = std::get_if<CreateView>(&operation)) return is_back(view->view);
    if (const auto* view = std::get_if<CreateMaterializedView>(&operation)) return is_back(view->view);
    return false;
  }

  /// Does one of the dropped views read another that is named before it?
  bool reads_dropped_view(const std::vector<const Intention*>& intentions) const {
    std::vector<ObjectName> named;
    for (const Intention* intention : intentions) {
      const auto* drop = std::get_if<DropView>(&intention->operation);
      if (drop == nullptr) continue;
      const View* view = context_.met(intention->sources.front()).view(drop->view);
      for (const ObjectName& other : named) {
        if (view != nullptr &&
            (view->reads.contains(other) || std::find(view->reads_all_of.begin(), view->reads_all_of.end(),
                                                      other) != view->reads_all_of.end()))
          return true;
      }
      named.push_back(view == nullptr ? drop->view : view->name);
    }
    return false;
  }

  Step base(std::size_t index, const std::vector<const Intention*>& intentions) const {
    Step step;
    step.window = Window::BothReleases;
    step.recipe = "verbatim";
    for (const Intention* intention : intentions) {
      const Operation& operation = intention->operation;
      const Schema& schema = context_.met(intention->sources.front());
      step.sources.insert(step.sources.end(), intention->sources.begin(), intention->sources.end());
      add_labels(operation, schema, step);
      const Effects effects = effects_of(operation, schema, context_.effects);
      for (const StepLock& lock : strong_locks(effects, schema)) step.locks.push_back(lock);
      if (effects.outside_transaction || std::holds_alternative<AddEnumValue>(operation))
        step.shape = Shape::Alone;
      if (std::holds_alternative<AddColumn>(operation) || std::holds_alternative<AddEnumValue>(operation))
        step.provides.push_back(label_new_release());
      if (context_.apart.contains(index)) {
        step.kind =
            std::holds_alternative<ValidateConstraint>(operation) ? PhaseKind::Validate : PhaseKind::Backfill;
      }
      if (waits_for_release(*intention) || comes_back(operation, schema)) {
        step.kind = PhaseKind::Drop;
        step.window = Window::NewRelease;
      } else if (changes_data(operation)) {
        step.kind = std::max(step.kind, PhaseKind::Backfill);
      }
    }
    // The way back, last change first.
    ReverseStep back;
    back.locks = step.locks;
    for (auto intention = intentions.rbegin(); intention != intentions.rend(); ++intention) {
      const std::optional<std::vector<Sql>> inverse =
          inverse_of((*intention)->operation, context_.met((*intention)->sources.front()));
      if (!inverse) {
        step.reversible = false;
        continue;
      }
      back.statements.insert(back.statements.end(), inverse->begin(), inverse->end());
      if (const auto* drop = std::get_if<DropView>(&(*intention)->operation)) {
        step.reverse_note = "Privileges on the view are to be granted again.";
        const View* view = context_.met((*intention)->sources.front()).view(drop->view);
        std::erase_if(back.locks, [&](const StepLock& lock) {  // it is not there on the way back
          return view != nullptr && lock.relation == view->name;
        });
      }
    }
    // They come back in the opposite order, in which none may need one that is not there yet.
    if (reads_dropped_view(intentions)) step.reversible = false;
    const Statement& statement = context_.file.statements[index];
    std::string first_line = text_of(context_.migration, statement.span);
    first_line = first_line.substr(0, first_line.find('\n'));
    step.title = "the migration's own statement: " +
                 (first_line.size() > 100 ? truncated_name(first_line, 97) + "..." : first_line);
    step.slug = step.kind == PhaseKind::Drop ? "drop" : "statement";
    if (step.reversible) {
      step.reverse = {back};
    } else {
      step.reverse_note = "planner does not know the way back from: " + first_line;
    }
    return step;
  }

  void whole(std::size_t index, const std::vector<const Intention*>& intentions) {
    const Statement& statement = context_.file.statements[index];
    Step step = base(index, intentions);
    const std::string comments = statement.comments.begin < statement.comments.end
                                     ? text_of(context_.migration, statement.comments)
                                     : "";
    std::string lead = comments;
    while (!lead.empty() && (lead.front() == '\n' || lead.front() == '\r' || lead.front() == ' '))
      lead.erase(0, 1);
    if (!lead.empty() && lead.back() != '\n') lead += '\n';
    const std::string text = text_of(context_.migration, statement.span);
    const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&statement.operations.front());
    if (block != nullptr && (*block)->commits) {
      step.shape = Shape::Alone;
      step.statements = {Sql::verbatim(text)};
    } else {
      step.statements = {step.shape == Shape::Together
                             ? inside_block(statement.operations.front(), lead, text)
                             : Sql::verbatim(text)};
    }
    step_of_.emplace(index, steps_.size());
    steps_.push_back(std::move(step));
  }

  /// Harmless parts of an ALTER TABLE whose other parts became something else, together as far as they belong
  /// to one phase.
  void sub_commands(std::size_t index, const std::vector<const Intention*>& intentions) {
    std::vector<const Intention*> now, later;
    for (const Intention* intention : intentions)
      (waits_for_release(*intention) ? later : now).push_back(intention);
    OperationSpans spans(context_.migration.text, context_.file);
    for (const std::vector<const Intention*>* part : {&now, &later}) {
      if (part->empty()) continue;
      Step step = base(index, *part);
      const ObjectName* table = target_relation(part->front()->operation);
      std::vector<Sql> actions;
      for (const Intention* intention : *part) {
        const Span span = spans.of(index, intention->sources.front().operation);
        actions.push_back(Sql::verbatim(text_of(context_.migration, span)));
      }
      const Sql statement = table == nullptr ? Sql() : sql("ALTER TABLE {} {}", *table, join(actions, ", "));
      check(statement, *part);
      step.statements = {statement};
      steps_.push_back(std::move(step));
    }
  }

  /// The words cut out of a longer statement must say the same when they stand alone.
  void check(const Sql& statement, const std::vector<const Intention*>& intentions) const {
    const ParsedFile parsed = parse_file(statement.str());
    bool same =
        parsed.statements.size() == 1 && parsed.statements.front().operations.size() == intentions.size();
    for (std::size_t i = 0; same && i < intentions.size(); ++i) {
      same = parsed.statements.front().operations[i].index() == intentions[i]->operation.index();
    }
    if (!same) {
      throw Error("A part of a longer statement cannot be separated from it: " + statement.str(),
                  "Write the parts as statements of their own, then split again.");
    }
  }

  const VerbatimContext& context_;
  std::vector<Step> steps_;
  std::map<std::size_t, std::size_t> step_of_;  ///< of whole statements
  std::set<const Intention*> come_back_;        ///< what they drop is made again
  std::map<std::size_t, std::size_t> joined_;   ///< a statement and the one it stands in front of
};

/// What a statement makes itself has no readers yet.
bool makes_table(const Operation& operation) {
  return std::holds_alternative<CreateTable>(operation) || std::holds_alternative<CreateTableAs>(operation) ||
         std::holds_alternative<CreateMaterializedView>(operation);
}

bool on_new_table(const Operation& operation, const Schema& before) {
  const ObjectName* relation = target_relation(operation);
  if (relation == nullptr) return false;
  const Table* table = before.table(*relation);
  return table != nullptr && table->is_new;
}

bool existing(const Schema& schema, const ObjectName& name) {
  const Table* table = schema.table(name);
  return table == nullptr || !table->is_new;
}

}  // namespace

bool takes_away(const Operation& operation) {
  return std::holds_alternative<DropDefault>(operation) || std::holds_alternative<DropTable>(operation) ||
         std::holds_alternative<DropView>(operation) || std::holds_alternative<DropType>(operation) ||
         std::holds_alternative<DropSequence>(operation) || std::holds_alternative<DropFunction>(operation) ||
         std::holds_alternative<DropColumn>(operation) || std::holds_alternative<DropConstraint>(operation) ||
         std::holds_alternative<DropIndex>(operation) || std::holds_alternative<DropTrigger>(operation) ||
         std::holds_alternative<DropPolicy>(operation) || std::holds_alternative<DropSchema>(operation) ||
         std::holds_alternative<DropExtension>(operation) ||
         std::holds_alternative<DropStatistics>(operation) || std::holds_alternative<DropRule>(operation);
}

std::string trouble_of(const Operation& operation, const Effects& effects, const Schema& before) {
  if (std::holds_alternative<Unrecognized>(operation)) return "planner does not understand it";
  if (const auto* set = std::get_if<SetVariable>(&operation)) {
    if (set->name == "search_path") return "it changes how the names of all later statements are found";
    return "";
  }
  if (std::holds_alternative<CreateTable>(operation) && effects.scans.empty() && effects.rewrites.empty() &&
      effects.failures.empty())
    return "";
  if (on_new_table(operation, before) && effects.scans.empty() && effects.rewrites.empty()) return "";
  for (const Failure& failure : effects.failures) {
    if (!failure.depends_on_data)
      return "PostgreSQL refuses it" + std::string(failure.only_with_rows ? " on a table with rows" : "") +
             " (" + failure.message + ")";
  }
  for (const ObjectName& table : effects.rewrites) {
    if (existing(before, table)) return "it rewrites " + display(table) + " while nobody can use it";
  }
  for (const IndexEffect& index : effects.indexes) {
    if ((index.work == IndexWork::Built || index.work == IndexWork::Rebuilt) &&
        existing(before, index.table) && (before.table(index.table) != nullptr || !makes_table(operation))) {
      return "it builds an index of " + display(index.table) + " under a lock";
    }
  }
  for (const Scan& scan : effects.scans) {
    if (existing(before, scan.relation) && effects.lock_on(scan.relation) > LockMode::ShareUpdateExclusive) {
      return "it reads all of " + display(scan.relation) + " under a lock";
    }
  }
  if (effects.truncates_data) return "it empties a table";
  if (effects.outside_transaction) return "it cannot run inside a transaction";
  return "";
}

std::vector<Step> verbatim_steps(const std::vector<const Intention*>& harmless,
                                 const VerbatimContext& context) {
  return Verbatim(context).steps(harmless);
}

}  // namespace planner

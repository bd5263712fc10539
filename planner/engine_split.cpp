#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

#include "planner/compose/compose.h"
#include "planner/compose/prisma_schema.h"
#include "planner/engine.h"
#include "planner/engine_objections.h"
#include "planner/engine_order.h"
#include "planner/engine_split.h"
#include "planner/engine_split_walk.h"
#include "planner/engine_verbatim.h"
#include "planner/error.h"
#include "planner/fill_check.h"
#include "planner/labels.h"
#include "planner/recognize/names.h"
#include "planner/replay/replay.h"
#include "planner/schema_age.h"
#include "planner/sql/places.h"
#include "planner/tool_table.h"

namespace planner {

using splitting::ask;
using splitting::key_of;
using splitting::SplitWalk;
using splitting::walk;

namespace {

Schema schema_before(const History& history, std::size_t index, const Schema* base) {
  Schema schema = base != nullptr ? *base : schema_at_start(history.tool);
  for (std::size_t i = 0; i < index; ++i) {
    const Migration& migration = history.migrations[i];
    if (base != nullptr && !migration.pending) continue;
    replay_file(schema, parse_file(migration.text));
  }
  forget_new(schema);
  return schema;
}

class Splitter {
 public:
  Splitter(const Migration& migration, SplitWalk walked, Recognized recognized, const RecipeSet& recipes,
           const SplitOptions& options, const std::vector<Finding>& findings)
      : migration_(migration),
        walked_(std::move(walked)),
        recognized_(std::move(recognized)),
        recipes_(recipes),
        options_(options),
        findings_(findings) {
    plan_name_ = purpose_of(migration.name);
  }

  SplitResult run() {
    if (!decide()) return std::move(result_);
    Plan& plan = result_.plan;
    try {
      check_statements(plan.phases);
    } catch (const Error& error) {
      refusals_.push_back({error.what(), error.hint, {}});
      (void)unanswered();
      return std::move(result_);
    }
    complete_prisma_advice(plan, walked_.start);
    plan.development = development_notes(plan);
    result_.outcome = SplitResult::Outcome::Planned;
    return std::move(result_);
  }

  /// Up to the point from which nothing is refused any more. False: `result()` says how it ended before.
  bool decide() {
    for (const Intention& question : recognized_.questions) {
      SplitResult::Problem problem = ask(question, walked_.start);
      questions_.push_back(std::move(problem));
    }
    refusals_ = problems_of_fills(options_.fills, walked_.start, walked_.end, options_.effects);
    if (!refusals_.empty()) {
      questions_.clear();  // what else is open depends on the answers
      return unanswered();
    }
    refusals_ = walked_.problems;
    for (const Intention& intention : recognized_.intentions) take(intention);
    refuse_types_under_way();
    refuse_shapes_under_way();
    heed_findings();
    if (!refusals_.empty() || !questions_.empty()) return unanswered();
    if (can_go_as_it_is()) {
      result_.outcome = SplitResult::Outcome::NothingToDo;
      for (const Part& part : parts_) result_.explanations.push_back(part.reason);
      return false;
    }
    return planned();
  }
  const SplitResult& result() const { return result_; }

 private:
  /// What became of one intention.
  struct Part {
    const Intention* intention = nullptr;
    bool harmless = false;
    std::string reason;
    std::vector<Step> steps;
    bool waits = false;  ///< harmless once the old release is gone
    bool apart = false;  ///< harmless in a transaction of its own
  };

  bool can_go_as_it_is() const {
    return std::all_of(parts_.begin(), parts_.end(),
                       [](const Part& part) { return part.harmless && !part.waits && !part.apart; });
  }

  bool is_at(const Finding& finding, const Intention& intention) {
    return std::any_of(intention.sources.begin(), intention.sources.end(), [&](const SourceRef& source) {
      const Span span = spans_.of(source.statement, source.operation);
      return span.begin <= finding.span.begin && finding.span.begin < span.end;
    });
  }

  bool is_refused(const Intention& intention) const {
    return std::any_of(refusals_.begin(), refusals_.end(), [&](const SplitResult::Problem& refusal) {
      return !refusal.sources.empty() &&
             refusal.sources.front().statement == intention.sources.front().statement;
    });
  }

  /// A statement may be wrong only beside one of which the recipe makes a phase of its own.
  bool is_planned_for(const std::string& recipe) const {
    return std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) {
      return !part.steps.empty() && part.steps.front().recipe == recipe;
    });
  }

  /// The default of a required column that the migration adds and takes away again: the old release cannot
  /// write the table from there on.
  Part* default_dropped(const Intention& added) {
    const auto* column = std::get_if<AddColumn>(&added.operation);
    if (column == nullptr) return nullptr;
    const auto found = std::find_if(parts_.begin(), parts_.end(), [&](const Part& part) {
      const auto* drop = std::get_if<DropDefault>(&part.intention->operation);
      return drop != nullptr && drop->table == column->table && drop->column == column->column.name;
    });
    return found == parts_.end() ? nullptr : &*found;
  }

  /// What a rule calls an error is not harmless because PostgreSQL does it in a moment.
  void heed_findings() {
    std::vector<const Finding*> elsewhere;
    for (std::size_t i = 0; i < findings_.size(); ++i) {
      const Finding& finding = findings_[i];
      Part* at = nullptr;
      bool planned = false;
      for (Part& part : parts_) {
        if (!is_at(finding, *part.intention)) continue;
        if (part.harmless) at = &part;
        planned = planned || !part.harmless;
      }
      if (planned) {
        // Its phases come apart from what they stand beside now.
        if (finding.about_neighbours && finding.category == Category::Blocks && finding.recipe.empty() &&
            finding.suppressed_by.empty())
          result_.answered.push_back(i);
        continue;
      }
      if (at == nullptr) {
        elsewhere.push_back(&finding);
        continue;
      }
      const Intention& intention = *at->intention;
      const Effects effects =
          effects_of(intention.operation, met(intention.sources.front()), options_.effects);
      switch (objection_of(finding, intention.operation, effects, walked_.file.statements.size())) {
        case Objection::None:
          break;
        case Objection::AfterOldRelease:
          at->waits = true;
          result_.answered.push_back(i);
          break;
        case Objection::Apart:
          at->apart = true;
          result_.answered.push_back(i);
          break;
        case Objection::Refused:
          if (Part* drop = default_dropped(intention)) {
            drop->waits = true;
          } else if (!is_refused(intention) && !is_planned_for(finding.recipe)) {
            refusals_.push_back(refusal_of(finding, intention));
          }
      }
    }
    // Where phases are made anyway, compose() keeps strong locks and long work apart by its own rules.
    if (std::any_of(parts_.begin(), parts_.end(),
                    [](const Part& part) { return !part.harmless || part.waits; })) {
      for (Part& part : parts_) part.apart = false;
    }
    // What a plan does without (BEGIN and COMMIT, LOCK TABLE) is an error only where the file stays as it is.
    if (!can_go_as_it_is() || !refusals_.empty()) return;
    for (const Finding* finding : elsewhere) {
      const Intention whole;
      if (objection_of(*finding, whole.operation, {}, 1) == Objection::Refused)
        refusals_.push_back(refusal_of(*finding, whole));
    }
  }

  /// While a column that the migration adds is filled, triggers and proofs hang on it that keep its type.
  void refuse_types_under_way() {
    for (const Part& part : parts_) {
      const auto* change = std::get_if<ChangeType>(&part.intention->operation);
      if (change == nullptr || !part.harmless) continue;
      const bool under_way = std::any_of(parts_.begin(), parts_.end(), [&](const Part& other) {
        const auto* required = std::get_if<SetNotNull>(&other.intention->operation);
        const auto* added = std::get_if<AddColumn>(&other.intention->operation);
        return !other.harmless &&
               ((required != nullptr && required->table == change->table &&
                 required->column == change->column) ||
                (added != nullptr && added->table == change->table && added->column.name == change->column));
      });
      if (!under_way) continue;
      refusals_.push_back({"Type of " + display(change->table) + "." + change->column.str() +
                               ": the migration adds the column and fills it with another type first.",
                           "Write the type that is meant into ADD COLUMN, then split again.",
                           part.intention->sources});
    }
  }

  /// CREATE TABLE .. (LIKE ..) takes the shape that the other table has at that moment; what a plan changes
  /// in phases has it only later.
  void refuse_shapes_under_way() {
    for (const Part& part : parts_) {
      const auto* create = std::get_if<CreateTable>(&part.intention->operation);
      if (create == nullptr) continue;
      for (const LikeClause& like : create->likes) {
        const bool under_way = std::any_of(parts_.begin(), parts_.end(), [&](const Part& other) {
          const ObjectName* target = target_relation(other.intention->operation);
          return !other.harmless && target != nullptr && *target == like.source &&
                 !std::holds_alternative<Update>(other.intention->operation) &&
                 !std::holds_alternative<Delete>(other.intention->operation) &&
                 other.intention->sources.front().statement < part.intention->sources.front().statement;
        });
        if (!under_way) continue;
        refusals_.push_back({"Table " + display(create->table) + " is created LIKE " + display(like.source) +
                                 ", which this migration changes in phases before.",
                             "Create it in a migration of its own after this one, or write its columns out.",
                             part.intention->sources});
      }
    }
  }

  const Schema& met(const SourceRef& source) const {
    const auto found = walked_.met.find(key_of(source));
    return found == walked_.met.end() ? walked_.start : found->second;
  }

  /// `DO $$ BEGIN ALTER TABLE ..; EXCEPTION WHEN duplicate_object THEN null; END $$`: the one statement that
  /// it means.
  const Intention* only_statement_of(const Intention& intention) const {
    const auto* held = std::get_if<std::shared_ptr<const DoBlock>>(&intention.operation);
    if (held == nullptr || *held == nullptr) return nullptr;
    const DoBlock& block = **held;
    if (block.body.size() != 1 || block.commits || block.has_loop || block.has_conditions ||
        block.language != "plpgsql")
      return nullptr;
    for (const Intention& inside : recognized_.intentions) {
      const SourceRef& source = inside.sources.front();
      if (source.nested < 0 || source.statement != intention.sources.front().statement) continue;
      const bool planned = std::holds_alternative<AddForeignKey>(inside.operation) ||
                           std::holds_alternative<AddCheck>(inside.operation) ||
                           std::holds_alternative<AddUnique>(inside.operation) ||
                           std::holds_alternative<AddPrimaryKey>(inside.operation) ||
                           std::holds_alternative<CreateIndex>(inside.operation);
      // One that is there already is what the block's exception handler is for.
      const bool fails = std::any_of(walked_.problems.begin(), walked_.problems.end(),
                                     [&](const SplitResult::Problem& problem) {
                                       return !problem.sources.empty() && problem.sources.front() == source;
                                     });
      return planned && !fails ? &inside : nullptr;
    }
    return nullptr;
  }

  void take(const Intention& written) {
    // What a DO block holds is judged with the block.
    if (written.sources.front().nested >= 0) return;
    const Intention* meant = only_statement_of(written);
    const Intention& intention = meant == nullptr ? written : *meant;
    const SourceRef& first = intention.sources.front();
    const RecipeContext context{met(first), walked_.start, walked_.end,  migration_,
                                options_,   plan_name_,    walked_.file, recognized_.intentions};
    RecipeResult result;
    std::string_view taken_by;
    for (const Recipe* recipe : recipes_) {
      std::optional<RecipeResult> made = recipe->make(intention, context);
      if (!made) continue;
      result = std::move(*made);
      taken_by = recipe->id;
      break;
    }
    if (taken_by.empty()) result = without_recipe(intention, context);
    result_.decisions.push_back(
        {describe(intention), taken_by, result.outcome, result.reason, intention.sources});
    for (std::string& note : result.notes) notes_.push_back(std::move(note));
    switch (result.outcome) {
      case RecipeResult::Outcome::Refused:
        refusals_.push_back({result.reason, result.what_to_do, intention.sources});
        return;
      case RecipeResult::Outcome::NeedsAnswer:
        questions_.push_back({result.reason, result.what_to_do, intention.sources});
        return;
      case RecipeResult::Outcome::Covered:
        return;
      case RecipeResult::Outcome::Harmless:
        parts_.push_back({&written, true, describe(intention) + ": " + result.reason, {}});
        return;
      case RecipeResult::Outcome::Steps: {
        // What one of its own steps brings about, the others cannot wait for.
        std::set<std::string> own;
        for (const Step& step : result.steps) own.insert(step.provides.begin(), step.provides.end());
        for (Step& step : result.steps) {
          if (step.sources.empty()) step.sources = intention.sources;
          for (const ObjectName& name : old_names_used(intention))
            step.provides.push_back(label_under_old_name(name));
          for (std::string& label : needs_of(intention.operation)) {
            if (builds_to_stay(intention.operation)) step.needs.push_back(label_typed(label));
            if (!own.contains(label) && !stands_at_start(intention.operation, label))
              step.needs.push_back(std::move(label));
          }
        }
        parts_.push_back({&intention, false, "", std::move(result.steps)});
        return;
      }
    }
  }

  /// An index or constraint that is there in the end, on whatever type its columns have by then.
  bool builds_to_stay(const Operation& operation) const {
    return std::visit(
        [&](const auto& op) {
          using Op = std::decay_t<decltype(op)>;
          if constexpr (std::is_same_v<Op, CreateIndex>) {
            return op.name.empty() || walked_.end.index(ObjectName(op.table.schema, op.name)) != nullptr;
          } else if constexpr (std::is_same_v<Op, AddUnique> || std::is_same_v<Op, AddPrimaryKey> ||
                               std::is_same_v<Op, AddCheck> || std::is_same_v<Op, AddForeignKey>) {
            const Table* table = walked_.end.table(op.table);
            return op.constraint.name.empty() ||
                   (table != nullptr && table->constraint(op.constraint.name) != nullptr);
          } else {
            return false;
          }
        },
        operation);
  }

  /// Tables that the operation names as they were called before the migration renames them.
  std::vector<ObjectName> old_names_used(const Intention& intention) const {
    std::vector<ObjectName> used;
    for (const Intention& other : recognized_.intentions) {
      const auto* rename = std::get_if<RenameTable>(&other.operation);
      if (rename == nullptr || other.evidence || std::holds_alternative<RenameTable>(intention.operation))
        continue;
      const ObjectName* target = target_relation(intention.operation);
      const auto* key = std::get_if<AddForeignKey>(&intention.operation);
      if ((target != nullptr && *target == rename->table) ||
          (key != nullptr && key->constraint.references.table == rename->table))
        used.push_back(rename->table);
    }
    return used;
  }

  /// What is taken away was there before the migration: it does not wait for what the migration makes under
  /// the same name.
  bool stands_at_start(const Operation& operation, const std::string& label) const {
    const auto is = [&](const ObjectName& name) { return label == label_relation(name); };
    if (const auto* index = std::get_if<DropIndex>(&operation))
      return is(index->index) && walked_.start.index(index->index) != nullptr;
    if (const auto* table = std::get_if<DropTable>(&operation))
      return is(table->table) && walked_.start.table(table->table) != nullptr;
    return false;
  }

  /// No recipe speaks for it: what PostgreSQL does decides.
  RecipeResult without_recipe(const Intention& intention, const RecipeContext& context) {
    RecipeResult result;
    if (const auto* block = std::get_if<std::shared_ptr<const DoBlock>>(&intention.operation))
      return of_block(**block, intention, context);
    if (std::holds_alternative<Transaction>(intention.operation) ||
        std::holds_alternative<LockTable>(intention.operation)) {
      result.outcome = RecipeResult::Outcome::Covered;
      return result;
    }
    if (intention.sources.size() > 1) {
      // Its statements mean one thing together: the words of the first one would be another migration.
      result.outcome = RecipeResult::Outcome::Refused;
      result.reason =
          describe(intention) + ": there is no safe sequence for what these statements do together";
      result.what_to_do = "Run them in a maintenance window, in a migration of their own.";
      return result;
    }
    const Effects effects = effects_of(intention.operation, context.before, options_.effects);
    const std::string trouble = trouble_of(intention.operation, effects, context.before);
    if (trouble.empty()) {
      result.outcome = RecipeResult::Outcome::Harmless;
      result.reason = "nobody waits for it longer than a moment";
      return result;
    }
    result.outcome = RecipeResult::Outcome::Refused;
    result.reason = describe(intention) + ": " + trouble;
    const bool fails = std::any_of(effects.failures.begin(), effects.failures.end(),
                                   [](const Failure& failure) { return !failure.depends_on_data; });
    result.what_to_do = fails ? "Change or drop first what stands in the way."
                              : "Run it in a maintenance window, in a migration of its own.";
    return result;
  }

  RecipeResult of_block(const DoBlock& block, const Intention& intention, const RecipeContext& context) {
    RecipeResult result;
    for (const Intention& inside : recognized_.intentions) {
      const SourceRef& source = inside.sources.front();
      if (source.nested < 0 || source.statement != intention.sources.front().statement) continue;
      const Schema& schema = met(source);
      // Alone in a block of its own: names may be the block's variables, which no table need know.
      const auto alone = std::make_shared<DoBlock>();
      alone->body = {inside.operation};
      const Operation in_block = std::shared_ptr<const DoBlock>(alone);
      const std::string trouble =
          trouble_of(inside.operation, effects_of(in_block, schema, options_.effects), schema);
      const bool dynamic = std::holds_alternative<Unrecognized>(inside.operation);
      if (trouble.empty() && !dynamic) continue;
      result.outcome = RecipeResult::Outcome::Refused;
      result.reason = "A DO block holds " + describe(inside) +
                      (dynamic ? ", which cannot be looked at" : ": " + trouble) + ".";
      result.what_to_do = "Write the statement outside the block.";
      return result;
    }
    (void)context;
    if (block.commits || block.language != "plpgsql") {
      result.outcome = RecipeResult::Outcome::Refused;
      result.reason = block.commits ? "A DO block commits by itself."
                                    : "A DO block is written in " + block.language + ".";
      result.what_to_do = "Put it into a migration of its own.";
      return result;
    }
    result.outcome = RecipeResult::Outcome::Harmless;
    result.reason = "nothing in the block makes anybody wait";
    return result;
  }

  /// What a recipe says of a statement that PostgreSQL refuses names the column; replay's sentence adds
  /// nothing to it.
  void forget_repeated() {
    const std::size_t of_replay = walked_.problems.size();
    std::set<std::size_t> said;
    for (std::size_t i = of_replay; i < refusals_.size(); ++i) {
      for (const SourceRef& source : refusals_[i].sources) said.insert(source.statement);
    }
    std::vector<SplitResult::Problem> kept;
    for (std::size_t i = 0; i < refusals_.size(); ++i) {
      const std::vector<SourceRef>& sources = refusals_[i].sources;
      if (i >= of_replay || sources.empty() || !said.contains(sources.front().statement))
        kept.push_back(std::move(refusals_[i]));
    }
    refusals_ = std::move(kept);
  }

  bool unanswered() {
    forget_repeated();
    // A question that stands open may explain a refusal: it is asked first.
    result_.outcome = questions_.empty() ? SplitResult::Outcome::Refused : SplitResult::Outcome::NeedsAnswer;
    result_.problems = questions_.empty() ? std::move(refusals_) : std::move(questions_);
    return false;
  }

  bool planned() {
    std::vector<const Intention*> harmless;
    for (const Part& part : parts_) {
      if (part.harmless) harmless.push_back(part.intention);
    }
    std::set<std::size_t> apart;
    for (const Part& part : parts_) {
      if (part.apart) apart.insert(part.intention->sources.front().statement);
    }
    std::vector<Step> verbatim;
    try {
      verbatim =
          verbatim_steps(harmless, {migration_, walked_.file, options_.effects, walked_.start,
                                    [this](const SourceRef& source) -> const Schema& { return met(source); },
                                    std::move(apart)});
    } catch (const Error& error) {
      refusals_.push_back({error.what(), error.hint, {}});
      return unanswered();
    }
    std::vector<Step> steps;
    std::size_t next = 0;
    const auto place = [](const Step& step) {
      return step.sources.empty() ? std::tuple<std::size_t, std::size_t, int>{}
                                  : key_of(step.sources.front());
    };
    for (Part& part : parts_) {
      if (part.harmless) continue;
      while (next < verbatim.size() && place(verbatim[next]) < key_of(part.intention->sources.front()))
        steps.push_back(verbatim[next++]);
      for (Step& step : part.steps) steps.push_back(std::move(step));
    }
    while (next < verbatim.size()) steps.push_back(verbatim[next++]);

    forget_later_providers(steps);
    keep_order_of_data(steps, recognized_.intentions);
    Plan& plan = result_.plan;
    plan.name = plan_name_;
    plan.migration = migration_.name;
    plan.original = migration_.text;
    plan.notes = notes_;
    try {
      plan.phases = compose(steps, &plan.order_reasons);
    } catch (const Error& error) {
      refusals_.push_back({error.what(), error.hint, {}});
      return unanswered();
    }
    if (plan.phases.size() > 1 && makes_temporary(recognized_.intentions)) {
      refusals_.push_back(
          {"The migration makes something temporary (a table, a view, a function of pg_temp), which "
           "only the session that makes it can see: its phases are deployed by several.",
           "Make it as an ordinary one and drop it at the end of the migration.",
           {}});
      return unanswered();
    }
    return true;
  }

  /// Nothing can need what only a later statement of the migration brings: a column that an UPDATE fills
  /// before its type changes is the old one.
  void forget_later_providers(std::vector<Step>& steps) const {
    using Place = std::tuple<std::size_t, std::size_t, int>;
    // PostgreSQL does not run the parts of a statement in the order in which they are written: a check may
    // stand before the column it needs.
    const auto executed = [&](const SourceRef& source) {
      const std::vector<std::size_t> order =
          execution_order(walked_.file.statements.at(source.statement).operations);
      const auto at = std::find(order.begin(), order.end(), source.operation);
      return Place{source.statement, static_cast<std::size_t>(at - order.begin()), source.nested};
    };
    // A change written in several statements is there with the first of them as far as others need it, and
    // goes on to the last as far as it needs others.
    const auto places = [&](const Step& step) {
      std::pair<Place, Place> ends{Place{SIZE_MAX, 0, 0}, Place{}};
      for (const SourceRef& source : step.sources) {
        const Place place = executed(source);
        ends = {std::min(ends.first, place), std::max(ends.second, place)};
      }
      return step.sources.empty() ? std::pair<Place, Place>{} : ends;
    };
    std::map<std::string, Place> provided;
    for (const Step& step : steps) {
      const Place first = places(step).first;
      for (const std::string& label : step.provides) {
        const auto known = provided.emplace(label, first);
        if (!known.second) known.first->second = std::min(known.first->second, first);
      }
    }
    for (Step& step : steps) {
      const Place here = places(step).second;
      std::erase_if(step.needs, [&](const std::string& label) {
        const auto found = provided.find(label);
        return found != provided.end() && here < found->second && !label.starts_with("typed:");
      });
    }
  }

  static std::vector<std::string> development_notes(const Plan& plan) {
    return {
        "A development database that has already applied " + plan.migration +
            " is in the plan's end state. Once the phases are in the history, tell it so "
            "instead of letting `prisma migrate dev` reset it: `npx prisma migrate resolve --applied <name>` "
            "for every released phase, and "
            "DELETE FROM _prisma_migrations WHERE migration_name = " +
            sql("{}", Literal(plan.migration)).str() + ".",
        "Commit the plan folder, the released phases and schema.prisma together; delete the folder of " +
            plan.migration +
            " from the history, it must "
            "never be deployed as it was.",
    };
  }

  std::string describe(const Intention& intention) {
    const Span span = spans_.of(intention.sources.front().statement, intention.sources.front().operation);
    std::string words = migration_.text.substr(span.begin, span.end - span.begin);
    const std::size_t line_end = words.find('\n');
    if (line_end != std::string::npos) words = words.substr(0, line_end) + " ...";
    if (words.size() > 120) words = truncated_name(words, 117) + "...";
    return words;
  }

  const Migration& migration_;
  SplitWalk walked_;
  OperationSpans spans_{migration_.text, walked_.file};
  Recognized recognized_;
  const RecipeSet& recipes_;
  const SplitOptions& options_;
  const std::vector<Finding>& findings_;
  std::string plan_name_;
  std::vector<Part> parts_;
  std::vector<SplitResult::Problem> refusals_, questions_;
  std::vector<std::string> notes_;
  SplitResult result_;
};

Splitter splitter(const Migration& migration, const ParsedFile& file, Schema start, const RecipeSet& recipes,
                  const SplitOptions& options, const std::vector<Finding>& findings) {
  forget_new(start);
  SplitWalk walked = walk(migration, file, std::move(start));
  Recognized recognized = recognize_pieces(walked.pieces, migration, walked.start, options.answers);
  return Splitter(migration, std::move(walked), std::move(recognized), recipes, options, findings);
}

/// What a plan says about Prisma's own files and commands means nothing to a team that uses another tool.
void leave_prisma_out(Plan& plan) {
  for (Phase& phase : plan.phases) phase.prisma.clear();
  if (plan.development.empty()) return;
  plan.development = {
      "A development database that has already applied " + plan.migration +
          " is in the plan's end state: record every released phase as applied there without running it, or "
          "make the database anew.",
      "Commit the plan folder and the released phases together; " + plan.migration +
          " is not in the history any more, it must never be deployed as it was.",
  };
}

}  // namespace

SplitResult split_from(const Migration& migration, Schema start, const RecipeSet& recipes,
                       const SplitOptions& options, const std::vector<Finding>& findings) {
  const ParsedFile file = parse_file(migration.text);
  return splitter(migration, file, std::move(start), recipes, options, findings).run();
}

SplitProspect prospect_of_split(const Migration& migration, const ParsedFile& file, Schema start,
                                const RecipeSet& recipes, const SplitOptions& options,
                                const std::vector<Finding>& findings) {
  Splitter split = splitter(migration, file, std::move(start), recipes, options, findings);
  SplitProspect answer;
  if (split.decide()) {
    answer.answered = split.result().answered;
  } else if (split.result().outcome == SplitResult::Outcome::Refused && !split.result().problems.empty()) {
    answer.refusal = split.result().problems.front().what;
  }
  return answer;
}

SplitResult split(const History& history, std::size_t migration_index, const RuleSet& rules,
                  const RecipeSet& recipes, const SplitOptions& options, const RuleSettings& settings,
                  const Schema* base) {
  const Migration& migration = history.migrations.at(migration_index);
  const Schema start = schema_before(history, migration_index, base);
  const std::vector<Finding> findings =
      findings_before_split(history, migration_index, start, rules, recipes, settings, options);
  SplitResult result = split_from(migration, start, recipes, options, findings);
  if (history.tool != Tool::PrismaUnknown && history.tool != Tool::PrismaWhole &&
      history.tool != Tool::PrismaSplit)
    leave_prisma_out(result.plan);
  return result;
}

}  // namespace planner

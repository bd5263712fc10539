#include "planner/compose/compose.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "planner/error.h"
#include "planner/labels.h"
#include "planner/sql/parse.h"

namespace planner {
namespace {

/// One transaction that waits for more tables than this at once would hardly ever find them all free.
constexpr std::size_t kMostTablesLocked = 8;

/// How hard a step is on those who use its tables. Strong locks and work that takes time never meet in one
/// transaction.
enum class Hardness { None, Soft, Strong };

Hardness hardness(const Step& step) {
  LockMode strongest = LockMode::None;
  for (const StepLock& lock : step.locks) strongest = std::max(strongest, lock.mode);
  if (strongest > LockMode::ShareUpdateExclusive) return Hardness::Strong;
  return strongest == LockMode::None ? Hardness::None : Hardness::Soft;
}

bool shares(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& label) {
    return std::find(b.begin(), b.end(), label) != b.end();
  });
}

/// The stage a step belongs to: its kind, index and validation folded into the backfill they wait for, and
/// never before what it needs.
std::vector<PhaseKind> stages_of(const std::vector<Step>& steps) {
  const bool copies = std::any_of(steps.begin(), steps.end(),
                                  [](const Step& step) { return step.kind == PhaseKind::Backfill; });
  std::vector<PhaseKind> stages;
  stages.reserve(steps.size());
  for (const Step& step : steps) {
    const bool folds = copies && (step.kind == PhaseKind::Index || step.kind == PhaseKind::Validate);
    stages.push_back(folds ? PhaseKind::Backfill : step.kind);
  }
  for (std::size_t round = 0; round < steps.size(); ++round) {
    bool changed = false;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      for (std::size_t j = 0; j < steps.size(); ++j) {
        if (i == j || stages[j] <= stages[i] || !shares(steps[i].needs, steps[j].provides)) continue;
        stages[i] = stages[j];
        changed = true;
      }
    }
    if (!changed) break;
  }
  return stages;
}

/// Steps that become one migration.
using Group = std::vector<std::size_t>;

class Stage {
 public:
  Stage(const std::vector<Step>& steps, std::vector<std::size_t> members)
      : steps_(steps), left_(std::move(members)) {
    std::stable_sort(left_.begin(), left_.end(),
                     [&](std::size_t a, std::size_t b) { return steps_[a].kind < steps_[b].kind; });
  }

  std::vector<Group> groups() {
    std::vector<Group> result;
    while (!left_.empty()) result.push_back(next());
    return result;
  }

 private:
  bool waits(std::size_t step, const Group& done_here) const {
    return std::any_of(left_.begin(), left_.end(), [&](std::size_t other) {
      return other != step && std::find(done_here.begin(), done_here.end(), other) == done_here.end() &&
             shares(steps_[step].needs, steps_[other].provides);
    });
  }

  bool fits(std::size_t step, const Group& group) const {
    std::set<ObjectName> relations;
    Hardness hardest = Hardness::None;
    for (const std::size_t member : group) {
      hardest = std::max(hardest, hardness(steps_[member]));
      for (const StepLock& lock : steps_[member].locks) relations.insert(lock.relation);
    }
    const Hardness own = hardness(steps_[step]);
    if (own != Hardness::None && hardest != Hardness::None && own != hardest) return false;
    if (own == Hardness::Strong) {
      for (const StepLock& lock : steps_[step].locks) relations.insert(lock.relation);
      if (relations.size() > kMostTablesLocked && !group.empty()) return false;
    }
    return group.empty() || steps_[group.front()].kind == steps_[step].kind;
  }

  Group next() {
    Group group;
    // What can travel together goes first and as far as it can; then one that must travel alone.
    for (bool grown = true; grown;) {
      grown = false;
      for (const std::size_t step : left_) {
        const bool taken = std::find(group.begin(), group.end(), step) != group.end();
        if (taken || steps_[step].shape != Shape::Together || waits(step, group) || !fits(step, group))
          continue;
        if (group.empty() && alone_first(step)) continue;
        group.push_back(step);
        grown = true;
      }
    }
    if (group.empty()) {
      const auto ready =
          std::find_if(left_.begin(), left_.end(), [&](std::size_t step) { return !waits(step, group); });
      group.push_back(ready == left_.end() ? left_.front() : *ready);
    }
    std::erase_if(
        left_, [&](std::size_t step) { return std::find(group.begin(), group.end(), step) != group.end(); });
    return group;
  }

  /// A step of an earlier kind that must be alone comes before the ones of later kinds.
  bool alone_first(std::size_t step) const {
    return std::any_of(left_.begin(), left_.end(), [&](std::size_t other) {
      return steps_[other].shape != Shape::Together && steps_[other].kind < steps_[step].kind &&
             !waits(other, {});
    });
  }

  const std::vector<Step>& steps_;
  std::vector<std::size_t> left_;
};

std::string folder_word(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 && byte < 0x80) {
      out += static_cast<char>(std::tolower(byte));
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out.size() <= 60 ? out : out.substr(0, 51) + "_" + short_hash(text);
}

/// b, c, ..., z, zb, zc, ...: sorts as it counts.
std::string part_letters(std::size_t part) {
  std::string out;
  while (part > 25) {
    out += 'z';
    part -= 25;
  }
  if (part > 0) out += static_cast<char>('a' + static_cast<int>(part));
  return out;
}

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append_sentence(std::string& text, const std::string& sentence, std::string_view between) {
  if (sentence.empty() || text.find(sentence) != std::string::npos) return;
  if (!text.empty()) text += between;
  text += sentence;
}

void append_locks(std::vector<StepLock>& to, const std::vector<StepLock>& from) {
  for (const StepLock& lock : from) {
    const auto same = std::find_if(to.begin(), to.end(),
                                   [&](const StepLock& seen) { return seen.relation == lock.relation; });
    if (same == to.end()) {
      to.push_back(lock);
    } else if (lock.mode > same->mode) {
      *same = lock;
    }
  }
}

Hardness hardness(const ReverseStep& step) {
  Step like;
  like.locks = step.locks;
  return hardness(like);
}

/// The way back of a whole phase: its steps' ways back in the opposite order, neighbours that may share a
/// transaction in one.
Sql rollback_of(const std::vector<const Step*>& steps) {
  std::vector<ReverseStep> pieces;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    for (const ReverseStep& piece : (*step)->reverse) {
      const bool joins = !pieces.empty() && piece.shape == Shape::Together &&
                         pieces.back().shape == Shape::Together &&
                         (hardness(piece) == hardness(pieces.back()) || hardness(piece) == Hardness::None ||
                          hardness(pieces.back()) == Hardness::None);
      if (joins) {
        append(pieces.back().statements, piece.statements);
        append_locks(pieces.back().locks, piece.locks);
      } else {
        pieces.push_back(piece);
      }
    }
  }
  std::vector<Sql> statements;
  for (const ReverseStep& piece : pieces) {
    if (piece.statements.empty()) continue;
    if (piece.shape == Shape::Together) {
      statements.push_back(locked_block(piece.locks, piece.statements));
    } else {
      append(statements, piece.statements);
    }
  }
  return statements.empty() ? Sql() : block(statements);
}

Window window_of(const std::vector<const Step*>& steps) {
  Window window = Window::BothReleases;
  for (const Step* step : steps) {
    if (step->window == Window::NewRelease) return Window::NewRelease;
    if (step->window == Window::OldRelease) window = Window::OldRelease;
  }
  return window;
}

/// The steps of one migration of the plan, in the stage they belong to.
struct Planned {
  PhaseKind stage = PhaseKind::Add;
  std::vector<const Step*> steps;
  std::vector<Condition> checks;  ///< of what earlier migrations built
};

bool takes_checks(const Planned& planned) {
  return planned.steps.front()->shape == Shape::Together && window_of(planned.steps) != Window::NewRelease;
}

/// What a statement that stands alone has left behind cannot be looked at in its own migration (an
/// interrupted build leaves an invalid index, and running IF NOT EXISTS again does not mend it): the next
/// block looks, or one of its own when that one is too far away.
void place_checks(std::vector<Planned>& all, std::vector<Step>& own_checks) {
  own_checks.reserve(all.size());
  std::vector<Condition> open;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!open.empty() && takes_checks(all[i])) all[i].checks = std::exchange(open, {});
    if (all[i].steps.front()->shape == Shape::Alone) {
      for (const Step* step : all[i].steps) open.insert(open.end(), step->after.begin(), step->after.end());
    }
    const bool last_of_stage = i + 1 == all.size() || all[i + 1].stage != all[i].stage;
    if (open.empty() || !last_of_stage || (i + 1 < all.size() && takes_checks(all[i + 1]))) continue;
    Step check;
    check.kind = all[i].steps.front()->kind;
    check.window = window_of(all[i].steps);
    check.slug = "check";
    check.title = "see that what was built is whole";
    check.why =
        "A build that was interrupted leaves an index that costs every write and serves no query, and "
        "running its phase again does not mend it.";
    check.application = "Nothing changes for it.";
    own_checks.push_back(std::move(check));
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(i) + 1,
               Planned{all[i].stage, {&own_checks.back()}, std::exchange(open, {})});
    ++i;
  }
}

std::vector<Sql> check_gates(const std::vector<Condition>& conditions) {
  std::vector<Sql> gates;
  for (const Condition& condition : conditions) {
    gates.push_back(
        sql("IF EXISTS ({}) THEN\n    RAISE EXCEPTION 'planner: this does not hold: %', {} USING HINT = "
            "{};\n  END IF",
            condition.query, Literal(condition.says),
            Literal("The build was interrupted. REINDEX INDEX CONCURRENTLY mends such an index; then run "
                    "this again. Nothing was changed.")));
  }
  return gates;
}

Phase phase_of(const Planned& planned) {
  const std::vector<const Step*>& steps = planned.steps;
  Phase phase;
  phase.kind = planned.stage;
  phase.window = window_of(steps);
  std::vector<Sql> statements, gates = check_gates(planned.checks);
  std::vector<std::string> made;
  for (const Step* step : steps) {
    append(gates, step->gates);
    append_sentence(phase.title, step->title, "; ");
    append_sentence(phase.why, step->why, "\n");
    append_sentence(phase.application, step->application, "\n");
    append_sentence(phase.reverse_note, step->reverse_note, "\n");
    append_locks(phase.locks, step->locks);
    append(phase.before, step->before);
    append(phase.after, step->after);
    append(phase.prisma, step->prisma);
    append(phase.sources, step->sources);
    append(made, step->provides);
    append(statements, step->statements);
    phase.reversible = phase.reversible && step->reversible;
    if (step->backfill) phase.backfill = step->backfill;
  }
  // A name that one of the steps gives a relation cannot be locked before it has it, unless another one takes
  // it from what has it now.
  const auto makes = [&](const std::string& label) {
    return std::find(made.begin(), made.end(), label) != made.end();
  };
  std::erase_if(phase.locks, [&](const StepLock& lock) {
    return makes(label_relation(lock.relation)) && !makes(label_gone(lock.relation));
  });
  const Shape shape = steps.front()->shape;
  phase.commits = shape != Shape::Together;
  phase.migration =
      shape == Shape::Together ? locked_block(phase.locks, statements, gates) : statements.front();
  if (phase.reversible) phase.rollback = rollback_of(steps);
  return phase;
}

void require_parses(const Sql& text, bool single) {
  std::string why;
  const ParsedFile file = parse_file(text.str());
  for (const Statement& statement : file.statements) {
    if (statement.problem != ParseProblem::None) why = statement.error;
  }
  if (why.empty() && single && file.statements.size() != 1)
    why = std::to_string(file.statements.size()) + " statements instead of one";
  if (why.empty()) return;
  throw Error("planner wrote SQL that does not parse (" + why + "):\n" + text.str(),
              "This is a mistake in planner: please report it with the migration. Nothing was written.");
}

[[noreturn]] void refuse_order(const Phase& phase) {
  throw Error(
      "One of these changes can only begin when another one is finished and the old release is gone (" +
          phase.title + ").",
      "Put them into two migrations and deploy the application in between.");
}

/// A release that may not run in a later phase may not be started in an earlier one, and one that is gone
/// stays away. `opens`: the last phase without which the new release does not work.
void settle_windows(std::vector<Phase>& phases, std::size_t opens) {
  for (std::size_t i = 0; i < opens; ++i) {
    if (phases[i].window == Window::NewRelease) refuse_order(phases[opens]);
    phases[i].window = Window::OldRelease;
  }
  for (std::size_t i = phases.size(); i-- > 1;) {
    if (phases[i].window == Window::OldRelease && phases[i - 1].window == Window::BothReleases)
      phases[i - 1].window = Window::OldRelease;
  }
  // What keeps the new release out is over with the phase that lets both write: whatever else is built on the
  // way there.
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (phases[i].window != Window::OldRelease) continue;
    const auto lets_in = std::find_if(
        phases.begin() + static_cast<std::ptrdiff_t>(i) + 1, phases.end(), [](const Phase& phase) {
          return phase.kind == PhaseKind::DualWrite || phase.kind == PhaseKind::Swap;
        });
    if (lets_in == phases.end()) break;
    for (auto between = phases.begin() + static_cast<std::ptrdiff_t>(i); between != lets_in; ++between) {
      if (between->window == Window::BothReleases) between->window = Window::OldRelease;
    }
  }
  for (std::size_t i = 1; i < phases.size(); ++i) {
    if (phases[i - 1].window == Window::NewRelease && phases[i].window == Window::OldRelease)
      refuse_order(phases[i]);
    if (phases[i - 1].window == Window::NewRelease) phases[i].window = Window::NewRelease;
    if (phases[i].window == Window::NewRelease && phases[i - 1].window != Window::NewRelease) {
      phases[i].deploy_before =
          "Deploy the new release everywhere and wait until no process of the old release is left.";
    }
  }
  if (!phases.empty() && phases.front().window == Window::NewRelease) {
    phases.front().deploy_before =
        "Deploy the new release everywhere and wait until no process of the old release is left.";
  }
}

}  // namespace

void check_statements(const std::vector<Phase>& phases) {
  for (const Phase& phase : phases) {
    require_parses(phase.migration, true);
    if (phase.reversible && !phase.rollback.empty()) require_parses(phase.rollback, false);
  }
}

std::vector<Phase> compose(const std::vector<Step>& steps, std::vector<std::string>* reasons) {
  const std::vector<PhaseKind> stages = stages_of(steps);
  std::map<PhaseKind, std::vector<std::size_t>> by_stage;
  for (std::size_t i = 0; i < steps.size(); ++i) by_stage[stages[i]].push_back(i);

  std::vector<Planned> all;
  for (const auto& [stage, members] : by_stage) {
    for (const Group& group : Stage(steps, members).groups()) {
      Planned planned{stage, {}, {}};
      for (const std::size_t member : group) planned.steps.push_back(&steps[member]);
      all.push_back(std::move(planned));
    }
  }
  std::vector<Step> own_checks;
  place_checks(all, own_checks);

  std::vector<Phase> phases;
  int number = 0;
  std::size_t part = 0;
  for (const Planned& planned : all) {
    const bool first = phases.empty() || phases.back().kind != planned.stage;
    number += first ? 1 : 0;
    part = first ? 0 : part + 1;
    const Step& leading = *planned.steps.front();
    Phase phase = phase_of(planned);
    phase.number = number;
    phase.part = part_letters(part);
    phase.folder = std::to_string(number) + "_" + folder_word(phase_name(planned.stage));
    if (part > 0)
      phase.folder += "_" + phase.part + "_" + folder_word(leading.slug.empty() ? "more" : leading.slug);
    if (reasons != nullptr) {
      std::string reason = phase.folder + ": ";
      if (leading.shape == Shape::Alone)
        reason += "cannot run inside a transaction, so it is a migration of its own";
      if (leading.shape == Shape::Committing) reason += "commits as it goes, so it is a migration of its own";
      if (leading.shape == Shape::Together) {
        reason += planned.steps.size() == 1
                      ? "one short transaction"
                      : std::to_string(planned.steps.size()) + " changes share one short transaction";
      }
      if (planned.stage != leading.kind)
        reason += "; it waits for what the " + std::string(phase_name(planned.stage)) + " phase prepares";
      if (!planned.checks.empty()) reason += "; it first sees that what was built before is whole";
      reasons->push_back(std::move(reason));
    }
    phases.push_back(std::move(phase));
  }
  std::size_t opens = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    // A name that has to be freed first comes when the old release is gone anyway.
    if (all[i].stage == PhaseKind::Drop) break;
    for (const Step* step : all[i].steps) {
      if (std::find(step->provides.begin(), step->provides.end(), label_new_release()) !=
          step->provides.end())
        opens = i;
    }
  }
  settle_windows(phases, opens);
  return phases;
}

}  // namespace planner

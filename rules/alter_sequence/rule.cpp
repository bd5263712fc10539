#include "rules/about.h"

namespace planner::rules {
namespace {

std::optional<Verdict> check(const AlterSequence& op, const Subject& subject) {
  const Sequence* sequence = subject.before.sequence(op.sequence);
  if (sequence == nullptr || subject.migration_start.sequence(op.sequence) == nullptr) return std::nullopt;
  if (sequence->owner_table && is_new(subject.before, *sequence->owner_table)) return std::nullopt;
  const SequenceOptions& options = op.options;
  const bool back = options.restart_given && (!options.restart || *options.restart <= sequence->start);
  const bool narrower = options.maximum.has_value() || options.minimum.has_value() ||
                        options.increment.has_value() || options.cycle.has_value() ||
                        !options.as_type.empty();
  if (!back && !narrower) return std::nullopt;
  Verdict verdict;
  verdict.object = display(op.sequence);
  // More room hurts nobody; only the lock is left to say.
  const bool wider = !back && !options.minimum && !options.increment && !options.cycle.value_or(false) &&
                     (options.as_type.empty() || options.as_type.is("int8")) &&
                     options.maximum.value_or(sequence->maximum) >= sequence->maximum;
  if (wider) {
    verdict.severity = Severity::Info;
    verdict.message =
        "Giving the sequence " + name_of(op.sequence) +
        " more room waits for transactions that took a number from it, and nextval() waits until "
        "the transaction ends";
    verdict.help = "Keep the transaction short";
    return verdict;
  }
  verdict.message = back ? "The sequence " + name_of(op.sequence) +
                               " starts again: INSERTs collide with the numbers that were given out"
                         : "The range or step of the sequence " + name_of(op.sequence) +
                               " changes while the running release takes numbers from it; nextval() waits "
                               "until the transaction ends";
  verdict.help = back ? "Restart it behind the largest number in use"
                      : "Make sure that its last number is inside the new range, and that no client counts "
                        "on the old step";
  return verdict;
}

}  // namespace

extern const Rule alter_sequence;
const Rule alter_sequence{.id = "alter-sequence",
                          .summary = "A sequence starts again or changes its range",
                          .severity = Severity::Warning,
                          .category = Category::Fails,

                          .check = on<check>};

}  // namespace planner::rules

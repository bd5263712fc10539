#include <algorithm>
#include <map>

#include "planner/compose/compose.h"

namespace planner {
namespace {

/// Strongest mode per relation, in the order in which the relations were named first.
std::vector<StepLock> merged(const std::vector<StepLock>& locks) {
  std::vector<StepLock> result;
  for (const StepLock& lock : locks) {
    if (lock.mode == LockMode::None) continue;
    const auto same = std::find_if(result.begin(), result.end(),
                                   [&](const StepLock& seen) { return seen.relation == lock.relation; });
    if (same == result.end()) {
      result.push_back(lock);
    } else {
      same->mode = std::max(same->mode, lock.mode);
    }
  }
  return result;
}

Sql mode_sql(LockMode mode) { return Sql::verbatim(std::string(lock_name(mode))); }

/// One LOCK TABLE per mode, strongest first: whoever needs the strongest lock waits for the fewest others
/// while holding the least.
std::vector<Sql> lock_statements(const std::vector<StepLock>& locks, bool nowait) {
  std::map<LockMode, std::vector<Sql>, std::greater<>> by_mode;
  for (const StepLock& lock : locks) {
    if (!lock.by_statement) by_mode[lock.mode].push_back(sql("{}", lock.relation));
  }
  std::vector<Sql> statements;
  for (const auto& [mode, relations] : by_mode) {
    statements.push_back(nowait
                             ? sql("LOCK TABLE {} IN {} MODE NOWAIT", join(relations, ", "), mode_sql(mode))
                             : sql("LOCK TABLE {} IN {} MODE", join(relations, ", "), mode_sql(mode)));
  }
  return statements;
}

std::string lines(const std::vector<Sql>& statements, std::string_view indent) {
  std::string out;
  for (const Sql& statement : statements) out.append(indent).append(statement.str()).append(";\n");
  return out;
}

std::string names_for_people(const std::vector<StepLock>& locks) {
  std::string out;
  for (const StepLock& lock : locks) {
    if (!out.empty()) out += ", ";
    out += display(lock.relation);
  }
  return out;
}

/// RAISE reads % as a placeholder.
std::string without_placeholders(std::string text) {
  for (std::size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 2))
    text.insert(at, "%");
  return text;
}

std::string deeper(std::string text, std::string_view indent) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
    out.append(indent).append(text, at, end - at + 1);
    at = end + 1;
  }
  return out;
}

/// What the rungs that come nine times out of ten do to others. LOCK TABLE does not take every relation.
std::string first_rungs(const std::vector<StepLock>& locks) {
  const bool queues =
      std::any_of(locks.begin(), locks.end(), [](const StepLock& lock) { return lock.by_statement; });
  return queues ? "nobody queues behind this for longer than 40 ms"
                : "NOWAIT never queues, so nobody queues behind it";
}

/// The PL/pgSQL block, from DECLARE to END. `indent` is for its own lines only: what it runs may hold strings
/// with line breaks.
std::string ladder(const std::vector<StepLock>& locks, const std::vector<Sql>& statements,
                   const std::string& indent, const std::vector<Sql>& gates = {}) {
  std::vector<Sql> relations;
  for (const StepLock& lock : locks) relations.push_back(sql("{}::regclass", Literal(quoted(lock.relation))));
  const Literal gave_up(without_placeholders("planner: " + names_for_people(locks) +
                                             (locks.size() == 1 ? " was" : " were") +
                                             " in use for a whole minute; nothing was changed"));
  const Literal hint(
      "Run this again when it is quieter. Who holds the lock: SELECT a.pid, a.usename, a.state, "
      "a.xact_start, a.query FROM pg_locks l JOIN "
      "pg_stat_activity a USING (pid) WHERE l.granted AND l.relation IN (" +
      join(relations, ", ").str() + ")");
  return deeper(
             "DECLARE\n"
             "  planner_try integer := 0;\n"
             "  planner_patience integer := (SELECT setting::integer + 300 FROM pg_settings WHERE name = "
             "'deadlock_timeout');\n"
             "  planner_until timestamptz := clock_timestamp() + interval '60 seconds';\n"
             "BEGIN\n",
             indent) +
         lines(gates, indent + "  ") +
         deeper(
             "  LOOP\n"
             "    planner_try := planner_try + 1;\n"
             "    BEGIN\n"
             "      IF planner_try % 10 > 0 THEN  -- " +
                 first_rungs(locks) +
                 "\n"
                 "        PERFORM set_config('lock_timeout', '40ms', true);\n" +
                 lines(lock_statements(locks, true), "        ") +
                 // Who queues behind us waits as long as we do: 40 ms while a blocker of a few seconds may
                 // still end.
                 "      ELSE  -- a short wait; the last ones outlast deadlock_timeout, which is what makes "
                 "autovacuum give way\n"
                 "        PERFORM set_config('lock_timeout', least(40 * power(2, greatest(planner_try / 10 - "
                 "5, "
                 "0)), planner_patience)::integer || 'ms', true);\n" +
                 lines(lock_statements(locks, false), "        ") + "      END IF;\n",
             indent) +
         lines(statements, indent + "      ") +
         deeper(
             "      EXIT;\n"
             "    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN\n"
             "      IF clock_timestamp() > planner_until THEN\n"
             "        RAISE EXCEPTION " +
                 quoted(gave_up) +
                 "\n"
                 "          USING ERRCODE = 'lock_not_available', HINT = " +
                 quoted(hint) +
                 ";\n"
                 "      END IF;\n"
                 "      PERFORM pg_sleep(0.05 + random() * 0.2);  -- the lock is released meanwhile\n"
                 "    END;\n"
                 "  END LOOP;\n"
                 "END",
             indent);
}

bool strong(const std::vector<StepLock>& locks) {
  return std::any_of(locks.begin(), locks.end(),
                     [](const StepLock& lock) { return lock.mode > LockMode::ShareUpdateExclusive; });
}

}  // namespace

Sql locked_block(const std::vector<StepLock>& all_locks, const std::vector<Sql>& statements,
                 const std::vector<Sql>& gates) {
  const std::vector<StepLock> locks = merged(all_locks);
  if (strong(locks))
    return sql("DO {}", dollar_quoted(Sql::verbatim("\n" + ladder(locks, statements, "", gates) + "\n")));
  if (statements.size() == 1 && gates.empty()) return statements.front();
  return sql("DO {}", dollar_quoted(Sql::verbatim("\nBEGIN\n" + lines(gates, "  ") + lines(statements, "  ") +
                                                  "END\n")));
}

Sql committing_block(const std::vector<Stretch>& stretches) {
  std::string body = "\nBEGIN\n";
  for (const Stretch& stretch : stretches) {
    const std::vector<StepLock> locks = merged(stretch.locks);
    body += strong(locks) ? ladder(locks, stretch.statements, "  ") + ";\n" : lines(stretch.statements, "  ");
    body += "  COMMIT;\n";
  }
  return sql("DO {}", dollar_quoted(Sql::verbatim(body + "END\n")));
}

}  // namespace planner

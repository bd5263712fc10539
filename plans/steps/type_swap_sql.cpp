#include "plans/steps/type_swap_sql.h"

#include <algorithm>

#include "plans/steps/ddl.h"
#include "plans/steps/key_join.h"
#include "plans/steps/not_null.h"
#include "plans/steps/privileges.h"
#include "plans/steps/text.h"

namespace planner::plans::type_swap {

static const Identifier kNew("new");

StepLock exclusive(const TableName& table) {
  return {table, LockMode::AccessExclusive, std::string(kMoment)};
}
StepLock scanning(const TableName& table) {
  return {table, LockMode::ShareUpdateExclusive, std::string(kScan)};
}

Sql alter(const TableName& table, const std::vector<Sql>& actions) {
  return sql("ALTER TABLE {} {}", table, join(actions, ", "));
}

void append(std::vector<Sql>& to, const std::vector<Sql>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::string names_said(const SwappedTable& table) {
  std::string out;
  for (const SwappedColumn& column : table.columns) out += (out.empty() ? "" : ", ") + said(column.name);
  return out;
}

std::string plain_said(const SwappedTable& table) {
  std::string out;
  for (const SwappedColumn& column : table.columns) {
    if (!column.join) out += (out.empty() ? "" : ", ") + said(column.name);
  }
  return out;
}

/// DROP COLUMN loses them, so where the migration drops and adds the column they are not carried.
std::vector<Sql> carry_all_privileges(const SwappedTable& table) {
  std::vector<Sql> out;
  for (const SwappedColumn& column : table.columns) {
    if (!column.dropped_and_added)
      out.push_back(carry_privileges(table.table->name, column.name, column.fresh));
  }
  return out;
}

std::string label(std::string_view what, const SwappedTable& table) {
  return std::string(what) + ":" + quoted(table.table->name) + names_said(table);
}

Identifier fits_name(const SwappedColumn& column) { return planner_name("fits", column.name.str()); }
Identifier not_null_again(const SwappedColumn& column) {
  return planner_name("not_null_again", column.name.str());
}

bool with_fits(const SwappedTable& table) {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [](const SwappedColumn& column) { return !column.refused.empty(); });
}

/// A value may turn out to have no counterpart: then the shadow may be NULL until that is refused.
bool proof_waits(const SwappedColumn& column) { return !column.up.fails.empty(); }

static Sql function_text(const SwappedTable& table, const std::vector<Sql>& body) {
  std::vector<Sql> lines{sql("\n      BEGIN")};
  lines.insert(lines.end(), body.begin(), body.end());
  lines.push_back(sql("  RETURN NEW;"));
  lines.push_back(sql("END\n      "));
  const Sql text = on_lines(lines);
  const Sql quoted_body = text.str().find("$mirror$") == std::string::npos ? sql("$mirror${}$mirror$", text)
                                                                           : dollar_quoted(text);
  return sql("CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS {}",
             ObjectName(table.table->name.schema, table.mirror.function_name), quoted_body);
}

static Sql of_new(const Expression& expression) { return expression.with_columns_qualified(kNew).text(); }

/// The shadow follows, whoever wrote what. It bears a name of planner's, so a write to it is nobody's
/// intention: the referential action of a foreign key at most, which does the same to the column it follows.
Sql follow_function(const SwappedTable& table) {
  std::vector<Sql> body;
  for (const SwappedColumn& column : table.columns) {
    if (!column.join) body.push_back(sql("  NEW.{} := {};", column.fresh, of_new(column.up.up)));
  }
  return function_text(table, body);
}

/// After the swap: the old column keeps what it has as long as the new value follows from it, and otherwise
/// holds the new value as far as it can.
static Sql lead_function(const SwappedTable& table) {
  std::vector<Sql> body;
  for (const SwappedColumn& column : table.columns) {
    if (column.join) continue;
    const Sql differs =
        sql("{} *<> {}", image(of_new(column.up_after.up)), image(sql("NEW.{}", column.name)));
    const Sql value = column.down.up.empty() ? sql("NULL") : of_new(column.down.up);
    body.push_back(sql("  IF {} THEN NEW.{} := {}; END IF;", differs, column.old, value));
  }
  return function_text(table, body);
}

std::vector<Sql> validations(const SwappedTable& table) {
  std::vector<Sql> actions;
  if (has_plain(table)) actions.push_back(sql("VALIDATE CONSTRAINT {}", table.mirror.constraint_name));
  append(actions, validate_join_checks(table));
  for (const SwappedColumn& column : table.columns) {
    if (column.required && !proof_waits(column) && !column.join)
      actions.push_back(sql("VALIDATE CONSTRAINT {}", not_null_proof(column.fresh)));
  }
  return actions;
}

std::vector<Sql> add_proofs(const SwappedTable& table, bool waiting) {
  std::vector<Sql> out;
  for (const SwappedColumn& column : table.columns) {
    if (column.required && proof_waits(column) == waiting && !column.join)
      out.push_back(add_not_null_proof(table.table->name, column.fresh));
  }
  return out;
}

std::vector<Sql> add_fits(const SwappedTable& table) {
  std::vector<Sql> out;
  for (const SwappedColumn& column : table.columns) {
    if (!column.refused.empty()) {
      out.push_back(sql("ALTER TABLE {} ADD CONSTRAINT {} CHECK (NOT COALESCE({}, false)) NOT VALID",
                        table.table->name, fits_name(column), column.refused.text()));
    }
  }
  append(out, add_proofs(table, true));
  return out;
}

std::vector<Sql> fits_validations(const SwappedTable& table) {
  std::vector<Sql> actions;
  for (const SwappedColumn& column : table.columns) {
    if (!column.refused.empty()) actions.push_back(sql("VALIDATE CONSTRAINT {}", fits_name(column)));
    if (column.required && proof_waits(column))
      actions.push_back(sql("VALIDATE CONSTRAINT {}", not_null_proof(column.fresh)));
  }
  return actions;
}

std::vector<Sql> drop_fits(const SwappedTable& table) {
  std::vector<Sql> actions;
  for (const SwappedColumn& column : table.columns) {
    if (!column.refused.empty()) actions.push_back(sql("DROP CONSTRAINT {}", fits_name(column)));
    if (column.required && proof_waits(column))
      actions.push_back(sql("DROP CONSTRAINT {}", not_null_proof(column.fresh)));
  }
  return actions.empty() ? actions : std::vector<Sql>{alter(table.table->name, actions)};
}

/// Counts the values that would be lost and shows some, before any lock is asked for.
Sql raise_refused(const SwappedTable& table, const SwappedColumn& column) {
  const std::string place = display(table.table->name) + "." + column.name.str();
  const bool labels_go = !(column.fresh_type.name == column.after->type.name);
  return sql(
      "IF EXISTS (SELECT 1 FROM {} WHERE {}) THEN\n"
      "    RAISE EXCEPTION 'planner: % values of %.% cannot become % without loss, among them: %', (SELECT "
      "count(*) FROM {} WHERE {}), {}, {}, {},\n"
      "      (SELECT string_agg(planner_values.v, ', ') FROM (SELECT DISTINCT left({}::text, 40) AS v FROM "
      "{} WHERE {} LIMIT 5) AS planner_values)\n"
      "      USING ERRCODE = 'data_exception', HINT = {};\n"
      "  END IF",
      table.table->name, column.refused.text(), table.table->name, column.refused.text(),
      Literal(display(table.table->name)), Literal(column.name.str()), Literal(display(column.after->type)),
      column.name, table.table->name, column.refused.text(),
      Literal("Nothing was changed. Correct them, or split again with --accept-lossy=" + place +
              (labels_go ? " or --fill " + place + "=SQL." : ".")));
}

/// What the history does not tell: objects made by hand that would stay with the old column. Privileges on
/// the column are carried along, unless the migration drops it and with it them.
Sql raise_hidden(const SwappedTable& table, const SwappedColumn& column) {
  return sql(
      "IF EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = {}::regclass AND a.attname = {} AND "
      "({}EXISTS (\n"
      "      SELECT 1 FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid "
      "AND d.refobjsubid = a.attnum\n"
      "        AND d.classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_trigger'::regclass, "
      "'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass, 'pg_proc'::regclass)\n"
      "        AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE d.classid = 'pg_trigger'::regclass AND t.oid "
      "= d.objid AND t.tgisinternal)))) THEN\n"
      "    RAISE EXCEPTION 'planner: a privilege, view, policy, trigger or statistics object that the "
      "migrations do not tell of hangs on %.%', {}, {}\n"
      "      USING HINT = 'Nothing was changed. Put it into the history (or drop it), then split again.';\n"
      "  END IF",
      Literal(quoted(table.table->name)), Literal(column.name.str()),
      Sql::verbatim(column.dropped_and_added ? "a.attacl IS NOT NULL OR " : ""),
      Literal(display(table.table->name)), Literal(column.name.str()));
}

Sql raise_zone(const SwappedColumn& column) {
  return sql(
      "IF '2024-01-15 12:00'::timestamp::timestamptz <> '2024-01-15 12:00+00'::timestamptz OR '2024-07-15 "
      "12:00'::timestamp::timestamptz <> '2024-07-15 12:00+00'::timestamptz THEN\n"
      "    RAISE EXCEPTION 'planner: the values of % are taken as UTC, but the time zone here is %', {}, "
      "current_setting('TimeZone')\n"
      "      USING HINT = 'Nothing was changed. Say which zone is meant: USING column AT TIME ZONE ''zone'' "
      "in the migration, then split again.';\n"
      "  END IF",
      Literal(column.name.str()));
}

std::vector<Sql> functions_of(const SwappedTable& table, bool after) {
  std::vector<Sql> out;
  for (const SwappedColumn& column : table.columns) {
    append(out, after ? column.up_after.functions : column.up.functions);
    if (after) append(out, column.down.functions);
  }
  return out;
}

/// The bounds a sequence of this type has when nobody says more.
std::int64_t default_maximum(const TypeName& type) {
  if (type.is("int2")) return 32767;
  return type.is("int4") ? 2147483647 : 9223372036854775807;
}

/// As ADD ... AS IDENTITY takes it; the name is said because PostgreSQL would make up another one for a
/// column that was renamed.
static Sql identity_options(const Sequence& sequence, const TypeName& was, const TypeName& type) {
  std::vector<Sql> parts{sql("SEQUENCE NAME {}", sequence.name), sql("START WITH {}", sequence.start)};
  if (sequence.increment != 1) parts.push_back(sql("INCREMENT BY {}", sequence.increment));
  if (sequence.minimum != 1) parts.push_back(sql("MINVALUE {}", sequence.minimum));
  if (sequence.maximum != default_maximum(was) && sequence.maximum <= default_maximum(type))
    parts.push_back(sql("MAXVALUE {}", sequence.maximum));
  if (sequence.cache != 1) parts.push_back(sql("CACHE {}", sequence.cache));
  if (sequence.cycle) parts.push_back(sql("CYCLE"));
  return sql(" ({})", join(parts, " "));
}

/// The columns change names, and the identity goes from one to the other with its counter. Run as a PL/pgSQL
/// statement.
static Sql rename_with_identity(const TableName& table, const std::vector<Sql>& renames,
                                const Identifier& column, const Identity& identity, const Sequence& sequence,
                                const TypeName& was, const TypeName& type) {
  return sql(
      "DECLARE planner_next bigint; planner_called boolean; BEGIN\n"
      "        SELECT last_value, is_called INTO planner_next, planner_called FROM {};\n"
      "        ALTER TABLE {} ALTER COLUMN {} DROP IDENTITY;\n"
      "        {};\n"
      "        ALTER TABLE {} ALTER COLUMN {} ADD {}{};\n"
      "        PERFORM setval(pg_get_serial_sequence({}, {}), planner_next, planner_called);\n"
      "      END",
      sequence.name, table, column, join(renames, ";\n        "), table, column,
      Sql::verbatim(std::string(identity_sql(identity))), identity_options(sequence, was, type),
      Literal(quoted(table)), Literal(column.str()));
}

static const SwappedIndex* index_of_key(const SwappedTable& table, const ConstraintDefinition& key) {
  const auto found = std::find_if(table.indexes.begin(), table.indexes.end(), [&](const SwappedIndex& index) {
    return index.index->constraint == key.name;
  });
  return found == table.indexes.end() ? nullptr : &*found;
}

static Sql add_key(const TableName& table, const ConstraintDefinition& key, const Identifier& index) {
  ConstraintDefinition by_index = key;
  by_index.using_index = index;
  by_index.inline_of_column = false;
  by_index.included.clear();
  by_index.nulls_not_distinct = false;
  return sql("ALTER TABLE {} ADD {}", table, constraint_sql(by_index));
}

Sql add_constraint(const TableName& table, ConstraintDefinition constraint) {
  constraint.not_valid = true;
  constraint.inline_of_column = false;
  return sql("ALTER TABLE {} ADD {}", table, constraint_sql(constraint));
}

static Sql rename_index(const TableName& table, const Identifier& from, const Identifier& to) {
  return sql("ALTER INDEX {} RENAME TO {}", ObjectName(table.schema, from), to);
}

static void mark_index(const SwappedTable& table, const Index& index, std::vector<Sql>& out) {
  if (index.clustered) out.push_back(sql("ALTER TABLE {} CLUSTER ON {}", table.table->name, index.name.name));
  if (index.replica_identity)
    out.push_back(sql("ALTER TABLE {} REPLICA IDENTITY USING INDEX {}", table.table->name, index.name.name));
  if (!index.comment.empty())
    out.push_back(sql("COMMENT ON INDEX {} IS {}", index.name, Literal(index.comment)));
}

static Identifier old_index(const Index& index) { return planner_name("old", index.name.name.str()); }

static Sql set_default(const Identifier& column, const Expression& value) {
  return value.empty() ? sql("ALTER COLUMN {} DROP DEFAULT", column)
                       : sql("ALTER COLUMN {} SET DEFAULT {}", column, value.text());
}

/// PostgreSQL carries a check over by reading its own text again, in which every constant bears the type it
/// had. Only a number's or a moment's constants are of another type than they look.
bool kept_in_its_words(const SwappedTable& table, const SwappedTable::Check& check) {
  if (!same_meaning(check.before.expression, check.after.expression)) return false;
  const auto looks_alike = [](const TypeName& type) {
    return type.array_dimensions > 0 || !(type.is("float4") || type.is("float8") || type.is("numeric") ||
                                          type.is("date") || type.is("timestamp") || type.is("timestamptz"));
  };
  return std::any_of(table.columns.begin(), table.columns.end(), [&](const SwappedColumn& column) {
    return mentions(check.before, column.name) &&
           !(looks_alike(column.before->type) && looks_alike(column.after->type)) &&
           !(column.before->type.name == column.after->type.name);
  });
}

static std::string words_of(const Identifier& check) { return "planner.check_" + short_hash(check.str()); }

Sql remember_words(const TableName& table, const Identifier& check) {
  return sql(
      "PERFORM set_config({}, (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = "
      "{}::regclass AND conname = {}), true)",
      Literal(words_of(check)), Literal(quoted(table)), Literal(check.str()));
}

/// Text made at run time, because only the server knows which types its constants have; the branch never
/// taken is for those who read the file.
Sql add_in_words(const TableName& table, const SwappedTable::Check& check) {
  const Identifier& name = check.after.name;
  return sql(
      "IF current_setting({}, true) LIKE 'CHECK%' THEN\n"
      "          EXECUTE {} || current_setting({}){};\n"
      "        ELSE\n"
      "          {};\n"
      "        END IF",
      Literal(words_of(check.before.name)),
      Literal(sql("ALTER TABLE {} ADD CONSTRAINT {} ", table, name).str()),
      Literal(words_of(check.before.name)), Sql::verbatim(check.validated ? " || ' NOT VALID'" : ""),
      add_constraint(table, check.after));
}

static std::string default_words_of(const SwappedColumn& column) {
  return "planner.default_" + short_hash(column.name.str());
}

static Sql remember_default(const TableName& table, const SwappedColumn& column) {
  return sql(
      "PERFORM set_config({}, (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute a "
      "ON "
      "a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = {}::regclass AND a.attname = {}), "
      "true)",
      Literal(default_words_of(column)), Literal(quoted(table)), Literal(column.name.str()));
}

static Sql default_in_words(const TableName& table, const SwappedColumn& column) {
  return sql(
      "IF current_setting({}, true) <> '' THEN\n"
      "          EXECUTE {} || current_setting({});\n"
      "        ELSE\n"
      "          ALTER TABLE {} {};\n"
      "        END IF",
      Literal(default_words_of(column)),
      Literal(sql("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT ", table, column.name).str()),
      Literal(default_words_of(column)), table, set_default(column.name, column.after->default_value));
}

std::vector<Sql> swap_table(const SwappedTable& table) {
  const TableName& name = table.table->name;
  std::vector<Sql> out, drops, required, proofs, after;
  if (has_plain(table)) drops.push_back(sql("DROP CONSTRAINT {}", table.mirror.constraint_name));
  append(drops, drop_join_checks(table, false));
  append(out, carry_all_privileges(table));  // again: somebody may have been granted one meanwhile
  for (const SwappedTable::Check& check : table.checks) {
    if (kept_in_its_words(table, check)) out.push_back(remember_words(name, check.before.name));
  }
  for (const SwappedColumn& column : table.columns) {
    if (column.default_in_its_words) out.push_back(remember_default(name, column));
  }
  for (const ConstraintDefinition& key : table.keys) drops.push_back(sql("DROP CONSTRAINT {}", key.name));
  for (const SwappedTable::Check& check : table.checks)
    drops.push_back(sql("DROP CONSTRAINT {}", check.before.name));
  // On the old column they would refuse what the new one takes.
  for (const ConstraintDefinition& constraint : table.gone)
    drops.push_back(sql("DROP CONSTRAINT {}", constraint.name));
  for (const SwappedColumn& column : table.columns) {
    if (!column.refused.empty()) drops.push_back(sql("DROP CONSTRAINT {}", fits_name(column)));
    if (column.required) {
      required.push_back(sql("ALTER COLUMN {} SET NOT NULL", column.fresh));
      proofs.push_back(sql("DROP CONSTRAINT {}", not_null_proof(column.fresh)));
    }
  }
  if (!drops.empty()) out.push_back(alter(name, drops));
  for (const ObjectName& index : table.gone_indexes) out.push_back(sql("DROP INDEX {}", index));
  if (!required.empty()) out.push_back(alter(name, required));
  if (!proofs.empty())
    out.push_back(alter(name, proofs));  // apart: in one ALTER TABLE it would go first and the table be read
  for (const SwappedColumn& column : table.columns) {
    const std::vector<Sql> renames{
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", name, column.name, column.old),
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", name, column.fresh, column.name)};
    if (column.identity != nullptr) {
      out.push_back(rename_with_identity(name, renames, column.name, *column.before->identity,
                                         *column.identity, column.before->type, column.after->type));
    } else {
      append(out, renames);
    }
    if (column.before->not_null && !column.goes_on)
      after.push_back(sql("ALTER COLUMN {} DROP NOT NULL", column.old));
    if (!column.before->default_value.empty() && !column.goes_on)
      after.push_back(sql("ALTER COLUMN {} DROP DEFAULT", column.old));
    if (!column.after->default_value.empty() && !column.default_in_its_words)
      after.push_back(set_default(column.name, column.after->default_value));
  }
  for (const SwappedIndex& index : table.indexes) {
    if (!index.index->constraint.empty()) continue;
    out.push_back(index.stays() ? rename_index(name, index.index->name.name, old_index(*index.index))
                                : sql("DROP INDEX {}", index.index->name));
    out.push_back(rename_index(name, index.fresh.name, index.index->name.name));
  }
  for (const ConstraintDefinition& key : table.keys) {
    if (const SwappedIndex* index = index_of_key(table, key))
      out.push_back(add_key(name, key, index->fresh.name));
  }
  // Only now: a column of a primary key cannot lose its NOT NULL before the key has moved.
  if (!after.empty()) out.push_back(alter(name, after));
  for (const SwappedColumn& column : table.columns) {
    if (column.default_in_its_words) out.push_back(default_in_words(name, column));
  }
  for (const SwappedIndex& index : table.indexes) mark_index(table, *index.index, out);
  for (const SwappedTable::Check& check : table.checks) {
    out.push_back(kept_in_its_words(table, check) ? add_in_words(name, check)
                                                  : add_constraint(name, check.after));
  }
  for (const Sequence* sequence : table.sequences)
    out.push_back(sql("ALTER SEQUENCE {} OWNED BY {}.{}", sequence->name, name, sequence->owner_column));
  append(out, functions_of(table, true));
  if (has_plain(table)) out.push_back(lead_function(table));
  if (has_joins(table)) out.push_back(join_function(table, true));
  return out;
}

std::vector<Sql> swap_table_back(const SwappedTable& table) {
  const TableName& name = table.table->name;
  std::vector<Sql> out, drops, required, proofs, after;
  for (const ConstraintDefinition& key : table.keys) drops.push_back(sql("DROP CONSTRAINT {}", key.name));
  for (const SwappedTable::Check& check : table.checks)
    drops.push_back(sql("DROP CONSTRAINT {}", check.after.name));
  if (!drops.empty()) out.push_back(alter(name, drops));
  for (const SwappedColumn& column : table.columns) {
    if (column.before->not_null && !column.goes_on) {
      required.push_back(sql("ALTER COLUMN {} SET NOT NULL", column.old));
      proofs.push_back(sql("DROP CONSTRAINT {}", not_null_again(column)));
    }
  }
  if (!required.empty()) out.push_back(alter(name, required));
  if (!proofs.empty()) out.push_back(alter(name, proofs));
  for (const SwappedColumn& column : table.columns) {
    const std::vector<Sql> renames{
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", name, column.name, column.fresh),
        sql("ALTER TABLE {} RENAME COLUMN {} TO {}", name, column.old, column.name)};
    if (column.identity != nullptr) {
      out.push_back(rename_with_identity(name, renames, column.name, *column.before->identity,
                                         *column.identity, column.before->type, column.before->type));
    } else {
      append(out, renames);
    }
    if (column.required) after.push_back(sql("ALTER COLUMN {} DROP NOT NULL", column.fresh));
    if (!column.after->default_value.empty())
      after.push_back(sql("ALTER COLUMN {} DROP DEFAULT", column.fresh));
    if (!column.before->default_value.empty() && !column.goes_on)
      after.push_back(set_default(column.name, column.before->default_value));
  }
  for (const SwappedIndex& index : table.indexes) {
    if (!index.index->constraint.empty()) continue;
    out.push_back(index.stays() ? rename_index(name, index.index->name.name, index.fresh.name)
                                : sql("DROP INDEX {}", index.index->name));
    out.push_back(rename_index(name, index.stays() ? old_index(*index.index) : index.back.name,
                               index.index->name.name));
    if (index.stays() && !index.index->comment.empty())
      out.push_back(sql("COMMENT ON INDEX {} IS NULL", ObjectName(name.schema, index.fresh.name)));
  }
  for (const ConstraintDefinition& key : table.keys) {
    if (const SwappedIndex* index = index_of_key(table, key))
      out.push_back(add_key(name, key, index->back.name));
  }
  if (!after.empty()) out.push_back(alter(name, after));
  for (const SwappedIndex& index : table.indexes) mark_index(table, *index.index, out);
  for (const SwappedTable::Check& check : table.checks) out.push_back(add_constraint(name, check.before));
  for (const ConstraintDefinition& check : table.gone) out.push_back(add_constraint(name, check));
  for (const Sequence* sequence : table.sequences)
    out.push_back(sql("ALTER SEQUENCE {} OWNED BY {}.{}", sequence->name, name, sequence->owner_column));
  for (const SwappedColumn& column : table.columns) {
    if (!column.up_after.functions.empty()) append(out, column.up.functions);
  }
  if (has_plain(table)) append(out, {follow_function(table), add_sync_check(table.mirror)});
  if (has_joins(table)) out.push_back(join_function(table, false));
  append(out, add_join_checks(table));
  append(out, add_proofs(table, false));
  append(out, add_fits(table));
  return out;
}

}  // namespace planner::plans::type_swap

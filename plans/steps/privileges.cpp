#include "plans/steps/privileges.h"

namespace planner::plans {

Sql carry_privileges(const TableName& table, const Identifier& from, const Identifier& to) {
  return sql(
      "DECLARE planner_granted record; BEGIN\n"
      "        FOR planner_granted IN SELECT e.privilege_type, e.is_grantable, CASE WHEN e.grantee = 0 THEN "
      "'PUBLIC' "
      "ELSE quote_ident(pg_get_userbyid(e.grantee)) END AS role\n"
      "          FROM pg_attribute AS a, aclexplode(a.attacl) WITH ORDINALITY AS e (grantor, grantee, "
      "privilege_type, "
      "is_grantable, place)\n"
      "          WHERE a.attrelid = to_regclass({}) AND a.attname = {} ORDER BY e.place\n"
      "        LOOP\n"
      "          EXECUTE format('GRANT %s (%I) ON %s TO %s', planner_granted.privilege_type, {}, {}, "
      "planner_granted.role)\n"
      "            || CASE WHEN planner_granted.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END;\n"
      "        END LOOP;\n"
      "      END",
      Literal(quoted(table)), Literal(from.str()), Literal(to.str()), Literal(quoted(table)));
}

}  // namespace planner::plans

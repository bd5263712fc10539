#include "plans/steps/shim.h"

namespace planner::plans {

Sql copy_grants(const TableName& table, const ObjectName& view) {
  return sql(
      "DECLARE\n"
      "        planner_grant record;\n"
      "      BEGIN\n"
      "        FOR planner_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE "
      "quote_ident(pg_get_userbyid(grantee)) END AS role, privilege_type,\n"
      "            CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS more\n"
      "            FROM pg_class, aclexplode(relacl) WHERE pg_class.oid = {}::regclass AND grantee <> "
      "relowner LOOP\n"
      "          EXECUTE format('GRANT %s ON {} TO %s%s', planner_grant.privilege_type, planner_grant.role, "
      "planner_grant.more);\n"
      "        END LOOP;\n"
      "      END",
      Literal(quoted(table)), view);
}

std::vector<Sql> create_shim(const ObjectName& view, const TableName& over,
                             const std::vector<std::pair<Identifier, Identifier>>& columns,
                             const TableName& grants_of, int server_version) {
  const Sql options = server_version >= 150000 ? sql(" WITH (security_invoker = true)") : Sql();
  std::vector<Sql> selected;
  for (const auto& [column, name] : columns)
    selected.push_back(column == name ? sql("{}", column) : sql("{} AS {}", column, name));
  return {sql("CREATE VIEW {}{} AS SELECT {} FROM {}", view, options, join(selected, ", "), over),
          copy_grants(grants_of, view)};
}

}  // namespace planner::plans

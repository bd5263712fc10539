#include "src/report/schema_report.h"

#include <nlohmann/json.hpp>

#include "planner/schema_facets.h"
#include "planner/sql/sql.h"

namespace planner::report {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string qualified(const ObjectName& name) {
  return name.schema.empty() ? name.name.str() : name.schema.str() + "." + name.name.str();
}

/// Values as they are compared; what says nothing is left out.
void add_facets(Json& json, const Facets& facets) {
  for (const Facet& facet : facets) {
    const std::string text =
        facet.is_expression ? (facet.expression.empty() ? "" : facet.expression.text().str()) : facet.text;
    if (facet.text == "yes" || facet.text == "no") {
      json[facet.what] = facet.text == "yes";
    } else if (!text.empty()) {
      json[facet.what] = text;
    }
  }
}

template <typename Parts, typename Name>
Json parts(const Parts& all, const Name& name) {
  Json out = Json::array();
  for (const auto& part : all) {
    Json one{{"name", name(part)}};
    add_facets(one, facets_of(part, {}));
    out.push_back(std::move(one));
  }
  return out;
}

const auto kDefinitionName = [](const auto& part) { return part.definition.name.str(); };
const auto kObjectName = [](const auto& part) { return qualified(part.name); };
const auto kColumnName = [](const Column& column) { return column.name.str(); };

Json table_json(const Table& table) {
  Json json{{"name", qualified(table.name)}};
  add_facets(json, facets_of(table, {}));
  json["certain"] = table.certainty == Certainty::Known;
  json["columns"] = parts(table.columns, kColumnName);
  json["constraints"] = parts(table.constraints, kDefinitionName);
  json["indexes"] = parts(table.indexes, kObjectName);
  json["triggers"] = parts(table.triggers, kDefinitionName);
  json["policies"] = parts(table.policies, kDefinitionName);
  json["rules"] = parts(table.rules, kDefinitionName);
  json["statistics"] = parts(table.statistics, kObjectName);
  return json;
}

Json view_json(const View& view) {
  Json json{{"name", qualified(view.name)}};
  add_facets(json, facets_of(view, {}));
  json["certain"] = view.certainty == Certainty::Known;
  json["query"] = view.query.empty() ? "" : view.query.text().str();
  Json reads = Json::object();
  for (const auto& [relation, columns] : view.reads) {
    Json names = Json::array();
    for (const Identifier& column : columns) names.push_back(column.str());
    reads[qualified(relation)] = std::move(names);
  }
  json["reads"] = std::move(reads);
  json["indexes"] = parts(view.indexes, kObjectName);
  return json;
}

template <typename Map>
Json objects(const Map& map) {
  Json out = Json::array();
  for (const auto& [name, object] : map) {
    Json one{{"name", qualified(name)}};
    add_facets(one, facets_of(*object, {}));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::string schema_as_json(const Schema& schema, const std::string& described,
                           const std::vector<std::string>& gaps, const std::string& version) {
  Json json{{"format", "planner-schema"},
            {"version", 1},
            {"planner", version},
            {"schema_of", described},
            {"not_understood", gaps}};
  json["schemas"] = Json::array();
  for (const auto& [name, comment] : schema.schemas) json["schemas"].push_back(name.str());
  json["extensions"] = Json::array();
  for (const auto& [name, extension_version] : schema.extensions) json["extensions"].push_back(name.str());
  json["tables"] = Json::array();
  for (const auto& [name, table] : schema.tables) json["tables"].push_back(table_json(*table));
  json["views"] = Json::array();
  for (const auto& [name, view] : schema.views) json["views"].push_back(view_json(*view));
  json["sequences"] = objects(schema.sequences);
  json["enums"] = objects(schema.enums);
  json["domains"] = objects(schema.domains);
  json["types"] = Json::array();
  for (const auto& [name, type] : schema.types) {
    if (!type->extension.empty()) continue;
    Json one{{"name", qualified(name)}};
    add_facets(one, facets_of(*type, {}));
    json["types"].push_back(std::move(one));
  }
  json["functions"] = Json::array();
  for (const auto& [name, overloads] : schema.functions) {
    for (const Function& function : *overloads) {
      if (!function.extension.empty()) continue;
      Json one{{"name", qualified(name)}};
      add_facets(one, facets_of(function, {}));
      json["functions"].push_back(std::move(one));
    }
  }
  return dump(json);
}

std::string differences_as_json(const std::vector<SchemaDifference>& differences, const std::string& a,
                                const std::string& b, const std::string& version,
                                const std::vector<std::string>& explanations) {
  Json json{{"format", "planner-diff"}, {"version", 1}, {"planner", version}, {"a", a}, {"b", b}};
  json["differences"] = Json::array();
  for (std::size_t i = 0; i < differences.size(); ++i) {
    const SchemaDifference& difference = differences[i];
    Json one{{"change", difference.change == SchemaDifference::Change::OnlyInA   ? "only-in-a"
                        : difference.change == SchemaDifference::Change::OnlyInB ? "only-in-b"
                                                                                 : "differs"},
             {"kind", difference.kind},
             {"object", qualified(difference.object)}};
    if (!difference.part.empty()) one["part"] = difference.part.str();
    if (difference.change == SchemaDifference::Change::Differs) {
      one["what"] = difference.what;
      one["in_a"] = difference.a;
      one["in_b"] = difference.b;
    }
    one["sentence"] = difference.sentence;
    if (i < explanations.size()) one["explanation"] = explanations[i];
    json["differences"].push_back(std::move(one));
  }
  return dump(json);
}

std::string sql_comment(std::string_view text) {
  std::string out = comment_lines(text);
  if (out.empty() || out.back() != '\n') out += '\n';
  return out;
}

}  // namespace planner::report

#include "planner/schema_diff.h"

#include <algorithm>
#include <map>

#include "planner/schema_catalog.h"
#include "planner/schema_facets.h"

namespace planner {

bool same_default(const Expression& a, const Expression& b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  return same_meaning(a, b);
}

namespace {

using Change = SchemaDifference::Change;

std::string value_words(const std::string& value) { return value.empty() ? "none" : value; }

std::string facet_words(const Facet& facet) {
  return value_words(facet.is_expression ? facet.expression.text().str() : facet.text);
}

}  // namespace

bool same_facet(const Facet& a, const Facet& b) {
  if (!a.is_expression) return a.text == b.text;
  return same_default(a.expression, b.expression);
}

namespace {

class Comparer {
 public:
  Comparer(const Schema& a, const Schema& b, const CompareOptions& options)
      : a_(a), b_(b), options_(options) {}

  std::vector<SchemaDifference> run();

 private:
  struct Place {
    std::string kind;
    ObjectName object;
    Identifier part;
  };

  std::string words(const Place& place) const {
    std::string out = place.kind + " ";
    return out +
           (place.part.empty() ? display(place.object) : place.part.str() + " of " + display(place.object));
  }

  void only(Change change, const Place& place) {
    const std::string& where = change == Change::OnlyInA ? options_.name_a : options_.name_b;
    add(change, place, {}, {}, {}, words(place) + " is only in " + where);
  }

  void differs(const Place& place, const std::string& what, std::string in_a, std::string in_b) {
    std::string sentence = words(place) + ": " + what + " is " + in_a + " in " + options_.name_a + ", " +
                           in_b + " in " + options_.name_b;
    add(Change::Differs, place, what, std::move(in_a), std::move(in_b), std::move(sentence));
  }

  void add(Change change, const Place& place, std::string what, std::string in_a, std::string in_b,
           std::string sentence) {
    SchemaDifference difference;
    difference.change = change;
    difference.kind = place.kind;
    difference.object = place.object;
    difference.part = place.part;
    difference.what = std::move(what);
    difference.a = std::move(in_a);
    difference.b = std::move(in_b);
    difference.sentence = std::move(sentence);
    found_.push_back(std::move(difference));
  }

  void facets(const Place& place, const Facets& in_a, const Facets& in_b) {
    for (const Facet& one : in_a) {
      const auto other =
          std::find_if(in_b.begin(), in_b.end(), [&](const Facet& f) { return f.what == one.what; });
      if (other == in_b.end()) {
        differs(place, one.what, facet_words(one), "none");
      } else if (!same_facet(one, *other)) {
        differs(place, one.what, facet_words(one), facet_words(*other));
      }
    }
    for (const Facet& one : in_b) {
      const bool known =
          std::any_of(in_a.begin(), in_a.end(), [&](const Facet& f) { return f.what == one.what; });
      if (!known) differs(place, one.what, "none", facet_words(one));
    }
  }

  /// Parts of a table or view, matched by name.
  template <typename Parts, typename NameOf>
  void parts(const std::string& kind, const ObjectName& object, const Parts& in_a, const Parts& in_b,
             const NameOf& name_of) {
    using Part = typename Parts::value_type;
    std::map<Identifier, const Part*> others;
    for (const Part& one : in_b) others.emplace(name_of(one), &one);
    for (const Part& one : in_a) {
      const Place place{kind, object, name_of(one)};
      const auto other = others.find(place.part);
      if (other == others.end()) {
        only(Change::OnlyInA, place);
        continue;
      }
      facets(place, facets_of(one, options_), facets_of(*other->second, options_));
      others.erase(other);
    }
    for (const Part& one : in_b) {
      if (others.contains(name_of(one))) only(Change::OnlyInB, {kind, object, name_of(one)});
    }
  }

  /// Objects of a catalogue, matched by name.
  template <typename Value, typename Both, typename Counts>
  void objects(const std::string& kind, const SharedMap<ObjectName, Value>& in_a,
               const SharedMap<ObjectName, Value>& in_b, const Counts& counts, const Both& both) {
    for (const auto& [name, object] : in_a) {
      if (!counts(name, *object)) continue;
      const Value* other = in_b.find(name);
      if (other == nullptr || !counts(name, *other)) {
        only(Change::OnlyInA, {kind, name, {}});
      } else if (other != object.get()) {  // the very same object cannot differ
        both(Place{kind, name, {}}, *object, *other);
      }
    }
    for (const auto& [name, object] : in_b) {
      if (!counts(name, *object)) continue;
      const Value* other = in_a.find(name);
      if (other == nullptr || !counts(name, *other)) only(Change::OnlyInB, {kind, name, {}});
    }
  }

  void tables(const Place& place, const Table& in_a, const Table& in_b);
  void views(const Place& place, const View& in_a, const View& in_b);
  void functions(const Place& place, const std::vector<Function>& in_a, const std::vector<Function>& in_b);
  void names(const std::string& kind, const SharedMap<Identifier, std::string>& in_a,
             const SharedMap<Identifier, std::string>& in_b, bool compare_text);

  const Schema& a_;
  const Schema& b_;
  const CompareOptions& options_;
  std::vector<SchemaDifference> found_;
};

std::vector<Identifier> column_names(const Table& table) {
  std::vector<Identifier> out;
  for (const Column& column : table.columns) out.push_back(column.name);
  return out;
}

const auto kDefinitionName = [](const auto& part) { return part.definition.name; };

void Comparer::tables(const Place& place, const Table& in_a, const Table& in_b) {
  facets(place, facets_of(in_a, options_), facets_of(in_b, options_));
  parts("column", place.object, in_a.columns, in_b.columns, [](const Column& column) { return column.name; });
  if (options_.column_order && column_names(in_a) != column_names(in_b)) {
    auto sorted_a = column_names(in_a);
    auto sorted_b = column_names(in_b);
    std::sort(sorted_a.begin(), sorted_a.end());
    std::sort(sorted_b.begin(), sorted_b.end());
    if (sorted_a == sorted_b) {
      differs(place, "column order", display(column_names(in_a)), display(column_names(in_b)));
    }
  }
  parts("constraint", place.object, in_a.constraints, in_b.constraints, kDefinitionName);
  parts("index", place.object, in_a.indexes, in_b.indexes,
        [](const Index& index) { return index.name.name; });
  parts("trigger", place.object, in_a.triggers, in_b.triggers, kDefinitionName);
  parts("rule", place.object, in_a.rules, in_b.rules, kDefinitionName);
  if (options_.policies) parts("policy", place.object, in_a.policies, in_b.policies, kDefinitionName);
  parts("statistics", place.object, in_a.statistics, in_b.statistics,
        [](const CreateStatistics& statistics) { return statistics.name.name; });
}

void Comparer::views(const Place& place, const View& in_a, const View& in_b) {
  facets(place, facets_of(in_a, options_), facets_of(in_b, options_));
  if (!same_query(in_a.query, a_, in_b.query, b_)) {
    differs(place, "query", in_a.query.text().str(), in_b.query.text().str());
  }
  parts("index", place.object, in_a.indexes, in_b.indexes,
        [](const Index& index) { return index.name.name; });
  parts("trigger", place.object, in_a.triggers, in_b.triggers, kDefinitionName);
  parts("rule", place.object, in_a.rules, in_b.rules, kDefinitionName);
}

void Comparer::functions(const Place& place, const std::vector<Function>& in_a,
                         const std::vector<Function>& in_b) {
  std::vector<Function> own_a = in_a;
  std::vector<Function> own_b = in_b;
  const auto of_extension = [](const Function& function) { return !function.extension.empty(); };
  std::erase_if(own_a, of_extension);
  std::erase_if(own_b, of_extension);
  parts("function", place.object, own_a, own_b,
        [](const Function& function) { return Identifier("(" + signature_text(function) + ")"); });
}

void Comparer::names(const std::string& kind, const SharedMap<Identifier, std::string>& in_a,
                     const SharedMap<Identifier, std::string>& in_b, bool compare_text) {
  for (const auto& [name, text] : in_a) {
    const std::string* other = in_b.find(name);
    if (other == nullptr) {
      only(Change::OnlyInA, {kind, ObjectName(name), {}});
    } else if (compare_text && *text != *other) {
      differs({kind, ObjectName(name), {}}, "comment", value_words(*text), value_words(*other));
    }
  }
  for (const auto& [name, text] : in_b) {
    if (!in_a.contains(name)) only(Change::OnlyInB, {kind, ObjectName(name), {}});
  }
}

std::vector<SchemaDifference> Comparer::run() {
  const auto all = [](const ObjectName&, const auto&) { return true; };
  const auto by_facets = [&](const Place& place, const auto& in_a, const auto& in_b) {
    facets(place, facets_of(in_a, options_), facets_of(in_b, options_));
  };
  names("schema", a_.schemas, b_.schemas, options_.comments);
  if (options_.extensions) names("extension", a_.extensions, b_.extensions, false);
  objects("table", a_.tables, b_.tables, all,
          [&](const Place& place, const Table& x, const Table& y) { tables(place, x, y); });
  objects("view", a_.views, b_.views, all,
          [&](const Place& place, const View& x, const View& y) { views(place, x, y); });
  objects("sequence", a_.sequences, b_.sequences, all, by_facets);
  objects("enum", a_.enums, b_.enums, all, by_facets);
  objects("domain", a_.domains, b_.domains, all, [&](const Place& place, const Domain& x, const Domain& y) {
    by_facets(place, x, y);
    parts("constraint", place.object, x.checks, y.checks, kDefinitionName);
  });
  objects(
      "type", a_.types, b_.types,
      [](const ObjectName&, const OtherType& type) { return type.extension.empty(); }, by_facets);
  if (options_.functions) {
    const auto own = [](const ObjectName&, const std::vector<Function>& overloads) {
      return std::any_of(overloads.begin(), overloads.end(),
                         [](const Function& f) { return f.extension.empty(); });
    };
    objects("function", a_.functions, b_.functions, own,
            [&](const Place& place, const std::vector<Function>& x, const std::vector<Function>& y) {
              functions(place, x, y);
            });
  }
  if (options_.publications) {
    for (const auto& [name, tables_a] : a_.publications) {
      if (!b_.publications.contains(name)) only(Change::OnlyInA, {"publication", ObjectName(name), {}});
    }
    for (const auto& [name, tables_b] : b_.publications) {
      if (!a_.publications.contains(name)) only(Change::OnlyInB, {"publication", ObjectName(name), {}});
    }
  }
  return std::move(found_);
}

}  // namespace

bool same_query(const Expression& a, const Schema& in_a, const Expression& b, const Schema& in_b) {
  if (same_meaning(a, b)) return true;
  return same_meaning(canonical_query(a, SchemaCatalog(in_a)), canonical_query(b, SchemaCatalog(in_b)));
}

std::vector<SchemaDifference> compare(const Schema& a, const Schema& b, const CompareOptions& options) {
  return Comparer(a, b, options).run();
}

}  // namespace planner

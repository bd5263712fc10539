#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "planner/shared_list.h"
#include "planner/shared_map.h"

namespace planner {
namespace {

using Map = SharedMap<int, std::string>;
using Plain = std::map<int, std::string>;

Plain plain(const Map& map) {
  Plain all;
  for (const auto& [key, value] : map) all.emplace(key, *value);
  return all;
}

std::vector<int> changed(const Map& now, const Map& before) {
  std::vector<int> keys;
  for (const auto& [key, value] : now) {
    if (before.find(key) != value.get()) keys.push_back(key);
  }
  return keys;
}

/// Sizes from a handful to several levels of nodes; copies are taken on the way and must stay what they were.
TEST(Shared, AMapDoesWhatAPlainOneDoesAndItsCopiesStayAsTheyWere) {
  for (const int keys : {5, 60, 700, 2500}) {
    SCOPED_TRACE(keys);
    std::mt19937 random(static_cast<unsigned>(keys));
    const auto below = [&](int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random); };
    Map map;
    Plain expected;
    std::vector<std::pair<Map, Plain>> kept;
    for (int step = 0; step < 3 * keys; ++step) {
      const int key = below(keys);
      // Mostly growing in the first half, mostly shrinking in the second.
      const bool removes = below(10) < (step < 2 * keys ? 2 : 8);
      if (removes) {
        map.erase(key);
        expected.erase(key);
      } else if (std::string* value = map.edit(key)) {
        *value += "+";
        expected[key] += "+";
      } else {
        map.put(key, std::to_string(step));
        expected[key] = std::to_string(step);
      }
      ASSERT_EQ(map.size(), expected.size());
      ASSERT_EQ(map.contains(key), expected.count(key) == 1);
      if (below(keys) < 20) kept.emplace_back(map, expected);
    }
    EXPECT_EQ(plain(map), expected);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      EXPECT_EQ(plain(kept[i].first), kept[i].second);
      const Map& other = i + 1 < kept.size() ? kept[i + 1].first : map;
      EXPECT_EQ(other.changed_since(kept[i].first), changed(other, kept[i].first));
      EXPECT_EQ(kept[i].first.changed_since(other), changed(kept[i].first, other));
    }
    for (int probe = -1; probe <= keys; ++probe) {
      const auto found = map.lower_bound(probe);
      const auto wanted = expected.lower_bound(probe);
      ASSERT_EQ(found == map.end(), wanted == expected.end());
      if (wanted != expected.end()) {
        EXPECT_EQ(found->first, wanted->first);
      }
    }
  }
}

TEST(Shared, AnUnchangedCopyOfAMapSharesEverything) {
  Map map;
  for (int key = 0; key < 100; ++key) map.put(key, "x");
  const Map copy = map;
  EXPECT_TRUE(map.shares_with(copy));
  EXPECT_TRUE(map.changed_since(copy).empty());
  *map.edit(50) = "y";
  EXPECT_FALSE(map.shares_with(copy));
  EXPECT_EQ(map.changed_since(copy), std::vector<int>{50});
  EXPECT_EQ(*copy.find(50), "x");
  EXPECT_EQ(map.find(49), copy.find(49));
}

TEST(Shared, AListDoesWhatAVectorDoesAndItsCopiesStayAsTheyWere) {
  using List = SharedList<std::string>;
  std::mt19937 random(7);
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  const auto all = [](const List& list) { return std::vector<std::string>(list.begin(), list.end()); };
  List list;
  std::vector<std::string> expected;
  std::vector<std::pair<List, std::vector<std::string>>> kept;
  for (int step = 0; step < 4000; ++step) {
    const std::size_t at = below(expected.size() + 1);
    const std::string value = std::to_string(step);
    switch (below(6)) {
      case 0:
        list.push_back(value);
        expected.push_back(value);
        break;
      case 1:
        list.insert(list.begin() + static_cast<std::ptrdiff_t>(at), value);
        expected.insert(expected.begin() + static_cast<std::ptrdiff_t>(at), value);
        break;
      case 2:
        if (at == expected.size()) break;
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
        expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 3:
        if (at == expected.size()) break;
        list[at] += "+";
        expected[at] += "+";
        break;
      case 4: {
        const auto ends_alike = [&](const std::string& one) { return one.ends_with("77"); };
        EXPECT_EQ(list.erase_if(ends_alike), std::erase_if(expected, ends_alike));
        break;
      }
      default:
        if (below(20) == 0) kept.emplace_back(list, expected);
    }
    ASSERT_EQ(list.size(), expected.size());
  }
  EXPECT_EQ(all(list), expected);
  EXPECT_GT(kept.size(), 10U);
  for (const auto& [copy, then] : kept) EXPECT_EQ(all(copy), then);
}

TEST(Shared, AChangedListSharesWhatWasNotChanged) {
  SharedList<std::string> list{"a", "b", "c"};
  const SharedList<std::string> copy = list;
  EXPECT_TRUE(list.shares_with(copy));
  list[1] = "B";
  EXPECT_FALSE(list.shares_with(copy));
  EXPECT_EQ(copy[1], "b");
  EXPECT_EQ(&std::as_const(list)[0], &copy[0]);
}

}  // namespace
}  // namespace planner

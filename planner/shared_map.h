#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace planner {

/// A sorted catalogue whose copies share their entries: a tree of small nodes. A copy is O(1); a change after
/// it clones the nodes on the way to the entry, of at most 16 places each; a change of an object clones that
/// object only when a copy still shares it. Copies may live in other threads.
template <typename Key, typename Value>
class SharedMap {
  struct Entry {
    std::shared_ptr<const Key> key;
    std::shared_ptr<const Value> value;
  };
  struct Node {
    std::shared_ptr<const Key> first;  ///< not greater than any key in it
    std::vector<Entry> entries;        ///< of a leaf
    std::vector<std::shared_ptr<Node>> children;
    bool is_leaf() const { return children.empty(); }
    std::size_t places() const { return is_leaf() ? entries.size() : children.size(); }
  };
  using Slot = std::shared_ptr<Node>;
  static constexpr std::size_t kMostPlaces = 16;
  static constexpr std::size_t kDeepest = 10;  // splits leave at least 8 places: 8 to the 10th entries

 public:
  class const_iterator {
   public:
    struct Item {
      const Key& first;
      const std::shared_ptr<const Value>& second;
    };
    struct Arrow {
      Item item;
      const Item* operator->() const { return &item; }
    };
    using iterator_category = std::input_iterator_tag;
    using value_type = Item;
    using difference_type = std::ptrdiff_t;
    using pointer = Arrow;
    using reference = Item;

    const_iterator() {}  // NOLINT: an end; `path_` is filled on the way down
    Item operator*() const {
      const Step& step = path_[depth_ - 1];
      const Entry& entry = step.node->entries[step.place];
      return Item{*entry.key, entry.value};
    }
    Arrow operator->() const { return Arrow{**this}; }
    const_iterator& operator++() {
      ++path_[depth_ - 1].place;
      settle();
      return *this;
    }
    const_iterator operator++(int) {
      const_iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const const_iterator& a, const const_iterator& b) {
      if (a.depth_ == 0 || b.depth_ == 0) return a.depth_ == b.depth_;
      const Step& one = a.path_[a.depth_ - 1];
      const Step& other = b.path_[b.depth_ - 1];
      return one.node == other.node && one.place == other.place;
    }
    /// Steps over what two copies share and what stands next in both; false: the next entries may differ.
    friend bool skip_shared(const_iterator& a, const_iterator& b) {
      for (std::size_t i = a.first_begun(); i < a.depth_; ++i) {
        for (std::size_t k = b.first_begun(); k < b.depth_; ++k) {
          if (a.path_[i].node != b.path_[k].node) continue;
          a.pass(i);
          b.pass(k);
          return true;
        }
      }
      return false;
    }

   private:
    friend class SharedMap;
    struct Step {
      const Node* node;
      std::size_t place;
    };

    void enter(const Node* node) {
      for (; node != nullptr; node = node->is_leaf() ? nullptr : node->children.front().get())
        path_[depth_++] = {node, 0};
    }
    /// Goes on to the next leaf where this one is at its end.
    void settle() {
      while (depth_ > 0 && path_[depth_ - 1].place == path_[depth_ - 1].node->places()) {
        --depth_;
        if (depth_ > 0) ++path_[depth_ - 1].place;
      }
      if (depth_ == 0 || path_[depth_ - 1].node->is_leaf()) return;
      enter(path_[depth_ - 1].node->children[path_[depth_ - 1].place].get());
    }
    /// The outermost node of which nothing has been passed.
    std::size_t first_begun() const {
      std::size_t at = depth_;
      while (at > 0 && path_[at - 1].place == 0) --at;
      return at;
    }
    void pass(std::size_t level) {
      depth_ = level;
      if (depth_ > 0) ++path_[depth_ - 1].place;
      settle();
    }

    std::array<Step, kDeepest> path_;  // the first `depth_` hold something
    std::size_t depth_ = 0;            ///< 0: the end
  };

  /// Valid until the next change of this very map (a copy keeps its own). Takes whatever keys can be compared
  /// with.
  template <typename Wanted = Key>
  const Value* find(const Wanted& key) const {
    const Node* node = root_.get();
    if (node == nullptr) return nullptr;
    while (!node->is_leaf()) node = node->children[child_of(*node, key)].get();
    const std::size_t place = entry_of(*node, key);
    return place < node->entries.size() && *node->entries[place].key == key ? node->entries[place].value.get()
                                                                            : nullptr;
  }
  template <typename Wanted = Key>
  bool contains(const Wanted& key) const {
    return find(key) != nullptr;
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// A changeable reference to the entry (cloned when another Schema shares it), or nullptr.
  Value* edit(const Key& key) {
    if (!contains(key)) return nullptr;
    std::shared_ptr<const Value>& slot = own_entry(key).value;
    if (shared(slot)) slot = std::make_shared<Value>(*slot);
    return const_cast<Value*>(slot.get());  // NOLINT: made changeable, and this map is its only owner now
  }

  Value& put(const Key& key, Value value) {
    auto held = std::make_shared<Value>(std::move(value));
    Value& reference = *held;
    if (contains(key)) {
      own_entry(key).value = std::move(held);
      return reference;
    }
    ++size_;
    Entry entry{std::make_shared<const Key>(key), std::move(held)};
    if (root_ == nullptr) {
      root_ = std::make_shared<Node>();
      root_->first = entry.key;
      root_->entries.push_back(std::move(entry));
      return reference;
    }
    if (Slot upper = insert(root_, std::move(entry))) {
      auto above = std::make_shared<Node>();
      above->first = root_->first;
      above->children = {std::move(root_), std::move(upper)};
      root_ = std::move(above);
    }
    return reference;
  }

  void erase(const Key& key) {
    if (!contains(key)) return;
    --size_;
    if (remove(root_, key)) root_.reset();
    while (root_ != nullptr && root_->children.size() == 1) root_ = Slot(root_->children.front());
  }

  const_iterator begin() const {
    const_iterator first;
    first.enter(root_.get());
    return first;
  }
  const_iterator end() const { return {}; }
  /// The first entry whose key is not less than `key`.
  const_iterator lower_bound(const Key& key) const {
    const_iterator found;
    const Node* node = root_.get();
    while (node != nullptr) {
      const std::size_t place = node->is_leaf() ? entry_of(*node, key) : child_of(*node, key);
      found.path_[found.depth_++] = {node, place};
      node = node->is_leaf() ? nullptr : node->children[place].get();
    }
    found.settle();
    return found;
  }
  /// The keys whose objects `before`, an earlier copy of this map, does not hold or holds otherwise. Costs
  /// what was changed, not what there is.
  std::vector<Key> changed_since(const SharedMap& before) const {
    std::vector<Key> keys;
    if (shares_with(before)) return keys;
    auto old = before.begin();
    auto now = begin();
    while (!(now == end())) {
      if (skip_shared(old, now)) continue;
      if (!(old == before.end()) && old->first < now->first) {
        ++old;
        continue;
      }
      const bool both = !(old == before.end()) && !(now->first < old->first);
      if (!both || old->second != now->second) keys.push_back(now->first);
      if (both) ++old;
      ++now;
    }
    return keys;
  }

  /// Do both hold the very same objects (one is an unchanged copy of the other)?
  bool shares_with(const SharedMap& other) const { return root_ == other.root_; }

 private:
  /// Who finds himself alone sees all that the others did before they left.
  template <typename T>
  static bool shared(const std::shared_ptr<T>& pointer) {
    if (pointer.use_count() > 1) return true;
    std::atomic_thread_fence(std::memory_order_acquire);
    return false;
  }

  /// The last child that does not begin behind the key.
  template <typename Wanted>
  static std::size_t child_of(const Node& node, const Wanted& key) {
    const auto after = std::upper_bound(node.children.begin(), node.children.end(), key,
                                        [](const Wanted& k, const Slot& child) { return k < *child->first; });
    return after == node.children.begin() ? 0 : static_cast<std::size_t>(after - node.children.begin()) - 1;
  }
  template <typename Wanted>
  static std::size_t entry_of(const Node& leaf, const Wanted& key) {
    const auto found = std::lower_bound(leaf.entries.begin(), leaf.entries.end(), key,
                                        [](const Entry& entry, const Wanted& k) { return *entry.key < k; });
    return static_cast<std::size_t>(found - leaf.entries.begin());
  }

  static Node& own(Slot& slot) {
    if (shared(slot)) slot = std::make_shared<Node>(*slot);
    return *slot;
  }
  /// Of a key that is there.
  Entry& own_entry(const Key& key) {
    Slot* slot = &root_;
    while (!own(*slot).is_leaf()) slot = &(*slot)->children[child_of(**slot, key)];
    return (*slot)->entries[entry_of(**slot, key)];
  }

  /// Puts a new entry under a node. Returns the upper half of a node that had to be split.
  static Slot insert(Slot& slot, Entry entry) {
    Node& node = own(slot);
    if (*entry.key < *node.first) node.first = entry.key;
    if (node.is_leaf()) {
      const auto place = static_cast<std::ptrdiff_t>(entry_of(node, *entry.key));
      node.entries.insert(node.entries.begin() + place, std::move(entry));
    } else {
      const std::size_t child = child_of(node, *entry.key);
      if (Slot upper = insert(node.children[child], std::move(entry)))
        node.children.insert(node.children.begin() + static_cast<std::ptrdiff_t>(child) + 1,
                             std::move(upper));
    }
    if (node.places() <= kMostPlaces) return nullptr;
    auto upper = std::make_shared<Node>();
    split(node.entries, upper->entries);
    split(node.children, upper->children);
    upper->first = upper->is_leaf() ? upper->entries.front().key : upper->children.front()->first;
    return upper;
  }
  template <typename Places>
  static void split(Places& all, Places& upper) {
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    upper.assign(std::make_move_iterator(middle), std::make_move_iterator(all.end()));
    all.erase(middle, all.end());
  }

  /// Takes an entry out from under a node. True: nothing is left of it.
  static bool remove(Slot& slot, const Key& key) {
    Node& node = own(slot);
    if (node.is_leaf()) {
      node.entries.erase(node.entries.begin() + static_cast<std::ptrdiff_t>(entry_of(node, key)));
      return node.entries.empty();
    }
    const auto child = static_cast<std::ptrdiff_t>(child_of(node, key));
    if (!remove(node.children[static_cast<std::size_t>(child)], key)) return false;
    node.children.erase(node.children.begin() + child);
    return node.children.empty();
  }

  Slot root_;
  std::size_t size_ = 0;
};

}  // namespace planner

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace planner {

/// A sorted catalogue whose copies share their entries. A copy is O(1); the first change after it clones a
/// list of chunks and one chunk of at most 16 entries; a change of an object clones that object only when a
/// copy still shares it.
template <typename Key, typename Value>
class SharedMap {
  struct Entry {
    std::shared_ptr<const Key> key;
    std::shared_ptr<const Value> value;
  };
  using Chunk = std::vector<Entry>;
  struct Chunks {
    std::vector<std::shared_ptr<const Chunk>> list;  // none is empty
    std::size_t size = 0;
  };
  static constexpr std::size_t kMaxChunk = 16;

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

    const_iterator() = default;
    Item operator*() const {
      const Entry& entry = (*chunks_->list[chunk_])[place_];
      return Item{*entry.key, entry.value};
    }
    Arrow operator->() const { return Arrow{**this}; }
    const_iterator& operator++() {
      if (++place_ == chunks_->list[chunk_]->size()) {
        ++chunk_;
        place_ = 0;
      }
      return *this;
    }
    const_iterator operator++(int) {
      const_iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const const_iterator& a, const const_iterator& b) {
      return a.chunk_ == b.chunk_ && a.place_ == b.place_;
    }

   private:
    friend class SharedMap;
    const_iterator(const Chunks* chunks, std::size_t chunk, std::size_t place)
        : chunks_(chunks), chunk_(chunk), place_(place) {}
    const Chunks* chunks_ = nullptr;
    std::size_t chunk_ = 0;
    std::size_t place_ = 0;
  };

  /// Valid until the next change of this very map (a copy keeps its own).
  const Value* find(const Key& key) const {
    const Place place = locate(key);
    return place.found ? (*chunks_->list[place.chunk])[place.entry].value.get() : nullptr;
  }
  bool contains(const Key& key) const { return locate(key).found; }
  std::size_t size() const { return chunks_->size; }
  bool empty() const { return chunks_->size == 0; }

  /// A changeable reference to the entry (cloned when another Schema shares it), or nullptr.
  Value* edit(const Key& key) {
    const Place place = locate(key);
    if (!place.found) return nullptr;
    std::shared_ptr<const Value>& slot = own_chunk(place.chunk)[place.entry].value;
    if (shared(slot)) slot = std::make_shared<Value>(*slot);
    return const_cast<Value*>(slot.get());  // NOLINT: this map is its only owner now
  }

  Value& put(const Key& key, Value value) {
    auto held = std::make_shared<Value>(std::move(value));
    Value& reference = *held;
    const Place place = locate(key);
    if (place.found) {
      own_chunk(place.chunk)[place.entry].value = std::move(held);
      return reference;
    }
    Chunks& own = own_chunks();
    ++own.size;
    Entry entry{std::make_shared<const Key>(key), std::move(held)};
    if (own.list.empty()) {
      own.list.push_back(std::make_shared<const Chunk>(Chunk{std::move(entry)}));
      return reference;
    }
    Chunk& chunk = own_chunk(place.chunk);
    chunk.insert(chunk.begin() + static_cast<std::ptrdiff_t>(place.entry), std::move(entry));
    if (chunk.size() > kMaxChunk) {
      const auto middle = chunk.begin() + static_cast<std::ptrdiff_t>(chunk.size() / 2);
      auto upper = std::make_shared<const Chunk>(std::make_move_iterator(middle),
                                                 std::make_move_iterator(chunk.end()));
      chunk.erase(middle, chunk.end());
      own.list.insert(own.list.begin() + static_cast<std::ptrdiff_t>(place.chunk) + 1, std::move(upper));
    }
    return reference;
  }

  void erase(const Key& key) {
    const Place place = locate(key);
    if (!place.found) return;
    Chunks& own = own_chunks();
    --own.size;
    Chunk& chunk = own_chunk(place.chunk);
    chunk.erase(chunk.begin() + static_cast<std::ptrdiff_t>(place.entry));
    if (chunk.empty()) own.list.erase(own.list.begin() + static_cast<std::ptrdiff_t>(place.chunk));
  }

  const_iterator begin() const { return const_iterator(chunks_.get(), 0, 0); }
  const_iterator end() const { return const_iterator(chunks_.get(), chunks_->list.size(), 0); }
  /// The first entry whose key is not less than `key`.
  const_iterator lower_bound(const Key& key) const {
    const Place place = locate(key);
    if (place.chunk < chunks_->list.size() && place.entry == chunks_->list[place.chunk]->size()) {
      return const_iterator(chunks_.get(), place.chunk + 1, 0);
    }
    return const_iterator(chunks_.get(), place.chunk, place.entry);
  }
  /// The keys whose objects `before`, an earlier copy of this map, does not hold or holds otherwise. Costs
  /// what was changed, not what there is.
  std::vector<Key> changed_since(const SharedMap& before) const {
    std::vector<Key> keys;
    if (shares_with(before)) return keys;
    const auto& then = before.chunks_->list;
    const auto& now = chunks_->list;
    // Copies share all chunks but those that were changed, which stand between what both begin and end with.
    const std::size_t most = std::min(then.size(), now.size());
    std::size_t head = 0, tail = 0;
    while (head < most && then[head] == now[head]) ++head;
    while (tail < most - head && then[then.size() - 1 - tail] == now[now.size() - 1 - tail]) ++tail;
    std::vector<const Chunk*> old;
    for (std::size_t i = head; i + tail < then.size(); ++i) old.push_back(then[i].get());
    std::sort(old.begin(), old.end(), std::less<>());
    for (std::size_t i = head; i + tail < now.size(); ++i) {
      if (std::binary_search(old.begin(), old.end(), now[i].get(), std::less<>())) continue;
      for (const Entry& entry : *now[i]) {
        if (entry.value.get() != before.find(*entry.key)) keys.push_back(*entry.key);
      }
    }
    return keys;
  }

  /// Do both hold the very same objects (one is an unchanged copy of the other)?
  bool shares_with(const SharedMap& other) const { return chunks_ == other.chunks_; }

 private:
  /// Copies may live in other threads; who finds himself alone sees all that the others did before they left.
  template <typename T>
  static bool shared(const std::shared_ptr<T>& pointer) {
    if (pointer.use_count() > 1) return true;
    std::atomic_thread_fence(std::memory_order_acquire);
    return false;
  }

  struct Place {
    std::size_t chunk = 0;
    std::size_t entry = 0;
    bool found = false;
  };

  Place locate(const Key& key) const {
    const auto& list = chunks_->list;
    if (list.empty()) return {};
    // The last chunk that does not start behind the key.
    auto after = std::upper_bound(
        list.begin(), list.end(), key,
        [](const Key& k, const std::shared_ptr<const Chunk>& c) { return k < *c->front().key; });
    if (after != list.begin()) --after;
    const Chunk& chunk = **after;
    const auto entry = std::lower_bound(chunk.begin(), chunk.end(), key,
                                        [](const Entry& e, const Key& k) { return *e.key < k; });
    return Place{static_cast<std::size_t>(after - list.begin()),
                 static_cast<std::size_t>(entry - chunk.begin()), entry != chunk.end() && *entry->key == key};
  }

  Chunks& own_chunks() {
    if (shared(chunks_)) chunks_ = std::make_shared<Chunks>(*chunks_);
    return *chunks_;
  }
  Chunk& own_chunk(std::size_t index) {
    std::shared_ptr<const Chunk>& slot = own_chunks().list[index];
    if (shared(slot)) slot = std::make_shared<const Chunk>(*slot);
    return const_cast<Chunk&>(*slot);  // NOLINT: this map is its only owner now
  }

  std::shared_ptr<Chunks> chunks_ = std::make_shared<Chunks>();
};

}  // namespace planner

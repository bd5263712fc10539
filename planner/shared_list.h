#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace planner {

/// A sequence whose copies share their elements: a copy is O(1), the first change after it clones the list of
/// pointers and the one element that is changed. Reading through a const list never clones; a changeable
/// reference to an element (`list[i]`, `*iterator`) clones it while a copy still shares it. Copies may live
/// in other threads.
template <typename Value>
class SharedList {
  using Slot = std::shared_ptr<const Value>;
  using Slots = std::vector<Slot>;

 public:
  using value_type = Value;
  using size_type = std::size_t;
  using reference = Value&;
  using const_reference = const Value&;

  template <bool kConst>
  class Iterator {
    using List = std::conditional_t<kConst, const SharedList, SharedList>;

   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using pointer = std::conditional_t<kConst, const Value*, Value*>;
    using reference = std::conditional_t<kConst, const Value&, Value&>;

    Iterator() = default;
    Iterator(List* list, std::size_t at) : list_(list), at_(at) {}
    operator Iterator<true>() const { return {list_, at_}; }

    reference operator*() const { return (*list_)[at_]; }
    pointer operator->() const { return &**this; }
    reference operator[](difference_type n) const { return *(*this + n); }
    Iterator& operator+=(difference_type n) {
      at_ = static_cast<std::size_t>(static_cast<difference_type>(at_) + n);
      return *this;
    }
    Iterator& operator-=(difference_type n) { return *this += -n; }
    Iterator& operator++() { return *this += 1; }
    Iterator& operator--() { return *this += -1; }
    Iterator operator++(int) { return std::exchange(*this, *this + 1); }
    Iterator operator--(int) { return std::exchange(*this, *this - 1); }
    friend Iterator operator+(Iterator it, difference_type n) { return it += n; }
    friend Iterator operator+(difference_type n, Iterator it) { return it += n; }
    friend Iterator operator-(Iterator it, difference_type n) { return it -= n; }
    std::size_t index() const { return at_; }

   private:
    List* list_ = nullptr;
    std::size_t at_ = 0;
  };
  using iterator = Iterator<false>;
  using const_iterator = Iterator<true>;

  friend std::ptrdiff_t operator-(const_iterator a, const_iterator b) {
    return static_cast<std::ptrdiff_t>(a.index()) - static_cast<std::ptrdiff_t>(b.index());
  }
  friend bool operator==(const_iterator a, const_iterator b) { return a.index() == b.index(); }
  friend auto operator<=>(const_iterator a, const_iterator b) { return a.index() <=> b.index(); }

  SharedList() = default;
  SharedList(std::initializer_list<Value> values) {
    for (const Value& value : values) push_back(value);
  }

  std::size_t size() const { return slots_ == nullptr ? 0 : slots_->size(); }
  bool empty() const { return size() == 0; }

  const Value& operator[](std::size_t at) const { return *(*slots_)[at]; }
  Value& operator[](std::size_t at) {
    Slot& slot = own()[at];
    if (shared(slot)) slot = std::make_shared<Value>(*slot);
    return const_cast<Value&>(*slot);  // NOLINT: made as a changeable object, and this list is its only owner
  }
  const Value& front() const { return (*this)[0]; }
  const Value& back() const { return (*this)[size() - 1]; }
  Value& front() { return (*this)[0]; }
  Value& back() { return (*this)[size() - 1]; }

  const_iterator begin() const { return {this, 0}; }
  const_iterator end() const { return {this, size()}; }
  iterator begin() { return {this, 0}; }
  iterator end() { return {this, size()}; }

  void push_back(Value value) { own().push_back(std::make_shared<Value>(std::move(value))); }
  Value& emplace_back() {
    push_back(Value{});
    return back();
  }
  iterator insert(const_iterator before, Value value) {
    own().insert(own().begin() + static_cast<std::ptrdiff_t>(before.index()),
                 std::make_shared<Value>(std::move(value)));
    return {this, before.index()};
  }
  iterator erase(const_iterator place) {
    own().erase(own().begin() + static_cast<std::ptrdiff_t>(place.index()));
    return {this, place.index()};
  }
  /// Removes what matches; clones nothing when nothing does.
  template <typename Matches>
  std::size_t erase_if(const Matches& matches) {
    const SharedList& all = *this;
    if (std::none_of(all.begin(), all.end(), matches)) return 0;
    return std::erase_if(own(), [&](const Slot& slot) { return matches(*slot); });
  }
  void clear() { slots_.reset(); }

  /// Do both hold the very same elements (one is an unchanged copy of the other)?
  bool shares_with(const SharedList& other) const { return slots_ == other.slots_; }

 private:
  /// Who finds himself alone sees all that others did before they left.
  template <typename T>
  static bool shared(const std::shared_ptr<T>& pointer) {
    if (pointer.use_count() > 1) return true;
    std::atomic_thread_fence(std::memory_order_acquire);
    return false;
  }

  Slots& own() {
    if (slots_ == nullptr) {
      slots_ = std::make_shared<Slots>();
    } else if (shared(slots_)) {
      slots_ = std::make_shared<Slots>(*slots_);
    }
    return *slots_;
  }

  std::shared_ptr<Slots> slots_;
};

}  // namespace planner

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace planner {

/// A list that grows and shrinks at its end only and whose copies share what they have in common: a copy and
/// a push are O(1), whatever its length. Copies may live in other threads.
template <typename Value>
class SharedStack {
  struct Node {
    Node(Value v, std::shared_ptr<Node> n, std::size_t s)
        : value(std::move(v)), below(std::move(n)), size(s) {}
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    // A long chain would otherwise be destroyed by as many nested calls.
    ~Node() {
      std::shared_ptr<Node> next = std::move(below);
      while (next && next.use_count() == 1) next = std::exchange(next->below, nullptr);
    }
    Value value;
    std::shared_ptr<Node> below;
    std::size_t size;
  };

 public:
  bool empty() const { return top_ == nullptr; }
  std::size_t size() const { return top_ == nullptr ? 0 : top_->size; }
  /// The value pushed last. Not of an empty stack.
  const Value& top() const { return top_->value; }
  void push(Value value) {
    const std::size_t above = size() + 1;
    top_ = std::make_shared<Node>(std::move(value), std::move(top_), above);
  }
  void pop() { top_ = std::shared_ptr<Node>(top_->below); }
  void clear() { top_.reset(); }

  /// Do both hold the very same values (one is an unchanged copy of the other)?
  bool shares_with(const SharedStack& other) const { return top_ == other.top_; }

  std::vector<Value> oldest_first() const {
    std::vector<Value> values;
    values.reserve(size());
    for (const Node* node = top_.get(); node != nullptr; node = node->below.get()) {
      values.push_back(node->value);
    }
    std::reverse(values.begin(), values.end());
    return values;
  }

 private:
  std::shared_ptr<Node> top_;
};

}  // namespace planner

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "planner/sql/parse.h"

/// Places in a file that many are asked of: what a single question would read again is kept.
namespace planner {

/// position_of() for one text. Reads it once, when first asked.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  Position position_of(std::uint32_t offset);

 private:
  void read();
  std::size_t characters_before(std::size_t offset) const;

  std::string_view text_;
  std::vector<std::uint32_t> begins_;      ///< of lines; empty: not read yet
  std::vector<std::uint32_t> characters_;  ///< before every so many bytes
};

/// Where each operation of a statement stands; empty where the whole statement is each one's place.
std::vector<Span> spans_of_operations(std::string_view file_text, const Statement& statement);

/// span_of_operation() for one file. Keeps the statement that was asked for last.
class OperationSpans {
 public:
  OperationSpans(std::string_view file_text, const ParsedFile& file) : text_(file_text), file_(file) {}
  Span of(std::size_t statement, std::size_t operation);

 private:
  std::string_view text_;
  const ParsedFile& file_;
  std::optional<std::size_t> read_;
  std::vector<Span> spans_;
};

}  // namespace planner

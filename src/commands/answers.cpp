#include "src/commands/answers.h"

#include <fmt/core.h>

#include "planner/error.h"

namespace planner::commands {
namespace {

[[noreturn]] void fail(const std::string& option, const std::string& text, const std::string& form) {
  throw Error(fmt::format("{} {}: not of the form {}", option, text, form),
              fmt::format("write {} {}", option, form));
}

/// The place of the first `=` outside double quotes, or npos.
std::size_t equals_outside_quotes(const std::string& text) {
  bool quoted_part = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted_part = !quoted_part;
    if (text[i] == '=' && !quoted_part) return i;
  }
  return std::string::npos;
}

const char* form_of(const std::string& option) {
  if (option == "--rename") return "table.old=new";
  if (option == "--no-rename") return "table.old";
  if (option == "--accept-lossy") return "table.column";
  return "table.column=SQL";
}

ObjectName table_of(const std::vector<Identifier>& names, std::size_t parts_of_table) {
  if (parts_of_table == 2) return {names[0], names[1]};
  return ObjectName(names[0]);
}

}  // namespace

std::vector<Identifier> dotted_names(const std::string& text, const std::string& option, std::size_t least,
                                     std::size_t most) {
  std::vector<Identifier> names;
  std::string name;
  bool in_quotes = false, was_quoted = false;
  const auto finish = [&] {
    if (name.empty() || in_quotes) fail(option, text, form_of(option));
    names.emplace_back(name);
    name.clear();
    was_quoted = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_quotes) {
      if (c != '"') {
        name += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        name += c;
        ++i;
      } else {
        in_quotes = false;
      }
    } else if (c == '"' && name.empty() && !was_quoted) {
      in_quotes = was_quoted = true;
    } else if (c == '.') {
      finish();
    } else {
      name += c;
    }
  }
  finish();
  if (names.size() < least || names.size() > most) fail(option, text, form_of(option));
  return names;
}

void add_rename(RenameAnswers& answers, const std::string& text) {
  const std::size_t equals = equals_outside_quotes(text);
  if (equals == std::string::npos) fail("--rename", text, form_of("--rename"));
  const std::vector<Identifier> from = dotted_names(text.substr(0, equals), "--rename", 1, 3);
  const Identifier to = dotted_names(text.substr(equals + 1), "--rename", 1, 1).front();
  if (from.size() == 1) {
    answers.table_renames.push_back({ObjectName(from[0]), ObjectName(to)});
  } else {
    answers.renames.push_back({table_of(from, from.size() - 1), from.back(), to});
  }
}

void add_no_rename(RenameAnswers& answers, const std::string& text) {
  const std::vector<Identifier> names = dotted_names(text, "--no-rename", 1, 3);
  if (names.size() == 1) {
    answers.not_table_renames.push_back({ObjectName(names[0]), ObjectName()});
  } else {
    answers.not_renames.push_back({table_of(names, names.size() - 1), names.back(), Identifier()});
  }
}

void add_accept_lossy(RenameAnswers& answers, const std::string& text) {
  const std::vector<Identifier> names = dotted_names(text, "--accept-lossy", 2, 3);
  // That what is lost may go is said the same way as of a column that is dropped.
  answers.not_renames.push_back({table_of(names, names.size() - 1), names.back(), Identifier()});
}

SplitOptions::Fill fill_of(const std::string& text) {
  const std::size_t equals = equals_outside_quotes(text);
  if (equals == std::string::npos || equals + 1 == text.size()) fail("--fill", text, form_of("--fill"));
  const std::vector<Identifier> names = dotted_names(text.substr(0, equals), "--fill", 2, 3);
  SplitOptions::Fill fill;
  fill.table = table_of(names, names.size() - 1);
  fill.column = names.back();
  try {
    fill.value = Expression::parse(text.substr(equals + 1));
  } catch (const Error& error) {
    throw Error(fmt::format("--fill {}: the value is no SQL expression: {}", text, error.what()),
                "text values need quotes of their own: --fill \"users.state='active'\"");
  }
  return fill;
}

}  // namespace planner::commands

#include "planner/sql/sql.h"

namespace planner {

std::string quoted(const Literal& literal) {
  std::string out;
  bool backslash = false;
  for (const char c : literal.value) {
    if (c == '\'') out += '\'';
    if (c == '\\') {
      out += '\\';
      backslash = true;
    }
    out += c;
  }
  // E'' means the same whatever standard_conforming_strings says (manual 4.1.2.2).
  return (backslash ? "E'" : "'") + out + "'";
}

Sql join(const std::vector<Sql>& parts, std::string_view separator) {
  std::string out;
  for (const Sql& part : parts) {
    if (!out.empty()) out += separator;
    out += part.str();
  }
  return Sql(std::move(out));
}

Sql column_list(const std::vector<Identifier>& names) {
  std::vector<Sql> parts;
  parts.reserve(names.size());
  for (const Identifier& name : names) parts.push_back(sql("{}", name));
  return join(parts, ", ");
}

Sql block(const std::vector<Sql>& statements) {
  std::string out;
  for (const Sql& statement : statements) out += statement.str() + ";\n";
  return Sql(std::move(out));
}

std::string comment_lines(std::string_view text) {
  std::string out = "--";
  bool line_start = true;
  for (const char c : text) {
    if (c == '\n') {
      out += "\n--";
      line_start = true;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') continue;
    if (line_start) out += ' ';
    line_start = false;
    out += c;
  }
  return out + "\n";
}

Sql dollar_quoted(const Sql& body) {
  std::string tag = "$planner$";
  for (int n = 1; body.str().find(tag) != std::string::npos; ++n) tag = "$planner" + std::to_string(n) + "$";
  return Sql::verbatim(tag + body.str() + tag);
}

}  // namespace planner

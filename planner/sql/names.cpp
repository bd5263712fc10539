#include "planner/sql/names.h"

#include <cstdint>

namespace planner {

std::string quoted(const Identifier& name) {
  std::string out = "\"";
  for (const char c : name.str()) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string quoted(const ObjectName& name) {
  return name.schema.empty() ? quoted(name.name) : quoted(name.schema) + "." + quoted(name.name);
}

std::string display(const ObjectName& name) {
  if (name.schema.empty() || name.schema.str() == "public") return name.name.str();
  return name.schema.str() + "." + name.name.str();
}

std::string display(const std::vector<Identifier>& names) {
  std::string out;
  for (const Identifier& name : names) {
    if (!out.empty()) out += ", ";
    out += name.str();
  }
  return out;
}

std::string truncated_name(std::string_view name, std::size_t bytes) {
  if (name.size() <= bytes) return std::string(name);
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  return std::string(name.substr(0, end));
}

std::string generated_name(std::string_view name1, std::string_view name2, std::string_view label) {
  std::size_t overhead = 0;
  if (!name2.empty()) ++overhead;
  if (!label.empty()) overhead += label.size() + 1;
  const std::size_t available = kMaxNameBytes - overhead;
  std::size_t keep1 = name1.size();
  std::size_t keep2 = name2.size();
  while (keep1 + keep2 > available) {
    if (keep1 > keep2) {
      --keep1;
    } else {
      --keep2;
    }
  }
  std::string out = truncated_name(name1, keep1);
  if (!name2.empty()) out += "_" + truncated_name(name2, keep2);
  if (!label.empty()) out.append("_").append(label);
  return out;
}

std::string short_hash(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  std::string out(8, '0');
  for (std::size_t i = 8; i-- > 0; hash >>= 4U) out[i] = "0123456789abcdef"[hash & 15U];
  return out;
}

Identifier fitted_name(std::string_view text) {
  if (text.size() <= kMaxNameBytes) return Identifier(text);
  return Identifier(truncated_name(text, kMaxNameBytes - 9) + "_" + short_hash(text));
}

}  // namespace planner

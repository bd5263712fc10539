#include "planner/recognize/names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <optional>
#include <utility>

#include "planner/migration.h"
#include "planner/recognize/recognize.h"

namespace planner {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_other_letter(char c) { return static_cast<unsigned char>(c) >= 0x80; }  // part of a UTF-8 character
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

/// Damerau-Levenshtein (transposed neighbours count once): `pacakge` is one slip away from `package`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), current(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, current);
  }
  return last[b.size()];
}

bool is_subsequence(std::string_view part, std::string_view whole) {
  std::size_t found = 0;
  for (const char c : whole) {
    if (found < part.size() && part[found] == c) ++found;
  }
  return found == part.size();
}

bool all_digits(std::string_view word) { return std::all_of(word.begin(), word.end(), is_digit); }

/// 0..1 for two words.
double word_similarity(std::string_view a, std::string_view b) {
  if (a == b) return 1;
  if (all_digits(a) || all_digits(b)) return 0;
  const std::string_view shorter = a.size() <= b.size() ? a : b;
  const std::string_view longer = a.size() <= b.size() ? b : a;
  const bool prefix = longer.substr(0, shorter.size()) == shorter;
  const std::string_view rest = prefix ? longer.substr(shorter.size()) : std::string_view();
  if (rest == "s" || rest == "es" || rest == "d" || rest == "ed") return 0.95;
  if (prefix && shorter.size() >= 3) return 0.85;  // desc -> description
  // qty -> quantity, msg -> message, id -> identifier
  if (shorter.size() >= 2 && shorter.size() * 5 <= longer.size() * 3 && shorter.front() == longer.front() &&
      is_subsequence(shorter, longer)) {
    return 0.7;
  }
  if (shorter.size() < 4) return 0;
  const double alike = 1.0 - static_cast<double>(edit_distance(a, b)) / static_cast<double>(longer.size());
  return alike >= 0.7 ? 0.9 * alike : 0;
}

std::size_t letters_in(const std::vector<std::string>& words) {
  std::size_t sum = 0;
  for (const std::string& word : words) sum += word.size();
  return sum;
}

/// Words matched to words, best pairs first; long words weigh more than `id` and `at`.
double words_similarity(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return 0;
  struct Pair {
    double similarity;
    std::size_t i, j;
  };
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) {
      const double similarity = word_similarity(a[i], b[j]);
      if (similarity > 0) pairs.push_back({similarity, i, j});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& x, const Pair& y) { return x.similarity > y.similarity; });
  std::vector<bool> used_a(a.size()), used_b(b.size());
  double matched = 0;
  for (const Pair& pair : pairs) {
    if (used_a[pair.i] || used_b[pair.j]) continue;
    used_a[pair.i] = used_b[pair.j] = true;
    matched += pair.similarity * static_cast<double>(a[pair.i].size() + b[pair.j].size());
  }
  return matched / static_cast<double>(letters_in(a) + letters_in(b));
}

/// `dob` for date_of_birth.
bool is_acronym(const std::vector<std::string>& one_word, const std::vector<std::string>& words) {
  if (one_word.size() != 1 || words.size() < 2 || one_word[0].size() != words.size()) return false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].front() != one_word[0][i]) return false;
  }
  return true;
}

std::vector<std::string> numbers_in(const std::vector<std::string>& words) {
  std::vector<std::string> numbers;
  for (const std::string& word : words) {
    if (all_digits(word)) numbers.push_back(word);
  }
  return numbers;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 42> kOpposites{{
    {"enable", "disable"},
    {"enabled", "disabled"},
    {"active", "inactive"},
    {"active", "deactivated"},
    {"allow", "deny"},
    {"allowed", "denied"},
    {"allow", "forbid"},
    {"allowed", "forbidden"},
    {"visible", "hidden"},
    {"show", "hide"},
    {"shown", "hidden"},
    {"public", "private"},
    {"include", "exclude"},
    {"included", "excluded"},
    {"open", "closed"},
    {"opened", "closed"},
    {"on", "off"},
    {"start", "end"},
    {"started", "ended"},
    {"from", "to"},
    {"before", "after"},
    {"first", "last"},
    {"min", "max"},
    {"minimum", "maximum"},
    {"with", "without"},
    {"locked", "unlocked"},
    {"required", "optional"},
    {"accepted", "rejected"},
    {"approved", "rejected"},
    {"success", "failure"},
    {"succeeded", "failed"},
    {"left", "right"},
    {"increase", "decrease"},
    {"published", "draft"},
    {"deleted", "active"},
    {"archived", "active"},
    {"blocked", "allowed"},
    {"banned", "allowed"},
    {"parent", "child"},
    {"source", "target"},
    {"sender", "receiver"},
    {"sender", "recipient"},
}};

bool negates(std::string_view negative, std::string_view positive) {
  for (const std::string_view prefix : {"un", "in", "im", "non", "dis", "ir", "de"}) {
    if (negative.size() == prefix.size() + positive.size() && negative.substr(0, prefix.size()) == prefix &&
        negative.substr(prefix.size()) == positive && positive.size() >= 4) {
      return true;
    }
  }
  return false;
}

bool opposed(std::string_view a, std::string_view b) {
  for (const auto& [one, other] : kOpposites) {
    if ((a == one && b == other) || (a == other && b == one)) return true;
  }
  return negates(a, b) || negates(b, a);
}

bool is_negation(std::string_view word) {
  return word == "not" || word == "no" || word == "non" || word == "without";
}

/// Places [begin, end) in `words` whose letters together spell `wanted`.
struct Run {
  std::size_t begin = 0, end = 0;
};
std::vector<Run> runs_of(const std::vector<std::string>& words, std::string_view wanted) {
  std::vector<Run> runs;
  if (wanted.empty()) return runs;
  for (std::size_t begin = 0; begin < words.size(); ++begin) {
    std::size_t at = 0;
    for (std::size_t end = begin; end < words.size(); ++end) {
      const std::string& word = words[end];
      if (wanted.substr(at, word.size()) != word) break;
      at += word.size();
      if (at == wanted.size()) {
        runs.push_back({begin, end + 1});
        break;
      }
    }
  }
  return runs;
}

}  // namespace

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, std::string()));
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const char last = i > 0 ? name[i - 1] : '\0';
    const char next = i + 1 < name.size() ? name[i + 1] : '\0';
    if (!is_upper(c) && !is_lower(c) && !is_digit(c) && !is_other_letter(c)) {
      flush();
      continue;
    }
    if (is_digit(c) != is_digit(last)) flush();
    if (is_upper(c) && (is_lower(last) || (is_upper(last) && is_lower(next)))) flush();  // aB | URLPath
    word += to_lower(c);
  }
  flush();
  return words;
}

std::string squashed(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (is_upper(c) || is_lower(c) || is_digit(c) || is_other_letter(c)) letters += to_lower(c);
  }
  return letters;
}

Opposites opposites(std::string_view a, std::string_view b) {
  std::vector<std::string> in_a = words_of(a), in_b = words_of(b);
  std::vector<std::string> only_a, only_b;
  for (const std::string& word : in_a) {
    const auto same = std::find(in_b.begin(), in_b.end(), word);
    if (same != in_b.end()) {
      in_b.erase(same);
    } else {
      only_a.push_back(word);
    }
  }
  only_b = in_b;
  for (const std::string& x : only_a) {
    for (const std::string& y : only_b) {
      if (opposed(x, y)) return {x, y};
    }
    if (is_negation(x)) return {x, only_b.empty() ? std::string() : only_b.front()};
  }
  for (const std::string& y : only_b) {
    if (is_negation(y)) return {only_a.empty() ? std::string() : only_a.front(), y};
  }
  return {};
}

double name_similarity(std::string_view a, std::string_view b) {
  if (a == b) return 1;
  const std::string flat_a = squashed(a), flat_b = squashed(b);
  if (flat_a == flat_b && !flat_a.empty()) return 0.98;
  const std::vector<std::string> words_a = words_of(a), words_b = words_of(b);
  if (opposites(a, b)) return std::min(0.4, words_similarity(words_a, words_b));

  std::vector<std::string> sorted_a = words_a, sorted_b = words_b;
  std::sort(sorted_a.begin(), sorted_a.end());
  std::sort(sorted_b.begin(), sorted_b.end());
  if (sorted_a == sorted_b && !sorted_a.empty()) return 0.92;

  double similarity = words_similarity(words_a, words_b);
  if (is_acronym(words_a, words_b) || is_acronym(words_b, words_a)) similarity = std::max(similarity, 0.75);
  // address1 and address2 are two things, not a slip of the pen.
  if (numbers_in(words_a) != numbers_in(words_b)) return std::min(similarity, 0.5);
  const std::size_t longer = std::max(flat_a.size(), flat_b.size());
  const std::size_t slips = edit_distance(flat_a, flat_b);
  if (std::min(flat_a.size(), flat_b.size()) >= 5 && slips <= 2 && slips * 5 <= longer) {
    similarity = std::max(similarity, 1.0 - static_cast<double>(slips) / static_cast<double>(longer));
  }
  return std::min(similarity, 0.95);
}

std::string how_sure(double confidence) {
  if (confidence >= 0.9) return "almost certainly";
  return confidence >= 0.65 ? "probably" : "perhaps";
}

NameSays what_name_says(std::string_view migration_name, std::string_view from, std::string_view to) {
  const std::vector<std::string> words = words_of(purpose_of(migration_name));
  const bool renames = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "rename" || word == "renamed" || word == "renames" || word == "renaming";
  });
  if (!renames) return NameSays::Nothing;
  const std::vector<Run> froms = runs_of(words, squashed(from));
  const std::vector<Run> tos = runs_of(words, squashed(to));
  bool reversed = false;
  for (const Run& f : froms) {
    for (const Run& t : tos) {
      if (f.end <= t.begin) return NameSays::RenameOfBoth;
      if (t.end <= f.begin) reversed = true;
    }
  }
  if (reversed) return NameSays::RenameReversed;
  if (!froms.empty() || !tos.empty()) return NameSays::RenameOfOne;
  return NameSays::Rename;
}

}  // namespace planner

#include "tests/support/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "tests/support/files.h"
#include "tests/support/paths.h"

namespace planner::test {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMark = "--- ";

std::string without_empty_lines_at_end(std::string text) {
  while (text.ends_with("\n\n")) text.pop_back();
  if (text == "\n") text.clear();
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

bool updating() {
  const char* value = std::getenv("UPDATE_GOLDEN");
  return value != nullptr && std::string_view(value) == "1";
}

class GoldenTest : public testing::Test {
 public:
  GoldenTest(fs::path file, RenderSection render) : file_(std::move(file)), render_(std::move(render)) {}
  void TestBody() override { check_golden(file_, render_); }

 private:
  fs::path file_;
  RenderSection render_;
};

}  // namespace

const GoldenSection* GoldenCase::find(std::string_view section) const {
  const auto found = std::ranges::find(sections, section, &GoldenSection::name);
  return found == sections.end() ? nullptr : &*found;
}

std::string GoldenCase::text(std::string_view section) const {
  const GoldenSection* found = find(section);
  return found != nullptr ? found->text : "";
}

GoldenCase parse_golden(const fs::path& file) {
  GoldenCase out;
  out.file = file;
  std::istringstream lines(read_file(file));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kMark)) {
      out.sections.push_back({line.substr(kMark.size()), ""});
    } else {
      (out.sections.empty() ? out.sentence : out.sections.back().text) += line + "\n";
    }
  }
  out.sentence = without_empty_lines_at_end(out.sentence);
  for (GoldenSection& section : out.sections) section.text = without_empty_lines_at_end(section.text);
  return out;
}

std::string format_golden(const GoldenCase& golden) {
  std::string out = golden.sentence;
  for (const GoldenSection& section : golden.sections) {
    out += "\n" + std::string(kMark) + section.name + "\n" + without_empty_lines_at_end(section.text);
  }
  return out;
}

void check_golden(const fs::path& file, const RenderSection& render) {
  const GoldenCase expected = parse_golden(file);
  EXPECT_FALSE(expected.sentence.empty()) << file << " does not begin with a sentence saying what must hold";
  GoldenCase actual = expected;
  for (GoldenSection& section : actual.sections) {
    if (auto rendered = render(expected, section.name))
      section.text = without_empty_lines_at_end(std::move(*rendered));
  }
  if (updating()) {
    const std::string content = format_golden(actual);
    if (content != read_file(file)) write_file(file, content);
    return;
  }
  EXPECT_EQ(format_golden(expected), format_golden(actual))
      << "in " << fs::relative(file, source_dir()).string()
      << "\nUPDATE_GOLDEN=1 rewrites it; then read the diff.";
}

bool register_golden(const std::string& suite, const fs::path& folder, const RenderSection& render) {
  if (!fs::is_directory(folder)) return false;
  for (const std::string& name : files_below(folder)) {
    if (!name.ends_with(".golden")) continue;
    const fs::path file = folder / name;
    testing::RegisterTest(suite.c_str(),
                          name.substr(0, name.size() - std::string_view(".golden").size()).c_str(), nullptr,
                          nullptr, file.c_str(), 1,
                          [file, render]() -> testing::Test* { return new GoldenTest(file, render); });
  }
  return true;
}

}  // namespace planner::test

// The pages in a real browser: Chromium opens each one as a phone and as a desktop, in light and in dark,
// without a network, and a script that only the test adds looks at what it made of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/cli/repository.h"
#include "tests/support/paths.h"

namespace planner::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string browser() {
  for (const char* name : {"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"}) {
    if (run_program({"sh", "-c", std::string("command -v ") + name}).exit_code == 0) return name;
  }
  return "";
}

constexpr std::array<int, 2> kWidths{390, 1200};

/// What the browser sees, as JSON in an element of its own.
constexpr const char* kLook = R"js(
const light = (c) => { const v = c.map((x) => { x /= 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
const numbers = (text) => (text.match(/[\d.]+/g) || []).map(Number);
const ground = (element) => { for (let e = element; e; e = e.parentElement) {
    const c = numbers(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c.slice(0, 3); }
  return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255]; };
let worst = { ratio: 99, text: '' }, texts = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.textContent.trim() || element.closest('svg,script,style') || !element.checkVisibility()) continue;
  texts += 1;
  const a = light(numbers(getComputedStyle(element).color).slice(0, 3)), b = light(ground(element));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < worst.ratio) worst = { ratio, text: node.textContent.trim().slice(0, 40) };
}
const levels = [...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName[1]));
const seen = {
  dark: matchMedia('(prefers-color-scheme: dark)').matches, width: innerWidth, scroll: document.documentElement.scrollWidth,
  resources: performance.getEntriesByType('resource').length, texts, contrast: worst.ratio, palest: worst.text,
  language: document.documentElement.lang, title: document.title, mains: document.querySelectorAll('main').length,
  h1: document.querySelectorAll('h1').length, skipped: levels.some((level, i) => i > 0 && level > levels[i - 1] + 1),
  sections: [...document.querySelectorAll('section')].map((s) => s.id).filter((id) => id),
  pictures: [...document.querySelectorAll('svg,img')].filter((p) => !p.getAttribute('aria-label') && !p.alt).length,
  tables: [...document.querySelectorAll('table')].filter((t) => !t.querySelector('th')).length,
  dead: [...document.querySelectorAll('a[href^="#"]')].filter((a) => !document.getElementById(a.hash.slice(1))).length,
  timeline: !!document.querySelector('.timeline') && getComputedStyle(document.querySelector('.timeline')).display !== 'none',
  closed: [...document.querySelectorAll('details pre')].filter((p) => p.checkVisibility()).length,
};
const out = document.createElement('pre'); out.className = 'seen'; out.textContent = btoa(JSON.stringify(seen));
parent.document.body.append(out);
)js";

std::string from_base64(const std::string& text) {
  static const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0, have = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string::npos) break;
    bits = bits << 6U | static_cast<unsigned>(value);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have & 0xFFU);
  }
  return out;
}

class Browser : public testing::Test {
 protected:
  void SetUp() override {
    browser_ = browser();
    if (browser_.empty())
      GTEST_SKIP() << "no Chromium here, so nobody looks at the pages: `make test-looks` does";
  }

  Ran run(std::vector<std::string> arguments) const {
    // As root, as in a container, there is no sandbox to be had. Names lead nowhere.
    std::vector<std::string> words{browser_,
                                   "--headless",
                                   "--no-sandbox",
                                   "--disable-gpu",
                                   "--hide-scrollbars",
                                   "--no-first-run",
                                   "--host-resolver-rules=MAP * ~NOTFOUND",
                                   "--user-data-dir=" + (folder_ / "profile").string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_program(words);
  }

  /// The page in a frame of each width: a browser's own window is never as narrow as a phone.
  std::vector<json> seen(const std::string& page, bool dark) const {
    std::string inner = page.substr(0, page.find("</body>")) + "<script>" + kLook + "</script></body></html>";
    for (const auto& [mark, written] : {std::pair{"&", "&amp;"}, std::pair{"\"", "&quot;"}}) {
      for (std::size_t at = inner.find(mark); at != std::string::npos; at = inner.find(mark, at + 2))
        inner.replace(at, 1, written);
    }
    std::string frames = "<!doctype html><meta charset=\"utf-8\"><body>";
    for (const int width : kWidths)
      frames += "<iframe width=\"" + std::to_string(width) +
                "\" height=\"900\" style=\"border:0\" srcdoc=\"" + inner + "\"></iframe>";
    write_file(folder_ / "look.html", frames);
    const Ran ran = run({"--dump-dom", "--window-size=1600,1000",
                         std::string("--blink-settings=preferredColorScheme=") + (dark ? "0" : "1"),
                         "file://" + (folder_ / "look.html").string()});
    std::vector<json> all;
    const std::string mark = "<pre class=\"seen\">";
    for (std::size_t at = ran.out.find(mark); at != std::string::npos; at = ran.out.find(mark, at + 1))
      all.push_back(json::parse(from_base64(ran.out.substr(at + mark.size()))));
    EXPECT_EQ(all.size(), kWidths.size()) << ran.err.substr(0, 2000);
    return all;
  }

  /// What every page owes to everybody, whatever it shows.
  void expect_readable(const std::string& page) const {
    for (const bool dark : {false, true}) {
      for (const json& look : seen(page, dark)) {
        SCOPED_TRACE(look.dump());
        EXPECT_EQ(look["dark"], dark);
        EXPECT_LE(look["scroll"], look["width"]) << "only boxes of their own scroll sideways";
        EXPECT_EQ(look["resources"], 0) << "a page that is passed on asks for nothing";
        EXPECT_GE(look["contrast"], 4.5);
        EXPECT_EQ(look["language"], "en");
        EXPECT_NE(look["title"], "");
        EXPECT_EQ(look["mains"], 1);
        EXPECT_EQ(look["h1"], 1);
        EXPECT_EQ(look["skipped"], false) << "headings step down one by one";
        EXPECT_EQ(look["pictures"], 0) << "pictures say what they show";
        EXPECT_EQ(look["tables"], 0) << "tables have headings";
        EXPECT_EQ(look["dead"], 0) << "links lead somewhere";
      }
    }
  }

  /// The picture in the README, written with UPDATE_GOLDEN=1; otherwise one in a temporary folder.
  void expect_picture(const std::string& page, const fs::path& kept, int width, int height) const {
    write_file(folder_ / "page.html", page);
    const fs::path file =
        std::getenv("UPDATE_GOLDEN") != nullptr ? source_dir() / kept : folder_ / "picture.png";
    const Ran ran =
        run({"--screenshot=" + file.string(),
             "--window-size=" + std::to_string(width) + "," + std::to_string(height),
             "--blink-settings=preferredColorScheme=1", "file://" + (folder_ / "page.html").string()});
    ASSERT_TRUE(fs::exists(file)) << ran.err.substr(0, 2000);
    const std::string png = read_file(file);
    ASSERT_GT(png.size(), 10000U) << "a blank picture is smaller";
    const auto number = [&](std::size_t at) {
      int value = 0;
      for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(png[i]);
      return value;
    };
    EXPECT_EQ(number(16), width);
    EXPECT_EQ(number(20), height);
    EXPECT_TRUE(fs::exists(source_dir() / kept)) << "UPDATE_GOLDEN=1 writes it";
  }

  /// Sheets of paper that the page takes.
  std::size_t sheets_of(const std::string& page) const {
    write_file(folder_ / "print.html", page);
    const fs::path pdf = folder_ / "print.pdf";
    run({"--print-to-pdf=" + pdf.string(), "--no-pdf-header-footer",
         "--blink-settings=preferredColorScheme=0", "file://" + (folder_ / "print.html").string()});
    const std::string text = read_file(pdf);
    std::size_t sheets = 0;
    for (std::size_t at = text.find("/Type /Page\n"); at != std::string::npos;
         at = text.find("/Type /Page\n", at + 1))
      ++sheets;
    return sheets;
  }

  std::string browser_;
  TemporaryFolder folder_;
};

TEST_F(Browser, APlanIsReadableOnAPhoneAndOnADesktop) {
  const Repository repository;
  Repository::copy(source_dir() / "examples/school", repository.path("school"));
  RunOptions there;
  there.folder = repository.path("school");
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname"}, there).exit_code, 0);
  const Ran report = repository.planner({"report", "rename_name_to_fullname"}, there);
  ASSERT_EQ(report.exit_code, 0) << report.err;
  expect_readable(report.out);
  const std::vector<json> looks = seen(report.out, false);
  ASSERT_EQ(looks.size(), 2U);
  const json &phone = looks.front()["width"] == kWidths[0] ? looks.front() : looks.back(),
             &desktop = looks.front()["width"] == kWidths[0] ? looks.back() : looks.front();
  EXPECT_EQ(phone["width"], kWidths[0]);
  EXPECT_EQ(desktop["width"], kWidths[1]);
  for (const char* phase : {"1_add", "2_backfill", "3_dual_write", "4_enforce", "5_drop"})
    EXPECT_NE(std::find(phone["sections"].begin(), phone["sections"].end(), phase), phone["sections"].end())
        << phase;
  EXPECT_EQ(phone["timeline"], false) << "there is no room for it: the list says the same";
  EXPECT_EQ(desktop["timeline"], true);
  EXPECT_EQ(desktop["closed"], 0) << "SQL is folded until somebody wants it";
  expect_picture(report.out, "examples/docs/plan.png", 1000, 640);
}

TEST_F(Browser, APlanOnPaperShowsItsSql) {
  const Repository repository;
  Repository::copy(source_dir() / "examples/school", repository.path("school"));
  RunOptions there;
  there.folder = repository.path("school");
  ASSERT_EQ(repository.planner({"split", "rename_name_to_fullname"}, there).exit_code, 0);
  const std::string page = repository.planner({"report", "rename_name_to_fullname"}, there).out;
  std::string unfolded = page;
  for (std::size_t at = unfolded.find("<details>"); at != std::string::npos;
       at = unfolded.find("<details>", at + 1))
    unfolded.replace(at, 9, "<details open>");
  const std::size_t sheets = sheets_of(page);
  EXPECT_GT(sheets, 3U);
  EXPECT_EQ(sheets, sheets_of(unfolded)) << "what is folded on a screen is printed all the same";
}

TEST_F(Browser, ARepositoryIsReadableOnAPhoneAndOnADesktop) {
  const Repository repository;
  Repository::copy(source_dir() / "examples/monorepo", repository.path("shop"));
  RunOptions there;
  there.folder = repository.path("shop");
  const Ran report = repository.planner({"analyze", "--all", "--format", "html"}, there);
  ASSERT_EQ(report.exit_code, 1) << report.err;
  expect_readable(report.out);
  expect_picture(report.out, "examples/docs/migrations.png", 1000, 900);
}

}  // namespace
}  // namespace planner::test

#include "src/report/html.h"

#include <fmt/core.h>

namespace planner::report {
namespace {

// Colours keep a contrast of 4.5 to their ground in both schemes; tests/cli/browser_test.cpp measures it.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1c2733;--soft:#52606d;--line:#cbd5df;--ground:#fff;--box:#f2f5f8;--link:#0b5cad;
--bad:#b3261e;--warn:#8a5300;--note:#0b5cad;--good:#0b6b4f}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e4eaf0;--soft:#a5b3c0;--line:#3a4754;--ground:#12181f;--box:#1d262f;
--link:#7cb8f2;--bad:#f2938a;--warn:#e8b36a;--note:#7cb8f2;--good:#6fcfad}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1rem;color:var(--ink);background:var(--ground);
overflow-wrap:anywhere}
h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.2rem;margin:1.6rem 0 .2rem}h3{font-size:1rem;margin:1rem 0 .2rem}
section{border-top:1px solid var(--line)}
.what{font-weight:600;margin:.2rem 0}.first{border-left:4px solid var(--warn);padding-left:.7rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.92rem}
th,td{text-align:left;padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:normal}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
pre{overflow-x:auto;background:var(--box);padding:.7rem;border-radius:6px;font-size:.82rem;line-height:1.4;overflow-wrap:normal}
code{background:var(--box);padding:0 .25em;border-radius:3px;font-size:.92em}
a{color:var(--link)}summary{cursor:pointer;padding:.3rem 0}
a:focus-visible,summary:focus-visible,.wide:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.brief{display:block;color:var(--soft);font-size:.88rem}
@media(max-width:44rem){.timeline{display:none}}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem;margin:.8rem 0;padding:0;list-style:none}
.tiles li{background:var(--box);border-radius:6px;padding:.4rem .8rem;min-width:7rem}
.tiles strong{display:block;font-size:1.3rem}
.error{color:var(--bad)}.warning{color:var(--warn)}.info{color:var(--note)}.good{color:var(--good)}
footer{color:var(--soft);font-size:.85rem;margin-top:2rem}
@media print{:root{color-scheme:light;--ink:#000;--line:#999}details::details-content{content-visibility:visible}
pre{white-space:pre-wrap}h2,h3,summary,.what{break-after:avoid}tr,li,svg{break-inside:avoid}.wide{overflow:visible}
.wide svg{max-width:100%;height:auto}}
)";

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escaped_name(std::string_view name) {
  std::string out;
  for (const char c : escaped(name)) {
    out += c;
    if (c == '_' || c == '/') out += "<wbr>";
  }
  return out;
}

std::string with_code(std::string_view text) {
  std::string out;
  bool inside = false;
  for (const char c : escaped(text)) {
    if (c == '`') {
      out += inside ? "</code>" : "<code>";
      inside = !inside;
    } else {
      out += c;
    }
  }
  return inside ? out + "</code>" : out;
}

std::string page_begin(std::string_view title, std::string_view heading) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n",
      escaped(title), kStyle, escaped_name(heading));
}

std::string page_end(std::string_view version) {
  return fmt::format("</main>\n<footer>planner {}</footer>\n</body>\n</html>\n", escaped(version));
}

}  // namespace planner::report

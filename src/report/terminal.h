#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Text for people: colours, widths, wrapping, tables.
namespace planner::report {

/// How the output is drawn.
struct TextStyle {
  bool color = false;
  int width = 100;        ///< lines are wrapped here; source lines are clipped
  bool terminal = false;  ///< somebody looks at it: `width` is what they have
};

enum class Ink { Error, Warning, Info, Help, Place, Strong, Good };
/// The text in a colour when colours are on.
std::string painted(const TextStyle& style, Ink ink, std::string_view text);

/// Columns a terminal needs: combining marks none, wide East Asian characters and emoji two.
int display_width(std::string_view text);

/// Control characters made visible and harmless (a file must not be able to send escape sequences to a
/// terminal); line breaks stay, tabs are one space here (the snippet widens them itself).
std::string printable(std::string_view text);

/// Wraps at spaces; every line after the first starts with `indent` spaces. Line breaks in the text stay.
std::string wrapped(std::string_view text, int width, int first_indent, int indent);

/// Breaks lines that are wider than a terminal at their spaces, further lines indented below the first. A
/// command in backquotes stays whole where it fits; colours take no room; a name without spaces is never cut.
std::string folded(std::string_view text, int width);

/// At most this wide: what is cut off is told by dots.
std::string clipped(std::string_view text, int width);

/// Aligned columns, two spaces apart; the first row is the heading. The last column is wrapped, or has lines
/// of its own where there is no room; the others are wrapped when they alone are wider than the style.
std::string table(const std::vector<std::vector<std::string>>& rows, const TextStyle& style);

/// `1 error`, `2 errors`.
std::string counted(std::size_t number, std::string_view singular, std::string_view plural = "");

}  // namespace planner::report

#pragma once

#include <string>
#include <string_view>

/// What the pages share: one file each, no script, nothing from the network, light and dark, on a phone and
/// on paper.
namespace planner::report {

/// Text as it stands, never markup.
std::string escaped(std::string_view text);
/// The same, where a long name may be broken behind its underscores and slashes.
std::string escaped_name(std::string_view name);
/// `escaped` with `code` between backquotes.
std::string with_code(std::string_view text);

/// Everything up to and with the heading; `main` is open then.
std::string page_begin(std::string_view title, std::string_view heading);
std::string page_end(std::string_view version);

}  // namespace planner::report

#include "src/database/url.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "planner/error.h"

namespace planner {

namespace {

constexpr std::string_view kEncodeHint =
    "Percent-encode special characters of the user name and the password (@ is %40, / is %2F, : is %3A, ? is "
    "%3F, # is %23, % is %25).";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string value_of(const Options& options, std::string_view keyword) {
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (keyword == option->keyword) return option->val != nullptr ? option->val : "";
  }
  return "";
}

const std::set<std::string, std::less<>>& libpq_keywords() {
  static const std::set<std::string, std::less<>> keywords = [] {
    std::set<std::string, std::less<>> out;
    const Options options(PQconndefaults());
    if (options == nullptr) return out;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option)
      out.emplace(option->keyword);
    return out;
  }();
  return keywords;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string url_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

using Parameters = std::vector<std::pair<std::string, std::string>>;  // names decoded, values as written

Parameters parameters_of(std::string_view query) {
  Parameters out;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view item = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (item.empty()) continue;
    const std::size_t equals = std::min(item.find('='), item.size());
    out.emplace_back(url_decoded(item.substr(0, equals)),
                     std::string(item.substr(std::min(equals + 1, item.size()))));
  }
  return out;
}

const std::string* find(const Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

/// What stands before `://`, without `jdbc:` and without `+driver`; refuses other databases by their name.
std::string_view after_scheme(std::string_view text) {
  const std::size_t colon = text.find("://");
  std::string scheme = lower(text.substr(0, colon));
  if (scheme.starts_with("jdbc:")) scheme.erase(0, 5);
  if (scheme == "prisma" || scheme == "prisma+postgres") {
    throw Error("a `" + scheme + "://` URL does not lead to PostgreSQL itself",
                "Give the direct database URL (in schema.prisma: directUrl).");
  }
  scheme.erase(std::min(scheme.find('+'), scheme.size()));
  if (scheme != "postgres" && scheme != "postgresql") {
    throw Error("the database URL starts with `" + scheme + "://`: planner works with PostgreSQL only",
                "Give a URL such as postgresql://user@host:5432/database.");
  }
  return text.substr(colon + 3);
}

/// An `@`, `/` or `?` written bare in a password moves the borders of the URL, and libpq would go on with a
/// wrong host name that is a part of the password.
void require_clear_borders(std::string_view rest) {
  const std::size_t query = std::min(rest.find('?'), rest.size());
  const std::string_view before_query = rest.substr(0, query);
  const std::string_view authority =
      before_query.substr(0, std::min(before_query.find('/'), before_query.size()));
  const auto ats = std::ranges::count(before_query, '@');
  const bool misplaced = ats > 1 || (ats == 1 && authority.find('@') == std::string_view::npos) ||
                         (ats == 0 && authority.find(':') != std::string_view::npos &&
                          rest.substr(query).find('@') != std::string_view::npos);
  if (misplaced) {
    throw Error("the database URL cannot be read: it is not clear where the password ends",
                std::string(kEncodeHint));
  }
}

std::string libpq_url(std::string_view rest, DatabaseUrl& url) {
  const std::size_t query = std::min(rest.find('?'), rest.size());
  const Parameters given = parameters_of(rest.substr(std::min(query + 1, rest.size())));
  std::string out = "postgresql://" + std::string(rest.substr(0, query));
  char separator = '?';
  for (const auto& [name, value] : given) {
    if (name == "schema" || name == "currentSchema" || name == "search_path") {
      if (!value.empty()) url.schema = url_decoded(value);
      continue;
    }
    if (name == "pgbouncer") {
      url.pgbouncer = lower(value) == "true";
      continue;
    }
    std::string libpq_name = name;
    // Prisma's `sslcert` is the server's CA, libpq's is the client's own certificate, which never comes
    // without `sslkey`.
    if (name == "sslcert" && find(given, "sslkey") == nullptr) libpq_name = "sslrootcert";
    // JDBC spells it so; libpq itself takes `ssl=true` for Java's sake.
    if (name == "ssl" && lower(value) == "true") libpq_name = "ssl";
    if (!libpq_keywords().contains(libpq_name) && libpq_name != "ssl") continue;
    if (libpq_name == "ssl" && lower(value) != "true") continue;
    out += separator + libpq_name + "=" + value;
    separator = '&';
  }
  return out;
}

bool is_url(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return false;
  return std::ranges::all_of(text.substr(0, colon), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == ':' || c == '.' || c == '-';
  });
}

}  // namespace

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        (byte < 0x80 && std::isalnum(byte) != 0) || c == '-' || c == '.' || c == '_' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string DatabaseUrl::described() const {
  std::string out = fmt::format("\"{}\"", database.empty() ? user : database);
  if (!host.empty()) out += " on " + host;
  if (!port.empty() && !host.starts_with('/')) out += (host.empty() ? " on port " : ":") + port;
  if (!user.empty()) out += fmt::format(" as \"{}\"", user);
  return out;
}

DatabaseUrl parse_database_url(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) {
    throw Error("the database URL is empty", "Give a URL such as postgresql://user@host:5432/database.");
  }
  DatabaseUrl url;
  if (is_url(text)) {
    const std::string_view rest = after_scheme(text);
    require_clear_borders(rest);
    url.conninfo = libpq_url(rest, url);
  } else if (text.find('=') != std::string_view::npos) {
    url.conninfo = text;
  } else {
    // libpq would take a bare word for the name of a database.
    throw Error("the database URL is not a URL", "Give a URL such as postgresql://user@host:5432/database.");
  }

  const Options options(PQconninfoParse(url.conninfo.c_str(), nullptr));
  // libpq's own words would quote pieces of the URL, which may be pieces of the password.
  if (options == nullptr) throw Error("the database URL cannot be read", std::string(kEncodeHint));
  url.host = value_of(options, "host");
  if (url.host.empty()) url.host = value_of(options, "hostaddr");
  url.port = value_of(options, "port");
  url.database = value_of(options, "dbname");
  url.user = value_of(options, "user");
  const bool port_is_number =
      std::ranges::all_of(url.port, [](unsigned char c) { return std::isdigit(c) != 0 || c == ','; });
  if (!port_is_number) throw Error("the port in the database URL is not a number", std::string(kEncodeHint));
  return url;
}

std::string with_database(std::string_view url, std::string_view database) {
  url = trimmed(url);
  if (!is_url(url)) {
    std::string quoted;
    for (const char c : database) {
      if (c == '\'' || c == '\\') quoted += '\\';
      quoted += c;
    }
    return fmt::format("{} dbname='{}'", url, quoted);  // libpq: the last one counts
  }
  const std::size_t authority = url.find("://") + 3;
  const std::size_t query = std::min(url.find('?', authority), url.size());
  const std::size_t path = std::min(url.find('/', authority), query);
  return fmt::format("{}/{}{}", url.substr(0, path), url_encoded(database), url.substr(query));
}

std::vector<std::pair<std::string, std::string>> libpq_environment(std::string_view url) {
  std::vector<std::pair<std::string, std::string>> variables;
  const Options options(PQconninfoParse(parse_database_url(url).conninfo.c_str(), nullptr));
  if (options == nullptr) return variables;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->envvar != nullptr && option->val != nullptr && *option->val != '\0')
      variables.emplace_back(option->envvar, option->val);
  }
  return variables;
}

std::string redact(std::string_view text) {
  const auto ends_token = [](char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0 || c == '"' || c == '\'' || c == '`' ||
           c == '<' || c == '>';
  };

  // user:password@ of every URL: up to the last @ of the word, for a password may hold a bare @.
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t scheme = text.find("://", at);
    if (scheme == std::string_view::npos) break;
    const std::size_t authority = scheme + 3;
    std::size_t end = authority;
    while (end < text.size() && !ends_token(text[end])) ++end;
    const std::string_view word = text.substr(authority, end - authority);
    const std::size_t colon = word.find(':');
    const std::size_t last_at = word.rfind('@');
    out += text.substr(at, authority - at);
    if (colon != std::string_view::npos && last_at != std::string_view::npos && colon < last_at) {
      out += word.substr(0, colon);
      out += ":***";
      at = authority + last_at;
    } else {
      at = authority;
    }
  }
  out += text.substr(std::min(at, text.size()));

  // password=..., sslpassword=..., PGPASSWORD=..., in URLs' queries, in conninfo strings (there perhaps
  // quoted) and environments.
  std::string hidden;
  at = 0;
  const std::string folded = lower(out);
  while (true) {
    const std::size_t found = folded.find("password", at);
    if (found == std::string::npos) break;
    std::size_t value = found + std::string_view("password").size();
    while (value < out.size() && out[value] == ' ') ++value;
    if (value >= out.size() || out[value] != '=') {
      hidden += out.substr(at, found + 8 - at);
      at = found + 8;
      continue;
    }
    ++value;
    while (value < out.size() && out[value] == ' ') ++value;
    hidden += out.substr(at, value - at) + "***";
    if (value < out.size() && out[value] == '\'') {
      ++value;
      while (value < out.size() && out[value] != '\'') value += out[value] == '\\' ? 2U : 1U;
      at = std::min(value + 1, out.size());
    } else {
      while (value < out.size() && !ends_token(out[value]) && out[value] != '&') ++value;
      at = value;
    }
  }
  hidden += out.substr(at);
  return hidden;
}

}  // namespace planner

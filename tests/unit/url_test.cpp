#include "src/database/url.h"

#include <gtest/gtest.h>

#include "planner/error.h"

namespace planner {
namespace {

TEST(DatabaseUrl, keeps_what_libpq_knows) {
  const DatabaseUrl url = parse_database_url(
      "postgresql://deploy:s3cret@db.example.com:6432/app?sslmode=require&connect_timeout=3");
  EXPECT_EQ(url.host, "db.example.com");
  EXPECT_EQ(url.port, "6432");
  EXPECT_EQ(url.database, "app");
  EXPECT_EQ(url.user, "deploy");
  EXPECT_NE(url.conninfo.find("sslmode=require&connect_timeout=3"), std::string::npos) << url.conninfo;
  EXPECT_EQ(url.described(), "\"app\" on db.example.com:6432 as \"deploy\"");
}

TEST(DatabaseUrl, takes_prismas_parameters_away_and_remembers_the_schema) {
  const DatabaseUrl url = parse_database_url(
      "postgres://u:p@h/"
      "app?schema=my%20schema&connection_limit=5&pool_timeout=0&pgbouncer=true&socket_timeout=9&"
      "statement_cache_size=0&sslmode=prefer");
  EXPECT_EQ(url.conninfo, "postgresql://u:p@h/app?sslmode=prefer");
  EXPECT_EQ(url.schema, "my schema");
  EXPECT_TRUE(url.pgbouncer);
}

TEST(DatabaseUrl, reads_prismas_sslcert_as_the_authority) {
  EXPECT_EQ(parse_database_url("postgresql://h/d?sslcert=ca.pem").conninfo,
            "postgresql://h/d?sslrootcert=ca.pem");
  EXPECT_EQ(parse_database_url("postgresql://h/d?sslcert=c.pem&sslkey=k.pem").conninfo,
            "postgresql://h/d?sslcert=c.pem&sslkey=k.pem");
}

TEST(DatabaseUrl, takes_a_socket_folder_as_host) {
  const DatabaseUrl url =
      parse_database_url("postgresql://u@localhost/app?host=/var/run/postgresql&schema=public");
  EXPECT_EQ(url.host, "/var/run/postgresql");
  EXPECT_EQ(url.schema, "public");
}

TEST(DatabaseUrl, understands_the_schemes_of_other_libraries) {
  for (const char* text : {"jdbc:postgresql://h:1/d", "postgresql+psycopg2://h:1/d",
                           "postgres+asyncpg://h:1/d", "  POSTGRES://h:1/d \n"}) {
    EXPECT_EQ(parse_database_url(text).conninfo, "postgresql://h:1/d") << text;
  }
  EXPECT_EQ(parse_database_url("jdbc:postgresql://h/d?currentSchema=app&user=u&password=p").conninfo,
            "postgresql://h/d?user=u&password=p");
}

TEST(DatabaseUrl, takes_key_and_value_pairs) {
  const DatabaseUrl url = parse_database_url("host=h dbname=d user=u password='a b'");
  EXPECT_EQ(url.described(), "\"d\" on h as \"u\"");
}

TEST(DatabaseUrl, refuses_what_is_not_postgresql) {
  for (const char* text : {"", "mysql://u:s3cret@h/d", "prisma+postgres://accelerate?api_key=s3cret",
                           "file:./dev.db", "app", "postgresql://u:s3cret@h:port/d"}) {
    EXPECT_THROW(parse_database_url(text), Error) << text;
  }
}

TEST(DatabaseUrl, never_shows_a_piece_of_the_password) {
  for (const char* text : {"postgresql://u:s3cr@t@h/d", "postgresql://u:s3cr/t@h/d",
                           "postgresql://u:s3cr?t@h/d", "postgresql://u:s3cr%zzt@h/d",
                           "postgresql://u:s3cr#t@h:99x/d", "postgresql://s3cr:t", "host=h password='s3cr"}) {
    try {
      const DatabaseUrl url = parse_database_url(text);
      EXPECT_EQ(url.described().find("s3cr"), std::string::npos) << url.described();
    } catch (const Error& error) {
      EXPECT_EQ((error.what() + error.hint).find("s3cr"), std::string::npos) << error.what() << error.hint;
      EXPECT_FALSE(error.hint.empty());
    }
  }
}

TEST(DatabaseUrl, changes_the_database_and_nothing_else) {
  EXPECT_EQ(with_database("postgresql://u:p@h:1/app?schema=x", "b c"), "postgresql://u:p@h:1/b%20c?schema=x");
  EXPECT_EQ(with_database("postgresql://h", "b"), "postgresql://h/b");
  EXPECT_EQ(with_database("postgresql://h?sslmode=disable", "b"), "postgresql://h/b?sslmode=disable");
  EXPECT_EQ(parse_database_url(with_database("host=h dbname=a", "b'\\c")).database, "b'\\c");
}

TEST(Redact, hides_passwords_wherever_they_stand) {
  EXPECT_EQ(redact("cannot reach postgresql://u:s3cret@h/d?x=1."),
            "cannot reach postgresql://u:***@h/d?x=1.");
  EXPECT_EQ(redact("'postgres://u:s3@cr/et@h/d' and `postgres://a:b@c`"),
            "'postgres://u:***@h/d' and `postgres://a:***@c`");
  EXPECT_EQ(redact("postgresql://h/d?user=u&password=s3cret&sslmode=x"),
            "postgresql://h/d?user=u&password=***&sslmode=x");
  EXPECT_EQ(redact("host=h password = 's3\\'cret x' user=u"), "host=h password = *** user=u");
  EXPECT_EQ(redact("PGPASSWORD=s3cret psql"), "PGPASSWORD=*** psql");
  EXPECT_EQ(redact("password authentication failed"), "password authentication failed");
  EXPECT_EQ(redact("https://example.com/a:b"), "https://example.com/a:b");
  EXPECT_EQ(redact(""), "");
}

}  // namespace
}  // namespace planner

#include "tests/bench/histories.h"

#include <fmt/core.h>
#include <pg_query.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "tests/bench/measure.h"
#include "tests/support/files.h"

namespace planner::bench {
namespace fs = std::filesystem;

std::vector<HistoryFiles> real_histories() {
  std::vector<HistoryFiles> found;
  const auto shared = shared_folder();
  if (!shared) return found;
  for (const auto& entry : fs::recursive_directory_iterator(*shared / "corpus")) {
    if (entry.path().filename() != "migration_lock.toml") continue;
    HistoryFiles history;
    history.folder = entry.path().parent_path();
    history.name = fs::relative(history.folder, *shared / "corpus").begin()->string();
    for (const auto& migration : fs::directory_iterator(history.folder)) {
      if (fs::exists(migration.path() / "migration.sql"))
        history.files.push_back(migration.path() / "migration.sql");
    }
    std::sort(history.files.begin(), history.files.end());
    for (const fs::path& file : history.files) history.bytes += fs::file_size(file);
    found.push_back(std::move(history));
  }
  std::sort(found.begin(), found.end(),
            [](const HistoryFiles& a, const HistoryFiles& b) { return a.files.size() > b.files.size(); });
  return found;
}

HistoryFiles generated_history(const fs::path& folder, std::size_t count) {
  HistoryFiles history;
  history.name = fmt::format("generated, {} migrations", count);
  history.folder = folder / "prisma/migrations";
  test::write_file(history.folder / "migration_lock.toml", "provider = \"postgresql\"\n");
  for (std::size_t i = 0; i < count; ++i) {
    const std::string table = fmt::format("Table{}", i / 10);
    std::string sql;
    switch (i % 10) {
      case 0:
        sql = fmt::format(
            "-- CreateTable\nCREATE TABLE \"{0}\" (\n    \"id\" TEXT NOT NULL,\n    \"name\" TEXT NOT NULL,\n"
            "    \"createdAt\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    \"count\" INTEGER,\n\n"
            "    CONSTRAINT \"{0}_pkey\" PRIMARY KEY (\"id\")\n);\n",
            table);
        break;
      case 1:
        sql = fmt::format("-- AlterTable\nALTER TABLE \"{}\" ADD COLUMN     \"email\" TEXT;\n", table);
        break;
      case 2:
        sql = fmt::format("-- CreateIndex\nCREATE INDEX \"{0}_email_idx\" ON \"{0}\"(\"email\");\n", table);
        break;
      case 3:
        sql = fmt::format(
            "-- AlterTable\nALTER TABLE \"{0}\" ADD COLUMN     \"parentId\" TEXT;\n\n-- AddForeignKey\n"
            "ALTER TABLE \"{0}\" ADD CONSTRAINT \"{0}_parentId_fkey\" FOREIGN KEY (\"parentId\") REFERENCES "
            "\"{0}\"(\"id\")"
            " ON DELETE SET NULL ON UPDATE CASCADE;\n",
            table);
        break;
      case 4:
        sql = fmt::format(
            "-- CreateEnum\nCREATE TYPE \"Kind{1}\" AS ENUM ('A', 'B');\n\n-- AlterTable\n"
            "ALTER TABLE \"{0}\" ADD COLUMN     \"kind\" \"Kind{1}\" NOT NULL DEFAULT 'A';\n",
            table, i / 10);
        break;
      case 5:
        sql = fmt::format("-- AlterTable\nALTER TABLE \"{}\" ALTER COLUMN \"count\" SET NOT NULL;\n", table);
        break;
      case 6:
        sql = fmt::format(
            "-- AlterTable\nALTER TABLE \"{}\" DROP COLUMN \"name\",\nADD COLUMN     \"fullName\" TEXT;\n",
            table);
        break;
      case 7:
        sql = fmt::format("-- CreateIndex\nCREATE UNIQUE INDEX \"{0}_email_key\" ON \"{0}\"(\"email\");\n",
                          table);
        break;
      case 8:
        sql = fmt::format("UPDATE \"{}\" SET \"count\" = 0 WHERE \"count\" IS NULL;\n", table);
        break;
      default:
        sql = fmt::format("-- AlterTable\nALTER TABLE \"{}\" ALTER COLUMN \"count\" SET DATA TYPE BIGINT;\n",
                          table);
        break;
    }
    const fs::path file =
        history.folder / fmt::format("{}_step_{}", 20200101000000ULL + i, i) / "migration.sql";
    test::write_file(file, sql);
    history.files.push_back(file);
    history.bytes += sql.size();
  }
  return history;
}

HistoryFiles heavy_history(const fs::path& folder, Heavy kind, std::size_t count) {
  HistoryFiles history;
  history.folder = folder / "prisma/migrations";
  test::write_file(history.folder / "migration_lock.toml", "provider = \"postgresql\"\n");
  std::string sql = kind == Heavy::OneAlterTable ? "ALTER TABLE t ADD COLUMN c text" : "";
  for (std::size_t i = 0; i < count; ++i) {
    switch (kind) {
      case Heavy::OneAlterTable:
        sql += fmt::format(",\nADD COLUMN c{} text", i);
        break;
      case Heavy::AlterTables:
        sql += fmt::format("ALTER TABLE t ADD COLUMN c{} text;\n", i);
        break;
      case Heavy::CreateTables:
        sql += fmt::format("CREATE TABLE t{} (id int PRIMARY KEY, a text, b int REFERENCES t (id));\n", i);
        break;
      case Heavy::Selects:
        sql += "SELECT 1;\n";
    }
  }
  if (kind == Heavy::OneAlterTable) sql += ";\n";
  const std::string texts[] = {"CREATE TABLE t (id int PRIMARY KEY);\n", std::move(sql)};
  for (const std::string& text : texts) {
    const fs::path file =
        history.folder / fmt::format("2020010100000{}_step", history.files.size()) / "migration.sql";
    test::write_file(file, text);
    history.files.push_back(file);
    history.bytes += text.size();
  }
  return history;
}

double parse_alone_ms(const HistoryFiles& history) {
  std::vector<std::string> texts;
  for (const fs::path& file : history.files) texts.push_back(test::read_file(file));
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& text : texts) {
    PgQueryProtobufParseResult result = pg_query_parse_protobuf(text.c_str());
    pg_query_free_protobuf_parse_result(result);
  }
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace planner::bench

#pragma once

#include <string>
#include <vector>

/// Marks that tools put into comments of their files, read the way the tools read them: line by line or by
/// plain text search. None of this looks at SQL. Texts that come back have every remaining byte at its old
/// place.
namespace planner::project {

bool has_goose_marks(const std::string& text);
bool goose_without_transaction(const std::string& text);
std::string goose_forward(const std::string& text);  ///< everything that is not the Up section is blanked
/// What goose sends one after the other: up to a line that ends in a semicolon, or what stands between
/// StatementBegin and StatementEnd. `forward` is what goose_forward() leaves.
std::vector<std::string> goose_pieces(const std::string& forward);
/// `-- +goose ENVSUB ON`: goose puts variables of its environment into the text.
bool goose_substitutes(const std::string& text);

bool has_dbmate_marks(const std::string& text);
bool dbmate_without_transaction(const std::string& text);
std::string dbmate_forward(const std::string& text);
/// Newer versions of dbmate run each `-- migrate:up` of a file for itself, older ones refuse a second one.
int dbmate_sections(const std::string& text);

/// drizzle splits at `--> statement-breakpoint` and needs no semicolon before it: the mark becomes one.
std::string drizzle_statements(const std::string& text);

/// `executeInTransaction=false` in a Flyway script configuration.
bool flyway_switches_transaction_off(const std::string& settings);

}  // namespace planner::project

#pragma once

#include <string>
#include <vector>

#include "planner/plan.h"

/// Reading `--rename table.old=new`, `--no-rename table.old` and `--fill table.column=SQL`.
namespace planner::commands {

/// `User.name`, `billing."Odd.name".column`: names as PostgreSQL stores them; quotes only where a name holds
/// a dot or `=`. Throws Error when there are more or fewer parts than `least` to `most`.
std::vector<Identifier> dotted_names(const std::string& text, const std::string& option, std::size_t least,
                                     std::size_t most);

/// `User.name=fullName` (column) or `User=Person` (table).
void add_rename(RenameAnswers& answers, const std::string& text);
/// `User.name` (the column really goes) or `User` (the table really goes).
void add_no_rename(RenameAnswers& answers, const std::string& text);
/// `User.age`: a change of its type may lose what the new type cannot hold.
void add_accept_lossy(RenameAnswers& answers, const std::string& text);
/// `User.email=lower(login)`: the value existing rows get.
SplitOptions::Fill fill_of(const std::string& text);

}  // namespace planner::commands

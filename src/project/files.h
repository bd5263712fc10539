#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Reading and writing files so that a person always learns which file failed and what to do.
namespace planner::project {

namespace fs = std::filesystem;

/// A path kept as its text: a history has thousands, and fs::path holds each part of it once more.
class PathText {
 public:
  PathText() = default;
  PathText(const fs::path& path) : text_(path.native()) {}
  PathText(std::string text) : text_(std::move(text)) {}
  PathText(const char* text) : text_(text) {}

  bool empty() const { return text_.empty(); }
  const std::string& str() const { return text_; }
  const char* c_str() const { return text_.c_str(); }
  fs::path path() const { return text_; }
  operator fs::path() const { return path(); }

 private:
  std::string text_;
};

/// `folder/name`.
PathText inside(const PathText& folder, std::string_view name);

/// As shown to people: forward slashes, no `./` in front.
std::string shown(const PathText& path);

/// The whole file as bytes. Throws Error when it is missing, unreadable, a folder or no regular file.
std::string read_file(const PathText& path);

/// Throws Error unless the text is UTF-8 without byte order mark and without NUL bytes: no runner of SQL
/// files takes anything else.
void require_plain_text(const std::string& text, const PathText& path);

/// Writes a new file and makes sure that it has reached the disk. Throws Error (read-only, disk full, ...).
void write_file(const fs::path& path, std::string_view content);

/// Makes the entries of a folder durable after a rename or a removal.
void sync_folder(const fs::path& folder);

/// Creates the folder and its parents. Throws Error.
void make_folders(const fs::path& folder);

/// Renames within one file system in one step; `what` names the thing in the error. Throws Error.
void rename_path(const fs::path& from, const fs::path& to, std::string_view what);

/// Removes a file or a folder with everything in it. Throws Error.
void remove_path(const fs::path& path);

/// What stands in a folder, without asking for each entry: listing a long history costs one call.
struct FolderEntry {
  std::string name;
  fs::file_type type;  ///< of the entry itself: a symbolic link is one, whatever it leads to
};

/// Entries of a folder, sorted by the bytes of their names. Throws Error when it cannot be listed.
std::vector<FolderEntry> entries_of(const fs::path& folder);

/// Absolute, without symbolic links, `.` and `..`; what does not exist yet is kept as written.
fs::path real_path(const fs::path& path);

bool is_folder(const fs::path& path);  ///< symbolic links are followed
bool is_file(const fs::path& path);    ///< symbolic links are followed

}  // namespace planner::project

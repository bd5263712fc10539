#include "src/project/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <system_error>

#include "planner/error.h"

namespace planner::project {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

/// What a person can do about an errno while reading.
std::string reading_hint(int error) {
  switch (error) {
    case ENOENT:
      return "check the path; `planner analyze` without arguments looks for migrations below the current "
             "folder";
    case EACCES:
    case EPERM:
      return "make it readable for the user who runs planner";
    default:
      return "";
  }
}

std::string writing_hint(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return "make the folder writable, or choose another one with --out";
    case ENOSPC:
    case EDQUOT:
      return "make room on the disk and run the same command again";
    default:
      return "";
  }
}

[[noreturn]] void fail_writing(const fs::path& path, std::string_view what, int error) {
  throw Error(fmt::format("{}: cannot {}: {}", shown(path), what, reason(error)), writing_hint(error));
}

/// Closes a descriptor whatever happens.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int close() {
    const int result = ::close(fd_);
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

/// Offset of the first byte that is not well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates), or
/// npos.
std::size_t first_bad_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<std::uint8_t>(text[at]);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    std::size_t length = 0;
    std::uint8_t low = 0x80, high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      length = 3;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      length = 4;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return at;
    }
    if (at + length > text.size()) return at;
    for (std::size_t i = 1; i < length; ++i) {
      const auto byte = static_cast<std::uint8_t>(text[at + i]);
      if (byte < low || byte > high) return at;
      low = 0x80;
      high = 0xBF;
    }
    at += length;
  }
  return std::string_view::npos;
}

fs::file_type type_of_mode(mode_t mode) {
  if (S_ISDIR(mode)) return fs::file_type::directory;
  if (S_ISREG(mode)) return fs::file_type::regular;
  return S_ISLNK(mode) ? fs::file_type::symlink : fs::file_type::unknown;
}

/// Some file systems list names alone.
fs::file_type type_of(const dirent& entry, int folder) {
  if (entry.d_type != DT_UNKNOWN) return type_of_mode(DTTOIF(entry.d_type));
  struct stat info {};
  return ::fstatat(folder, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 ? type_of_mode(info.st_mode)
                                                                          : fs::file_type::unknown;
}

/// Is there nothing that lexically_normal() would change? Taking a path apart and putting it together again
/// costs more than reading a small file.
bool is_normal(std::string_view path) {
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part == "." || part == ".." || (part.empty() && begin > 0)) return false;
    begin = end + 1;
  }
  return !path.empty() && (path.size() == 1 || path.back() != '/');
}

}  // namespace

PathText inside(const PathText& folder, std::string_view name) {
  std::string text;
  text.reserve(folder.str().size() + 1 + name.size());
  text += folder.str();
  if (!text.empty() && text.back() != '/') text += '/';
  text += name;
  return text;
}

std::string shown(const PathText& path) {
  if (is_normal(path.str())) return path.str();
  std::string text = path.path().lexically_normal().generic_string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text.empty() ? "." : text;
}

std::string read_file(const PathText& path) {
  // O_NONBLOCK: opening a named pipe must not hang before we can see that it is none of our files.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    throw Error(fmt::format("{}: cannot be read: {}", shown(path), reason(errno)), reading_hint(errno));
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) {
    throw Error(fmt::format("{}: cannot be read: {}", shown(path), reason(errno)));
  }
  if (S_ISDIR(info.st_mode)) {
    throw Error(fmt::format("{}: is a folder where a file is expected", shown(path)),
                "rename or remove the folder, or name the file inside it");
  }
  if (!S_ISREG(info.st_mode)) throw Error(fmt::format("{}: is not a regular file", shown(path)));

  // A history has thousands of small files: none of them may keep more memory than its text needs, so the end
  // of the file is noticed in a buffer of our own.
  std::string text;
  text.resize(static_cast<std::size_t>(info.st_size));
  std::size_t have = 0;
  char beyond[4096];
  for (;;) {
    const bool full = have == text.size();
    const ssize_t got = full ? ::read(file.get(), beyond, sizeof beyond)
                             : ::read(file.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw Error(fmt::format("{}: cannot be read: {}", shown(path), reason(errno)), reading_hint(errno));
    if (got == 0) break;
    if (full) text.append(beyond, static_cast<std::size_t>(got));
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

void require_plain_text(const std::string& text, const PathText& path) {
  const std::string_view view(text);
  if (view.substr(0, 3) == "\xEF\xBB\xBF") {
    throw Error(
        fmt::format("{}: starts with a byte order mark; PostgreSQL reads it as a syntax error", shown(path)),
        "save the file as UTF-8 without BOM");
  }
  if (view.substr(0, 2) == "\xFF\xFE" || view.substr(0, 2) == "\xFE\xFF") {
    throw Error(fmt::format("{}: is UTF-16, not UTF-8", shown(path)), "save the file as UTF-8 without BOM");
  }
  if (view.find('\0') != std::string_view::npos) {
    throw Error(fmt::format("{}: is a binary file, not SQL", shown(path)),
                "put the SQL text there, or move the file out of the migrations folder");
  }
  const std::size_t bad = first_bad_utf8(view);
  if (bad != std::string_view::npos) {
    const auto line = 1 + std::count(view.begin(), view.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
    throw Error(fmt::format("{}:{}: is not valid UTF-8 (byte {:#04x})", shown(path), line,
                            static_cast<unsigned>(static_cast<std::uint8_t>(view[bad]))),
                "save the file as UTF-8");
  }
}

void write_file(const fs::path& path, std::string_view content) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) fail_writing(path, "be written", errno);
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t wrote = ::write(file.get(), content.data() + done, content.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) fail_writing(path, "be written", errno);
    done += static_cast<std::size_t>(wrote);
  }
  if (::fsync(file.get()) != 0) fail_writing(path, "be written", errno);
  if (file.close() != 0) fail_writing(path, "be written", errno);
}

void sync_folder(const fs::path& folder) {
  const Descriptor handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems refuse fsync on a folder; the rename itself has happened by then.
  if (handle.get() >= 0) (void)::fsync(handle.get());
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_writing(folder, "be created", error.value());
}

void rename_path(const fs::path& from, const fs::path& to, std::string_view what) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    const int error = errno;
    throw Error(fmt::format("{}: cannot put {} there: {}", shown(to), what, reason(error)),
                writing_hint(error));
  }
}

void remove_path(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) fail_writing(path, "be removed", error.value());
}

std::vector<FolderEntry> entries_of(const fs::path& folder) {
  struct Close {
    void operator()(DIR* listing) const { ::closedir(listing); }
  };
  const auto fail = [&](int error) {
    throw Error(fmt::format("{}: the folder cannot be listed: {}", shown(folder), reason(error)),
                reading_hint(error));
  };
  const std::unique_ptr<DIR, Close> listing(::opendir(folder.c_str()));
  if (listing == nullptr) fail(errno);
  std::vector<FolderEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(listing.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    entries.push_back({std::move(name), type_of(*entry, ::dirfd(listing.get()))});
  }
  if (errno != 0) fail(errno);
  std::sort(entries.begin(), entries.end(),
            [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  return entries;
}

fs::path real_path(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(path, error);
  return error ? fs::absolute(path).lexically_normal() : real;
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

}  // namespace planner::project

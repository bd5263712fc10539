#include "src/project/sha256.h"

#include <sha2.h>

#include <array>
#include <cstdint>

namespace planner::project {
namespace {

template <std::size_t Size>
std::string hex(const std::array<std::uint8_t, Size>& digest) {
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  SHA2_CTX state;
  SHA256Init(&state);
  SHA256Update(&state, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256Final(digest.data(), &state);
  return hex(digest);
}

std::string sha384(std::string_view bytes) {
  SHA2_CTX state;
  SHA384Init(&state);
  SHA384Update(&state, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  std::array<std::uint8_t, SHA384_DIGEST_LENGTH> digest{};
  SHA384Final(digest.data(), &state);
  return hex(digest);
}

}  // namespace planner::project

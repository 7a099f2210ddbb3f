#include "elf/name_search.h"

#include <array>
#include <bit>
#include <cstring>

#include "base/result.h"

namespace skep::elf {

namespace {

constexpr std::size_t block_bytes = 16;
constexpr std::size_t prefetch_bytes =
    4096;  // measured: processors do not read ahead beyond a page of their own accord
constexpr std::size_t step = 4 * block_bytes;

/// As many letters as processors of every kind compare at once.
using Block __attribute__((vector_size(block_bytes))) = u8;

Block load(const char* at) {
  Block block;
  std::memcpy(&block, at, sizeof block);
  return block;
}

/// The name at each of its ends among `ends`, which lie `name.size()` or more behind the table's beginning.
void check_ends(const char* table, const char* ends, const char* stop, std::string_view name,
                std::vector<u32>& found) {
  while (ends < stop) {
    const auto* const end =
        static_cast<const char*>(std::memchr(ends, 0, static_cast<std::size_t>(stop - ends)));
    if (end == nullptr) {
      return;
    }
    if (std::memcmp(end - name.size(), name.data(), name.size()) == 0) {
      found.push_back(static_cast<u32>(end - name.size() - table));
    }
    ends = end + 1;
  }
}

}  // namespace

std::vector<u32> find_terminated(std::string_view strings, std::string_view name) {
  std::vector<u32> found;
  const std::size_t length = name.size();
  SKEP_ASSERT(length > 0 && strings.size() <= u64{1} << 32);
  if (strings.size() <= length) {
    return found;
  }
  // A name can begin only where its NUL, its last letter and one in the middle stand in their places: that rules out nearly all, 64 places at a time.
  const std::size_t middle = length / 2;
  const Block last_letter = Block{} + static_cast<u8>(name[length - 1]);
  const Block middle_letter = Block{} + static_cast<u8>(name[middle]);
  const auto difference = [&](const char* at) {
    return load(at + length) | (load(at + length - 1) ^ last_letter) | (load(at + middle) ^ middle_letter);
  };
  const char* const table = strings.data();
  std::size_t at = 0;
  for (; at + step + length <= strings.size(); at += step) {
    const char* const block = table + at;
    __builtin_prefetch(block + length + prefetch_bytes);
    const auto fits = (difference(block) == 0) | (difference(block + block_bytes) == 0) |
                      (difference(block + 2 * block_bytes) == 0) | (difference(block + 3 * block_bytes) == 0);
    const auto words = std::bit_cast<std::array<u64, 2>>(fits);
    if ((words[0] | words[1]) != 0) {
      check_ends(table, block + length, block + length + step, name, found);
    }
  }
  check_ends(table, table + at + length, table + strings.size(), name, found);
  return found;
}

}  // namespace skep::elf

#include "skep/variable.h"

#include <cstring>
#include <vector>

#include "base/result.h"
#include "skep/map.h"

namespace skep {
namespace {

/// Reads or writes a whole variable at once where the machine can: then no half of an update by the program on another CPU is seen.
template <class Word>
bool copy_word(std::byte* to, const std::byte* from, std::size_t bytes) {
  if (bytes != sizeof(Word) || reinterpret_cast<std::uintptr_t>(to) % sizeof(Word) != 0 ||
      reinterpret_cast<std::uintptr_t>(from) % sizeof(Word) != 0) {
    return false;
  }
  const Word word = __atomic_load_n(reinterpret_cast<const Word*>(from), __ATOMIC_RELAXED);
  __atomic_store_n(reinterpret_cast<Word*>(to), word, __ATOMIC_RELAXED);
  return true;
}

void copy_whole(std::byte* to, const std::byte* from, std::size_t bytes) {
  if (!copy_word<u64>(to, from, bytes) && !copy_word<u32>(to, from, bytes) &&
      !copy_word<u16>(to, from, bytes) && !copy_word<u8>(to, from, bytes)) {
    std::memcpy(to, from, bytes);
  }
}

Result<void> check_size(const std::string& name, std::size_t wanted, std::size_t have) {
  if (wanted != have) {
    return fail(Errc::invalid, cat("variable '", name, "': want ", wanted, " bytes, have ", have));
  }
  return {};
}

constexpr u32 only_key = 0;

Result<std::vector<std::byte>> whole_section(const Map& map) {
  std::vector<std::byte> section(map.value_bytes_in_user_space());
  SKEP_CHECK(map.lookup(std::as_bytes(std::span(&only_key, 1)), section));
  return section;
}

}  // namespace

Variable::Variable(std::string name, Map& map, std::span<std::byte> mapped, u32 offset, u32 size_bytes,
                   bool read_only, std::shared_ptr<const btf::Btf> btf, u32 type_id)
    : name_(std::move(name)),
      map_(&map),
      mapped_(mapped),
      offset_(offset),
      size_bytes_(size_bytes),
      read_only_(read_only),
      btf_(std::move(btf)),
      type_id_(type_id) {}

Result<void> Variable::read(std::span<std::byte> value) const {
  SKEP_CHECK(check_size(name_, size_bytes_, value.size()));
  if (!mapped_.empty()) {
    copy_whole(value.data(), mapped_.data(), value.size());
    return {};
  }
  SKEP_TRY_IN(cat("variable '", name_, "'"), const std::vector<std::byte> section, whole_section(*map_));
  std::memcpy(value.data(), section.data() + offset_, value.size());
  return {};
}

Result<void> Variable::write(std::span<const std::byte> value) const {
  SKEP_CHECK(check_size(name_, size_bytes_, value.size()));
  if (read_only_) {
    return fail(Errc::denied,
                cat("variable '", name_, "' is read-only; it can be set before loading (ObjectSpec::set)"));
  }
  if (!mapped_.empty()) {
    copy_whole(mapped_.data(), value.data(), value.size());
    return {};
  }
  SKEP_TRY_IN(cat("variable '", name_, "'"), std::vector<std::byte> section, whole_section(*map_));
  std::memcpy(section.data() + offset_, value.data(), value.size());
  SKEP_CHECK_IN(cat("variable '", name_, "'"), map_->update(std::as_bytes(std::span(&only_key, 1)), section));
  return {};
}

}  // namespace skep

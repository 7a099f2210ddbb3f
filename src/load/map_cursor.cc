// Walking a map: by batches where the kernel has them for this type, else key by key.
#include <algorithm>
#include <cerrno>

#include "base/result.h"
#include "kernel/map.h"
#include "kernel/map_batch.h"
#include "skep/map.h"

namespace skep {
namespace {

constexpr int kernel_enotsupp = 524;
constexpr std::size_t batch_bytes = std::size_t{256} << 10;
constexpr u32 largest_batch = 4096;
constexpr std::size_t least_cursor_bytes = 8;

std::string text_of(std::span<const std::byte> key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

u32 first_batch(std::size_t entry_bytes, u32 max_entries) {
  const std::size_t fits = std::max<std::size_t>(1, batch_bytes / std::max<std::size_t>(1, entry_bytes));
  return static_cast<u32>(std::min<std::size_t>({fits, largest_batch, std::max(1U, max_entries)}));
}

}  // namespace

MapCursor::MapCursor(const Map& map) : map_(&map) {}

Result<bool> MapCursor::next(std::vector<std::byte>& keys, std::vector<std::byte>& values) {
  keys.clear();
  values.clear();
  const MapTraits& traits = map_->traits();
  if (traits.key_bytes == 0) {
    return fail(Errc::invalid,
                cat("map '", traits.name, "': a ", name_of(traits.type), " has no keys to walk over"));
  }
  const bool begins = way_ == Way::untried;
  if (begins) {
    way_ = Way::batch;
    batch_ = first_batch(traits.key_bytes + map_->value_bytes_in_user_space(), traits.max_entries);
    position_.resize(std::max<std::size_t>(least_cursor_bytes, traits.key_bytes));
  }
  if (way_ == Way::batch) {
    auto got = next_batch(keys, values);
    const int why = got ? 0 : got.error().sys_errno();
    if (!begins || (why != kernel_enotsupp && why != EINVAL && why != EOPNOTSUPP && why != EINTR)) {
      way_ = got ? way_ : Way::finished;
      return got;
    }
    way_ = Way::single;
    position_.resize(traits.key_bytes);
    has_position_ = false;
  }
  if (way_ == Way::finished) {
    return false;
  }
  auto got = next_single(keys, values);
  way_ = got ? way_ : Way::finished;
  return got;
}

Result<bool> MapCursor::next_batch(std::vector<std::byte>& keys, std::vector<std::byte>& values) {
  const std::size_t key_bytes = map_->traits().key_bytes;
  const std::size_t value_bytes = map_->value_bytes_in_user_space();
  std::vector<std::byte> cursor(position_.size());
  while (true) {
    keys.resize(batch_ * key_bytes);
    values.resize(batch_ * value_bytes);
    kernel::MapBatchLookup want{.map_fd = map_->fd().raw(),
                                .from = has_position_ ? position_.data() : nullptr,
                                .cursor = cursor.data(),
                                .keys = keys.data(),
                                .values = values.data(),
                                .count = batch_};
    auto walked = kernel::map_lookup_batch(*map_->kernel_, want);
    if (!walked && walked.error().sys_errno() == ENOSPC && batch_ < map_->traits().max_entries) {
      // One bucket of the hash holds more than there is room for.
      batch_ = std::min(batch_ * 2, map_->traits().max_entries);
      continue;
    }
    if (!walked) {
      keys.clear();
      values.clear();
      return std::unexpected(std::move(walked).error().within(cat("map '", map_->name(), "'")));
    }
    keys.resize(want.count * key_bytes);
    values.resize(want.count * value_bytes);
    position_ = cursor;
    has_position_ = true;
    if (*walked == kernel::MapWalk::finished) {
      way_ = Way::finished;
      return want.count != 0;
    }
    if (want.count != 0) {
      return true;
    }
  }
}

Result<bool> MapCursor::next_single(std::vector<std::byte>& keys, std::vector<std::byte>& values) {
  const std::string noun = cat("map '", map_->name(), "'");
  std::vector<std::byte> key(position_.size());
  std::vector<std::byte> value(map_->value_bytes_in_user_space());
  // A hash that is changed meanwhile may start again from its beginning; when it only repeats itself the walk is over.
  for (std::size_t repeats = 0; repeats <= seen_.size();) {
    SKEP_TRY_IN(noun, const bool more,
                kernel::map_next_key(*map_->kernel_, map_->fd().raw(),
                                     has_position_ ? position_.data() : nullptr, key.data()));
    if (!more) {
      break;
    }
    position_ = key;
    has_position_ = true;
    if (!seen_.insert(text_of(key)).second) {
      ++repeats;
      continue;
    }
    SKEP_TRY(const bool is_there, map_->lookup(key, value));
    if (is_there) {
      keys = key;
      values = value;
      return true;
    }
  }
  way_ = Way::finished;
  return false;
}

}  // namespace skep

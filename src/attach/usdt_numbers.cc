#include "attach/usdt_numbers.h"

#include "base/result.h"

namespace skep::attach {

Result<u32> SpecNumbers::take(const UsdtSpec& spec, const std::function<Result<void>(u32)>& write) {
  const std::scoped_lock lock(mutex_);
  const std::string key(reinterpret_cast<const char*>(&spec), sizeof spec);
  if (const auto found = by_spec_.find(key); found != by_spec_.end()) {
    ++users_[found->second];
    return found->second;
  }
  const bool is_free = !free_.empty();
  if (!is_free && users_.size() >= room_) {
    return fail(Errc::invalid,
                cat("the map __bpf_usdt_specs is full: it has room for ", room_,
                    " different places; define BPF_USDT_MAX_SPEC_CNT before including usdt.bpf.h"));
  }
  const u32 number = is_free ? free_.back() : static_cast<u32>(users_.size());
  SKEP_CHECK(write(number));
  if (is_free) {
    free_.pop_back();
    users_[number] = 1;
    keys_[number] = key;
  } else {
    users_.push_back(1);
    keys_.push_back(key);
  }
  by_spec_.emplace(key, number);
  return number;
}

void SpecNumbers::give_back(u32 number) {
  const std::scoped_lock lock(mutex_);
  if (--users_[number] == 0) {
    by_spec_.erase(keys_[number]);
    free_.push_back(number);
  }
}

bool SpecNumbers::is_idle() const {
  const std::scoped_lock lock(mutex_);
  return by_spec_.empty();
}

Result<void> AddressNumbers::take(u64 address, u32 number, const std::function<Result<void>()>& write) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(address);
  if (found == entries_.end()) {
    SKEP_CHECK(write());
    entries_.emplace(address, Entry{.number = number, .users = 1});
    return {};
  }
  if (found->second.number != number) {
    return fail(
        Errc::invalid,
        cat("what is at address ", hex(address), " is specification ", found->second.number,
            " to a program that is attached, and would be ", number,
            " to this one: kernels without BPF cookies (before Linux 5.15) tell places by their addresses "
            "alone, so programs of one object that are attached to the same place need the same cookie; "
            "detach the other one, or load the object twice"));
  }
  ++found->second.users;
  return {};
}

void AddressNumbers::give_back(u64 address, const std::function<void()>& remove) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(address);
  SKEP_ASSERT(found != entries_.end());
  if (--found->second.users == 0) {
    entries_.erase(found);
    remove();
  }
}

bool AddressNumbers::is_idle() const {
  const std::scoped_lock lock(mutex_);
  return entries_.empty();
}

}  // namespace skep::attach

#include "attach/usdt_maps.h"

#include <cerrno>
#include <map>
#include <mutex>
#include <unordered_map>

#include "base/bytes.h"
#include "base/result.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "kernel/map.h"

namespace skep::attach {

class SpecNumbers {
 public:
  explicit SpecNumbers(u32 room) : room_(room) {}

  /// The number of `spec`; `is_new` when it is to be written. Errors: invalid.
  Result<u32> take(const UsdtSpec& spec, bool& is_new) {
    const std::scoped_lock lock(mutex_);
    const std::string key(reinterpret_cast<const char*>(&spec), sizeof spec);
    if (const auto found = by_spec_.find(key); found != by_spec_.end()) {
      is_new = false;
      ++users_[found->second];
      return found->second;
    }
    is_new = true;
    u32 number = next_;
    if (!free_.empty()) {
      number = free_.back();
      free_.pop_back();
    } else if (next_ < room_) {
      ++next_;
      users_.push_back(0);
      keys_.emplace_back();
    } else {
      return fail(Errc::invalid,
                  cat("the map __bpf_usdt_specs is full: it has room for ", room_,
                      " different places; define BPF_USDT_MAX_SPEC_CNT before including usdt.bpf.h"));
    }
    users_[number] = 1;
    keys_[number] = key;
    by_spec_.emplace(key, number);
    return number;
  }

  void give_back(u32 number) {
    const std::scoped_lock lock(mutex_);
    if (--users_[number] == 0) {
      by_spec_.erase(keys_[number]);
      free_.push_back(number);
    }
  }

 private:
  std::mutex mutex_;
  u32 room_;
  u32 next_ = 0;
  std::vector<u32> users_;  // by number
  std::vector<std::string> keys_;
  std::vector<u32> free_;
  std::unordered_map<std::string, u32> by_spec_;
};

struct UsdtLease::State {
  kernel::Kernel& kernel;
  Fd specs;
  Fd addresses;  // none where the program was loaded for cookies, and does not have the map
  std::shared_ptr<SpecNumbers> numbers;
  std::vector<u32> taken;
  std::vector<u64> set;
};

namespace {

constexpr std::string_view specs_name = "__bpf_usdt_specs";
constexpr std::string_view addresses_name = "__bpf_usdt_ip_to_spec_id";
constexpr std::size_t most_name_bytes = 15;  // the kernel keeps no more of a map's name

/// The numbers of a map of this process, as long as a lease is about.
std::shared_ptr<SpecNumbers> numbers_of(kernel::Kernel& kernel, const bpf_map_info& info) {
  static std::mutex mutex;
  static std::map<std::pair<kernel::Kernel*, u32>, std::weak_ptr<SpecNumbers>> all;
  const std::scoped_lock lock(mutex);
  std::weak_ptr<SpecNumbers>& known = all[{&kernel, info.id}];
  std::shared_ptr<SpecNumbers> numbers = known.lock();
  if (numbers == nullptr) {
    numbers = std::make_shared<SpecNumbers>(info.max_entries);
    known = numbers;
  }
  return numbers;
}

Result<void> check_layout(const bpf_map_info& info) {
  if (info.key_size != 4 || info.value_size != sizeof(UsdtSpec)) {
    return fail(Errc::invalid, cat("map ", specs_name, ": want keys of 4 bytes and values of ",
                                   sizeof(UsdtSpec), ", have ", info.key_size, " and ", info.value_size,
                                   ": the object was built with a usdt.bpf.h that skep does not know"));
  }
  return {};
}

}  // namespace

Result<u32> UsdtLease::number_of(const UsdtSpec& spec) {
  bool is_new = false;
  SKEP_TRY(const u32 number, state_->numbers->take(spec, is_new));
  state_->taken.push_back(number);
  if (is_new) {
    SKEP_CHECK_IN(specs_name,
                  kernel::map_update(state_->kernel, {.map_fd = state_->specs.raw(), .key = &number}, &spec));
  }
  return number;
}

Result<void> UsdtLease::set_address(u64 address, u32 number) {
  if (!state_->addresses) {
    return fail(Errc::invalid, cat("the program has no map ", addresses_name,
                                   ", by which kernels without BPF cookies tell places"));
  }
  SKEP_CHECK_IN(
      addresses_name,
      kernel::map_update(state_->kernel, {.map_fd = state_->addresses.raw(), .key = &address}, &number));
  state_->set.push_back(address);
  return {};
}

Result<void> UsdtLease::end() {
  if (is_empty()) {
    return {};
  }
  for (const u64 address : std::exchange(state_->set, {})) {
    // Somebody else may have taken it away: then it is gone, which is what was wanted.
    const auto gone =
        kernel::map_delete(state_->kernel, {.map_fd = state_->addresses.raw(), .key = &address});
    static_cast<void>(gone);
  }
  for (const u32 number : std::exchange(state_->taken, {})) {
    state_->numbers->give_back(number);
  }
  return {};
}

Result<UsdtLease> lease_usdt_maps(const Program& program) {
  kernel::Kernel& kernel = program.kernel();
  Fd specs;
  Fd addresses;
  bpf_map_info specs_info{};
  SKEP_TRY(const std::vector<u32> ids, kernel::prog_map_ids(kernel, program.fd().raw()));
  for (const u32 id : ids) {
    SKEP_TRY_IN(cat("the maps of program '", program.name(), "'"), Fd map,
                kernel::open_id(kernel, kernel::ObjectKind::map, id));
    SKEP_TRY(const bpf_map_info info, kernel::map_info(kernel, map.raw()));
    const std::string_view name = until_nul({info.name, sizeof info.name});
    if (name == specs_name.substr(0, most_name_bytes)) {
      specs_info = info;
      specs = std::move(map);
    } else if (name == addresses_name.substr(0, most_name_bytes)) {
      addresses = std::move(map);
    }
  }
  UsdtLease lease;
  if (!specs) {
    return lease;
  }
  SKEP_CHECK(check_layout(specs_info));
  lease.state_ =
      std::make_shared<UsdtLease::State>(UsdtLease::State{.kernel = kernel,
                                                          .specs = std::move(specs),
                                                          .addresses = std::move(addresses),
                                                          .numbers = numbers_of(kernel, specs_info),
                                                          .taken = {},
                                                          .set = {}});
  return lease;
}

}  // namespace skep::attach

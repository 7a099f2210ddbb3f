#include "attach/usdt_maps.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "attach/usdt_numbers.h"
#include "base/bytes.h"
#include "base/result.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "kernel/map.h"

namespace skep::attach {

struct UsdtLease::State {
  kernel::Kernel& kernel;
  std::shared_ptr<const Fd> specs;
  std::shared_ptr<const Fd>
      addresses;  // null where the program was loaded for cookies, and does not have the map
  std::shared_ptr<SpecNumbers> numbers;
  std::shared_ptr<AddressNumbers> places;  // null likewise
  std::vector<u32> taken;
  std::vector<u64> set;
};

namespace {

constexpr std::string_view specs_name = "__bpf_usdt_specs";
constexpr std::string_view addresses_name = "__bpf_usdt_ip_to_spec_id";
constexpr std::size_t most_name_bytes = 15;  // the kernel keeps no more of a map's name

/// The account of a map. It is kept while a lease is about or something in it is in use: a link that was released or pinned gives nothing back.
template <class Account, class... Arguments>
std::shared_ptr<Account> account_of(kernel::Kernel& kernel, u32 map_id, Arguments... arguments) {
  static std::mutex mutex;
  static std::map<std::pair<kernel::Kernel*, u32>, std::shared_ptr<Account>> all;
  const std::scoped_lock lock(mutex);
  std::erase_if(all,
                [](const auto& known) { return known.second.use_count() == 1 && known.second->is_idle(); });
  std::shared_ptr<Account>& account = all[{&kernel, map_id}];
  if (account == nullptr) {
    account = std::make_shared<Account>(arguments...);
  }
  return account;
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
  const auto write = [&](u32 number) -> Result<void> {
    SKEP_CHECK_IN(specs_name, kernel::map_update(state_->kernel,
                                                 {.map_fd = state_->specs->raw(), .key = &number}, &spec));
    return {};
  };
  SKEP_TRY(const u32 number, state_->numbers->take(spec, write));
  state_->taken.push_back(number);
  return number;
}

Result<void> UsdtLease::set_address(u64 address, u32 number) {
  if (state_->addresses == nullptr) {
    return fail(Errc::invalid, cat("the program has no map ", addresses_name,
                                   ", by which kernels without BPF cookies tell places"));
  }
  SKEP_CHECK_IN(addresses_name, state_->places->take(address, number, [&] {
    return kernel::map_update(state_->kernel, {.map_fd = state_->addresses->raw(), .key = &address}, &number);
  }));
  state_->set.push_back(address);
  return {};
}

Result<void> UsdtLease::end() {
  if (is_empty()) {
    return {};
  }
  for (const u64 address : std::exchange(state_->set, {})) {
    state_->places->give_back(address, [&] {
      // Somebody else may have taken it away: then it is gone, which is what was wanted.
      const auto gone =
          kernel::map_delete(state_->kernel, {.map_fd = state_->addresses->raw(), .key = &address});
      static_cast<void>(gone);
    });
  }
  for (const u32 number : std::exchange(state_->taken, {})) {
    state_->numbers->give_back(number);
  }
  return {};
}

namespace {

struct FoundMap {
  std::shared_ptr<const Fd> fd;
  bpf_map_info info{};
};

struct FoundMaps {
  FoundMap specs;
  FoundMap addresses;

  void take(std::shared_ptr<const Fd> fd, const bpf_map_info& info) {
    const std::string_view name = until_nul({info.name, sizeof info.name});
    if (name == specs_name.substr(0, most_name_bytes)) {
      specs = {.fd = std::move(fd), .info = info};
    } else if (name == addresses_name.substr(0, most_name_bytes)) {
      addresses = {.fd = std::move(fd), .info = info};
    }
  }
};

/// Those that the program uses: through the descriptors that it holds of its object's maps, and only without these by id, which takes CAP_SYS_ADMIN.
Result<FoundMaps> find_maps(const Program& program) {
  kernel::Kernel& kernel = program.kernel();
  FoundMaps found;
  SKEP_TRY(std::vector<u32> ids, kernel::prog_map_ids(kernel, program.fd().raw()));
  for (const std::shared_ptr<const Fd>& held : program.attach_maps()) {
    SKEP_TRY(const bpf_map_info info, kernel::map_info(kernel, held->raw()));
    if (std::ranges::find(ids, info.id) != ids.end()) {
      found.take(held, info);
    }
  }
  if (!program.attach_maps().empty()) {
    return found;
  }
  for (const u32 id : ids) {
    SKEP_TRY_IN(cat("the maps of program '", program.name(), "'"), Fd map,
                kernel::open_id(kernel, kernel::ObjectKind::map, id));
    SKEP_TRY(const bpf_map_info info, kernel::map_info(kernel, map.raw()));
    found.take(std::make_shared<const Fd>(std::move(map)), info);
  }
  return found;
}

}  // namespace

Result<UsdtLease> lease_usdt_maps(const Program& program) {
  kernel::Kernel& kernel = program.kernel();
  SKEP_TRY(FoundMaps found, find_maps(program));
  UsdtLease lease;
  if (found.specs.fd == nullptr) {
    return lease;
  }
  SKEP_CHECK(check_layout(found.specs.info));
  auto numbers = account_of<SpecNumbers>(kernel, found.specs.info.id, found.specs.info.max_entries);
  auto places =
      found.addresses.fd == nullptr ? nullptr : account_of<AddressNumbers>(kernel, found.addresses.info.id);
  lease.state_ =
      std::make_shared<UsdtLease::State>(UsdtLease::State{.kernel = kernel,
                                                          .specs = std::move(found.specs.fd),
                                                          .addresses = std::move(found.addresses.fd),
                                                          .numbers = std::move(numbers),
                                                          .places = std::move(places),
                                                          .taken = {},
                                                          .set = {}});
  return lease;
}

}  // namespace skep::attach

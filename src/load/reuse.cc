#include "load/reuse.h"

#include "base/result.h"
#include "kernel/info.h"
#include "kernel/kind.h"
#include "kernel/obj.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

std::string type_text(u32 type) {
  const std::string_view name = name_of(static_cast<bpf_map_type>(type));
  return name.empty() ? cat("type ", type) : std::string(name);
}

bool is_device_map(bpf_map_type type) {
  return type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH;
}

std::unexpected<Error> differs(const MapPlan& want, std::string_view field, const std::string& there,
                               const std::string& wanted) {
  return fail(Errc::busy, cat("the map pinned at ", want.pin_path, " is another: its ", field, " is ", there,
                              ", the object wants ", wanted));
}

Result<void> compare(const MapPlan& want, const bpf_map_info& there) {
  const MapCreation& wanted = want.creation;
  if (there.type != wanted.type) {
    return differs(want, "type", type_text(there.type), type_text(wanted.type));
  }
  // The kernel itself sets this flag on device maps.
  const u32 ignored = is_device_map(wanted.type) ? BPF_F_RDONLY_PROG : 0;
  struct Row {
    std::string_view field;
    u64 there, wanted;
    bool in_hex;
  };
  const Row rows[] = {
      {"key size", there.key_size, wanted.key_bytes, false},
      {"value size", there.value_size, wanted.value_bytes, false},
      {"max_entries", there.max_entries, wanted.max_entries, false},
      {"map_flags", there.map_flags & ~ignored, wanted.flags & ~ignored, true},
      {"map_extra", there.map_extra, wanted.map_extra, true},
  };
  for (const Row& row : rows) {
    if (row.there != row.wanted) {
      return differs(want, row.field, row.in_hex ? hex(row.there) : cat(row.there),
                     row.in_hex ? hex(row.wanted) : cat(row.wanted));
    }
  }
  return {};
}

}  // namespace

Result<Fd> open_compatible(kernel::Kernel& kernel, const MapPlan& want) {
  auto fd = kernel::obj_get(kernel, {.path = want.pin_path.c_str()});
  if (!fd) {
    if (fd.error().code() == Errc::not_found) {
      return Fd();
    }
    return fd;
  }
  if (auto is_map = kernel::check_kind(kernel, fd->raw(), kernel::ObjectKind::map); !is_map) {
    return std::unexpected(std::move(is_map)
                               .error()
                               .within(cat("what is pinned at ", want.pin_path, " is no map"))
                               .with_code(Errc::busy));
  }
  SKEP_TRY_IN(cat("pinned at ", want.pin_path), const bpf_map_info there,
              kernel::map_info(kernel, fd->raw()));
  SKEP_CHECK(compare(want, there));
  return fd;
}

}  // namespace skep::load

// Maps: made, or found where they are pinned; data sections filled, frozen, and mapped into the memory that the spec already has for them.
#include <algorithm>
#include <cerrno>

#include "base/result.h"
#include "host/denied.h"
#include "kernel/map.h"
#include "kernel/memory.h"
#include "load/reuse.h"
#include "load/steps.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

Error with_rights(Error error, const MapCreation& creation) {
  if (error.sys_errno() != EPERM) {
    return error;
  }
  return Error(
      error.code(),
      cat(error.message(), ": ",
          host::explain_denied({.what = host::DeniedCall::What::map_create, .map_type = creation.type})),
      error.sys_errno());
}

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

class MapMaker {
 public:
  MapMaker(const Session& session, int btf_fd) : session_(session), btf_fd_(btf_fd) {}

  /// `created` comes back as what the kernel accepted.
  Result<Fd> create(MapCreation& created, std::string_view noun, int inner_fd) {
    auto fd = attempt(created, inner_fd);
    if (fd || fd.error().sys_errno() != EINVAL) {
      return finish(std::move(fd), created);
    }
    // The kernel does not say what it minded. Two things may be left out without changing what programs see; the first refusal is the one to report.
    for (const Omission omission : {Omission::types, Omission::memory, Omission::both}) {
      MapCreation reduced = created;
      if (!leave_out(omission, reduced)) {
        continue;
      }
      if (auto second = attempt(reduced, inner_fd)) {
        session_.report.notes.push_back(cat(noun, ": created ", describe(omission),
                                            ", because the kernel refused it otherwise (EINVAL)"));
        created = reduced;
        return second;
      }
    }
    return finish(std::move(fd), created);
  }

 private:
  enum class Omission : u8 { types, memory, both };

  static std::string_view describe(Omission omission) {
    switch (omission) {
      case Omission::types: return "without its BTF types";
      case Omission::memory: return "without BPF_F_MMAPABLE";
      case Omission::both: return "without its BTF types and BPF_F_MMAPABLE";
    }
    std::unreachable();
  }

  /// False when there is nothing of the kind to leave out.
  bool leave_out(Omission omission, MapCreation& creation) const {
    const bool has_types = btf_fd_ >= 0 && creation.has_types();
    const bool has_memory = (creation.flags & BPF_F_MMAPABLE) != 0 && creation.type == BPF_MAP_TYPE_ARRAY;
    const bool drops_types = omission != Omission::memory;
    const bool drops_memory = omission != Omission::types;
    if ((drops_types && !has_types) || (drops_memory && !has_memory)) {
      return false;
    }
    if (drops_types) {
      creation.key_type_id = 0;
      creation.value_type_id = 0;
    }
    if (drops_memory) {
      creation.flags &= ~BPF_F_MMAPABLE;
    }
    return true;
  }

  Result<Fd> attempt(const MapCreation& creation, int inner_fd) {
    const bool typed = btf_fd_ >= 0 && creation.has_types();
    return kernel::map_create(session_.kernel, {.type = creation.type,
                                                .key_bytes = creation.key_bytes,
                                                .value_bytes = creation.value_bytes,
                                                .max_entries = creation.max_entries,
                                                .flags = creation.flags,
                                                .name = creation.name,
                                                .inner_map_fd = inner_fd,
                                                .numa_node = creation.numa_node,
                                                .ifindex = creation.ifindex,
                                                .btf_fd = typed ? btf_fd_ : -1,
                                                .btf_key_type_id = typed ? creation.key_type_id : 0,
                                                .btf_value_type_id = typed ? creation.value_type_id : 0,
                                                .map_extra = creation.map_extra});
  }

  static Result<Fd> finish(Result<Fd> fd, const MapCreation& creation) {
    if (fd) {
      return fd;
    }
    return std::unexpected(with_rights(std::move(fd).error(), creation));
  }

  const Session& session_;
  int btf_fd_;
};

/// The section's bytes into the map's only element; read-only sections frozen; then the map's memory in the place of the spec's. True: it is mapped.
Result<bool> fill_data(const Session& session, MapSpec& map, const MapCreation& created, int fd) {
  SKEP_ASSERT(map.contents.bytes().size() >= created.value_bytes || map.contents.empty());
  if (map.contents.empty()) {
    return false;
  }
  const u32 key = 0;
  // A new map is all zeroes.
  if (map.data_section != DataSection::bss || !is_zero(map.contents.bytes())) {
    SKEP_CHECK(kernel::map_update(session.kernel, {.map_fd = fd, .key = &key}, map.contents.bytes().data()));
  }
  if (is_constant(map.data_section)) {
    SKEP_CHECK(kernel::map_freeze(session.kernel, fd));
  }
  if ((created.flags & BPF_F_MMAPABLE) == 0) {
    return false;
  }
  SKEP_CHECK(kernel::map_memory(session.kernel, {.address = map.contents.bytes().data(),
                                                 .bytes = map.contents.mapped_bytes(),
                                                 .fd = fd,
                                                 .writable = !is_constant(map.data_section),
                                                 .fixed = true}));
  return true;
}

Result<void> fill_map_slots(const Session& session, const LoadPlan& plan, const MadeMaps& made) {
  for (std::size_t i = 0; i < plan.maps.size(); ++i) {
    const MapSpec& map = session.spec.maps[plan.maps[i].map];
    if (made.reused[i]) {
      continue;
    }
    for (const SlotSpec& slot : map.slots) {
      if (slot.target == SlotSpec::Target::map) {
        const int inner = made.fd_of(slot.target_index);
        SKEP_CHECK_IN(
            cat("map '", map.name, "': slot ", slot.index, ": map '",
                session.spec.maps[slot.target_index].name, "'"),
            kernel::map_update(session.kernel, {.map_fd = made.fds[i].raw(), .key = &slot.index}, &inner));
      }
    }
  }
  return {};
}

}  // namespace

Result<MadeMaps> create_maps(const Session& session, const LoadPlan& plan, int btf_fd) {
  MadeMaps made;
  made.fd_index.assign(session.spec.maps.size(), Live::none);
  MapMaker maker(session, btf_fd);
  for (const MapPlan& want : plan.maps) {
    MapSpec& map = session.spec.maps[want.map];
    const std::string noun = cat("map '", map.name, "'");
    Fd fd;
    if (!want.pin_path.empty()) {
      SKEP_TRY_IN(noun, fd, open_compatible(session.kernel, want));
    }
    const bool reused = static_cast<bool>(fd);
    bool mapped = false;
    u32 flags = want.creation.flags;
    if (!reused) {
      Fd inner;
      if (want.inner) {
        MapCreation created_inner = *want.inner;
        SKEP_TRY_IN(cat(noun, ": template of its inner maps"), inner, maker.create(created_inner, noun, -1));
      }
      MapCreation created = want.creation;
      SKEP_TRY_IN(noun, fd, maker.create(created, noun, inner.raw()));
      flags = created.flags;
      if (map.style == MapStyle::data) {
        SKEP_TRY_IN(noun, mapped, fill_data(session, map, created, fd.raw()));
      }
    }
    made.fd_index[want.map] = static_cast<u32>(made.fds.size());
    made.fds.push_back(std::move(fd));
    made.reused.push_back(reused);
    made.mapped.push_back(mapped);
    made.flags.push_back(flags);
  }
  SKEP_CHECK(fill_map_slots(session, plan, made));
  return made;
}

Result<void> fill_program_slots(const Session& session, const LoadPlan& plan, const MadeMaps& maps,
                                const std::vector<int>& program_fds) {
  for (std::size_t i = 0; i < plan.maps.size(); ++i) {
    const MapSpec& map = session.spec.maps[plan.maps[i].map];
    for (const SlotSpec& slot : map.slots) {
      if (slot.target != SlotSpec::Target::program) {
        continue;
      }
      const int fd = program_fds[slot.target_index];
      const std::string noun = cat("map '", map.name, "': slot ", slot.index, ": program '",
                                   session.spec.programs[slot.target_index].name, "'");
      if (fd >= 0) {
        SKEP_CHECK_IN(
            noun, kernel::map_update(session.kernel, {.map_fd = maps.fds[i].raw(), .key = &slot.index}, &fd));
      } else if (session.options.keep_going) {
        session.report.notes.push_back(cat(noun, " is not loaded; the slot stays empty"));
      } else {
        return fail(Errc::invalid, cat(noun, " is not to be loaded"));
      }
    }
  }
  return {};
}

}  // namespace skep::load

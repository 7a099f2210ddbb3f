// Maps: made, or found where they are pinned; data sections filled, frozen, and mapped into the memory that the spec already has for them.
#include <algorithm>
#include <cerrno>

#include "base/result.h"
#include "btf/btf.h"
#include "host/denied.h"
#include "kernel/map.h"
#include "kernel/memory.h"
#include "load/reuse.h"
#include "load/steps.h"
#include "object/source_place.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

/// True when the kernel's own types say that it has no maps of this type. Unknown counts as false.
bool is_missing(const host::Facts& facts, bpf_map_type type) {
  const auto types = facts.kernel_btf();
  const auto id = types ? (*types)->find("bpf_map_type", btf::Kind::enum_) : std::nullopt;
  if (!id) {
    return false;
  }
  const btf::Type known = (*types)->type(*id);
  for (u32 i = 0; i < known.vlen(); ++i) {
    if (known.enumerator(i).value == static_cast<s64>(type)) {
      return false;
    }
  }
  return true;
}

/// "; first used at prog.c:12 (value = bpf_map_lookup_elem(&hits, &key);)", or nothing: a map itself has no line in the object, its uses have.
std::string first_use(const ObjectSpec& spec, u32 map) {
  for (const FunctionSpec& function : spec.functions) {
    for (const Relocation& relocation : function.relocations) {
      const bool is_use =
          relocation.kind == RelocationKind::map_fd || relocation.kind == RelocationKind::map_value;
      if (!is_use || relocation.target != map) {
        continue;
      }
      const object::SourcePlace place = object::source_place(spec, function, relocation.insn_index);
      return place.file.empty() ? cat("; first used in function '", function.name, "'")
                                : cat("; first used at ", place.file_name(), ":", place.line, " (",
                                      place.source, "), in function '", function.name, "'");
    }
  }
  return {};
}

/// The kernel answers EINVAL to a type that it does not know, as to much else.
Error with_absence(Error error, const Session& session, const MapCreation& creation, u32 map) {
  if (error.sys_errno() != EINVAL || !is_missing(session.facts, creation.type)) {
    return error;
  }
  return Error(Errc::unsupported,
               cat(error.message(), ": this kernel has no maps of type ", name_of(creation.type),
                   first_use(session.spec, map),
                   "\n  way out: Run on a newer kernel (`skep requires` tells which), or turn autocreate off "
                   "for this map where it is missing."),
               error.sys_errno());
}

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
  MapMaker(const Session& session, const ModuleTypes& modules, int btf_fd)
      : session_(session), modules_(modules), btf_fd_(btf_fd) {}

  /// What the kernel is known to lack is left out of the plan already. What its map types take as descriptions of keys and values differs more from release to release than
  /// anybody has written down, and nothing depends on those: a map that is refused with them is asked for without.
  Result<Fd> create(const MapCreation& wanted, u32 map, std::string_view noun, int inner_fd,
                    const std::optional<Sha256>& exclusive = {}) {
    if (exclusive) {
      return finish_exclusive(attempt(wanted, inner_fd, *exclusive), wanted, map);
    }
    auto fd = attempt(wanted, inner_fd);
    if (fd || !wanted.has_types() || btf_fd_ < 0 || !may_mean_types(fd.error().sys_errno())) {
      return finish(std::move(fd), wanted, map);
    }
    MapCreation untyped = wanted;
    untyped.key_type_id = 0;
    untyped.value_type_id = 0;
    auto second = attempt(untyped, inner_fd);
    if (!second) {
      return finish(std::move(fd), wanted, map);  // the first refusal is the one to report
    }
    session_.report.notes.push_back(
        cat(noun, ": created without its BTF types, because the kernel refused it with them (",
            errno_name(fd.error().sys_errno()), ")"));
    return second;
  }

 private:
  static bool may_mean_types(int sys_errno) {
    constexpr int kernel_only_enotsupp = 524;
    return sys_errno == EINVAL || sys_errno == EOPNOTSUPP || sys_errno == kernel_only_enotsupp;
  }

  Result<Fd> attempt(const MapCreation& creation, int inner_fd, std::span<const std::byte> exclusive = {}) {
    const bool typed = btf_fd_ >= 0 && (creation.has_types() || creation.kernel_value_type_id != 0);
    const u32 token_flag = session_.token_fd >= 0 ? u32{BPF_F_TOKEN_FD} : 0u;
    return kernel::map_create(
        session_.kernel,
        {.type = creation.type,
         .key_bytes = creation.key_bytes,
         .value_bytes = creation.value_bytes,
         .max_entries = creation.max_entries,
         .flags = creation.flags | token_flag,
         .name = creation.name,
         .inner_map_fd = inner_fd,
         .numa_node = creation.numa_node,
         .ifindex = creation.ifindex,
         .btf_fd = typed ? btf_fd_ : -1,
         .btf_key_type_id = typed ? creation.key_type_id : 0,
         .btf_value_type_id = typed ? creation.value_type_id : 0,
         .btf_vmlinux_value_type_id = creation.kernel_value_type_id,
         .map_extra = creation.map_extra,
         .value_type_btf_obj_fd =
             creation.value_type_module ? modules_.fds[*creation.value_type_module].raw() : -1,
         .token_fd = session_.token_fd,
         .exclusive_program_hash = exclusive});
  }

  Result<Fd> finish(Result<Fd> fd, const MapCreation& creation, u32 map) const {
    if (fd) {
      return fd;
    }
    return std::unexpected(
        with_absence(with_rights(std::move(fd).error(), creation), session_, creation, map));
  }

  /// Kernels before 6.18 do not know the field, which they say by EINVAL or E2BIG, as they say much else.
  Result<Fd> finish_exclusive(Result<Fd> fd, const MapCreation& creation, u32 map) const {
    const int why = fd ? 0 : fd.error().sys_errno();
    const auto release = session_.facts.release();
    if (why == E2BIG || (why == EINVAL && release && *release < host::Release{6, 18})) {
      return std::unexpected(
          Error(Errc::unsupported,
                cat(fd.error().message(), ": a map for one program alone needs Linux 6.18"), why));
    }
    return finish(std::move(fd), creation, map);
  }

  const Session& session_;
  const ModuleTypes& modules_;
  int btf_fd_;
};

/// The arena's memory, with the initial values of its variables. It has to be there before programs that use it are loaded: the kernel takes its address. An address that the
/// object asks for is a wish, and not MAP_FIXED, which would replace whatever this process has there; the kernel refuses another than the wish.
Result<ArenaMemory> map_arena(const Session& session, const MapPlan& plan, int fd, bool is_new) {
  const MapSpec& map = session.spec.maps[plan.map];
  const u64 bytes = u64{plan.creation.max_entries} * session.facts.page_bytes();
  void* const wish = reinterpret_cast<void*>(static_cast<std::uintptr_t>(plan.creation.map_extra));
  SKEP_TRY(void* const address,
           kernel::map_memory(session.kernel, {.address = wish, .bytes = bytes, .fd = fd, .writable = true}));
  ArenaMemory arena(session.kernel, {static_cast<std::byte*>(address), bytes}, plan.data_offset);
  if (is_new && !map.contents.empty()) {
    std::ranges::copy(map.contents.bytes(), arena.variables().begin());
  }
  return arena;
}

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

/// Notes which map it was, for those who can do without it.
Result<Fd> created(const Session& session, u32 map, Result<Fd> fd) {
  if (!fd && session.refused_map != nullptr) {
    *session.refused_map = map;
  }
  return fd;
}

}  // namespace

ArenaMemory::~ArenaMemory() {
  if (!memory_.empty()) {
    kernel_->unmap_memory(memory_.data(), memory_.size());
  }
}

Result<MadeMaps> create_maps(const Session& session, const LoadPlan& plan, const ModuleTypes& modules,
                             int btf_fd) {
  MadeMaps made;
  made.fd_index.assign(session.spec.maps.size(), Live::none);
  made.struct_ops_values.resize(plan.maps.size());
  made.struct_ops_lacks.resize(plan.maps.size());
  MapMaker maker(session, modules, btf_fd);
  for (const MapPlan& want : plan.maps) {
    MapSpec& map = session.spec.maps[want.map];
    const std::string noun = cat("map '", map.name, "'");
    Fd fd;
    if (!want.pin_path.empty()) {
      SKEP_TRY_IN(noun, fd, open_compatible(session.kernel, want));
    }
    const bool reused = static_cast<bool>(fd);
    bool mapped = false;
    if (!reused) {
      Fd inner;
      if (want.inner) {
        SKEP_TRY_IN(cat(noun, ": template of its inner maps"), inner,
                    created(session, want.map, maker.create(*want.inner, want.map, noun, -1)));
      }
      SKEP_TRY_IN(noun, const auto exclusive, exclusive_hash(session, plan, want.map, modules));
      SKEP_TRY_IN(
          noun, fd,
          created(session, want.map, maker.create(want.creation, want.map, noun, inner.raw(), exclusive)));
      if (map.style == MapStyle::data) {
        SKEP_TRY_IN(noun, mapped, fill_data(session, map, want.creation, fd.raw()));
      }
    }
    ArenaMemory arena;
    if (want.creation.type == BPF_MAP_TYPE_ARENA) {
      SKEP_TRY_IN(noun, arena, map_arena(session, want, fd.raw(), !reused));
    }
    made.arenas.push_back(std::move(arena));
    made.fd_index[want.map] = static_cast<u32>(made.fds.size());
    made.fds.push_back(std::move(fd));
    made.reused.push_back(reused);
    made.mapped.push_back(mapped);
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

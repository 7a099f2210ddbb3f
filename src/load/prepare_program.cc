// What a program needs from the kernel before the verifier can see it: the program of which it replaces a function, and maps of its jump tables.
#include <algorithm>

#include "base/result.h"
#include "btf/btf.h"
#include "host/attach_target.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "kernel/map.h"
#include "kernel/obj.h"
#include "load/steps.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

/// The kernel's value of an INSN_ARRAY map: it writes the other two when the program is loaded.
struct InsnArrayValue {
  u32 original_insn = 0;
  u32 translated_insn = 0;
  u32 jitted_offset = 0;
  u32 reserved = 0;
};

std::string place_of(const TargetProgram& target) {
  return !target.pin.empty() ? target.pin
         : target.id != 0    ? cat("program ", target.id)
                             : cat("descriptor ", target.fd);
}

Result<Fd> open_target(kernel::Kernel& kernel, const TargetProgram& target) {
  return !target.pin.empty() ? kernel::obj_get(kernel, {.path = target.pin.c_str()})
         : target.id != 0    ? kernel::open_id(kernel, kernel::ObjectKind::prog, target.id)
                             : Result<Fd>(Fd());
}

/// The function's id in the target program's own BTF.
Result<u32> function_in(kernel::Kernel& kernel, int target_fd, std::string_view function) {
  SKEP_TRY(const bpf_prog_info info, kernel::prog_info(kernel, target_fd));
  if (info.btf_id == 0) {
    return fail(Errc::unsupported, "was loaded without types, so that no function of it can be replaced");
  }
  SKEP_TRY(const Fd btf_fd, kernel::open_id(kernel, kernel::ObjectKind::btf, info.btf_id));
  SKEP_TRY(const std::vector<std::byte> bytes, kernel::btf_bytes(kernel, btf_fd.raw()));
  SKEP_TRY(const btf::Btf types, btf::Btf::parse(ByteView(bytes, std::endian::native)));
  if (const auto id = types.find(function, btf::Kind::func)) {
    return *id;
  }
  std::vector<std::string> names;
  for (u32 id = types.first_id(); id < types.type_count(); ++id) {
    if (types.kind(id) == btf::Kind::func) {
      names.emplace_back(types.type(id).name());
    }
  }
  const std::vector<std::string> near =
      nearest(function, std::vector<std::string_view>(names.begin(), names.end()));
  return fail(Errc::not_found, cat("has no function '", function, "'; it has ",
                                   near.empty() ? join(names, ", ") : cat("near it ", join(near, ", "))));
}

Result<void> find_replaced(const Session& session, ProgramPlan& plan, Prepared& made) {
  const ProgramSpec& program = session.spec.programs[plan.program];
  if (!program.replaces.is_set()) {
    return fail(Errc::invalid,
                "replaces a function of another program, and does not say which program: set "
                "ProgramSpec::replaces (--replace PROGRAM=ID|PATH[:FUNCTION])");
  }
  if (program.attach_target.empty()) {
    return fail(Errc::invalid,
                "want the function that it replaces (SEC(\"freplace/FUNCTION\"), or "
                "ProgramSpec::attach_target), have none");
  }
  SKEP_TRY_IN(place_of(program.replaces), Fd fd, open_target(session.kernel, program.replaces));
  made.attach_fd = fd ? fd.raw() : program.replaces.fd;
  SKEP_TRY_IN(place_of(program.replaces), plan.attach_btf_id,
              function_in(session.kernel, made.attach_fd, program.attach_target));
  if (fd) {
    made.held.push_back(std::move(fd));
  }
  return {};
}

Result<Fd> make_jump_table(const Session& session, const JumpTablePlan& table) {
  kernel::Kernel& kernel = session.kernel;
  SKEP_TRY(Fd fd, kernel::map_create(kernel, {.type = BPF_MAP_TYPE_INSN_ARRAY,
                                              .key_bytes = sizeof(u32),
                                              .value_bytes = sizeof(InsnArrayValue),
                                              .max_entries = static_cast<u32>(table.targets.size()),
                                              .flags = session.token_fd >= 0 ? u32{BPF_F_TOKEN_FD} : 0u,
                                              .name = ".jumptables",
                                              .token_fd = session.token_fd}));
  for (u32 i = 0; i < table.targets.size(); ++i) {
    const InsnArrayValue value{.original_insn = table.targets[i]};
    SKEP_CHECK(kernel::map_update(kernel, {.map_fd = fd.raw(), .key = &i}, &value));
  }
  SKEP_CHECK(kernel::map_freeze(kernel, fd.raw()));
  return fd;
}

Result<void> make_jump_tables(const Session& session, ProgramPlan& plan, Prepared& made) {
  std::vector<int> fds;
  for (const JumpTablePlan& table : plan.jump_tables) {
    const std::string noun = cat("jump table '", session.spec.jump_tables[table.table].name, "'");
    auto fd = make_jump_table(session, table);
    if (!fd) {
      Error error = std::move(fd).error().within(noun);
      const auto release = session.facts.release();
      const bool is_old = error.sys_errno() == EINVAL && release && *release < host::Release{6, 19};
      return std::unexpected(is_old ? Error(Errc::unsupported,
                                            cat(error.message(),
                                                ": maps of type insn_array need "
                                                "Linux 6.19"),
                                            error.sys_errno())
                                    : std::move(error));
    }
    fds.push_back(fd->raw());
    made.held.push_back(*std::move(fd));
  }
  for (const JumpTableSlot& slot : plan.jump_slots) {
    plan.insns[slot.insn].src_reg = BPF_PSEUDO_MAP_VALUE;
    plan.insns[slot.insn].imm = fds[slot.table];
    plan.insns[slot.insn + 1].imm = static_cast<s32>(slot.offset);
  }
  return {};
}

}  // namespace

Result<Prepared> prepare_program(const Session& session, ProgramPlan& plan) {
  Prepared made;
  const ProgramSpec& program = session.spec.programs[plan.program];
  const auto frame = [&] { return cat("program '", program.name, "' (section '", program.section, "')"); };
  if (program.type == BPF_PROG_TYPE_EXT) {
    SKEP_CHECK_IN(frame(), find_replaced(session, plan, made));
  }
  SKEP_CHECK_IN(frame(), make_jump_tables(session, plan, made));
  return made;
}

}  // namespace skep::load

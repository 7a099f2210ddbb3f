// The values of struct_ops maps, once their programs are loaded.
#include <cstring>

#include "base/result.h"
#include "kernel/map.h"
#include "load/steps.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

/// The value with descriptors in it; nothing when a program is missing, which `lacks` and a note then name.
std::shared_ptr<std::vector<std::byte>> complete(const Session& session, const StructOpsPlan& table,
                                                 const std::vector<int>& program_fds, std::string& lacks) {
  auto value = std::make_shared<std::vector<std::byte>>(table.value);
  for (const StructOpsSlot& slot : table.slots) {
    if (program_fds[slot.program] < 0) {
      lacks = session.spec.programs[slot.program].name;
      session.report.notes.push_back(cat("map '", session.spec.maps[table.map].name,
                                         "': cannot be attached, because program '", lacks,
                                         "' is not loaded"));
      return nullptr;
    }
    const u64 fd = static_cast<u32>(program_fds[slot.program]);
    std::memcpy(value->data() + slot.offset, &fd, sizeof fd);
  }
  return value;
}

}  // namespace

Result<void> fill_struct_ops(const Session& session, const LoadPlan& plan, MadeMaps& maps,
                             const std::vector<int>& program_fds) {
  for (const StructOpsPlan& table : plan.struct_ops) {
    const u32 at = maps.fd_index[table.map];
    if (at == Live::none || maps.reused[at]) {
      continue;
    }
    std::shared_ptr<std::vector<std::byte>> value =
        complete(session, table, program_fds, maps.struct_ops_lacks[at]);
    if (value == nullptr) {
      continue;
    }
    if ((plan.maps[at].creation.flags & BPF_F_LINK) == 0) {
      maps.struct_ops_values[at] = std::move(value);  // writing it registers the table: that is attaching
      continue;
    }
    const u32 key = 0;
    SKEP_CHECK_IN(
        cat("map '", session.spec.maps[table.map].name, "': the kernel does not take its value"),
        kernel::map_update(session.kernel, {.map_fd = maps.fds[at].raw(), .key = &key}, value->data()));
  }
  return {};
}

}  // namespace skep::load

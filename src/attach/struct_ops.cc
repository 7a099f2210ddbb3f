#include "skep/struct_ops.h"

#include <array>
#include <cerrno>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "base/duplicate.h"
#include "base/result.h"
#include "kernel/link.h"
#include "kernel/map.h"
#include "skep/uapi/flags.h"

namespace skep {
namespace {

constexpr u32 only_key = 0;

std::string noun(const Map& map) {
  return cat("struct_ops '", map.name(), "'");
}

/// What the kernel means by its numbers here.
Error explained(Error error) {
  const int sys_errno = error.sys_errno();
  const std::string_view why = sys_errno == EEXIST ? ": a table of that name is registered already"
                               : sys_errno == EINVAL
                                   ? ": the kernel does not take a value in it (a name that is missing, a "
                                     "function that must be there, a flag)"
                               : sys_errno == EBUSY      ? ": it is registered, or was and is still in use"
                               : sys_errno == EOPNOTSUPP ? ": the kernel's type has no way to do that"
                                                         : "";
  return Error(error.code(), cat(error.message(), why), sys_errno);
}

/// Writing the map's element registers the table; deleting it takes that back.
Result<Link> by_value(const Map& map) {
  if (map.traits().struct_ops_value == nullptr) {
    return fail(Errc::invalid, "has no value to register: the map was opened and not made here");
  }
  SKEP_TRY(Fd fd, duplicate(map.fd()));
  auto written = kernel::map_update(map.kernel(), {.map_fd = fd.raw(), .key = &only_key},
                                    map.traits().struct_ops_value->data());
  if (!written) {
    return std::unexpected(explained(std::move(written).error()));
  }
  auto undo = [&kernel = map.kernel(), fd = std::make_shared<Fd>(std::move(fd))]() -> Result<void> {
    const u32 key = 0;
    return kernel::map_delete(kernel, {.map_fd = fd->raw(), .key = &key});
  };
  return attach::make_undoable_link(std::move(undo), noun(map));
}

Result<Link> by_link(const Map& map) {
  auto link = kernel::link_create(map.kernel(), {.prog_fd = map.fd().raw(), .type = BPF_STRUCT_OPS});
  if (!link) {
    return std::unexpected(explained(std::move(link).error()));
  }
  return attach::make_kernel_link(map.kernel(), std::move(*link), noun(map));
}

/// A struct_ops, and a complete one: the kernel takes one whose programs are missing for one that was never written, and only says EINVAL.
Result<void> check(const Map& map) {
  if (map.traits().type != BPF_MAP_TYPE_STRUCT_OPS) {
    return fail(Errc::invalid,
                cat("map '", map.name(), "' is a ", name_of(map.traits().type), ", want a struct_ops"));
  }
  if (const std::string& missing = map.traits().struct_ops_lacks; !missing.empty()) {
    return fail(Errc::invalid,
                cat(noun(map), ": cannot be attached, because its program '", missing, "' was not loaded"));
  }
  return {};
}

}  // namespace

Result<Link> attach_struct_ops(const Map& map, const AttachOptions&) {
  SKEP_CHECK(check(map));
  const bool has_link = (map.traits().flags & BPF_F_LINK) != 0;
  SKEP_TRY_IN(noun(map), Link link, has_link ? by_link(map) : by_value(map));
  return link;
}

Result<void> update_struct_ops(const Link& link, const Map& replacement) {
  SKEP_CHECK(check(replacement));
  if (!link.fd()) {
    return fail(Errc::unsupported,
                cat(link.place(),
                    ": is attached without a link of the kernel, which alone can be updated "
                    "(.struct_ops.link, Linux 6.4)"));
  }
  auto updated = kernel::link_update(replacement.kernel(),
                                     {.link_fd = link.fd().raw(), .new_fd = replacement.fd().raw()});
  if (!updated) {
    Error error = explained(std::move(updated).error()).within(cat(link.place(), " by ", noun(replacement)));
    const bool cannot = error.sys_errno() == EOPNOTSUPP;
    return std::unexpected(cannot ? std::move(error).with_code(Errc::unsupported) : std::move(error));
  }
  return {};
}

namespace attach {
namespace {

Result<Link> through_map(const Program&, std::string_view, const AttachOptions&) {
  return fail(
      Errc::invalid,
      "is attached with the struct_ops that it is a member of: attach_struct_ops(*object.map(\"NAME\"))");
}

constexpr auto rows = std::to_array<SectionRow>({
    {"struct_ops", through_map},
    {"struct_ops.s", through_map},
});

}  // namespace

std::span<const SectionRow> struct_ops_sections() {
  return rows;
}

}  // namespace attach
}  // namespace skep

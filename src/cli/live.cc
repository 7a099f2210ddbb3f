#include "cli/live.h"

#include <cerrno>
#include <charconv>
#include <optional>

#include "host/denied.h"
#include "kernel/ids.h"
#include "kernel/kind.h"
#include "kernel/obj.h"
#include "load/kernel_types.h"

namespace skep::cli {

namespace {

using kernel::Kernel;
using kernel::ObjectKind;

Result<void> describe(Kernel& kernel, LiveMap& map) {
  SKEP_TRY(map.info, kernel::map_info(kernel, map.fd.raw()));
  return {};
}

Result<void> describe(Kernel& kernel, LiveProgram& program) {
  SKEP_TRY(program.info, kernel::prog_info(kernel, program.fd.raw()));
  return {};
}

constexpr ObjectKind kind_of(const LiveMap*) {
  return ObjectKind::map;
}
constexpr ObjectKind kind_of(const LiveProgram*) {
  return ObjectKind::prog;
}
constexpr std::string_view noun_of(const LiveMap*) {
  return "map";
}
constexpr std::string_view noun_of(const LiveProgram*) {
  return "program";
}

template <class Live>
constexpr const Live* tag = nullptr;

template <class Live>
Result<Live> open_described(Kernel& kernel, Fd fd) {
  Live live{.fd = std::move(fd), .info = {}};
  SKEP_CHECK(describe(kernel, live));
  return live;
}

template <class Live>
Result<std::vector<Live>> all(Kernel& kernel) {
  std::vector<Live> found;
  u32 id = 0;
  while (true) {
    SKEP_TRY(const std::optional<u32> next, kernel::next_id(kernel, kind_of(tag<Live>), id));
    if (!next) {
      return found;
    }
    id = *next;
    auto fd = kernel::open_id(kernel, kind_of(tag<Live>), id);
    if (!fd && fd.error().code() == Errc::not_found) {
      continue;  // it went away between the two calls
    }
    if (!fd) {
      return std::unexpected(std::move(fd).error());
    }
    SKEP_TRY(Live live, open_described<Live>(kernel, *std::move(fd)));
    live.fd = Fd();  // there may be more of them than a process may have open
    found.push_back(std::move(live));
  }
}

template <class Live>
Result<Live> open_by_name(Kernel& kernel, std::string_view name) {
  SKEP_TRY(std::vector<Live> everything, all<Live>(kernel));
  std::optional<Live> found;
  std::vector<std::string> ids;
  std::vector<std::string> names;
  for (Live& live : everything) {
    names.emplace_back(live.name());
    if (live.name() == name ||
        (name.size() > BPF_OBJ_NAME_LEN - 1 && live.name() == name.substr(0, BPF_OBJ_NAME_LEN - 1))) {
      ids.push_back(std::to_string(live.info.id));
      found = std::move(live);
    }
  }
  const std::string_view noun = noun_of(tag<Live>);
  if (ids.size() > 1) {
    return fail(Errc::invalid, cat("name '", name, "' fits ", ids.size(), " ", noun,
                                   "s: give one of the ids ", join(ids, ", ")));
  }
  if (!found) {
    const std::vector<std::string> similar = nearest(name, {names.begin(), names.end()});
    return fail(Errc::not_found,
                cat("no ", noun, " in the kernel is called '", name, "'",
                    similar.empty() ? "" : cat("; did you mean ", join(similar, ", "), "?")));
  }
  SKEP_TRY(Fd fd, kernel::open_id(kernel, kind_of(tag<Live>), found->info.id));
  return open_described<Live>(kernel, std::move(fd));
}

/// Of a path that holds no pins the kernel says EACCES, as if a right were missing.
Result<Fd> open_pinned(Kernel& kernel, const std::string& path) {
  auto fd = kernel::obj_get(kernel, {.path = path.c_str()});
  if (!fd) {
    const auto on_bpf = kernel::is_bpf_filesystem(kernel, path.c_str());
    if (on_bpf && !*on_bpf) {
      return fail(Errc::not_found, cat(path, " is not on a bpf file system: nothing is pinned there"));
    }
  }
  return fd;
}

template <class Live>
Result<Live> open_named(Kernel& kernel, const Named& named) {
  const std::string_view noun = noun_of(tag<Live>);
  if (named.how == "name") {
    return open_by_name<Live>(kernel, named.what);
  }
  if (named.how == "pinned") {
    SKEP_TRY(Fd fd, open_pinned(kernel, named.what));
    SKEP_CHECK_IN(cat(named.what, " is no ", noun), kernel::check_kind(kernel, fd.raw(), kind_of(tag<Live>)));
    return open_described<Live>(kernel, std::move(fd));
  }
  u32 id = 0;
  const char* end = named.what.data() + named.what.size();
  const auto [stop, error] = std::from_chars(named.what.data(), end, id);
  if (named.how != "id" || error != std::errc{} || stop != end) {
    return fail(Errc::invalid,
                cat("a ", noun, " is named by `id NUMBER`, `name NAME` or `pinned PATH`, not by `", named.how,
                    " ", named.what, "`"));
  }
  SKEP_TRY(Fd fd, kernel::open_id(kernel, kind_of(tag<Live>), id));
  return open_described<Live>(kernel, std::move(fd));
}

}  // namespace

Result<LiveMap> open_map(Kernel& kernel, const Named& named) {
  SKEP_TRY(LiveMap map, open_named<LiveMap>(kernel, named));
  map.btf = load::kernel_types(kernel, map.info.btf_id);
  return map;
}

Result<LiveProgram> open_program(Kernel& kernel, const Named& named) {
  return open_named<LiveProgram>(kernel, named);
}

Result<std::vector<LiveMap>> all_maps(Kernel& kernel) {
  return all<LiveMap>(kernel);
}

Result<std::vector<LiveProgram>> all_programs(Kernel& kernel) {
  return all<LiveProgram>(kernel);
}

Status finish(const Result<void>& result, Output& out) {
  if (result) {
    return Status::ok;
  }
  const Error& error = result.error();
  if (error.sys_errno() == EPERM) {
    out.complain(cat(error.message(), ": ", host::explain_denied({})));
  } else {
    out.complain(error.message());
  }
  return error.code() == Errc::invalid ? Status::usage : status_of(error.code(), Phase::kernel);
}

}  // namespace skep::cli

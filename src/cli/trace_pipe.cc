// `skep trace-pipe`: what programs print with bpf_printk().
#include <fcntl.h>

#include <array>
#include <cerrno>

#include "base/result.h"
#include "cli/duration.h"
#include "cli/live.h"
#include "cli/verbs.h"
#include "load/this_machine.h"
#include "skep/event_loop.h"

namespace skep::cli {

namespace {

constexpr auto places =
    std::to_array<const char*>({"/sys/kernel/tracing/trace_pipe", "/sys/kernel/debug/tracing/trace_pipe"});
constexpr std::chrono::milliseconds look_every{100};

Result<Fd> open_pipe(kernel::Kernel& kernel, std::optional<std::string_view> given) {
  constexpr int flags = O_RDONLY | O_NONBLOCK;
  if (given) {
    const std::string path(*given);
    return kernel::descriptor(kernel.open_file(path.c_str(), flags, 0), path);
  }
  int last = -ENOENT;
  for (const char* const place : places) {
    const int fd = kernel.open_file(place, flags, 0);
    if (fd >= 0) {
      return Fd(fd);
    }
    last = last == -ENOENT ? fd : last;
  }
  if (last == -ENOENT) {
    return fail(Errc::not_found,
                cat(places[0],
                    ": not there; the tracing file system is mounted by `mount -t tracefs tracefs "
                    "/sys/kernel/tracing`"));
  }
  return fail_errno(-last, places[0]);
}

/// Shows whole lines; what is left of the last one stays in `text`.
void show_lines(std::string& text, Output& out) {
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    if (out.is_json()) {
      out.json_line({{"line", line}});
    } else {
      out.line(line);
    }
  }
  text.erase(0, begin);
}

Result<void> follow(kernel::Kernel& kernel, const Fd& pipe, const Until& until, Output& out) {
  SKEP_TRY(Poller poller, Poller::create(kernel));
  if (auto added = poller.add(pipe.raw(), 0); !added) {
    return added.error().sys_errno() == EPERM ? fail(Errc::invalid, "want a pipe, have a file")
                                              : std::move(added);
  }
  std::string text;
  std::array<char, 65536> part;
  while (!until.is_over() && !out.reader_is_gone() && out.lost() == 0) {
    SKEP_TRY(const auto ready, poller.wait(until.wait_for(look_every)));
    if (ready.empty()) {
      continue;
    }
    const s64 got = kernel.read_file(pipe.raw(), part.data(), part.size());
    if (got == 0) {
      break;  // a pipe whose writers are gone; the kernel's own never ends
    }
    if (got > 0) {
      text.append(part.data(), static_cast<std::size_t>(got));
      show_lines(text, out);
      out.flush();
    } else if (got != -EAGAIN && got != -EINTR) {
      return fail_errno(static_cast<int>(-got), "read the trace pipe");
    }
  }
  if (!text.empty()) {
    text += '\n';
    show_lines(text, out);
  }
  return {};
}

}  // namespace

Status trace_pipe(const Arguments& arguments, Output& out) {
  const auto length = for_length(arguments);
  if (!length) {
    out.complain(length.error().message());
    return Status::usage;
  }
  kernel::Kernel& kernel = load::this_kernel();
  const Until until(*length);
  const Impatience impatience(out, until);
  auto pipe = open_pipe(kernel, arguments.text("from"));
  if (!pipe) {
    return finish(std::unexpected(std::move(pipe).error()), out);
  }
  auto followed = follow(kernel, *pipe, until, out);
  if (!followed && arguments.has("from")) {
    followed = std::unexpected(std::move(followed).error().within(*arguments.text("from")));
  }
  return finish(followed, out);
}

}  // namespace skep::cli

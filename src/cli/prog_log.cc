// `skep prog log`: what a program printed to its streams.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>

#include "base/result.h"
#include "base/text.h"
#include "cli/duration.h"
#include "cli/live.h"
#include "cli/verbs.h"
#include "cli/visible.h"
#include "kernel/host_kernel.h"
#include "kernel/prog_run.h"

namespace skep::cli {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

/// "33", "count", or two words as the other verbs take them.
Named named(const std::vector<std::string>& words) {
  if (words.size() > 1) {
    return {.how = words[0], .what = words[1]};
  }
  const bool is_id = words[0].find_first_not_of("0123456789") == std::string::npos;
  return {.how = is_id ? "id" : "name", .what = words[0]};
}

Error explained(Error error) {
  if (error.sys_errno() != EINVAL) {
    return error;
  }
  return Error(Errc::unsupported, cat(error.message(), ": streams of programs need Linux 6.17"), EINVAL);
}

/// Takes out what there is, once. True: there was something.
Result<bool> drain(kernel::Kernel& kernel, int fd, kernel::ProgStream stream, Output& out) {
  std::string text(chunk_bytes, '\0');
  auto bytes = kernel::prog_stream_read(kernel, fd, stream, text);
  if (!bytes) {
    return std::unexpected(explained(std::move(bytes).error()));
  }
  text.resize(*bytes);
  if (text.empty()) {
    return false;
  }
  const bool is_error = stream == kernel::ProgStream::standard_error;
  if (out.is_json()) {
    out.json({{"stream", is_error ? "stderr" : "stdout"}, {"text", text}});
  } else if (is_error) {
    out.flush();
    const std::string harmless = visible(text);
    std::fwrite(harmless.data(), 1, harmless.size(), stderr);
  } else {
    out.write(text);
  }
  return true;
}

Result<void> read_streams(const Arguments& arguments, Output& out) {
  SKEP_TRY(const auto length, for_length(arguments));
  kernel::HostKernel kernel;
  SKEP_TRY(const LiveProgram program, open_program(kernel, named(arguments.words())));
  const bool follows = length || arguments.has("follow");
  const Until until(length);
  const Impatience impatience(out, until);
  while (true) {
    bool had_some = false;
    for (const auto stream : {kernel::ProgStream::standard_output, kernel::ProgStream::standard_error}) {
      SKEP_TRY_IN(cat("program '", program.name(), "'"), const bool some,
                  drain(kernel, program.fd.raw(), stream, out));
      had_some |= some;
    }
    out.flush();
    if (out.reader_is_gone() || out.lost() != 0 || (follows && until.is_over())) {
      return {};
    }
    if (had_some) {
      continue;
    }
    if (!follows) {
      return {};
    }
    // The kernel has nothing to wait on: streams are asked.
    std::this_thread::sleep_for(until.wait_for(std::chrono::milliseconds(100)));
  }
}

}  // namespace

Status prog_log(const Arguments& arguments, Output& out) {
  return finish(read_streams(arguments, out), out);
}

}  // namespace skep::cli

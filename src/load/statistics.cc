#include "skep/statistics.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/file.h"
#include "base/result.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "kernel/stats.h"
#include "load/this_machine.h"
#include "skep/program.h"

namespace skep {
namespace {

/// "memlock:\t4096" of the descriptor's entry in procfs: the only place where the kernel tells what a program takes.
u64 memory_of(int fd) {
  const auto text = read_text(cat("/proc/self/fdinfo/", fd));
  constexpr std::string_view key = "memlock:";
  const std::size_t at = text ? text->find(key) : std::string::npos;
  if (at == std::string::npos) {
    return 0;
  }
  const std::string_view rest = trim(std::string_view(*text).substr(at + key.size()));
  u64 bytes = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), bytes);
  return bytes;
}

Result<ProgramStatistics> read_one(kernel::Kernel& kernel, int fd) {
  SKEP_TRY(const bpf_prog_info info, kernel::prog_info(kernel, fd));
  return ProgramStatistics{.id = info.id,
                           .name = std::string(until_nul({info.name, sizeof info.name})),
                           .type = static_cast<bpf_prog_type>(info.type),
                           .run_count = info.run_cnt,
                           .run_time_ns = info.run_time_ns,
                           .recursion_misses = info.recursion_misses,
                           .memory_bytes = memory_of(fd)};
}

}  // namespace

Result<RunStatistics> RunStatistics::enable() {
  return enable(load::this_kernel());
}

Result<RunStatistics> RunStatistics::enable(kernel::Kernel& kernel) {
  auto fd = kernel::enable_stats(kernel, BPF_STATS_RUN_TIME);
  if (fd) {
    return RunStatistics(std::move(*fd));
  }
  Error error = std::move(fd).error();
  const int sys_errno = error.sys_errno();
  if (sys_errno == EPERM) {
    return std::unexpected(
        Error(Errc::denied, cat(error.message(), ": it takes CAP_SYS_ADMIN in the initial user namespace"),
              sys_errno));
  }
  if (sys_errno == EINVAL) {
    return std::unexpected(Error(
        Errc::unsupported,
        cat(error.message(), ": it needs Linux 5.8; before, `sysctl kernel.bpf_stats_enabled=1` does it"),
        sys_errno));
  }
  return std::unexpected(std::move(error));
}

Result<std::vector<ProgramStatistics>> program_statistics() {
  return program_statistics(load::this_kernel());
}

Result<std::vector<ProgramStatistics>> program_statistics(kernel::Kernel& kernel) {
  std::vector<ProgramStatistics> all;
  u32 id = 0;
  while (true) {
    SKEP_TRY(const auto next, kernel::next_id(kernel, kernel::ObjectKind::prog, id));
    if (!next) {
      return all;
    }
    id = *next;
    auto fd = kernel::open_id(kernel, kernel::ObjectKind::prog, id);
    if (!fd) {
      if (fd.error().sys_errno() == ENOENT) {
        continue;
      }
      return std::unexpected(std::move(fd).error());
    }
    SKEP_TRY_IN(cat("program ", id), ProgramStatistics one, read_one(kernel, fd->raw()));
    all.push_back(std::move(one));
  }
}

Result<ProgramStatistics> program_statistics(const Program& program) {
  SKEP_TRY_IN(cat("program '", program.name(), "'"), ProgramStatistics one,
              read_one(program.kernel(), program.fd().raw()));
  return one;
}

std::vector<ProgramRate> program_rates(const std::vector<ProgramStatistics>& before,
                                       const std::vector<ProgramStatistics>& now,
                                       std::chrono::nanoseconds elapsed) {
  std::vector<ProgramRate> rates;
  const auto seconds = std::chrono::duration<double>(elapsed).count();
  for (const ProgramStatistics& one : now) {
    const auto old = std::ranges::lower_bound(before, one.id, {}, &ProgramStatistics::id);
    const bool is_known = old != before.end() && old->id == one.id && old->run_count <= one.run_count &&
                          old->run_time_ns <= one.run_time_ns;
    const u64 runs = one.run_count - (is_known ? old->run_count : 0);
    const u64 time_ns = one.run_time_ns - (is_known ? old->run_time_ns : 0);
    ProgramRate rate{.now = one, .runs = runs};
    if (runs > 0) {
      rate.mean_ns = static_cast<double>(time_ns) / static_cast<double>(runs);
    }
    if (elapsed.count() > 0) {
      rate.runs_per_second = static_cast<double>(runs) / seconds;
      rate.cpu_share = static_cast<double>(time_ns) / static_cast<double>(elapsed.count());
    }
    rates.push_back(std::move(rate));
  }
  std::ranges::stable_sort(rates, [](const ProgramRate& a, const ProgramRate& b) {
    return a.cpu_share != b.cpu_share ? a.cpu_share > b.cpu_share : a.runs > b.runs;
  });
  return rates;
}

}  // namespace skep

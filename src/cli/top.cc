// `skep top`: which programs run, how often, how long.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "base/text.h"
#include "cli/duration.h"
#include "cli/live.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "skep/statistics.h"

namespace skep::cli {

namespace {

using Clock = std::chrono::steady_clock;

std::string rounded(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string memory_text(u64 bytes) {
  return bytes == 0 ? std::string() : cat(bytes / 1024, " kB");
}

Json rate_json(const ProgramRate& rate, double seconds) {
  return {{"id", rate.now.id},
          {"name", rate.now.name},
          {"type", word(rate.now.type)},
          {"seconds", seconds},
          {"runs", rate.runs},
          {"runs_per_second", rate.runs_per_second},
          {"mean_ns", rate.mean_ns},
          {"cpu_share", rate.cpu_share},
          {"recursion_misses", rate.now.recursion_misses},
          {"memory_bytes", rate.now.memory_bytes}};
}

void show(const std::vector<ProgramRate>& rates, double seconds, Output& out) {
  if (out.is_json()) {
    for (const ProgramRate& rate : rates) {
      out.json(rate_json(rate, seconds));
    }
    return;
  }
  double all = 0;
  for (const ProgramRate& rate : rates) {
    all += rate.cpu_share;
  }
  out.heading(cat(rates.size(), rates.size() == 1 ? " program, " : " programs, ", rounded(all * 100, 2),
                  "% of a processor in ", rounded(seconds, 1), " s"));
  Table table({">id", "name", "type", ">runs/s", ">ns/run", ">cpu %", ">memory"});
  for (const ProgramRate& rate : rates) {
    table.row({{std::to_string(rate.now.id), Style::number},
               {rate.now.name, Style::name},
               {word(rate.now.type), Style::type},
               {rounded(rate.runs_per_second, 1)},
               {rate.runs == 0 ? "" : rounded(rate.mean_ns, 0)},
               {rounded(rate.cpu_share * 100, 2)},
               {memory_text(rate.now.memory_bytes)}});
  }
  if (!table.empty()) {
    table.print(out, 0);
  }
}

Result<void> watch(const Arguments& arguments, Output& out) {
  const std::chrono::seconds interval(std::max(1U, arguments.number("interval", 1)));
  const u32 most = arguments.number("count", 0);
  SKEP_TRY(const auto length, for_length(arguments));
  const bool has_end = length.has_value();
  const auto end = Clock::now() + length.value_or(std::chrono::nanoseconds(0));
  const bool is_screen = !out.is_json() && ::isatty(STDOUT_FILENO) == 1;
  SKEP_TRY(const RunStatistics counting, RunStatistics::enable());
  SKEP_TRY(std::vector<ProgramStatistics> before, program_statistics());
  auto then = Clock::now();
  for (u32 shown = 0; most == 0 || shown < most; ++shown) {
    if (has_end && Clock::now() >= end && shown > 0) {
      break;
    }
    const auto next = then + interval;
    std::this_thread::sleep_until(has_end ? std::min<Clock::time_point>(next, std::max(end, then)) : next);
    SKEP_TRY(std::vector<ProgramStatistics> now, program_statistics());
    const auto at = Clock::now();
    if (is_screen) {
      std::fputs("\033[H\033[2J", stdout);
      std::fflush(stdout);
    }
    show(program_rates(before, now, at - then), std::chrono::duration<double>(at - then).count(), out);
    out.flush();
    if (out.reader_is_gone() || out.lost() != 0) {
      break;
    }
    before = std::move(now);
    then = at;
  }
  return {};
}

}  // namespace

Status top(const Arguments& arguments, Output& out) {
  return finish(watch(arguments, out), out);
}

}  // namespace skep::cli

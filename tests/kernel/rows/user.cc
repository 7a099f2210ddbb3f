// Uprobes and USDT probes, on what is in this program.
#include "kernel/rows/row.h"
#include "user/probes.h"

extern "C" {
[[gnu::noinline]] long row_target(long value) {
  __asm__ __volatile__("" : "+r"(value));
  return value + 1;
}

[[gnu::noinline]] void row_probe(int first, long second) {
  USDT_PROBE("skep_rows", "hit", "0", "-4@%k0 8@%1", "r"(first), "m"(second));
}
}

namespace skep::rows {
namespace {

void call_target(Stage&) {
  row_target(1);
}

void pass_probe(Stage&) {
  row_probe(-7, 3);
}

constexpr std::string_view config = "CONFIG_UPROBE_EVENTS";

const RowList rows({
    {.section = "uprobe", .object = "user", .program = "uprobe", .trigger = call_target, .config = config},
    {.section = "uprobe.s",
     .object = "user",
     .program = "uprobe_s",
     .trigger = call_target,
     .config = config},
    {.section = "uretprobe",
     .object = "user",
     .program = "uretprobe",
     .trigger = call_target,
     .config = config},
    {.section = "uretprobe.s",
     .object = "user",
     .program = "uretprobe_s",
     .trigger = call_target,
     .config = config},
    {.section = "uprobe.multi",
     .object = "user",
     .program = "uprobe_multi",
     .trigger = call_target,
     .config = config},
    {.section = "uprobe.multi.s",
     .object = "user",
     .program = "uprobe_multi_s",
     .trigger = call_target,
     .config = config},
    {.section = "uretprobe.multi",
     .object = "user",
     .program = "uretprobe_multi",
     .trigger = call_target,
     .config = config},
    {.section = "uretprobe.multi.s",
     .object = "user",
     .program = "uretprobe_multi_s",
     .trigger = call_target,
     .config = config},
    {.section = "uprobe.session",
     .object = "user",
     .program = "uprobe_session",
     .trigger = call_target,
     .config = config},
    {.section = "uprobe.session.s",
     .object = "user",
     .program = "uprobe_session_s",
     .trigger = call_target,
     .config = config},
    {.section = "usdt", .object = "user", .program = "usdt", .trigger = pass_probe, .config = config},
    {.section = "usdt.s", .object = "user", .program = "usdt_s", .trigger = pass_probe, .config = config},
});

}  // namespace
}  // namespace skep::rows

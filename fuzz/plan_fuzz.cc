// Whole objects once more, now as far as loading can think them through before it asks a kernel: a plan or an error, and programs that are whole.
#include "base/result.h"
#include "load/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace skep;
  auto spec = ObjectSpec::read(std::as_bytes(std::span(data, size)), "fuzz");
  if (!spec) {
    return 0;
  }
  for (ProgramSpec& program : spec->programs) {
    program.autoload = true;
  }
  const host::Facts facts(
      host::KnownFacts{.page_bytes = 4096, .possible_cpus = 4, .kernel_release = "6.1.0"});
  const auto plan = load::plan(*spec, facts, "/sys/fs/bpf");
  if (!plan) {
    SKEP_ASSERT(!plan.error().message().empty());
    return 0;
  }
  for (const load::MapPlan& map : plan->maps) {
    SKEP_ASSERT(map.map < spec->maps.size());
  }
  for (const load::ProgramPlan& program : plan->programs) {
    SKEP_ASSERT(program.program < spec->programs.size());
    SKEP_ASSERT(!program.error || !program.error->message().empty());
    for (const load::MapSlot& slot : program.map_slots) {
      SKEP_ASSERT(slot.insn + 1 < program.insns.size() && slot.map < spec->maps.size());
    }
    for (const load::Piece& piece : program.pieces) {
      SKEP_ASSERT(piece.function < spec->functions.size() &&
                  piece.first_insn + piece.insn_count <= program.insns.size());
    }
  }
  return 0;
}

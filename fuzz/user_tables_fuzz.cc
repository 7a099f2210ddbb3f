// What stands in executables beside ELF: the first byte says which table the rest is taken for.
#include <elf.h>

#include "host/demangle.h"
#include "host/gopclntab.h"
#include "host/mangled_parts.h"
#include "host/return_insns.h"
#include "host/usdt_args.h"
#include "host/zip.h"

namespace {

using namespace skep;

void read_go_table(ByteView bytes) {
  const auto table = host::GoTable::parse(bytes, 0x1000);
  for (u32 i = 0; table && i < table->size(); ++i) {
    (void)table->at(i);
  }
  (void)(table ? table->find("main.main") : std::vector<host::GoFunction>());
}

void read_zip(ByteView bytes) {
  const auto member = host::find_in_zip(bytes.span(), "lib/libx.so");
  SKEP_ASSERT(!member || bytes.holds(member->offset, member->bytes));
}

void read_arguments(u16 machine, std::string_view text) {
  for (const host::UsdtArgument& argument : host::parse_usdt_arguments(machine, text)) {
    SKEP_ASSERT(!host::describe(argument).empty());
    SKEP_ASSERT(argument.place != host::UsdtPlace::reg || host::register_offset(machine, argument.base));
    SKEP_ASSERT(argument.shift <= 4);
  }
}

void read_code(u16 machine, ByteView code) {
  const auto returns = host::find_returns(machine, code);
  for (std::size_t i = 0; returns && i < returns->size(); ++i) {
    SKEP_ASSERT((*returns)[i] < code.size() && (i == 0 || (*returns)[i - 1] < (*returns)[i]));
  }
}

/// A clear name is bounded by what was foreseen before it was made.
void read_name(std::string_view mangled) {
  const std::string text = host::demangle(mangled);
  SKEP_ASSERT(text.size() <= 32 * host::most_parts(mangled.substr(0, mangled.find('@'))));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const ByteView bytes(data + 1, size - 1, (data[0] & 0x80) != 0 ? std::endian::big : std::endian::little);
  constexpr u16 machines[] = {EM_X86_64, EM_386, EM_AARCH64, EM_ARM, EM_RISCV, EM_S390, EM_PPC64, EM_NONE};
  switch (data[0] & 0x1f) {
    case 0: read_go_table(bytes); break;
    case 1: read_zip(bytes); break;
    case 2: read_code(EM_X86_64, bytes); break;
    case 3: read_code(EM_AARCH64, bytes); break;
    case 8: read_name(cat("_Z", bytes.chars())); break;
    default: read_arguments(machines[data[0] & 7], bytes.chars()); break;
  }
  return 0;
}

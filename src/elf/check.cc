#include "elf/file.h"

namespace skep::elf {

namespace {

struct MachineName {
  u16 machine;
  std::string_view name;
};

// The machines that someone may well compile for by accident.
constexpr auto machine_names = std::to_array<MachineName>({
    {EM_NONE, "none"},
    {EM_386, "x86"},
    {EM_MIPS, "MIPS"},
    {EM_PPC64, "PowerPC 64"},
    {EM_S390, "s390"},
    {EM_ARM, "ARM"},
    {EM_SPARCV9, "SPARC v9"},
    {EM_X86_64, "x86-64"},
    {EM_AARCH64, "AArch64"},
    {EM_RISCV, "RISC-V"},
    {EM_BPF, "BPF"},
    {258, "LoongArch"},
});

std::string type_name(u16 type) {
  switch (type) {
    case ET_NONE: return "a file of no type (0)";
    case ET_EXEC: return "an executable (2)";
    case ET_DYN: return "a shared library or executable (3)";
    case ET_CORE: return "a core dump (4)";
    default: return cat("a file of type ", type);
  }
}

}  // namespace

std::string machine_name(u16 machine) {
  for (const MachineName& row : machine_names) {
    if (row.machine == machine) {
      return cat(row.name, " (", machine, ")");
    }
  }
  return cat("unknown (", machine, ")");
}

Result<void> check_bpf_object(const File& file) {
  if (file.machine() != EM_BPF && file.machine() != EM_NONE) {  // clang before 6 wrote no machine
    return fail(Errc::malformed, cat("compiled for ", machine_name(file.machine()),
                                     ", want BPF (247): use clang -target bpf"));
  }
  if (file.type() != ET_REL) {
    return fail(Errc::malformed, cat("want a relocatable object (1), have ", type_name(file.type())));
  }
  if (!file.has_symbols()) {
    return fail(Errc::malformed,
                "no symbol table: the object was stripped; llvm-strip -g keeps what a loader needs");
  }
  if (file.symbol_table_count() > 1) {
    return fail(Errc::unsupported, cat("want one symbol table, have ", file.symbol_table_count()));
  }
  for (std::size_t i = 0; i < file.sections().size(); ++i) {
    const Section& section = file.sections()[i];
    if ((section.flags & SHF_COMPRESSED) != 0) {
      return fail(Errc::unsupported,
                  cat("section ", i, " '", section.name, "' is compressed; compile without -gz"));
    }
  }
  for (std::size_t i = 0; i < file.symbols().size(); ++i) {
    if (file.symbols()[i].section == SHN_XINDEX) {
      return fail(Errc::unsupported, cat("symbol ", i, " '", file.symbols()[i].name,
                                         "': extended section numbering is not supported"));
    }
  }
  return {};
}

}  // namespace skep::elf

// Registers by name, and where struct pt_regs has them.
#include <elf.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "host/usdt_args.h"

namespace skep::host {

namespace {

struct Named {
  std::string_view name;
  u16 offset;
};

// clang-format off
/// x86-64, by the names for 8, 4, 2 and 1 bytes; ah to dh are the second byte of theirs. i386 programs have the same registers there.
constexpr auto x86_registers = std::to_array<Named>({
    {"rax", 80}, {"eax", 80}, {"ax", 80}, {"al", 80}, {"ah", 81},
    {"rbx", 40}, {"ebx", 40}, {"bx", 40}, {"bl", 40}, {"bh", 41},
    {"rcx", 88}, {"ecx", 88}, {"cx", 88}, {"cl", 88}, {"ch", 89},
    {"rdx", 96}, {"edx", 96}, {"dx", 96}, {"dl", 96}, {"dh", 97},
    {"rsi", 104}, {"esi", 104}, {"si", 104}, {"sil", 104},
    {"rdi", 112}, {"edi", 112}, {"di", 112}, {"dil", 112},
    {"rbp", 32}, {"ebp", 32}, {"bp", 32}, {"bpl", 32},
    {"rsp", 152}, {"esp", 152}, {"sp", 152}, {"spl", 152},
    {"rip", 128}, {"eip", 128},
});
constexpr std::array<u16, 8> x86_numbered{72, 64, 56, 48, 24, 16, 8, 0};  // r8 to r15

constexpr auto riscv_registers = std::to_array<Named>({
    {"pc", 0}, {"ra", 8}, {"sp", 16}, {"gp", 24}, {"tp", 32}, {"t0", 40}, {"t1", 48}, {"t2", 56}, {"s0", 64}, {"fp", 64}, {"s1", 72},
    {"a0", 80}, {"a1", 88}, {"a2", 96}, {"a3", 104}, {"a4", 112}, {"a5", 120}, {"a6", 128}, {"a7", 136},
    {"s2", 144}, {"s3", 152}, {"s4", 160}, {"s5", 168}, {"s6", 176}, {"s7", 184}, {"s8", 192}, {"s9", 200}, {"s10", 208}, {"s11", 216},
    {"t3", 224}, {"t4", 232}, {"t5", 240}, {"t6", 248},
});

constexpr auto arm64_registers = std::to_array<Named>({{"sp", 248}, {"wsp", 248}, {"pc", 256}, {"fp", 232}, {"lr", 240}});

/// 32-bit programs on an arm64 kernel: r13 and r14 are in the places of x13 and x14.
constexpr auto arm_registers = std::to_array<Named>({{"sl", 80}, {"fp", 88}, {"ip", 96}, {"sp", 104}, {"lr", 112}, {"pc", 256}});

constexpr auto ppc_registers = std::to_array<Named>({{"nip", 256}, {"ctr", 280}, {"lr", 288}});
// clang-format on

std::optional<u16> find(std::span<const Named> registers, std::string_view name) {
  const auto found = std::ranges::find(registers, name, &Named::name);
  return found == registers.end() ? std::nullopt : std::optional(found->offset);
}

/// The number behind one of the letters `kinds`, at most `last`.
std::optional<u16> numbered(std::string_view name, std::string_view kinds, u16 last) {
  if (name.size() < 2 || !kinds.contains(name.front())) {
    return std::nullopt;
  }
  u16 number = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() && number <= last ? std::optional(number)
                                                                                    : std::nullopt;
}

std::optional<u16> times(std::optional<u16> number, u16 bytes, u16 first) {
  return number ? std::optional(static_cast<u16>(*number * bytes + first)) : std::nullopt;
}

std::optional<u16> x86_offset(std::string_view name) {
  if (const auto named = find(x86_registers, name)) {
    return named;
  }
  const bool has_width =
      name.ends_with('b') || name.ends_with('w') || name.ends_with('d') || name.ends_with('l');
  const auto number = numbered(name.substr(0, name.size() - (has_width ? 1 : 0)), "r", 15);
  return number && *number >= 8 ? std::optional(x86_numbered[*number - 8u]) : std::nullopt;
}

}  // namespace

std::optional<u16> register_offset(u16 machine, std::string_view name) {
  switch (machine) {
    case EM_X86_64:
    case EM_386: return x86_offset(name);
    case EM_AARCH64: {
      const auto named = find(arm64_registers, name);
      return named ? named : times(numbered(name, "xw", 30), 8, 0);
    }
    case EM_ARM: {
      const auto named = find(arm_registers, name);
      return named ? named : name == "r15" ? std::optional<u16>(256) : times(numbered(name, "r", 14), 8, 0);
    }
    case EM_RISCV: {
      const auto named = find(riscv_registers, name);
      const auto number = named ? std::nullopt : numbered(name, "x", 31);
      return named ? named : number && *number != 0 ? times(number, 8, 0) : std::nullopt;
    }
    case EM_S390: return times(numbered(name, "r", 15), 8, 24);
    case EM_PPC64: {
      const auto named = find(ppc_registers, name);
      return named ? named : times(numbered(name, "r", 31), 8, 0);
    }
    default: return std::nullopt;
  }
}

}  // namespace skep::host

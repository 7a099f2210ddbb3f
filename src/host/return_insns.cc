#include "host/return_insns.h"

#include <elf.h>

#include <array>

namespace skep::host {

namespace {

/// What follows an opcode.
enum class Operands : u8 {
  none,
  imm8,
  imm16,
  imm16_8,  // enter
  immz,     // 2 bytes with an operand-size prefix, else 4
  rel32,
  imm_word,  // as immz, and 8 with REX.W
  address,   // 8 bytes, 4 with an address-size prefix
  modrm,
  modrm_imm8,
  modrm_immz,
  group3_8,  // modrm; the first two of the group have an imm8
  group3,    // likewise with an immz
  prefix,
  escape,
  vex2,
  vex3,
  evex,
  bad,
};
using enum Operands;

/// Opcodes of one byte.
constexpr std::array<Operands, 256> make_one_byte() {
  std::array<Operands, 256> table{};
  const auto set = [&](u32 first, u32 last, Operands what) {
    for (u32 i = first; i <= last; ++i) {
      table[i] = what;
    }
  };
  for (u32 row = 0; row < 0x40; row += 8) {  // add, or, adc, sbb, and, sub, xor, cmp
    set(row, row + 3, modrm);
    table[row + 4] = imm8;
    table[row + 5] = immz;
    set(row + 6, row + 7, bad);
  }
  table[0x0f] = escape;
  table[0x26] = table[0x2e] = table[0x36] = table[0x3e] = prefix;
  set(0x40, 0x4f, prefix);  // REX
  set(0x50, 0x5f, none);
  set(0x60, 0x61, bad);
  table[0x62] = evex;
  table[0x63] = modrm;
  set(0x64, 0x67, prefix);
  table[0x68] = immz;
  table[0x69] = modrm_immz;
  table[0x6a] = imm8;
  table[0x6b] = modrm_imm8;
  set(0x6c, 0x6f, none);
  set(0x70, 0x7f, imm8);
  set(0x80, 0x8f, modrm);
  table[0x80] = table[0x83] = modrm_imm8;
  table[0x81] = modrm_immz;
  table[0x82] = bad;
  set(0x90, 0x9f, none);
  table[0x9a] = bad;
  set(0xa0, 0xa3, address);
  set(0xa4, 0xaf, none);
  table[0xa8] = imm8;
  table[0xa9] = immz;
  set(0xb0, 0xb7, imm8);
  set(0xb8, 0xbf, imm_word);
  set(0xc0, 0xc1, modrm_imm8);
  table[0xc2] = table[0xca] = imm16;
  table[0xc3] = table[0xc9] = table[0xcb] = table[0xcc] = table[0xcf] = none;
  table[0xc4] = vex3;
  table[0xc5] = vex2;
  table[0xc6] = modrm_imm8;
  table[0xc7] = modrm_immz;
  table[0xc8] = imm16_8;
  table[0xcd] = imm8;
  table[0xce] = bad;
  set(0xd0, 0xd3, modrm);
  set(0xd4, 0xd6, bad);
  table[0xd7] = none;
  set(0xd8, 0xdf, modrm);
  set(0xe0, 0xe7, imm8);
  set(0xe8, 0xe9, rel32);
  table[0xea] = bad;
  table[0xeb] = imm8;
  set(0xec, 0xef, none);
  table[0xf0] = table[0xf2] = table[0xf3] = prefix;
  table[0xf1] = table[0xf4] = table[0xf5] = none;
  table[0xf6] = group3_8;
  table[0xf7] = group3;
  set(0xf8, 0xfd, none);
  set(0xfe, 0xff, modrm);
  return table;
}

/// Opcodes behind 0f.
constexpr std::array<Operands, 256> make_two_byte() {
  std::array<Operands, 256> table{};
  table.fill(modrm);
  const auto set = [&](std::initializer_list<u32> opcodes, Operands what) {
    for (const u32 opcode : opcodes) {
      table[opcode] = what;
    }
  };
  set({0x04, 0x0a, 0x0c, 0x24, 0x25, 0x26, 0x27, 0x36, 0x39, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f}, bad);
  set({0x05, 0x06, 0x07, 0x08, 0x09, 0x0b, 0x0e, 0x30, 0x31, 0x32, 0x33,
       0x34, 0x35, 0x37, 0x77, 0xa0, 0xa1, 0xa2, 0xa8, 0xa9, 0xaa},
      none);
  set({0x0f, 0x70, 0x71, 0x72, 0x73, 0xa4, 0xac, 0xba, 0xc2, 0xc4, 0xc5, 0xc6}, modrm_imm8);
  for (u32 i = 0; i < 16; ++i) {
    table[0x80 + i] = rel32;
  }
  for (u32 i = 0xc8; i <= 0xcf; ++i) {
    table[i] = none;  // bswap
  }
  set({0x38, 0x3a}, escape);
  return table;
}

constexpr auto one_byte = make_one_byte();
constexpr auto two_byte = make_two_byte();

/// Reads one instruction from its first byte on.
class Insn {
 public:
  explicit Insn(ByteView code) : code_(code) {}

  u32 bytes() {
    const Operands operands = read_opcode();
    read_operands(operands);
    constexpr u32 most_bytes = 15;
    return good_ && at_ <= most_bytes && at_ <= code_.size() ? at_ : 0;
  }

 private:
  u8 next() {
    const auto byte = code_.read<u8>(at_);
    good_ = good_ && byte.has_value();
    ++at_;
    return byte ? *byte : 0;
  }

  Operands read_opcode() {
    u8 opcode = next();
    while (good_ && one_byte[opcode] == prefix) {
      operand_size_ = operand_size_ || opcode == 0x66;
      address_size_ = address_size_ || opcode == 0x67;
      wide_ = (opcode & 0xf8) == 0x48;  // REX.W counts only right before the opcode
      opcode = next();
    }
    switch (one_byte[opcode]) {
      case escape: return read_escaped();
      case vex2: {
        next();
        return in_map(1, next());
      }
      case vex3: {
        const u8 map = next() & 0x1f;
        next();
        return in_map(map, next());
      }
      case evex: {
        const u8 map = next() & 7;
        next();
        next();
        return in_map(map, next());
      }
      default: return one_byte[opcode];
    }
  }

  Operands read_escaped() {
    const u8 opcode = next();
    if (two_byte[opcode] != escape) {
      return two_byte[opcode];
    }
    next();
    return opcode == 0x38 ? modrm : modrm_imm8;
  }

  /// What VEX and EVEX name by number: 1 is 0f, 2 is 0f 38, 3 is 0f 3a; 5 and 6 have no immediates.
  static Operands in_map(u8 map, u8 opcode) {
    switch (map) {
      case 1: return two_byte[opcode] == rel32 || two_byte[opcode] == escape ? modrm : two_byte[opcode];
      case 2:
      case 5:
      case 6: return modrm;
      case 3: return modrm_imm8;
      default: return bad;
    }
  }

  /// The byte after the opcode that tells the operands, with what of an address follows it. Returns its middle field, which numbers the members of a group.
  u32 read_modrm() {
    const u8 byte = next();
    const u32 mode = byte >> 6;
    u32 base = byte & 7;
    if (mode != 3) {
      if (base == 4) {
        base = next() & 7;
        at_ += mode == 0 && base == 5 ? 4 : 0;
      } else {
        at_ += mode == 0 && base == 5 ? 4 : 0;
      }
      at_ += mode == 1 ? 1 : mode == 2 ? 4 : 0;
    }
    return (byte >> 3) & 7;
  }

  void read_operands(Operands operands) {
    const u32 immz_bytes = operand_size_ ? 2 : 4;
    switch (operands) {
      case none: break;
      case imm8: at_ += 1; break;
      case imm16: at_ += 2; break;
      case imm16_8: at_ += 3; break;
      case immz: at_ += immz_bytes; break;
      case rel32: at_ += 4; break;
      case imm_word: at_ += wide_ ? 8 : immz_bytes; break;
      case address: at_ += address_size_ ? 4 : 8; break;
      case modrm: read_modrm(); break;
      case modrm_imm8:
        read_modrm();
        at_ += 1;
        break;
      case modrm_immz:
        read_modrm();
        at_ += immz_bytes;
        break;
      case group3_8: at_ += read_modrm() < 2 ? 1 : 0; break;
      case group3: at_ += read_modrm() < 2 ? immz_bytes : 0; break;
      default: good_ = false; break;
    }
  }

  ByteView code_;
  u32 at_ = 0;
  bool good_ = true;
  bool operand_size_ = false;
  bool address_size_ = false;
  bool wide_ = false;
};

Result<std::vector<u64>> find_x86_returns(ByteView code) {
  std::vector<u64> found;
  u64 at = 0;
  while (at < code.size()) {
    SKEP_TRY(const ByteView rest, code.from(at));
    const u32 bytes = x86_insn_bytes(rest);
    if (bytes == 0) {
      return fail(Errc::unsupported, cat("the instruction at +", hex(at), " is none that skep knows"));
    }
    u32 opcode_at = 0;
    while (opcode_at + 1 < bytes && one_byte[static_cast<u8>(rest.data()[opcode_at])] == prefix) {
      ++opcode_at;
    }
    const auto opcode = static_cast<u8>(rest.data()[opcode_at]);
    if (opcode == 0xc3 || opcode == 0xc2) {
      found.push_back(at);
    }
    at += bytes;
  }
  return found;
}

std::vector<u64> find_arm64_returns(ByteView code) {
  std::vector<u64> found;
  const ByteView insns(code.span(), std::endian::little);  // instructions are little-endian whatever data is
  for (u64 at = 0; insns.holds(at, 4); at += 4) {
    const auto insn = insns.read<u32>(at);
    if ((*insn & 0xfffffc1f) == 0xd65f0000 || (*insn & 0xfffffbff) == 0xd65f0bff) {  // ret; retaa, retab
      found.push_back(at);
    }
  }
  return found;
}

}  // namespace

u32 x86_insn_bytes(ByteView code) {
  return Insn(code).bytes();
}

Result<std::vector<u64>> find_returns(u16 machine, ByteView code) {
  switch (machine) {
    case EM_X86_64: return find_x86_returns(code);
    case EM_AARCH64: return find_arm64_returns(code);
    default:
      return fail(Errc::unsupported, "return instructions are found in programs for x86-64 and arm64 only");
  }
}

}  // namespace skep::host

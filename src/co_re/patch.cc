#include "co_re/patch.h"

#include <limits>

#include "insn/build.h"
#include "insn/traits.h"

namespace skep::co_re {

namespace {

bool is_expected(u64 have, const Value& before) {
  if (!before.is_certain || have == before.number) {
    return true;
  }
  return before.is_32_bits && static_cast<u32>(have) == static_cast<u32>(before.number);
}

std::unexpected<Error> unexpected_number(s64 have, const Value& before) {
  return fail(Errc::malformed, cat("want ", static_cast<s64>(before.number),
                                   " in the instruction, as the object's own types have it, have ", have,
                                   ": code and types do not belong together"));
}

Result<u8> size_code(u32 bytes) {
  switch (bytes) {
    case 1: return u8{BPF_B};
    case 2: return u8{BPF_H};
    case 4: return u8{BPF_W};
    case 8: return u8{BPF_DW};
    default:
      return fail(Errc::unsupported,
                  cat("the field has ", bytes, " bytes there, which no load or store takes"));
  }
}

Result<Patched> patch_constant(bpf_insn& insn, const Resolution& resolution) {
  if (BPF_SRC(insn.code) != BPF_K) {
    return fail(Errc::malformed, "want an instruction with a constant, have one with two registers");
  }
  if (!is_expected(static_cast<u64>(s64{insn.imm}), resolution.before)) {
    return unexpected_number(insn.imm, resolution.before);
  }
  insn.imm = static_cast<s32>(static_cast<u32>(resolution.after.number));
  return Patched::value;
}

Result<Patched> patch_access(bpf_insn& insn, const Resolution& resolution) {
  if (!is_expected(static_cast<u64>(s64{insn.off}), resolution.before)) {
    return unexpected_number(insn.off, resolution.before);
  }
  if (resolution.after.number > static_cast<u64>(std::numeric_limits<s16>::max())) {
    return fail(Errc::unsupported, cat("the offset there is ", resolution.after.number,
                                       ", and a load or store takes at most 32767"));
  }
  if (resolution.changes_meaning) {
    insn = insn::call_helper(static_cast<u32>(poison_call));
    return Patched::poison_for_meaning;
  }
  if (resolution.before.access_bytes != resolution.after.access_bytes) {
    if (insn::width_bytes(insn.code) != resolution.before.access_bytes) {
      return fail(Errc::malformed, cat("want a load or store of ", resolution.before.access_bytes,
                                       " bytes, have one of ", insn::width_bytes(insn.code)));
    }
    SKEP_TRY(const u8 size, size_code(resolution.after.access_bytes));
    insn.code = static_cast<u8>(BPF_MODE(insn.code) | size | BPF_CLASS(insn.code));
  }
  insn.off = static_cast<s16>(resolution.after.number);
  return Patched::value;
}

bool is_plain_constant(std::span<const bpf_insn> code, u32 at) {
  if (!insn::is_ld_imm64(code[at]) || code[at].src_reg != 0 || code[at].off != 0) {
    return false;
  }
  const bpf_insn& second = code[at + 1];
  return second.code == 0 && second.dst_reg == 0 && second.src_reg == 0 && second.off == 0;
}

Result<Patched> patch_wide(std::span<bpf_insn> code, u32 at, const Resolution& resolution) {
  if (!is_plain_constant(code, at)) {
    return fail(Errc::malformed, "want a 64-bit constant, have another load");
  }
  const u64 have = insn::imm64(code[at], code[at + 1]);
  if (!is_expected(have, resolution.before)) {
    return unexpected_number(static_cast<s64>(have), resolution.before);
  }
  u64 number = resolution.after.number;
  if (have != resolution.before.number && resolution.before.is_32_bits && resolution.after.is_32_bits) {
    number = static_cast<u32>(number);  // the compiler widened by zeroes: the enum is unsigned to it
  }
  code[at].imm = static_cast<s32>(static_cast<u32>(number));
  code[at + 1].imm = static_cast<s32>(static_cast<u32>(number >> 32));
  return Patched::value;
}

}  // namespace

Result<Patched> patch(std::span<bpf_insn> code, u32 at, const Resolution& resolution) {
  if (at >= code.size() || at + u64{insn::slots(code[at])} > code.size()) {
    return fail(Errc::malformed, cat("want instruction ", at, " whole, the function has ", code.size()));
  }
  if (resolution.is_poison) {
    const u32 slots = insn::slots(code[at]);
    for (u32 i = 0; i < slots; ++i) {
      code[at + i] = insn::call_helper(static_cast<u32>(poison_call));
    }
    return Patched::poison;
  }
  switch (BPF_CLASS(code[at].code)) {
    case BPF_ALU:
    case BPF_ALU64: return patch_constant(code[at], resolution);
    case BPF_LDX:
    case BPF_ST:
    case BPF_STX: return patch_access(code[at], resolution);
    case BPF_LD: return patch_wide(code, at, resolution);
    default:
      return fail(Errc::malformed,
                  cat("want a constant, a load or a store, have opcode ", hex(code[at].code)));
  }
}

}  // namespace skep::co_re

#include "insn/decode.h"

#include "insn/traits.h"

namespace skep::insn {

namespace {

constexpr std::size_t insn_bytes = sizeof(bpf_insn);

bpf_insn decode_one(Record<insn_bytes> raw, std::endian order) {
  const u8 low = raw.at<1, u8>() & 0x0f;
  const u8 high = raw.at<1, u8>() >> 4;
  const bool little = order == std::endian::little;
  bpf_insn one{};
  one.code = raw.at<0, u8>();
  one.dst_reg = little ? low & 0x0f : high & 0x0f;
  one.src_reg = little ? high & 0x0f : low & 0x0f;
  one.off = raw.at<2, s16>();
  one.imm = raw.at<4, s32>();
  return one;
}

}  // namespace

Result<std::vector<bpf_insn>> decode(ByteView bytes) {
  if (bytes.size() % insn_bytes != 0) {
    return fail(Errc::truncated,
                cat("want whole instructions of ", insn_bytes, " bytes, have ", bytes.size(),
                    " bytes: ", bytes.size() % insn_bytes, " after instruction ", bytes.size() / insn_bytes));
  }
  std::vector<bpf_insn> insns(bytes.size() / insn_bytes);
  if (bytes.order() == std::endian::native && !insns.empty()) {
    std::memcpy(insns.data(), bytes.data(), bytes.size());  // the file has the kernel's own layout
    return insns;
  }
  for (std::size_t i = 0; i < insns.size(); ++i) {
    SKEP_TRY(const auto raw, bytes.record<insn_bytes>(u64{i} * insn_bytes));
    insns[i] = decode_one(raw, bytes.order());
  }
  return insns;
}

std::vector<std::byte> encode(std::span<const bpf_insn> insns, std::endian order) {
  std::vector<std::byte> bytes(insns.size() * insn_bytes);
  std::byte* out = bytes.data();
  for (const bpf_insn& one : insns) {
    const u8 dst = one.dst_reg;
    const u8 src = one.src_reg;
    const bool little = order == std::endian::little;
    const s16 off = from_order(one.off, order);
    const s32 imm = from_order(one.imm, order);
    out[0] = std::byte{one.code};
    out[1] = static_cast<std::byte>(little ? src << 4 | dst : dst << 4 | src);
    std::memcpy(out + 2, &off, sizeof off);
    std::memcpy(out + 4, &imm, sizeof imm);
    out += insn_bytes;
  }
  return bytes;
}

Result<void> check_pairs(std::span<const bpf_insn> insns) {
  for (std::size_t i = 0; i < insns.size(); ++i) {
    if (!is_ld_imm64(insns[i])) {
      continue;
    }
    if (++i == insns.size()) {
      return fail(
          Errc::malformed,
          cat("instruction ", i - 1, ": want the second half of a 64-bit constant, have the program's end"));
    }
    const bpf_insn& second = insns[i];
    if (second.code != 0 || second.dst_reg != 0 || second.src_reg != 0 || second.off != 0) {
      return fail(
          Errc::malformed,
          cat("instruction ", i, ": want the second half of a 64-bit constant (all zero but imm), have code ",
              hex(second.code)));
    }
  }
  return {};
}

}  // namespace skep::insn

// The kernel's own disassembly, as it stands in the verifier's log, compared with ours: instruction by instruction. Only loads programs.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <vector>

#include "base/text.h"
#include "insn/build.h"
#include "insn/print.h"
#include "insn/traits.h"
#include "skep/error.h"
#include "skep/fd.h"
#include "skep/uapi/attr.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/map_type.h"
#include "skep/uapi/prog_type.h"

namespace skep::insn {
namespace {

using Program = std::vector<bpf_insn>;

unsigned kernel_version() {
  utsname name{};
  unsigned major = 0;
  unsigned minor = 0;
  uname(&name);
  std::sscanf(name.release, "%u.%u", &major, &minor);
  return major * 1000 + minor;
}

struct Loaded {
  Fd fd;
  int error = 0;
  std::string log;
};

Loaded load(const Program& insns, bpf_prog_type type) {
  Loaded loaded;
  loaded.log.resize(1 << 20);
  bpf_attr attr{};
  attr.prog_load.prog_type = type;
  attr.prog_load.insn_cnt = static_cast<u32>(insns.size());
  attr.prog_load.insns = reinterpret_cast<u64>(insns.data());
  attr.prog_load.license = reinterpret_cast<u64>("GPL");
  attr.prog_load.log_level = 2;
  attr.prog_load.log_size = static_cast<u32>(loaded.log.size());
  attr.prog_load.log_buf = reinterpret_cast<u64>(loaded.log.data());
  const long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, SKEP_ATTR_END(prog_load, kern_version));
  loaded.error = fd < 0 ? errno : 0;
  loaded.fd = Fd(static_cast<int>(fd));
  loaded.log = until_nul(loaded.log);
  return loaded;
}

/// What the log prints for each instruction: "12: (b7) r1 = 5      ; R1_w=5" gives 12 -> "r1 = 5".
std::map<std::size_t, std::string> disassembly(std::string_view log) {
  std::map<std::size_t, std::string> texts;
  for (const std::string_view line : split(log, '\n')) {
    const std::size_t open = line.find(": (");
    if (open == std::string_view::npos || line.find_first_not_of("0123456789") != open ||
        line.substr(open + 5, 2) != ") ") {
      continue;
    }
    const std::string_view text = line.substr(open + 7);
    texts[std::stoul(std::string(line.substr(0, open)))] = trim(text.substr(0, text.find(';')));
  }
  return texts;
}

void add(Program& to, const std::array<bpf_insn, 2>& pair) {
  to.insert(to.end(), pair.begin(), pair.end());
}

/// r0 becomes a number that the verifier does not know, so that it walks both ways of a branch.
void add_unknown_r0(Program& to) {
  to.push_back(call_helper(BPF_FUNC_get_prandom_u32));
}

void add_end(Program& to) {
  to.push_back(mov64_imm(0, 0));
  to.push_back(exit_insn());
}

Program arithmetic() {
  Program p{mov64_reg(6, 1)};
  add_unknown_r0(p);
  p.push_back(mov64_imm(7, 5));
  for (const u8 op : {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR,
                      BPF_MOV, BPF_ARSH}) {
    p.push_back(mov64_imm(7, -5));
    p.push_back(mov64_imm(8, 3));
    p.push_back(alu64_imm(op, 7, 3));
    p.push_back(alu64_reg(op, 7, 8));
    p.push_back(alu32_imm(op, 7, 3));
    p.push_back(alu32_reg(op, 7, 8));
  }
  for (const u8 op : {BPF_ADD, BPF_MUL, BPF_OR, BPF_AND, BPF_XOR, BPF_MOV}) {
    p.push_back(alu64_imm(op, 7, -1234567));
    p.push_back(alu32_imm(op, 7, -2147483647 - 1));
  }
  p.push_back(make(BPF_ALU64 | BPF_NEG, 7, 0, 0, 0));
  p.push_back(make(BPF_ALU | BPF_NEG, 7, 0, 0, 0));
  for (const s32 bits : {16, 32, 64}) {
    p.push_back(make(BPF_ALU | BPF_END | BPF_TO_LE, 7, 0, 0, bits));
    p.push_back(make(BPF_ALU | BPF_END | BPF_TO_BE, 7, 0, 0, bits));
  }
  for (const u64 number : {u64{0}, u64{0x80000000}, u64{0xfedcba9876543210}}) {
    add(p, ld_imm64(9, number));
  }
  add_end(p);
  return p;
}

Program jumps() {
  Program p{mov64_imm(7, 77)};
  const auto add_jump = [&p](const bpf_insn& jump_insn) {
    add_unknown_r0(
        p);  // a fresh one each time: otherwise what the branches learn about it multiplies the paths
    p.push_back(jump_insn);
  };
  for (const u8 op : {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE, BPF_JLT, BPF_JLE,
                      BPF_JSLT, BPF_JSLE}) {
    add_jump(jump_imm(op, 0, 0x7f, 0));
    add_jump(jump_imm(op, 0, -2, 0));
    add_jump(jump_reg(op, 0, 7, 0));
    add_jump(jump32_imm(op, 0, -1, 0));
    add_jump(make(static_cast<u8>(BPF_JMP32 | op | BPF_X), 0, 7, 0, 0));
  }
  p.push_back(jump(0));
  add_end(p);
  return p;
}

Program memory() {
  Program p{mov64_reg(6, 1), mov64_imm(1, 9)};
  for (const u8 size : {BPF_DW, BPF_W, BPF_H, BPF_B}) {
    p.push_back(st_mem(size, 10, -8, -3));
    p.push_back(stx_mem(size, 10, 1, -8));
    p.push_back(ldx_mem(size, 2, 10, -8));
  }
  p.push_back(ldx_mem(BPF_W, 2, 6, 0));
  p.push_back(make(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 12));
  p.push_back(make(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, -4096));
  p.push_back(mov64_imm(7, 1));
  p.push_back(make(BPF_LD | BPF_IND | BPF_B, 0, 7, 0, 3));
  add_end(p);
  return p;
}

Program atomics() {
  Program p{st_mem(BPF_DW, 10, -8, 1), mov64_imm(0, 1)};
  for (const u8 size : {BPF_W, BPF_DW}) {
    for (const u8 op : {BPF_ADD, BPF_OR, BPF_AND, BPF_XOR}) {
      p.push_back(mov64_imm(1, 2));
      p.push_back(atomic(size, op, 10, 1, -8));
      p.push_back(atomic(size, op | BPF_FETCH, 10, 1, -8));
    }
    p.push_back(atomic(size, BPF_XCHG, 10, 1, -8));
    p.push_back(atomic(size, BPF_CMPXCHG, 10, 1, -8));
  }
  add_end(p);
  return p;
}

Program fourth_version() {
  Program p;
  add_unknown_r0(p);
  p.push_back(mov64_reg(7, 0));
  p.push_back(mov64_imm(8, 3));
  for (const u8 op : {BPF_DIV, BPF_MOD}) {
    for (const u8 kind : {BPF_ALU64, BPF_ALU}) {
      p.push_back(make(static_cast<u8>(kind | op | BPF_K), 7, 0, 1, -5));
      p.push_back(make(static_cast<u8>(kind | op | BPF_X), 7, 8, 1, 0));
    }
  }
  for (const s16 bits : {s16{8}, s16{16}, s16{32}}) {
    p.push_back(movsx64_reg(1, 7, bits));
    p.push_back(make(BPF_ALU64 | BPF_END, 7, 0, 0, bits == 8 ? 64 : bits));
  }
  p.push_back(make(BPF_ALU | BPF_MOV | BPF_X, 1, 7, 8, 0));
  p.push_back(make(BPF_ALU | BPF_MOV | BPF_X, 1, 7, 16, 0));
  p.push_back(st_mem(BPF_DW, 10, -8, -3));
  for (const u8 size : {BPF_B, BPF_H, BPF_W}) {
    p.push_back(ldx_memsx(size, 2, 10, -8));
  }
  p.push_back(jump_long(0));
  add_end(p);
  return p;
}

Program may_goto() {
  Program p;
  add_unknown_r0(p);
  p.push_back(make(BPF_JMP | BPF_JCOND, 0, BPF_MAY_GOTO, 1, 0));
  p.push_back(jump(-2));
  add_end(p);
  return p;
}

Program acquire_and_release() {
  Program p{st_mem(BPF_DW, 10, -8, 1), mov64_imm(1, 1), mov64_reg(2, 10)};
  for (const u8 size : {BPF_DW, BPF_W, BPF_H, BPF_B}) {
    p.push_back(atomic(size, BPF_STORE_REL, 10, 1, -8));
    p.push_back(atomic(size, BPF_LOAD_ACQ, 3, 2, -8));
  }
  add_end(p);
  return p;
}

/// Empty where no arena can be made. The map lives as long as the process.
Program address_spaces() {
  bpf_attr attr{};
  attr.map_create.map_type = BPF_MAP_TYPE_ARENA;
  attr.map_create.max_entries = 1;  // pages
  attr.map_create.map_flags = BPF_F_MMAPABLE;
  attr.map_create.map_extra = u64{1} << 44;  // where user space would map it
  static const Fd arena(static_cast<int>(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr.map_create)));
  if (!arena) {
    return {};
  }
  Program p{mov64_imm(2, 0)};
  add(p, ld_map_fd(1, arena.raw()));
  p.push_back(make(BPF_ALU64 | BPF_MOV | BPF_X, 3, 2, BPF_ADDR_SPACE_CAST, 1));
  p.push_back(make(BPF_ALU64 | BPF_MOV | BPF_X, 4, 3, BPF_ADDR_SPACE_CAST, 1 << 16));
  add_end(p);
  return p;
}

Program subprograms() {
  return {call_subprog(1), exit_insn(), mov64_imm(0, 1), call_helper(BPF_FUNC_ktime_get_ns), exit_insn()};
}

/// The end of a log, enough to see what was wrong.
std::string tail(const std::string& log) {
  return log.substr(log.size() - std::min<std::size_t>(log.size(), 800));
}

struct Case {
  const char* name;
  unsigned since;
  Program (*program)();
};

class VerifierLog : public testing::TestWithParam<Case> {};

TEST_P(VerifierLog, DisassemblesAsWeDo) {
  if (kernel_version() < GetParam().since) {
    GTEST_SKIP() << "this kernel is older than " << GetParam().since / 1000 << "." << GetParam().since % 1000;
  }
  const Program insns = GetParam().program();
  if (insns.empty()) {
    GTEST_SKIP() << "this kernel has no arena, or not for us";
  }
  const Loaded loaded = load(insns, BPF_PROG_TYPE_SOCKET_FILTER);
  if (loaded.error == EPERM || loaded.error == EACCES || loaded.error == ENOSYS) {
    if (loaded.log.empty()) {
      GTEST_SKIP() << "loading programs is not permitted here: " << errno_name(loaded.error);
    }
  }
  ASSERT_EQ(loaded.error, 0) << errno_name(loaded.error) << "\n" << tail(loaded.log);
  const auto theirs = disassembly(loaded.log);
  for (std::size_t i = 0; i < insns.size(); i += slots(insns[i])) {
    const auto line = theirs.find(i);
    ASSERT_NE(line, theirs.end()) << "instruction " << i << " is not in the log:\n" << tail(loaded.log);
    if (!is_map_reference(insns[i])) {  // the log shows the map's address instead
      EXPECT_EQ(print(insns, i), line->second) << "instruction " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernel, VerifierLog,
                         testing::Values(Case{"arithmetic", 5004, arithmetic}, Case{"jumps", 5004, jumps},
                                         Case{"memory", 5004, memory}, Case{"atomics", 5012, atomics},
                                         Case{"fourth_version", 6006, fourth_version},
                                         Case{"may_goto", 6010, may_goto},
                                         Case{"acquire_and_release", 6015, acquire_and_release},
                                         Case{"address_spaces", 6009, address_spaces},
                                         Case{"subprograms", 5004, subprograms}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace skep::insn

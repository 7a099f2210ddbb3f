// What a kernel is found to have, with models that answer as kernels do: old ones, ones without rights, ones whose configuration leaves things out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "btf/edit.h"
#include "host/facts.h"
#include "kernel/fake_kernel.h"
#include "skep/features.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/map_type.h"

namespace skep::survey {
namespace {

using host::Facts;
using host::KnownFacts;
using kernel::FakeKernel;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Ability& find(const std::vector<Ability>& all, std::string_view name) {
  const auto at = std::ranges::find(all, name, &Ability::name);
  EXPECT_NE(at, all.end()) << name;
  return *at;
}

/// A verifier in three words: it refuses every program, saying what about the first instruction that it minds.
std::optional<int> verify(bpf_attr& attr, u32 newest_type, u32 newest_helper) {
  if (attr.prog_load.prog_type > newest_type) {
    return -EINVAL;
  }
  const auto* insns = reinterpret_cast<const bpf_insn*>(static_cast<std::uintptr_t>(attr.prog_load.insns));
  const bool is_bad_call = insns[0].code == (BPF_JMP | BPF_CALL) && insns[0].src_reg == 0 &&
                           insns[0].imm > static_cast<s32>(newest_helper);
  if (attr.prog_load.log_size != 0) {
    std::strcpy(reinterpret_cast<char*>(static_cast<std::uintptr_t>(attr.prog_load.log_buf)),
                is_bad_call ? "invalid func unknown#99\n" : "R6 !read_ok\n");
  }
  return -EACCES;
}

KernelFeatures look(FakeKernel& kernel, const Facts& facts, bool helpers = false) {
  auto found = kernel_features({.helpers = helpers, .kernel = &kernel, .facts = &facts});
  EXPECT_TRUE(found) << found.error().message();
  return found ? *std::move(found) : KernelFeatures();
}

TEST(Features, TypesThatAreRefusedWithoutAWordAreMissingAndTheReasonIsTheReleaseOrTheConfiguration) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    return cmd == BPF_PROG_LOAD ? verify(attr, BPF_PROG_TYPE_SK_LOOKUP, 1000) : std::nullopt;
  };
  const KernelFeatures found = look(kernel, Facts(KnownFacts{.kernel_release = "6.1.0"}));
  EXPECT_EQ(found.release, "6.1.0");
  EXPECT_EQ(find(found.program_types, "xdp").has, Has::yes);
  EXPECT_THAT(find(found.program_types, "xdp").why, IsEmpty());
  EXPECT_EQ(find(found.program_types, "netfilter").has, Has::no);
  EXPECT_EQ(find(found.program_types, "netfilter").why, "needs Linux 6.4");
  EXPECT_THAT(find(found.program_types, "syscall").why, HasSubstr("left out of this kernel's configuration"));
}

TEST(Features, HelpersAreThoseThatTheVerifierDoesNotMind) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    return cmd == BPF_PROG_LOAD ? verify(attr, BPF_PROG_TYPE_KPROBE, 3) : std::nullopt;
  };
  const KernelFeatures found = look(kernel, Facts(KnownFacts{.kernel_release = "6.1.0"}), true);
  for (const ProgramHelpers& one : found.helpers) {
    if (one.type <= BPF_PROG_TYPE_KPROBE) {
      EXPECT_EQ(one.names.size(), 3) << one.type;
    } else {
      EXPECT_THAT(one.names, IsEmpty()) << one.type;
      EXPECT_FALSE(one.why.empty()) << one.type;
    }
  }
  for (const kernel::FakeCall& call : kernel.calls(BPF_PROG_LOAD)) {
    EXPECT_LT(call.result, 0) << "no program may be taken";
  }
}

TEST(Features, WithoutRightsWhatHasToBeAskedIsUnknown) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd, bpf_attr&) -> std::optional<int> { return -EPERM; };
  const KernelFeatures found = look(kernel, Facts(KnownFacts{.kernel_release = "6.1.0"}), true);
  for (const auto* group : {&found.program_types, &found.map_types, &found.instructions}) {
    for (const Ability& one : *group) {
      EXPECT_EQ(one.has, Has::unknown) << one.name;
      EXPECT_FALSE(one.why.empty()) << one.name;
    }
  }
  EXPECT_EQ(find(found.attach_types, "xdp").has, Has::yes) << "the release tells";
}

TEST(Features, AMapTypeThatIsRefusedIsMissing) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    const bool is_new = cmd == BPF_MAP_CREATE && attr.map_create.map_type > BPF_MAP_TYPE_RINGBUF;
    return is_new ? std::optional(-EINVAL) : std::nullopt;
  };
  const KernelFeatures found = look(kernel, Facts(KnownFacts{.kernel_release = "5.10.0"}));
  EXPECT_EQ(find(found.map_types, "hash").has, Has::yes);
  EXPECT_EQ(find(found.map_types, "ringbuf").has, Has::yes);
  EXPECT_EQ(find(found.map_types, "arena").has, Has::no);
  EXPECT_EQ(find(found.map_types, "arena").why, "needs Linux 6.9");
}

TEST(Features, TheKernelsTypesTellItsFunctionsAndAttachTypes) {
  btf::BtfEditor editor;
  const u32 number = editor.add_int("int", 4, BTF_INT_SIGNED);
  const u32 proto = editor.add_func_proto(number, {});
  editor.add_decl_tag("bpf_kfunc", editor.add_func("bpf_b", proto, BTF_FUNC_STATIC), -1);
  editor.add_decl_tag("bpf_kfunc", editor.add_func("bpf_a", proto, BTF_FUNC_STATIC), -1);
  editor.add_decl_tag("bpf_fastcall", editor.add_func("other", proto, BTF_FUNC_STATIC), -1);
  editor.add_enum("bpf_attach_type", 4,
                  std::array{btf::NewEnumerator{"BPF_XDP", BPF_XDP},
                             btf::NewEnumerator{"__MAX_BPF_ATTACH_TYPE", BPF_XDP + 1}});
  FakeKernel kernel;
  const Facts facts(KnownFacts{.kernel_release = "7.3.0",
                               .kernel_btf = std::make_shared<const btf::Btf>(editor.finish().value())});
  const KernelFeatures found = look(kernel, facts);
  ASSERT_EQ(found.functions.size(), 2);
  EXPECT_EQ(found.functions[0].name, "bpf_a");
  EXPECT_EQ(found.functions[1].name, "bpf_b");
  EXPECT_EQ(find(found.attach_types, "xdp").has, Has::yes);
  EXPECT_EQ(find(found.attach_types, "sk_lookup").has, Has::no) << "its number is the last that only counts";
}

TEST(Features, WithoutTypesTheFunctionsAreNotKnownAndItIsSaidWhy) {
  FakeKernel kernel;
  const KernelFeatures found = look(kernel, Facts(KnownFacts{.kernel_release = "5.4.0"}));
  EXPECT_THAT(found.functions, IsEmpty());
  EXPECT_EQ(found.functions_why, "this kernel does not tell its types");
}

TEST(Features, AMachineThatDoesNotTellItsReleaseIsAnError) {
  FakeKernel kernel;
  const Facts facts(KnownFacts{});
  EXPECT_EQ(kernel_features({.kernel = &kernel, .facts = &facts}).error().code(), Errc::not_found);
}

TEST(Features, NothingIsLeftOpenWhateverFails) {
  for (const int sys_errno : {EPERM, EINVAL, ENOMEM, EMFILE, E2BIG}) {
    for (u32 nth = 0; nth < 40; nth += 3) {
      FakeKernel kernel;
      kernel.fail_command(BPF_MAP_CREATE, nth, sys_errno);
      kernel.fail_command(BPF_BTF_LOAD, nth / 3, sys_errno);
      look(kernel, Facts(KnownFacts{.kernel_release = "6.1.0"}));
    }
  }
}

}  // namespace
}  // namespace skep::survey

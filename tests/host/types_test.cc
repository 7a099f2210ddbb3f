// Where types come from: kernels, modules, files, archives, memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zstd.h>

#include <array>

#include "base/file.h"
#include "btf/edit.h"
#include "host/archive.h"
#include "host/facts.h"
#include "host/kernel_types.h"
#include "host/root.h"

namespace skep::host {
namespace {

using test::Root;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Bytes = std::vector<std::byte>;

constexpr std::string_view vmlinux = "/sys/kernel/btf/vmlinux";

/// Types that hold one struct called `name`.
Bytes btf_with(std::string_view name) {
  btf::BtfEditor editor;
  editor.add_int("int", 4, BTF_INT_SIGNED);
  editor.add_composite(btf::Kind::struct_, name, 4, {});
  const btf::Btf types = editor.finish().value();
  return {types.bytes().begin(), types.bytes().end()};
}

/// The same on top of `base`, as a module has them.
Bytes split_btf_with(std::string_view name, const Bytes& base_bytes) {
  const auto base =
      std::make_shared<const btf::Btf>(btf::Btf::parse(ByteView(base_bytes, std::endian::native)).value());
  const btf_header nothing{.magic = BTF_MAGIC, .version = 1, .flags = 0, .hdr_len = sizeof(btf_header)};
  btf::BtfEditor editor(btf::Btf::parse(ByteView(bytes_of(nothing), std::endian::native), base).value());
  editor.add_composite(btf::Kind::struct_, name, 4, {});
  const btf::Btf types = editor.finish().value();
  return {types.bytes().begin(), types.bytes().end()};
}

bool has_struct(const Result<std::shared_ptr<const btf::Btf>>& types, std::string_view name) {
  return types && (*types)->find(name, btf::Kind::struct_).has_value();
}

TEST(KernelTypes, AreOpenedOnceWhileSomebodyHoldsThem) {
  Root root;
  root.file(std::string(vmlinux), btf_with("first"));
  const Facts one(root.path(), {});
  const Facts other(root.path(), {});
  auto types = one.kernel_btf().value();
  EXPECT_EQ(types, other.kernel_btf().value()) << "two objects of one process must share";
  const std::weak_ptr<const btf::Btf> watch = types;
  types.reset();
  EXPECT_FALSE(watch.expired()) << "facts keep what they have read";
}

TEST(KernelTypes, LiveAsLongAsTheyAreHeld) {
  Root root;
  root.file(std::string(vmlinux), btf_with("first"));
  std::weak_ptr<const btf::Btf> watch;
  {
    const Facts facts(root.path(), {});
    watch = facts.kernel_btf().value();
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST(KernelTypes, AFileThatChangedIsReadAnew) {
  Root root;
  root.file(std::string(vmlinux), btf_with("first"));
  const auto first = kernel_types(root.path());
  root.file(std::string(vmlinux), btf_with("a_second_and_longer_name"));
  EXPECT_TRUE(has_struct(kernel_types(root.path()), "a_second_and_longer_name"));
}

TEST(KernelTypes, EachTroubleHasItsOwnMessage) {
  Root root;
  const auto missing = kernel_types(root.path());
  EXPECT_EQ(missing.error().code(), Errc::unsupported);
  EXPECT_THAT(missing.error().message(), HasSubstr("CONFIG_DEBUG_INFO_BTF"));
  const Bytes good = btf_with("first");
  root.file(std::string(vmlinux), std::span(good).first(good.size() - 1));
  EXPECT_EQ(kernel_types(root.path()).error().code(), Errc::truncated);
  EXPECT_THAT(kernel_types(root.path()).error().message(), HasSubstr(vmlinux));
  root.file(std::string(vmlinux), std::string_view());
  EXPECT_THAT(kernel_types(root.path()).error().message(), HasSubstr("is empty"));
  root.file(std::string(vmlinux), std::string_view("no types at all, only text"));
  EXPECT_EQ(kernel_types(root.path()).error().code(), Errc::malformed);
}

TEST(KernelTypes, WhatMayNotBeReadIsDenied) {
  Root root;
  root.file(std::string(vmlinux), btf_with("first"));
  std::filesystem::permissions(root.path() + std::string(vmlinux), std::filesystem::perms::none);
  const uid_t own = geteuid();
  constexpr uid_t nobody = 65534;
  ASSERT_TRUE(own != 0 || seteuid(nobody) == 0)
      << "root may read everything, so the test becomes somebody else";
  const auto types = kernel_types(root.path());
  ASSERT_EQ(seteuid(own), 0);
  EXPECT_EQ(types.error().code(), Errc::denied);
}

TEST(Modules, AreListedAndOpenedByName) {
  Root root;
  const Bytes base = btf_with("first");
  root.file(std::string(vmlinux), base)
      .file("/sys/kernel/btf/nf_nat", split_btf_with("nat", base))
      .file("/sys/kernel/btf/bridge", split_btf_with("port", base));
  const Facts facts(root.path(), {});
  EXPECT_THAT(facts.module_names().value(), ElementsAre("bridge", "nf_nat"));
  const auto types = facts.module_btf("nf_nat");
  ASSERT_TRUE(types) << types.error().message();
  EXPECT_EQ((*types)->base(), facts.kernel_btf().value());
  EXPECT_TRUE(has_struct(types, "nat"));
  EXPECT_TRUE(has_struct(types, "first"));
  EXPECT_EQ(facts.module_btf("nf_nat").value(), *types);
  EXPECT_EQ(Facts(root.path(), {}).module_btf("nf_nat").value(), *types);
  for (const std::string_view none : {"", "vmlinux", "nf", "../btf/nf_nat", ".", ".."}) {
    EXPECT_EQ(facts.module_btf(none).error().code(), Errc::not_found) << none;
  }
}

TEST(Modules, AKernelWithoutTheirTypesHasNone) {
  Root root;
  EXPECT_THAT(Facts(root.path(), {}).module_names().value(), ElementsAre());
  root.file(std::string(vmlinux), btf_with("first"));
  EXPECT_THAT(Facts(root.path(), {}).module_names().value(), ElementsAre());
}

TEST(Modules, CanBeALiteral) {
  const Bytes base = btf_with("first");
  const auto kernel = std::make_shared<const btf::Btf>(btf::Btf::parse({base, std::endian::native}).value());
  const Bytes split = split_btf_with("nat", base);
  const auto nat =
      std::make_shared<const btf::Btf>(btf::Btf::parse({split, std::endian::native}, kernel).value());
  const Facts facts(KnownFacts{.kernel_btf = kernel, .modules = {{{"nf_nat", nat}}}});
  EXPECT_THAT(facts.module_names().value(), ElementsAre("nf_nat"));
  EXPECT_EQ(facts.module_btf("nf_nat").value(), nat);
  EXPECT_EQ(facts.module_btf("bridge").error().code(), Errc::not_found);
  EXPECT_EQ(Facts(KnownFacts{}).module_names().error().code(), Errc::not_found);
}

TEST(CoreTypes, AreTheKernelsUnlessOthersAreGiven) {
  Root root;
  root.file(std::string(vmlinux), btf_with("first")).file("/custom.btf", btf_with("mine"));
  const Facts plain(root.path(), {});
  EXPECT_FALSE(plain.core_btf_is_custom());
  EXPECT_EQ(plain.core_btf().value(), plain.kernel_btf().value());

  const Facts file(root.path(), {.core_btf_path = root.path() + "/custom.btf"});
  EXPECT_TRUE(file.core_btf_is_custom());
  EXPECT_TRUE(has_struct(file.core_btf(), "mine"));
  EXPECT_TRUE(has_struct(file.kernel_btf(), "first"));

  const Bytes bytes = btf_with("bytes");
  const Facts memory(root.path(), {.core_btf_bytes = bytes});
  EXPECT_TRUE(memory.core_btf_is_custom());
  EXPECT_TRUE(has_struct(memory.core_btf(), "bytes"));

  const Facts literal(KnownFacts{.core_btf = file.core_btf().value()});
  EXPECT_TRUE(literal.core_btf_is_custom());
  EXPECT_TRUE(has_struct(literal.core_btf(), "mine"));
}

TEST(CoreTypes, ComeFromAnArchiveByRelease) {
  Root root;
  const Bytes bytes = btf_with("packed");
  Bytes packed(ZSTD_compressBound(bytes.size()));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
  root.file("/archive/6.1.0-26-amd64.btf", btf_with("plain")).file("/archive/6.12.9.btf.zst", packed);
  const auto types_of = [&](std::string release) {
    return Facts(KnownFacts{.kernel_release = std::move(release), .core_btf_path = root.path() + "/archive"})
        .core_btf();
  };
  EXPECT_TRUE(has_struct(types_of("6.1.0-26-amd64"), "plain"));
  EXPECT_TRUE(has_struct(types_of("6.12.9"), "packed"));
  const auto missing = types_of("6.12");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::not_found);
  EXPECT_EQ(missing.error().message(),
            root.path() +
                "/archive: has no types of release 6.12 (want 6.12.btf); there is: 6.1.0-26-amd64, 6.12.9");
  EXPECT_THAT(Facts(KnownFacts{.core_btf_path = root.path() + "/archive"}).core_btf().error().message(),
              HasSubstr("release of this kernel is not known"));
}

TEST(CoreTypes, EachBadFileHasItsOwnMessage) {
  Root root;
  const Bytes good = btf_with("mine");
  const auto refusal = [&](const std::string& name, const auto& content) {
    root.file(name, content);
    const auto types = Facts(KnownFacts{.core_btf_path = root.path() + name}).core_btf();
    return types ? std::string("accepted") : types.error().message();
  };
  EXPECT_EQ(refusal("/good", good), "accepted");
  EXPECT_THAT(refusal("/cut", std::span(good).first(30)), HasSubstr("/cut: BTF types: want "));
  EXPECT_THAT(refusal("/text", std::string_view("struct task_struct {};")),
              HasSubstr("want the magic 0xeb9f"));
  EXPECT_THAT(refusal("/zstd", std::string_view("\x28\xb5\x2f\xfd and then nothing")),
              HasSubstr("/zstd: zstd: "));
  EXPECT_THAT(refusal("/elf", std::string_view("\x7f"
                                               "ELF")),
              HasSubstr("/elf: "));
  EXPECT_THAT(Facts(KnownFacts{.core_btf_path = root.path() + "/none"}).core_btf().error().message(),
              HasSubstr("/none: cannot be opened"));
  for (std::size_t kept = 1; kept < good.size(); ++kept) {
    EXPECT_NE(refusal(cat("/cut", kept), std::span(good).first(kept)), "accepted") << kept;
  }
}

/// The bytes of `types` as a machine of the other byte order has them; they are words but for header and strings.
Bytes swapped(Bytes types) {
  const auto swap = [&](std::size_t at, std::size_t bytes) {
    std::reverse(types.begin() + static_cast<std::ptrdiff_t>(at),
                 types.begin() + static_cast<std::ptrdiff_t>(at + bytes));
  };
  btf_header header;
  std::memcpy(&header, types.data(), sizeof header);
  swap(0, 2);
  for (std::size_t at = 4; at < header.hdr_len + header.type_len; at += 4) {
    swap(at, 4);
  }
  return types;
}

TEST(CoreTypes, OfTheOtherByteOrderAreRefusedByName) {
  Root root;
  root.file("/s390x.btf", swapped(btf_with("mine")));
  EXPECT_TRUE(read_types(root.path() + "/s390x.btf")) << "they can be looked at";
  const auto types = Facts(KnownFacts{.core_btf_path = root.path() + "/s390x.btf"}).core_btf();
  ASSERT_FALSE(types);
  EXPECT_EQ(types.error().code(), Errc::invalid);
  EXPECT_THAT(
      types.error().message(),
      HasSubstr("s390x.btf: these types are of a big-endian kernel, and this machine is little-endian"));
}

TEST(CoreTypes, OfAnotherArchitectureAreRefusedByName) {
  const auto refusal = [](std::string_view member) {
    btf::BtfEditor editor;
    const u32 id = editor.add_int("long", 8, BTF_INT_SIGNED);
    editor.add_composite(btf::Kind::struct_, "pt_regs", 8, std::array{btf::NewMember{member, id, 0}});
    const btf::Btf types = editor.finish().value();
    const auto custom = Facts(KnownFacts{.core_btf_bytes = types.bytes()}).core_btf();
    return custom ? std::string("accepted") : custom.error().message();
  };
  u32 accepted = 0;
  for (const std::string_view member : {"orig_ax", "orig_x0", "orig_gpr2", "orig_gpr3", "epc"}) {
    const std::string message = refusal(member);
    accepted += message == "accepted" ? 1 : 0;
    EXPECT_TRUE(message == "accepted" || message.find(cat("has a member ", member)) != std::string::npos)
        << message;
  }
  EXPECT_EQ(accepted, 1u) << "those of this machine";
  EXPECT_EQ(refusal("something_else"), "accepted");
}

TEST(KernelTypes, OfThisMachineAreThere) {
  const Facts facts = facts_of_this_machine();
  const auto types = facts.kernel_btf();
  if (!types) {
    GTEST_SKIP() << types.error().message();
  }
  EXPECT_TRUE(has_struct(types, "task_struct"));
  const auto modules = facts.module_names().value();
  for (const std::string& module : modules) {
    const auto own = facts.module_btf(module);
    ASSERT_TRUE(own) << own.error().message();
    EXPECT_GT((*own)->type_count(), (*own)->first_id());
  }
}

}  // namespace
}  // namespace skep::host

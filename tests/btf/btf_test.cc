#include "btf/btf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "btf/blob.h"
#include "btf/fixture.h"
#include "btf/oracle.h"

namespace skep::btf::test {
namespace {

using ::testing::HasSubstr;

TEST(Btf, ReadsWhatEveryCompilerWritesInBothByteOrders) {
  for (const Object& object : all_objects()) {
    SCOPED_TRACE(object.name);
    const auto btf = Btf::parse(object.btf);
    ASSERT_TRUE(btf) << btf.error().message();
    const auto pair = btf->find("pair", Kind::struct_);
    ASSERT_TRUE(pair);
    const Type type = btf->type(*pair);
    EXPECT_EQ(type.vlen(), 2u);
    EXPECT_EQ(type.size_bytes(), 8u);
    EXPECT_EQ(type.member(1).name, "second");
    EXPECT_EQ(type.member(1).offset_bits, 32u);
    EXPECT_EQ(btf->type(btf->resolve(type.member(1).type_id)).name(), "unsigned int");
    EXPECT_EQ(btf->size_bytes(*btf->find("packed_pair", Kind::struct_)).value(), 9u);
    EXPECT_EQ(btf->alignment(*btf->find("packed_pair", Kind::struct_)).value(), 1u);
    EXPECT_EQ(btf->alignment(*btf->find("node", Kind::struct_)).value(), 8u);
    EXPECT_EQ(btf->type(*btf->find("program", Kind::func)).linkage(), BTF_FUNC_GLOBAL);
    EXPECT_EQ(btf->type(*btf->find("counter", Kind::var)).linkage(), BTF_VAR_STATIC);
    EXPECT_EQ(btf->original_order(),
              object.name.ends_with("bpfeb.o") ? std::endian::big : std::endian::little);
  }
}

TEST(Btf, BothByteOrdersGiveTheSameBlob) {
  const auto little = Btf::parse(read_object(SKEP_BUILD_DIR "/tests/fixtures/btf/types-clang-19-bpf.o").btf);
  const auto big = Btf::parse(read_object(SKEP_BUILD_DIR "/tests/fixtures/btf/types-clang-19-bpfeb.o").btf);
  ASSERT_TRUE(little && big);
  ASSERT_EQ(little->type_count(), big->type_count());
  EXPECT_TRUE(std::ranges::equal(little->bytes(), big->bytes()));
}

TEST(Btf, SeesEveryKind) {
  const Btf btf = host_btf();
  const auto type = [&](std::string_view name, Kind kind) { return btf.type(btf.find(name, kind).value()); };
  const Type node = type("node", Kind::struct_);
  EXPECT_EQ(node.member(4).name, "low");
  EXPECT_EQ(node.member(4).bitfield_bits, 3u);
  EXPECT_EQ(node.member(5).offset_bits, 323u);
  EXPECT_EQ(node.member(9).name, "");
  EXPECT_EQ(btf.size_bytes(node.member(10).type_id).value(), 24u);
  EXPECT_EQ(btf.type(node.member(3).type_id).array().count, 16u);
  const Type visit = btf.type(btf.type(node.member(1).type_id).type_id());
  EXPECT_EQ(visit.kind(), Kind::func_proto);
  EXPECT_EQ(visit.vlen(), 3u);
  EXPECT_EQ(visit.parameter(2).type_id, 0u);
  EXPECT_EQ(type("color", Kind::enum_).enumerator(2).value, -3);
  EXPECT_TRUE(type("color", Kind::enum_).enumerator(2).is_signed);
  EXPECT_EQ(type("flags", Kind::enum_).enumerator(1).value, 0x80000000);
  EXPECT_EQ(type("wide", Kind::enum64).enumerator(1).value, 0x100000000);
  EXPECT_EQ(type("double", Kind::float_).size_bytes(), 8u);
  EXPECT_EQ(type("_Bool", Kind::int_).int_encoding(), BTF_INT_BOOL);
  EXPECT_EQ(type("short", Kind::int_).int_bits(), 16u);
  EXPECT_FALSE(type("opaque", Kind::fwd).kind_flag());
  EXPECT_EQ(type(".data", Kind::datasec).section_variable(1).bytes, 9u);
  EXPECT_EQ(btf.find("node", Kind::union_), std::nullopt);
  EXPECT_EQ(btf.find("", Kind::ptr), std::nullopt);
  EXPECT_TRUE(btf.type(0).is_void());
  EXPECT_EQ(btf.type(0).kind(), Kind::unknown);
}

void expect_equal_to_oracle(const Btf& btf) {
  const std::vector<OracleType> wanted = oracle_types(btf.bytes());
  ASSERT_EQ(wanted.size() + 1, btf.type_count());
  for (u32 id = 1; id < btf.type_count(); ++id) {
    const OracleType& want = wanted[id - 1];
    const Type type = btf.type(id);
    ASSERT_EQ(type.raw_kind(), want.kind) << id;
    ASSERT_EQ(type.name(), want.name) << id;
    ASSERT_EQ(type.vlen(), want.vlen) << id;
    const auto size = btf.size_bytes(id);
    ASSERT_EQ(size ? static_cast<long long>(*size) : -1, want.size < 0 ? -1 : want.size) << describe(btf, id);
    const auto alignment = btf.alignment(id);
    if (want.alignment > 0 && type.kind() != Kind::var) {  // libbpf has no alignment of variables
      ASSERT_EQ(alignment ? *alignment : 0, static_cast<u32>(want.alignment)) << describe(btf, id);
    }
  }
}

TEST(Btf, AgreesWithLibbpfOnTheFixtures) {
  for (const Object& object : all_objects()) {
    SCOPED_TRACE(object.name);
    expect_equal_to_oracle(Btf::parse(object.btf).value());
  }
}

TEST(Btf, AgreesWithLibbpfOnThisKernel) {
  const auto file = FileBytes::open(std::string(vmlinux_path));
  if (!file) {
    GTEST_SKIP() << file.error().message();
  }
  const auto btf = Btf::adopt(nullptr, ByteView(file->span(), std::endian::native));
  ASSERT_TRUE(btf) << btf.error().message();
  EXPECT_EQ(btf->bytes().data(), file->span().data()) << "a borrowed blob must not be copied";
  const auto task = btf->find("task_struct", Kind::struct_);
  ASSERT_TRUE(task);
  EXPECT_GT(btf->type(*task).vlen(), 100u);
  ASSERT_TRUE(btf->find("vfs_read", Kind::func));
  expect_equal_to_oracle(*btf);
}

TEST(Btf, ManyThreadsMayBeTheFirstToSearch) {
  const Btf btf = host_btf();
  std::vector<std::thread> threads;
  std::atomic<u32> found = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { found += btf.find("node", Kind::struct_).has_value() ? 1 : 0; });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(found, 8u);
}

TEST(Btf, SplitBtfContinuesItsBase) {
  const auto base = std::make_shared<const Btf>(host_btf());
  const btf_header header{.magic = BTF_MAGIC,
                          .version = 1,
                          .flags = 0,
                          .hdr_len = 24,
                          .type_off = 0,
                          .type_len = 24,
                          .str_off = 24,
                          .str_len = 5,
                          .layout_off = 0,
                          .layout_len = 0};
  const u32 strings_at = static_cast<u32>(base->blob().string_end());
  const std::array<u32, 6> types{
      strings_at, btf_info(BTF_KIND_TYPEDEF, 0, false), *base->find("node", Kind::struct_),
      0,          btf_info(BTF_KIND_PTR, 0, false),     base->type_count()};
  std::vector<std::byte> raw(24 + 24 + 5);
  std::memcpy(raw.data(), &header, 24);
  std::memcpy(raw.data() + 24, types.data(), 24);
  std::memcpy(raw.data() + 48, "mine", 5);
  const auto split = Btf::parse(ByteView(raw, std::endian::native), base);
  ASSERT_TRUE(split) << split.error().message();
  EXPECT_EQ(split->type_count(), base->type_count() + 2);
  EXPECT_EQ(split->first_id(), base->type_count());
  EXPECT_EQ(split->find("mine", Kind::typedef_), base->type_count());
  EXPECT_EQ(split->find("pair", Kind::struct_), base->find("pair", Kind::struct_));
  EXPECT_EQ(split->type(split->resolve(base->type_count())).name(), "node");
  EXPECT_FALSE(Btf::parse(ByteView(raw, std::endian::native))) << "it must not stand without its base";
}

}  // namespace
}  // namespace skep::btf::test

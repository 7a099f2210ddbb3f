// C++ types against BTF types of an object that the build compiled, and against types made here.
#include "skep/type_check.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "btf/btf.h"
#include "skep/uapi/btf.h"

struct Sample {
  skep::u64 count;
  skep::u32 last;
  skep::u32 flags;
};
struct Swapped {
  skep::u64 count;
  skep::u32 flags;
  skep::u32 last;
};
struct Unknown {
  skep::u64 count;
  skep::u64 other;
};
struct Wide {
  skep::u64 count;
  skep::u64 last;
};
SKEP_FIELDS(Sample, count, last, flags);
SKEP_FIELDS(Swapped, count, flags, last);
SKEP_FIELDS(Unknown, count, other);
SKEP_FIELDS(Wide, count, last);

namespace skep {
namespace {

/// BTF made by hand: 1 u32, 2 u64, 3 struct sample {u64 count; u32 last; u32 flags}, 4 double, 5 struct one {u32 only}.
class Types {
 public:
  Types() {
    const u32 u32_type = integer("u32", 4);
    const u32 u64_type = integer("u64", 8);
    structure("sample", 16, {{"count", u64_type, 0}, {"last", u32_type, 64}, {"flags", u32_type, 96}});
    word(name("double"));
    word(u32{BTF_KIND_FLOAT} << 24);
    word(8);
    structure("one", 4, {{"only", u32_type, 0}});
  }

  btf::Btf build() {
    std::vector<std::byte> blob;
    const btf_header header{.magic = BTF_MAGIC,
                            .version = 1,
                            .hdr_len = 24,
                            .type_off = 0,
                            .type_len = static_cast<u32>(types_.size() * 4),
                            .str_off = static_cast<u32>(types_.size() * 4),
                            .str_len = static_cast<u32>(strings_.size())};
    const auto put = [&](const void* data, std::size_t bytes) {
      const auto* from = static_cast<const std::byte*>(data);
      blob.insert(blob.end(), from, from + bytes);
    };
    put(&header, 24);
    put(types_.data(), types_.size() * 4);
    put(strings_.data(), strings_.size());
    auto parsed = btf::Btf::parse(ByteView(blob, std::endian::native));
    SKEP_ASSERT(parsed);
    return std::move(*parsed);
  }

 private:
  struct Field {
    std::string_view name;
    u32 type;
    u32 offset_bits;
  };
  u32 name(std::string_view text) {
    const auto offset = static_cast<u32>(strings_.size());
    strings_ += text;
    strings_ += '\0';
    return offset;
  }
  void word(u32 value) { types_.push_back(value); }
  u32 integer(std::string_view text, u32 bytes) {
    word(name(text));
    word(u32{BTF_KIND_INT} << 24);
    word(bytes);
    word(bytes * 8);
    return ++count_;
  }
  void structure(std::string_view text, u32 bytes, const std::vector<Field>& fields) {
    word(name(text));
    word(u32{BTF_KIND_STRUCT} << 24 | static_cast<u32>(fields.size()));
    word(bytes);
    for (const Field& field : fields) {
      word(name(field.name));
      word(field.type);
      word(field.offset_bits);
    }
  }

  std::vector<u32> types_;
  std::string strings_ = std::string(1, '\0');
  u32 count_ = 0;
};

constexpr u32 u32_id = 1, u64_id = 2, sample_id = 3, double_id = 4, one_id = 5;

template <class T>
std::string verdict(u32 type_id, u32 bytes) {
  const btf::Btf types = Types().build();
  const auto checked = check_type(describe<T>(), &types, type_id, bytes);
  return checked ? "" : checked.error().message();
}

TEST(CheckType, AcceptsWhatLiesTheSameWay) {
  EXPECT_EQ(verdict<u32>(u32_id, 4), "");
  EXPECT_EQ(verdict<s32>(u32_id, 4), "");
  EXPECT_EQ(verdict<double>(double_id, 8), "");
  EXPECT_EQ(verdict<Sample>(sample_id, 16), "");
  EXPECT_EQ(verdict<u32>(one_id, 4), "") << "a struct of one field is as good as the field";
}

TEST(CheckType, TellsTheFirstDifference) {
  EXPECT_EQ(verdict<u32>(u64_id, 8), "the C++ type has 4 bytes, the kernel's value 8");
  EXPECT_EQ(verdict<double>(u64_id, 8), "the C++ type is a floating-point number, BTF says u64");
  EXPECT_EQ(verdict<u64>(double_id, 8), "the C++ type is an integer, BTF says double");
  EXPECT_EQ(verdict<Swapped>(sample_id, 16),
            "field 'flags': at offset 8 in the C++ type, at 12 in BTF's struct sample");
  EXPECT_EQ(verdict<Unknown>(sample_id, 16), "field 'other': BTF's struct sample has no such field");
  EXPECT_EQ(verdict<Wide>(sample_id, 16), "field 'last': 8 bytes in the C++ type, 4 in BTF's struct sample");
}

TEST(CheckType, WithoutBtfOnlySizesCount) {
  EXPECT_TRUE(check_type(describe<Swapped>(), nullptr, 3, 16));
  EXPECT_TRUE(check_type(describe<double>(), nullptr, 0, 8));
  EXPECT_FALSE(check_type(describe<double>(), nullptr, 0, 4));
}

TEST(CheckType, TypeIdsOfNothingAreNotFollowed) {
  EXPECT_EQ(verdict<u32>(4000, 4), "");
}

}  // namespace
}  // namespace skep

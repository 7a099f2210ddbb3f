// The comparison of include/skep/uapi with what kernels say of themselves: every size, offset and enumerator against the kernel's BTF. A kernel may know
// less than we do (a field past the end of its struct, an enumerator it lacks), but nothing else, and a kernel that is not newer than our headers
// may know nothing that we do not. The kernels are the running one and those in the cache
// of tools/vm, or the files in SKEP_UAPI_BTF (separated by ':').
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "btf/btf.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/attr.h"
#include "skep/uapi/info.h"
#include "skep/uapi/insn.h"
#include "uapi/layouts.h"

namespace skep {
namespace {

using btf::Btf;
using btf::Kind;
using btf::Type;

constexpr const char* running_kernel = "/sys/kernel/btf/vmlinux";

/// A member of a kernel type, anonymous structs and unions dissolved.
struct KernelField {
  u32 offset_bits = 0;
  u64 bits = 0;
  u32 type_id = 0;
  bool composite = false;
};
using KernelFields = std::map<std::string, KernelField, std::less<>>;

void collect(const Btf& btf, u32 id, u32 base_bits, int depth, KernelFields& fields) {
  const Type type = btf.type(btf.resolve(id));
  if (!type.is_composite() || depth == 0) {
    return;
  }
  for (u32 i = 0; i < type.vlen(); ++i) {
    const btf::Member member = type.member(i);
    if (member.name.empty()) {
      collect(btf, member.type_id, base_bits + member.offset_bits, depth - 1, fields);
      continue;
    }
    const auto bytes = btf.size_bytes(member.type_id);
    fields.emplace(member.name, KernelField{
                                    .offset_bits = base_bits + member.offset_bits,
                                    .bits = member.bitfield_bits != 0 ? member.bitfield_bits
                                            : bytes                   ? *bytes * 8
                                                                      : 0,
                                    .type_id = btf.resolve(member.type_id),
                                    .composite = btf.type(btf.resolve(member.type_id)).is_composite(),
                                });
  }
}

KernelFields fields_of(const Btf& btf, u32 id) {
  KernelFields fields;
  collect(btf, id, 0, 8, fields);
  return fields;
}

/// The anonymous member of `id` that has a field called `name`.
std::optional<u32> anonymous_with(const Btf& btf, u32 id, std::string_view name) {
  const Type type = btf.type(id);
  for (u32 i = 0; i < type.vlen(); ++i) {
    const btf::Member member = type.member(i);
    const u32 inner = btf.resolve(member.type_id);
    if (member.name.empty() && btf.type(inner).is_composite() && fields_of(btf, inner).contains(name)) {
      return inner;
    }
  }
  return std::nullopt;
}

/// The kernel's type for `layout`, or nothing when this kernel lacks it.
std::optional<u32> find_arm(const Btf& btf, const Layout& layout) {
  auto id = btf.find(layout.kernel_type, Kind::struct_);
  if (!id) {
    id = btf.find(layout.kernel_type, Kind::union_);
  }
  for (const std::string_view step : split(layout.arm, '.')) {
    if (!id) {
      break;
    }
    if (step.starts_with('~')) {
      id = anonymous_with(btf, *id, step.substr(1));
      continue;
    }
    const KernelFields fields = fields_of(btf, *id);
    const auto field = fields.find(step);
    id = field != fields.end() && field->second.composite ? std::optional(field->second.type_id)
                                                          : std::nullopt;
  }
  return id;
}

/// True when `ours`, which the kernel lacks, cannot be a later addition to `fields`: it must lie in free bytes, on exactly the bytes of a field that it is
/// another name of, or (an arm) begin where the fields begin that it shares the bytes with.
bool clashes(const KernelFields& fields, const Field& ours) {
  const u64 begin = u64{ours.offset} * 8;
  const u64 end = begin + u64{ours.bytes} * 8;
  bool overlaps = false;
  bool shares_begin = false;
  for (const auto& [name, theirs] : fields) {
    const u64 their_end = theirs.offset_bits + theirs.bits;
    const bool same = theirs.offset_bits == begin && their_end == end;
    overlaps = overlaps || (!same && theirs.offset_bits < end && begin < their_end);
    shares_begin = shares_begin || theirs.offset_bits == begin;
  }
  return overlaps && !(ours.is_arm && shares_begin);
}

class KernelBtf : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto bytes = FileBytes::open(GetParam());
    if (!bytes) {
      if (GetParam() == running_kernel) {
        GTEST_SKIP() << "this kernel shows no BTF: " << bytes.error().message();
      }
      FAIL() << bytes.error().message();
    }
    auto parsed = Btf::parse(ByteView(bytes->span(), std::endian::native));
    ASSERT_TRUE(parsed) << parsed.error().message();
    btf_.emplace(std::move(*parsed));
  }

  const Btf& btf() const { return *btf_; }

  /// The value of an enumerator in a named enum, if the kernel has both.
  std::optional<s64> value_in(std::string_view enum_name, std::string_view enumerator) const {
    const auto id = btf().find(enum_name, Kind::enum_);
    if (!id) {
      return std::nullopt;
    }
    const Type type = btf().type(*id);
    for (u32 i = 0; i < type.vlen(); ++i) {
      if (type.enumerator(i).name == enumerator) {
        return type.enumerator(i).value;
      }
    }
    return std::nullopt;
  }

  /// True for a kernel that our headers claim to know whole.
  bool is_known_kernel() const {
    const auto commands = value_in("bpf_cmd", "__MAX_BPF_CMD");  // absent before 6.9
    const auto hooks = value_in("bpf_attach_type", "__MAX_BPF_ATTACH_TYPE");
    return commands.value_or(0) <= static_cast<s64>(command_rows.size()) && hooks &&
           *hooks <= static_cast<s64>(attach_type_names.size());
  }

  /// Compares one of our structs; answers how many fields the kernel has as well.
  std::size_t compare(const Layout& layout) const {
    const auto id = find_arm(btf(), layout);
    if (!id) {
      return 0;
    }
    const std::string where = cat(layout.ours, " and the kernel's ", layout.kernel_type, " ", layout.arm);
    const KernelFields theirs = fields_of(btf(), *id);
    std::set<std::string_view> names;
    std::size_t shared = 0;
    bool all_known = true;
    for (const Field& field : layout.fields) {
      names.insert(field.name);
      const auto found = theirs.find(field.name);
      if (found == theirs.end()) {
        EXPECT_FALSE(clashes(theirs, field))
            << where << ": " << field.name << " lies across fields of other names";
        all_known = all_known && field.name == "reserved";
        continue;
      }
      ++shared;
      EXPECT_EQ(field.offset * 8, found->second.offset_bits) << where << ": offset of " << field.name;
      if (found->second.composite) {
        EXPECT_GE(field.bytes * 8, found->second.bits) << where << ": size of " << field.name;
        all_known = all_known && field.bytes * 8 == found->second.bits;
      } else {
        EXPECT_EQ(field.bytes * 8, found->second.bits) << where << ": size of " << field.name;
      }
    }
    const auto their_bytes = btf().size_bytes(*id);
    if (all_known) {
      EXPECT_EQ(layout.bytes, their_bytes.value_or(0)) << where << ": size";
    } else {
      EXPECT_GE(layout.bytes, their_bytes.value_or(0)) << where << ": size";
    }
    for (const auto& [name, field] : theirs) {
      EXPECT_TRUE(names.contains(name) || !is_known_kernel() || field.bits % 8 != 0)
          << where << ": we do not declare " << name << " at bit " << field.offset_bits;
    }
    return shared;
  }

 private:
  std::optional<Btf> btf_;
};

TEST_P(KernelBtf, EveryAttributeLiesWhereTheKernelReadsIt) {
  std::size_t shared = 0;
  for (const Layout& layout : attr_layouts()) {
    shared += compare(layout);
  }
  EXPECT_GE(shared, 100u) << "too few fields were found for this to mean anything";
  RecordProperty("fields", static_cast<int>(shared));
  const auto whole = btf().find("bpf_attr", Kind::union_);
  ASSERT_TRUE(whole);
  EXPECT_LE(btf().size_bytes(*whole).value_or(0), sizeof(bpf_attr));
}

TEST_P(KernelBtf, EveryInfoAndRecordFieldLiesWhereTheKernelWritesIt) {
  std::size_t shared = 0;
  for (const Layout& layout : info_layouts()) {
    shared += compare(layout);
  }
  EXPECT_GE(shared, 90u) << "too few fields were found for this to mean anything";
  RecordProperty("fields", static_cast<int>(shared));
}

TEST_P(KernelBtf, EveryArmOfAKnownKernelsAttributesIsDeclared) {
  if (!is_known_kernel()) {
    GTEST_SKIP() << "this kernel is newer than the headers";
  }
  const auto whole = btf().find("bpf_attr", Kind::union_);
  ASSERT_TRUE(whole);
  std::set<u32> ours;
  for (const Layout& layout : attr_layouts()) {
    if (const auto arm = find_arm(btf(), layout); arm && layout.kernel_type == "bpf_attr") {
      ours.insert(*arm);
    }
  }
  const Type type = btf().type(*whole);
  for (u32 i = 0; i < type.vlen(); ++i) {
    EXPECT_TRUE(ours.contains(btf().resolve(type.member(i).type_id)))
        << "arm " << i << " '" << type.member(i).name << "'";
  }
}

/// Where the first set bit of `value` lies, as BTF counts them.
template <class T>
u32 first_bit(const T& value) {
  const auto bytes = bytes_of(value);
  for (u32 i = 0; i < bytes.size() * 8; ++i) {
    const u32 in_byte = std::endian::native == std::endian::little ? i % 8 : 7 - i % 8;
    if ((std::to_integer<u32>(bytes[i / 8]) >> in_byte & 1) != 0) {
      return i;
    }
  }
  return ~u32{0};
}

TEST_P(KernelBtf, BitFieldsAreTheKernelsBits) {
  struct Row {
    std::string_view type;
    std::string_view field;
    u32 first_bit;
    u64 bits;
  };
  bpf_insn dst{};
  dst.dst_reg = 15;
  bpf_insn src{};
  src.src_reg = 15;
  bpf_prog_info gpl{};
  gpl.gpl_compatible = 1;
  for (const Row& row :
       {Row{"bpf_insn", "dst_reg", first_bit(dst), 4}, Row{"bpf_insn", "src_reg", first_bit(src), 4},
        Row{"bpf_prog_info", "gpl_compatible", first_bit(gpl), 1}}) {
    const auto id = btf().find(row.type, Kind::struct_);
    ASSERT_TRUE(id);
    const KernelFields fields = fields_of(btf(), *id);
    const auto field = fields.find(row.field);
    ASSERT_NE(field, fields.end()) << row.field;
    EXPECT_EQ(field->second.bits, row.bits) << row.field;
    if (btf().original_order() == std::endian::native) {
      EXPECT_EQ(field->second.offset_bits, row.first_bit) << row.field;
    }
  }
}

TEST_P(KernelBtf, EveryEnumeratorHasTheKernelsValue) {
  std::map<std::string, std::set<s64>, std::less<>> anywhere;
  for (u32 id = 1; id < btf().type_count(); ++id) {
    const Type type = btf().type(id);
    for (u32 i = 0; type.is_enum() && i < type.vlen(); ++i) {
      anywhere[std::string(type.enumerator(i).name)].insert(type.enumerator(i).value);
    }
  }
  std::size_t shared = 0;
  for (const EnumeratorRow& row : enumerator_rows()) {
    if (!row.kernel_enum.empty()) {
      if (const auto theirs = value_in(row.kernel_enum, row.name)) {
        EXPECT_EQ(row.value, *theirs) << row.name;
        ++shared;
      } else {
        EXPECT_FALSE(btf().find(row.kernel_enum, Kind::enum_) && anywhere.contains(row.name))
            << row.name << " is in another enum";
      }
      continue;
    }
    if (const auto found = anywhere.find(row.name); found != anywhere.end()) {
      // A mask of 32 ones is -1 to a kernel whose enum is signed and 32 bits wide.
      EXPECT_TRUE(found->second.contains(row.value) || found->second.contains(static_cast<s32>(row.value)))
          << row.name << ": the kernel has " << *found->second.begin() << ", we have " << row.value;
      ++shared;
    }
  }
  EXPECT_GE(shared, 300u) << "too few enumerators were found for this to mean anything";
  RecordProperty("enumerators", static_cast<int>(shared));
}

TEST_P(KernelBtf, NoEnumeratorOfAKnownKernelIsMissing) {
  if (!is_known_kernel()) {
    GTEST_SKIP() << "this kernel is newer than the headers";
  }
  std::map<std::string_view, std::set<std::string, std::less<>>> ours;
  for (const EnumeratorRow& row : enumerator_rows()) {
    ours[row.kernel_enum].insert(row.name);
  }
  ours.erase("");
  for (const auto& [name, enumerators] : ours) {
    const auto id = btf().find(name, Kind::enum_);
    for (u32 i = 0; id && i < btf().type(*id).vlen(); ++i) {
      const std::string_view theirs = btf().type(*id).enumerator(i).name;
      EXPECT_TRUE(theirs.starts_with("__") || theirs.starts_with("MAX_") || enumerators.contains(theirs))
          << name << ": " << theirs;
    }
  }
}

/// The running kernel's BTF and that of each guest kernel in the cache of tools/vm, or what SKEP_UAPI_BTF lists.
std::vector<std::string> btf_files() {
  if (const char* files = std::getenv("SKEP_UAPI_BTF")) {
    const auto paths = split(files, ':');
    return {paths.begin(), paths.end()};
  }
  std::vector<std::string> paths{running_kernel};
  const char* cache = std::getenv("SKEP_CACHE");
  const char* home = std::getenv("HOME");
  const std::filesystem::path kernels =
      std::filesystem::path(cache != nullptr ? cache : cat(home != nullptr ? home : "", "/.cache/skep")) /
      "kernels";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(kernels, ignored)) {
    if (std::filesystem::exists(entry.path() / "vmlinux.btf", ignored)) {
      paths.push_back((entry.path() / "vmlinux.btf").string());
    }
  }
  std::sort(paths.begin() + 1, paths.end());
  return paths;
}

/// "7_3" for ".../kernels/7.3/vmlinux.btf", "host" for the running kernel's.
std::string case_name(const testing::TestParamInfo<std::string>& one) {
  if (one.param == running_kernel) {
    return "host";
  }
  const std::filesystem::path path = one.param;
  std::string name =
      path.filename() == "vmlinux.btf" ? path.parent_path().filename().string() : path.filename().string();
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Uapi, KernelBtf, testing::ValuesIn(btf_files()), case_name);

}  // namespace
}  // namespace skep

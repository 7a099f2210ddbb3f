// Calls told in words.
#include "kernel/narrate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "kernel/map.h"
#include "kernel/prog.h"
#include "skep/uapi/flags.h"

namespace skep::kernel {
namespace {

/// "name=value name=value ..."
std::string in_words(const std::vector<NarratedField>& fields) {
  std::string all;
  for (const NarratedField& field : fields) {
    all += cat(all.empty() ? "" : " ", field.name, "=", field.value);
  }
  return all;
}

template <class Arm>
std::string told(bpf_cmd cmd, const Arm& attr, Pointees pointees = Pointees::alive) {
  return in_words(narrate(cmd, std::as_bytes(std::span(&attr, 1)), pointees));
}

TEST(Narrate, TellsEveryFieldThatIsNotZero) {
  const auto attr = map_create_attr({.type = BPF_MAP_TYPE_ARRAY,
                                     .key_bytes = 4,
                                     .value_bytes = 1,
                                     .max_entries = 3,
                                     .flags = BPF_F_MMAPABLE | BPF_F_RDONLY_PROG,
                                     .name = ".rodata",
                                     .btf_fd = 5,
                                     .btf_value_type_id = 7,
                                     .map_extra = 16});
  EXPECT_EQ(
      told(BPF_MAP_CREATE, attr),
      "map_type=2 (array) key_size=4 bytes value_size=1 byte max_entries=3 "
      "map_flags=BPF_F_RDONLY_PROG|BPF_F_MMAPABLE map_name=\".rodata\" btf_fd=fd 5 btf_value_type_id=id 7 "
      "map_extra=0x10");
}

TEST(Narrate, FollowsStringsOnlyWhileTheyLive) {
  auto attr = zeroed<bpf_attr_prog_load>();
  attr.license = address_of("GP\"L");
  EXPECT_EQ(told(BPF_PROG_LOAD, attr), "license=\"GP\\x22L\"");
  attr.license = 0x1000;
  EXPECT_EQ(told(BPF_PROG_LOAD, attr, Pointees::gone), "license=0x1000");
}

TEST(Narrate, TheSameBytesMeanWhatTheCommandSays) {
  auto attr = zeroed<bpf_attr_map_elem>();
  attr.map_fd = 3;
  attr.value = 0x2000;
  EXPECT_EQ(told(BPF_MAP_UPDATE_ELEM, attr), "map_fd=fd 3 value=0x2000");
  EXPECT_EQ(told(BPF_MAP_GET_NEXT_KEY, attr), "map_fd=fd 3 next_key=0x2000");
  EXPECT_EQ(told(BPF_MAP_FREEZE, attr), "map_fd=fd 3");
}

TEST(Narrate, TheAttachTypeChoosesTheInnerArm) {
  auto attr = zeroed<bpf_attr_link_create>();
  attr.prog_fd = 4;
  attr.target_fd = 2;
  attr.attach_type = BPF_TCX_EGRESS;
  attr.tcx.relative_fd = 9;
  EXPECT_EQ(told(BPF_LINK_CREATE, attr),
            "prog_fd=fd 4 target_ifindex=2 attach_type=47 (tcx_egress) tcx.relative_fd=9");
  attr.attach_type = BPF_NETFILTER;
  attr.target_fd = 0;
  attr.netfilter = {.pf = 2, .hooknum = 0, .priority = -100, .flags = 1};
  EXPECT_EQ(told(BPF_LINK_CREATE, attr),
            "prog_fd=fd 4 attach_type=45 (netfilter) netfilter.pf=2 netfilter.priority=-100 "
            "netfilter.flags=BPF_F_NETFILTER_IP_DEFRAG");
  attr.attach_type = BPF_STRUCT_OPS;
  EXPECT_TRUE(told(BPF_LINK_CREATE, attr).starts_with("map_fd=fd 4 ")) << told(BPF_LINK_CREATE, attr);
}

TEST(Narrate, FieldsPastTheEndAreZero) {
  auto attr = zeroed<bpf_attr_prog_load>();
  attr.prog_type = BPF_PROG_TYPE_XDP;
  attr.keyring_id = -4;
  const auto whole = std::as_bytes(std::span(&attr, 1));
  EXPECT_EQ(in_words(narrate(BPF_PROG_LOAD, whole, Pointees::gone)), "prog_type=6 (xdp) keyring_id=-4");
  for (std::size_t kept = 0; kept < whole.size(); ++kept) {
    const auto some = narrate(BPF_PROG_LOAD, whole.first(kept), Pointees::gone);
    EXPECT_LE(some.size(), 2U);
  }
  EXPECT_EQ(in_words(narrate(BPF_PROG_LOAD, whole.first(48), Pointees::gone)), "prog_type=6 (xdp)");
}

TEST(Narrate, ResultsAreWhatTheKernelChanged) {
  auto before = zeroed<bpf_attr_prog_load>();
  before.prog_type = BPF_PROG_TYPE_XDP;
  auto after = before;
  after.log_true_size = 300;
  EXPECT_EQ(in_words(narrate_results(BPF_PROG_LOAD, std::as_bytes(std::span(&before, 1)),
                                     std::as_bytes(std::span(&after, 1)))),
            "log_true_size=300 bytes");
}

TEST(Narrate, CommonAttributesHaveTheirOwnTable) {
  auto common = zeroed<bpf_common_attr>();
  common.log_level = 2;
  common.log_size = 64;
  EXPECT_EQ(in_words(narrate_common(std::as_bytes(std::span(&common, 1)))),
            "log_size=64 bytes log_level=0x2");
}

TEST(Narrate, AnUnknownCommandHasNoFields) {
  const std::array<std::byte, 8> bytes{std::byte{1}};
  EXPECT_TRUE(narrate(static_cast<bpf_cmd>(99), bytes, Pointees::gone).empty());
}

TEST(Fields, EveryCommandHasSomeAndEveryNameTableExists) {
  for (const CommandRow& command : command_rows) {
    const auto fields = fields_of(command.cmd);
    ASSERT_FALSE(fields.empty()) << command.name;
    for (const Field& field : fields) {
      EXPECT_LE(field.offset + field.bytes, sizeof(bpf_attr)) << command.name << " " << field.name;
      EXPECT_FALSE(field.meaning.empty()) << field.name;
      if (field.format == FieldFormat::flags) {
        const auto found = std::ranges::find(flag_groups, field.table, &FlagGroup::name);
        EXPECT_NE(found, flag_groups.end()) << field.table;
      }
      if (field.format == FieldFormat::enumeration) {
        // Number 1 has a name in every table but that of statistics, which has 0 alone.
        std::vector<std::byte> attr(sizeof(bpf_attr));
        attr[field.offset] = std::byte{field.table == "stats_type" ? u8{0} : u8{1}};
        EXPECT_NE(value_text(field, attr, Pointees::gone).find('('), std::string::npos) << field.table;
      }
    }
  }
}

}  // namespace
}  // namespace skep::kernel

// Records and types that are not in order: an error or an answer, in bounded time, never a crash.
#include "co_re/builder.h"

namespace skep::co_re::test {
namespace {

using ::testing::HasSubstr;

constexpr u32 kinds_to_try = BPF_CORE_TYPE_MATCHES + 2;

TEST(Hostile, BadAccessStringsAreNamed) {
  struct Row {
    std::string_view access;
    u32 kind;
    std::string_view text;
  };
  std::string many = "0";
  for (int i = 0; i < 80; ++i) {
    many += ":0";
  }
  const std::vector<Row> rows = {
      {"", BPF_CORE_FIELD_EXISTS, "want numbers below 2^31"},
      {":", BPF_CORE_FIELD_EXISTS, "want numbers below 2^31"},
      {"0:", BPF_CORE_FIELD_EXISTS, "want numbers below 2^31"},
      {"0::1", BPF_CORE_FIELD_EXISTS, "want numbers below 2^31"},
      {"-1:0", BPF_CORE_FIELD_EXISTS, "want numbers below 2^31"},
      {" 0:0", BPF_CORE_FIELD_EXISTS, "want numbers below 2^31"},
      {"0:4294967296", BPF_CORE_FIELD_EXISTS, "want numbers below 2^31"},
      {"0:2147483648", BPF_CORE_FIELD_EXISTS, "want numbers below 2^31"},
      {"0x1", BPF_CORE_FIELD_EXISTS, "want numbers below 2^31"},
      {"0:1", BPF_CORE_FIELD_EXISTS, "want number 1 of struct s, which has 1"},
      {"0:0:0", BPF_CORE_FIELD_EXISTS, "want a struct, union or array to take number 0 of"},
      {"0:0", BPF_CORE_TYPE_EXISTS, "want \"0\" for a whole type"},
      {"1", BPF_CORE_TYPE_SIZE, "want \"0\" for a whole type"},
      {"0", BPF_CORE_ENUMVAL_VALUE, "want one number and an enum"},
      {"0", 13, "a CO-RE relocation of kind 13, which this skep does not know"},
      {many, BPF_CORE_FIELD_EXISTS, "want at most 64 numbers"},
  };
  for (const Row& row : rows) {
    World world;
    const u32 own = world.local.structure("s", 4, {{"f", world.local.u32_type(), 0}});
    world.kernel.u32_type();
    EXPECT_THAT(world.refusal(world.record(row.kind, own, row.access)), HasSubstr(row.text)) << row.access;
  }
}

TEST(Hostile, RecordsThatPointOutsideOfTheirObject) {
  World world;
  world.local.u32_type();
  world.kernel.u32_type();
  CoreRelocation far = world.record(BPF_CORE_TYPE_EXISTS, 77);
  CoreRelocation text = world.record(BPF_CORE_TYPE_EXISTS, 1);
  text.access_string_offset = 100000;
  world.engine().announce(std::vector{far, text});
  EXPECT_THAT(world.refusal(far), HasSubstr("about type 77, but there are only 2"));
  EXPECT_THAT(world.refusal(text), HasSubstr("an access string at offset 100000"));
  EXPECT_EQ(tell(world.engine(), far).outcome, CoreOutcome::error);
}

TEST(Hostile, AnElementOutsideOfAllMemory) {
  World world;
  const u32 own = world.local.structure("s", 0xffffffff, {{"f", world.local.u32_type(), 0}});
  world.kernel.u32_type();
  EXPECT_THAT(world.refusal(world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "2147483647:0")),
              HasSubstr("outside of all memory"));
}

/// Structs that hold one another in a ring, arrays of themselves, pointers to themselves.
TEST(Hostile, TypesThatContainThemselvesEnd) {
  for (u32 kind = 0; kind < kinds_to_try; ++kind) {
    World world;
    for (Side* side : {&world.local, &world.kernel}) {
      const u32 first = side->u32_type();              // 1
      side->structure("s", 8, {{{}, first + 1, 0}});   // 2: holds itself without a name
      side->alias("t", first + 2);                     // 3: is itself
      side->edit.add_array(first + 3, first, 2);       // 4: of itself
      side->alias("u", first + 3);                     // 5: that array
      side->pointer(first + 5);                        // 6: to itself
      side->alias("v", first + 5);                     // 7: that pointer
      side->structure("w", 8, {{"m", first + 7, 0}});  // 8: holds itself with a name
    }
    std::vector<CoreRelocation> records;
    for (u32 type = 0; type <= 8; ++type) {
      for (const std::string_view access : {"0", "0:0", "0:0:0:0:0", "1:1"}) {
        records.push_back(world.record(kind, type, access));
      }
    }
    world.engine().announce(records);
    for (const CoreRelocation& record : records) {
      static_cast<void>(world.engine().resolve(record));
      EXPECT_FALSE(headline(tell(world.engine(), record)).empty());
    }
  }
}

/// Each struct holds the next four times, without names: 4^24 ways to a member that is not there.
TEST(Hostile, NestingThatWouldTakeForeverIsRefused) {
  World world;
  const u32 own = world.local.structure("s", 4, {{"missing", world.local.u32_type(), 0}});
  u32 inner = world.kernel.structure({}, 4, {{"leaf", world.kernel.u32_type(), 0}});
  for (int i = 0; i < 24; ++i) {
    const bool is_last = i == 23;
    inner = world.kernel.structure(is_last ? "s" : "", 4,
                                   {{{}, inner, 0}, {{}, inner, 0}, {{}, inner, 0}, {{}, inner, 0}});
  }
  const auto record = world.record(BPF_CORE_FIELD_EXISTS, own, "0:0");
  EXPECT_THAT(world.refusal(record), HasSubstr("cannot be compared in reasonable time"));
}

TEST(Hostile, StrictComparisonIsBoundedToo) {
  World world;
  for (Side* side : {&world.local, &world.kernel}) {
    u32 inner =
        side->structure({}, 4, {{"leaf", side == &world.local ? side->u32_type() : side->u64_type(), 0}});
    for (int i = 0; i < 24; ++i) {
      inner = side->structure(i == 23 ? "s" : "", 4,
                              {{{}, inner, 0}, {{}, inner, 0}, {{}, inner, 0}, {{}, inner, 0}});
    }
  }
  const u32 own = 26;
  const auto record = world.record(BPF_CORE_TYPE_MATCHES, own);
  EXPECT_THAT(world.refusal(record), HasSubstr("cannot be compared in reasonable time"));
  EXPECT_EQ(tell(world.engine(), record).outcome, CoreOutcome::error);
}

/// Members are looked for nearby in structs that no relocation has a look at: 300^5 of them.
TEST(Hostile, NamesNearbyAreSoughtInBoundedTime) {
  World world;
  const u32 own = world.local.structure("s", 4, {{"missing", world.local.u32_type(), 0}});
  u32 inner = world.kernel.structure({}, 4, {});
  for (int i = 0; i < 5; ++i) {
    const std::vector<btf::NewMember> members(300, {.name = {}, .type_id = inner});
    inner = world.kernel.edit.add_composite(btf::Kind::struct_, {}, 4, members);
  }
  world.kernel.structure("s", 4, {{"other", inner, 0}});
  const CoreRelocation record = world.record(BPF_CORE_FIELD_EXISTS, own, "0:0");
  const Story story = tell(world.engine(), record);
  EXPECT_EQ(story.outcome, CoreOutcome::absent);
  EXPECT_EQ(story.reason, "no member `missing`");
}

TEST(Hostile, LongNamesCostTheirLength) {
  const std::string name(4096, 'x');
  Budget enough(200);
  EXPECT_TRUE(enough.spend(100, "x"));
  EXPECT_TRUE(enough.spend(1, name));
  Budget scarce(200);
  EXPECT_FALSE(scarce.spend(100, name));
}

/// One world with a bit of everything, as bytes.
struct Sample {
  std::vector<std::byte> local, kernel;
  std::vector<CoreRelocation> records;
};

Sample sample() {
  Sample made;
  World world;
  std::vector<u32> ids;
  for (Side* side : {&world.local, &world.kernel}) {
    const u32 colours = side->enumeration("colour", {{"RED", 1}, {"GREEN", -2}});
    const u32 wide = side->wide_enumeration("wide", {{"A", s64{1} << 33, false}});
    const u32 inner = side->either({}, 8, {{"x", side->u64_type(), 0}, {"y", side->pointer(colours), 0}});
    const u32 task = side->structure("task", 40,
                                     {{{}, inner, 0},
                                      {"list", side->array(side->int_type(), 3), 64},
                                      {"bits", side->u32_type(), 161, 5},
                                      {"call", side->pointer(side->prototype(wide, {{"a", colours}})), 192},
                                      {"tail", side->array(side->char_type(), 0), 256}});
    ids = {colours, wide, inner, task, side->alias("word", side->constant(side->u64_type()))};
  }
  for (u32 kind = 0; kind < kinds_to_try; ++kind) {
    for (const u32 id : ids) {
      for (const std::string_view access : {"0", "1", "0:0:1", "0:1:2", "0:2", "0:4:9"}) {
        made.records.push_back(world.record(kind, id, access));
      }
    }
  }
  const auto copy = [](const btf::Btf& types) {
    return std::vector<std::byte>(types.bytes().begin(), types.bytes().end());
  };
  made.local = copy(world.local.build());
  made.kernel = copy(world.kernel.build());
  return made;
}

/// Everything that can be asked of these two. Returns how much was answered.
std::size_t ask(const std::vector<std::byte>& local, const std::vector<std::byte>& kernel,
                const std::vector<CoreRelocation>& records) {
  const auto own = btf::Btf::parse(ByteView(local, std::endian::native));
  auto there = btf::Btf::parse(ByteView(kernel, std::endian::native));
  if (!own || !there) {
    return 0;
  }
  FixedTargets targets({.name = "kernel", .types = std::make_shared<const btf::Btf>(*std::move(there))});
  Relocator relocator(*own, targets);
  relocator.announce(records);
  std::size_t answered = 0;
  for (const CoreRelocation& record : records) {
    const auto made = relocator.resolve(record);
    std::array code = {insn::mov64_imm(1, 0), insn::exit_insn()};
    answered += made && patch(code, 0, **made) ? 1 : 0;
  }
  for (std::size_t i = 0; i < records.size(); i += 37) {
    answered += full_text(tell(relocator, records[i]), " ").size();
  }
  return answered;
}

TEST(Hostile, EveryChangedByteOfEitherSideGivesAnswersOrErrors) {
  const Sample made = sample();
  EXPECT_GT(ask(made.local, made.kernel, made.records), 100u);
  std::size_t total = 0;
  for (const bool is_local : {true, false}) {
    const std::vector<std::byte>& whole = is_local ? made.local : made.kernel;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const std::byte flip : {std::byte{0x01}, std::byte{0x80}, std::byte{0xff}}) {
        std::vector<std::byte> changed = whole;
        changed[at] ^= flip;
        total += is_local ? ask(changed, made.kernel, made.records) : ask(made.local, changed, made.records);
      }
    }
  }
  EXPECT_GT(total, 0u);
}

TEST(Hostile, EveryTruncationOfEitherSideGivesAnswersOrErrors) {
  const Sample made = sample();
  for (std::size_t kept = 0; kept < made.kernel.size(); ++kept) {
    ask(made.local, {made.kernel.begin(), made.kernel.begin() + static_cast<std::ptrdiff_t>(kept)},
        made.records);
  }
  for (std::size_t kept = 0; kept < made.local.size(); ++kept) {
    ask({made.local.begin(), made.local.begin() + static_cast<std::ptrdiff_t>(kept)}, made.kernel,
        made.records);
  }
}

}  // namespace
}  // namespace skep::co_re::test

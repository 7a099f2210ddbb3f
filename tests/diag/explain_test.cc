#include "diag/explain.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "diag/catalogue.h"

namespace skep::diag {
namespace {

using ::testing::HasSubstr;

std::string read_log(std::string_view name) {
  auto text = read_text(cat(SKEP_SOURCE_DIR, "/tests/diag/logs/", name, ".log"));
  EXPECT_TRUE(text) << text.error().message();
  return text ? *std::move(text) : std::string();
}

Explanation explain_log(std::string_view name, int sys_errno) {
  const LoadedProgram program{.program = name, .section = "xdp"};
  return explain(program, sys_errno, {.text = read_log(name)});
}

/// What a real log must be read as.
struct Case {
  std::string_view log;
  std::string_view id;
  int insn;     ///< the failing one; -1: none
  u32 line;     ///< of bad.bpf.c; 0: the log does not say
  int related;  ///< where the value came from; -1: not told
  std::string_view words;
};

// clang-format off
constexpr auto cases = std::to_array<Case>({
    {"arith_null",          "SKEP-V0034",  7, 125,  6, "R0 pointer arithmetic on map_value_or_null prohibited"},
    {"bad_return",          "SKEP-V0039",  1, 116,  0, "should have been in [0, 1]"},
    {"big_stack",           "SKEP-V0014",  1,  69, -1, "invalid write to stack R10 off=-520 size=8"},
    {"clobbered",           "SKEP-V0004",  1,  65,  0, "R3 !read_ok"},
    {"ctx_modified",        "SKEP-V0031",  3,  81,  2, "dereference of modified ctx ptr R1 off=4"},
    {"ctx_offset",          "SKEP-V0030",  0,  80, -1, "invalid bpf_context access off=192 size=4"},
    {"failed_core",         "SKEP-V0026",  0,  79, -1, "invalid func unknown#195896080"},
    {"fp_write",            "SKEP-V0040",  0, 129, -1, "frame pointer is read only"},
    {"global_null",         "SKEP-V0005",  2, 133, -1, "Caller passes invalid args into func#1"},
    {"gpl_only",            "SKEP-V0029",  4,   4, -1, "non-GPL compatible"},
    {"helper_not_allowed",  "SKEP-V0025",  2,  77, -1, "cannot use helper bpf_redirect#23"},
    {"helper_size",         "SKEP-V0007",  8, 102,  3, "R4 min value is negative"},
    {"helper_size_unbounded", "SKEP-V0009", 4, 114, 0, "R4 invalid zero-sized read"},
    {"helper_size_zero",    "SKEP-V0009", 10, 110, -2, "R4 invalid zero-sized read: u64=[0,16]"},
    {"in_subprog",          "SKEP-V0006", 12, 134,  6, "invalid access to map value, value_size=16 off=16 size=8"},
    {"infinite",            "SKEP-V0022",  1,   0, -1, "unreachable insn 1"},
    {"infinite_cond",       "SKEP-V0020",  1, 120, -1, "infinite loop detected at insn 1"},
    {"leak_ref",            "SKEP-V0033", 17,  87,  6, "Unreleased reference id=2 alloc_insn=6"},
    {"map_ptr_cmp",         "SKEP-V0036",  1, 140, -1, "R2 bitwise operator |= on pointer prohibited"},
    {"max_outside",         "SKEP-V0006", 12,  46, 11, "R0 max value is outside of the allowed memory range"},
    {"misaligned",          "SKEP-V0017",  1, 139, -1, "misaligned stack access"},
    {"negative_index",      "SKEP-V0037", 13,  38, -1, "makes map_value pointer be out of bounds"},
    {"null_deref",          "SKEP-V0001",  7,  16,  6, "R0 invalid mem access 'map_value_or_null'"},
    {"packet_unchecked",    "SKEP-V0012",  1,  51,  0, "R1 offset is outside of the packet"},
    {"past_value",          "SKEP-V0006",  8,  23,  6, "R0 min value is outside of the allowed memory range"},
    {"scalar_deref",        "SKEP-V0002",  1,  55,  0, "R0 invalid mem access 'scalar'"},
    {"stack_index",         "SKEP-V0013",  7,  75,  6, "invalid unbounded variable-offset read from stack R2"},
    {"stale_packet",        "SKEP-V0002",  8,  61,  2, "R6 invalid mem access 'scalar'"},
    {"too_big",             "SKEP-V0018",  7,   0, -1, "BPF program is too large. Processed 1000001 insn"},
    {"unbounded",           "SKEP-V0011", -2,   0, -2, "R0 unbounded memory access"},
    {"uninit_return",       "SKEP-V0003",  0,   0, -1, "R0 !read_ok"},
    {"unknown_helper",      "SKEP-V0028", -2,   0, -2, "invalid func unknown#99999"},
    {"unreachable",         "SKEP-V0022",  1,   0, -1, "unreachable insn 1"},
    {"use_after_submit",    "SKEP-V0002", -2,   0, -2, "invalid mem access 'scalar'"},
    {"write_rodata",        "SKEP-V0005", -2, 118, -2, "write into map forbidden"},
    {"wrong_arg",           "SKEP-V0045", -2,  82, -2, "R2 type=scalar expected="},
});
// clang-format on

TEST(Explain, ReadsRealLogs) {
  for (const Case& want : cases) {
    SCOPED_TRACE(want.log);
    const Explanation had = explain_log(want.log, EACCES);
    EXPECT_EQ(had.id, want.id);
    EXPECT_THAT(join(had.words, "\n"), HasSubstr(want.words));
    if (want.insn >= 0) {
      ASSERT_TRUE(had.place);
      EXPECT_EQ(had.place->insn, static_cast<u32>(want.insn));
    } else if (want.insn == -1) {
      EXPECT_FALSE(had.place);
    }
    if (want.line != 0) {
      EXPECT_EQ(had.place->line, want.line);
      EXPECT_EQ(had.place->file, "bad.bpf.c");
      EXPECT_FALSE(had.place->source.empty());
    }
    if (want.related >= 0) {
      ASSERT_EQ(had.related.size(), 1U);
      EXPECT_EQ(had.related[0].place.insn, static_cast<u32>(want.related));
    } else if (want.related == -1) {
      EXPECT_TRUE(had.related.empty());
    }
  }
}

TEST(Explain, LastWordsHoldNoStatesAndNoStatistics) {
  for (const Case& want : cases) {
    for (const std::string& line : explain_log(want.log, EACCES).words) {
      EXPECT_EQ(line.find("processed "), std::string::npos) << want.log << ": " << line;
      EXPECT_EQ(line.find("state: "), std::string::npos) << want.log << ": " << line;
      EXPECT_FALSE(line.starts_with("; ")) << want.log << ": " << line;
    }
  }
}

/// Line information for a program of two functions, as the loader hands it over.
struct Lined {
  std::string strings = std::string("\0prog.c\0  return v->hits;\0", 26);
  std::vector<bpf_line_info> lines = {
      {.insn_off = 0, .file_name_off = 1, .line_off = 8, .line_col = bpf_line_col(3, 1)},
      {.insn_off = 6, .file_name_off = 1, .line_off = 8, .line_col = bpf_line_col(16, 11)}};
  std::vector<LoadedFunction> functions = {
      {.first_insn = 0, .name = "count", .section = "xdp", .section_offset = 64},
      {.first_insn = 9, .name = "helper", .section = ".text", .section_offset = 0}};
  std::vector<InsnNote> notes = {{.insn = 7, .text = "variable 'magic' (.data+0)"}};
  LoadedProgram program() const {
    return {.program = "count",
            .section = "xdp",
            .functions = functions,
            .line_info = lines,
            .btf_strings = strings,
            .notes = notes};
  }
};

TEST(Explain, PlacesByLineInformationNotByTheLogsComments) {
  const Lined lined;
  const Explanation had = explain(lined.program(), EACCES, {.text = read_log("null_deref")});
  ASSERT_TRUE(had.place);
  EXPECT_EQ(had.place->file, "prog.c");
  EXPECT_EQ(had.place->line, 16U);
  EXPECT_EQ(had.place->column, 11U);
  EXPECT_EQ(had.place->source, "return v->hits;");
  EXPECT_EQ(had.place->function, "count");
  EXPECT_EQ(had.place->section_offset, 64U + 7 * 8);
  EXPECT_EQ(had.place->note, "variable 'magic' (.data+0)");
}

TEST(Explain, PlacesSubprogramsInTheirOwnSection) {
  const Lined lined;
  const Place place = find_place(lined.program(), 11);
  EXPECT_EQ(place.function, "helper");
  EXPECT_EQ(place.section, ".text");
  EXPECT_EQ(place.section_offset, 16U);
}

TEST(Explain, PrintsTheInstructionThatTheLogDoesNotShow) {
  const std::vector<bpf_insn> insns = {
      {.code = BPF_JMP | BPF_JA, .dst_reg = 0, .src_reg = 0, .off = -1, .imm = 0},
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 1}};
  const Explanation had = explain({.program = "p", .insns = insns}, EINVAL, {.text = read_log("infinite")});
  ASSERT_TRUE(had.place);
  EXPECT_EQ(had.place->insn_text, "r0 = 1");
}

TEST(Explain, BadStringOffsetsGiveNoText) {
  Lined lined;
  lined.lines[1].file_name_off = 4000;
  lined.lines[1].line_off = 0xffffffff;
  const Place place = find_place(lined.program(), 7);
  EXPECT_TRUE(place.file.empty());
  EXPECT_TRUE(place.source.empty());
}

TEST(Summary, TellsPlaceSourceInstructionWordsAndTheWayOut) {
  const Lined lined;
  const std::string text = summary(explain(lined.program(), EACCES, {.text = read_log("null_deref")}));
  EXPECT_THAT(
      text,
      HasSubstr("program 'count' (xdp), prog.c:16:11: R0 invalid mem access 'map_value_or_null' (EACCES)\n"));
  EXPECT_THAT(text, HasSubstr("16 | return v->hits;"));
  EXPECT_THAT(text, HasSubstr("instruction 7 (xdp+0x78, in count): r1 = *(u64 *)(r0 +0)"));
  EXPECT_THAT(text, HasSubstr("R0 got its value here, at prog.c:16:11:"));
  EXPECT_THAT(text, HasSubstr("call bpf_map_lookup_elem#1"));
  EXPECT_THAT(text, HasSubstr("[SKEP-V0001]"));
  EXPECT_THAT(text, HasSubstr("way out: Test it before use"));
}

TEST(Explain, WithoutALogTheErrnoSpeaks) {
  const Explanation had = explain({.program = "p", .section = "xdp"}, EPERM, {});
  EXPECT_FALSE(had.place);
  EXPECT_TRUE(had.words.empty());
  EXPECT_THAT(summary(had), HasSubstr("EPERM"));
  EXPECT_THAT(summary(had), HasSubstr("CAP_BPF"));
}

TEST(Explain, ATruncatedLogIsToldAndItsEnoSpcIsNotTheCause) {
  const Explanation had = explain({.program = "p"}, E2BIG, {.text = read_log("too_big"), .truncated = true});
  EXPECT_EQ(had.id, "SKEP-V0018");
  EXPECT_THAT(summary(had), HasSubstr("E2BIG"));
  EXPECT_THAT(summary(had), HasSubstr("the log was cut"));
  EXPECT_THAT(explain({.program = "p"}, ENOSPC, {}).errno_text, HasSubstr("the cause is another"));
}

TEST(Explain, ReadsTheOlderFormats) {
  const Explanation had =
      explain({.program = "p"}, EACCES,
              {.text = "0: R1=ctx(id=0,off=0,imm=0) R10=fp0\n; return *p; \n0: (b7) r0 = 0\n"
                       "1: R0_w=inv0 R1=ctx(id=0,off=0,imm=0) R10=fp0\n1: (79) r1 = *(u64 *)(r0 +0)\n"
                       "R0 invalid mem access 'inv'\nprocessed 2 insns (limit 1000000)\n"});
  EXPECT_EQ(had.id, "SKEP-V0002");
  ASSERT_TRUE(had.place);
  EXPECT_EQ(had.place->insn, 1U);
  EXPECT_EQ(had.place->source, "return *p;");
  EXPECT_EQ(had.words.size(), 1U);
}

TEST(Explain, TakesTheKernelsOwnReportByItsHeadings) {
  const Explanation had =
      explain({.program = "p"}, EACCES,
              {.text = "0: (b7) r0 = 0\n1: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'scalar'\n\n"
                       "Verification failed: Memory Safety: invalid dereference\n\nReason:\n  R0 is a "
                       "number,\n  not a pointer.\n\n"
                       "At:\n  f @ a.c:1:2\n    >>> 1 | return *p;\n\nCausal path:\n  x\n\nSuggestion:\n  "
                       "Use a pointer.\n\n"
                       "processed 2 insns (limit 1000000)\n"});
  ASSERT_TRUE(had.kernel_report);
  EXPECT_EQ(had.kernel_report->category, "Memory Safety");
  EXPECT_EQ(had.kernel_report->problem, "invalid dereference");
  EXPECT_EQ(had.kernel_report->reason, "R0 is a number, not a pointer.");
  EXPECT_EQ(had.kernel_report->suggestion, "Use a pointer.");
  EXPECT_EQ(had.words, std::vector<std::string>{"R0 invalid mem access 'scalar'"});
}

TEST(Explain, FollowsCopiesAndSpillsToWhereTheValueCameFrom) {
  const Explanation had = explain(
      {.program = "p"}, EACCES,
      {.text = "0: (85) call bpf_map_lookup_elem#1 ; R0=x\n1: (bf) r6 = r0 ; R6=x\n"
               "2: (7b) *(u64 *)(r10 -8) = r6 ; R6=x\n3: (b7) r6 = 0\n4: (79) r2 = *(u64 *)(r10 -8)\n"
               "5: (bf) r1 = r2\n6: (79) r0 = *(u64 *)(r1 +0)\nR1 invalid mem access 'map_value_or_null'\n"});
  ASSERT_EQ(had.related.size(), 1U);
  EXPECT_EQ(had.related[0].place.insn, 0U);
}

TEST(Explain, EveryPrefixOfEveryLogIsRead) {
  const std::string log = read_log("leak_ref");
  for (std::size_t kept = 0; kept <= log.size(); ++kept) {
    const Explanation had = explain({.program = "p"}, EACCES, {.text = log.substr(0, kept)});
    EXPECT_FALSE(summary(had).empty());
  }
}

TEST(Explain, AHugeLogIsReadFromItsEnd) {
  std::string log;
  for (int i = 0; i < 200000; ++i) {
    log += "5: (07) r1 += 1\n";
  }
  log += "6: (79) r0 = *(u64 *)(r1 +0)\nR1 invalid mem access 'scalar'\n";
  const ParsedLog parsed = parse_log(log);
  EXPECT_LE(parsed.steps.size(), 2 * max_steps);
  EXPECT_EQ(parsed.steps.back().insn, 6U);
}

TEST(Catalogue, EveryRowIsWrittenOut) {
  for (const CatalogueRow& row : catalogue()) {
    EXPECT_TRUE(row.id.starts_with("SKEP-V") && row.id.size() == 10) << row.id;
    EXPECT_FALSE(row.title.empty()) << row.id;
    EXPECT_TRUE(row.why.ends_with('.')) << row.id;
    EXPECT_TRUE(row.fix.ends_with('.')) << row.id;
  }
}

TEST(Log, StatisticsOfFunctionsAreNoReason) {
  const ParsedLog parsed = parse_log(
      "0: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'map_value_or_null'\nverification time 9 "
      "usec\nstack depth 8\n"
      "subprog 0 (unchecked) main insns_self 7 insns_total 7 stack 8\nprocessed 7 insns (limit 1000000)\n");
  ASSERT_EQ(parsed.words.size(), 1);
  EXPECT_EQ(parsed.words[0], "R0 invalid mem access 'map_value_or_null'");
}

}  // namespace
}  // namespace skep::diag

// What guests say of a matrix, understood: whole, cut short, and in pieces.
#include "cli/matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/each.h"
#include "cli/guests.h"
#include "cli/series.h"

namespace skep::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

TEST(VerifierCounts, AreReadFromTheLastLinesOfALog) {
  const auto counts = parse_counts(
      "verification time 141 usec\nstack depth 8+0\nprocessed 27 insns (limit 1000000) max_states_per_insn 1 "
      "total_states 3 "
      "peak_states 2 mark_read 1\n");
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->insns_processed, 27);
  EXPECT_EQ(counts->states, 3);
  EXPECT_EQ(counts->peak_states, 2);
}

TEST(VerifierCounts, AreAbsentWhereTheLogHasNone) {
  for (const char* log : {"", "processed", "processed many insns", "0: (b7) r0 = 0\n"}) {
    EXPECT_FALSE(parse_counts(log)) << log;
  }
}

const std::vector<MatrixFile> files{{.path = "dir/a.o", .programs = {"good", "bad"}},
                                    {.path = "b.o", .programs = {"runs"}}};

constexpr std::string_view whole =
    "release 6.1.0-56-cloud-amd64\n"
    "begin 000000\n"
    R"({"file":"a.o","result":"refused","error":null,"programs":[{"name":"good","section":"tc","loaded":true,"error":null,)"
    R"("log":"processed 12 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1\n"},)"
    R"({"name":"bad","section":"xdp","loaded":false,"error":{"code":"verifier","errno":13,)"
    R"("message":"program 'bad' (xdp), a.bpf.c:7:3: R0 !read_ok (EACCES)\n  more"}}]})"
    "\n"
    "end 000000 1\n"
    "begin 000001\n"
    R"({"file":"b.o","result":"loaded","error":null,"programs":[{"name":"runs","section":"tc","loaded":true,"error":null,)"
    R"("run":{"return_value":2,"error":null}}]})"
    "\n"
    "end 000001 0\n";

void expect_whole(const std::vector<MatrixRow>& rows) {
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0].file, "dir/a.o");
  EXPECT_EQ(rows[0].program, "good");
  EXPECT_EQ(rows[0].kernel, "6.1");
  EXPECT_EQ(rows[0].release, "6.1.0-56-cloud-amd64");
  EXPECT_TRUE(rows[0].loads);
  ASSERT_TRUE(rows[0].counts);
  EXPECT_EQ(rows[0].counts->insns_processed, 12);
  EXPECT_FALSE(rows[1].loads);
  EXPECT_EQ(rows[1].reason, "a.bpf.c:7:3: R0 !read_ok (EACCES)");
  EXPECT_EQ(rows[1].explanation, "a.bpf.c:7:3: R0 !read_ok (EACCES)\n  more");
  EXPECT_TRUE(rows[2].loads);
  EXPECT_EQ(rows[2].returned, 2);
}

TEST(GuestListener, GivesARowPerProgram) {
  GuestListener guest("6.1", files);
  guest.hear(whole);
  EXPECT_EQ(guest.files_done(), 2);
  expect_whole(guest.rows("unused"));
}

TEST(GuestListener, DoesNotCareHowOutputIsCut) {
  for (std::size_t piece = 1; piece < 40; ++piece) {
    GuestListener guest("6.1", files);
    for (std::size_t at = 0; at < whole.size(); at += piece) {
      guest.hear(whole.substr(at, piece));
    }
    expect_whole(guest.rows("unused"));
  }
}

TEST(GuestListener, EveryTruncationStillGivesARowPerProgram) {
  for (std::size_t kept = 0; kept < whole.size(); ++kept) {
    GuestListener guest("6.1", files);
    guest.hear(whole.substr(0, kept));
    const auto rows = guest.rows("the guest died");
    ASSERT_THAT(rows, SizeIs(3));
    for (const MatrixRow& row : rows) {
      EXPECT_TRUE(row.loads || row.reason == "the guest died" || row.program == "bad") << kept;
    }
    if (kept + 15 < whole.size()) {
      EXPECT_FALSE(rows[2].loads);
    }
  }
}

TEST(GuestListener, EveryFlippedByteIsSurvived) {
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged(whole);
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    GuestListener guest("6.1", files);
    guest.hear(damaged);
    EXPECT_THAT(guest.rows("the guest died"), SizeIs(3));
  }
}

TEST(GuestListener, AFileThatSkepSaysNothingOfIsNotSilent) {
  GuestListener guest("6.1", files);
  guest.hear("release 6.1\nbegin 000000\nend 000000 139\n");
  const auto rows = guest.rows("the guest died: panic");
  EXPECT_THAT(rows[0].reason, HasSubstr("status 139"));
  EXPECT_EQ(rows[2].reason, "the guest died: panic");
}

TEST(GuestListener, AFileThatCannotBeReadFailsWithAllItsPrograms) {
  GuestListener guest("6.1", files);
  guest.hear(
      "begin 000000\n{\"file\":\"a.o\",\"result\":\"malformed\",\"error\":{\"message\":\"a.o: no ELF "
      "file\"},\"programs\":[]}\nend 000000 3\n");
  const auto rows = guest.rows("");
  EXPECT_EQ(rows[0].reason, "no ELF file");
  EXPECT_EQ(rows[1].reason, "no ELF file");
}

TEST(MatrixText, PutsKernelsWithTheSameReasonTogether) {
  std::vector<MatrixRow> rows;
  for (const char* kernel : {"5.10", "6.1", "7.3"}) {
    GuestListener guest(kernel, files);
    guest.hear(whole);
    std::ranges::move(guest.rows(""), std::back_inserter(rows));
  }
  testing::internal::CaptureStdout();
  {
    Output out(Output::Form::text, Output::Colour::off);
    matrix_text(rows, out);
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "file     program  5.10        6.1         7.3\n"
            "dir/a.o  good     loads 12/1  loads 12/1  loads 12/1\n"
            "         bad      fails       fails       fails\n"
            "b.o      runs     returns 2   returns 2   returns 2\n"
            "N/M: the verifier processed N instructions and kept M states\n"
            "\n"
            "dir/a.o: bad fails on 5.10, 6.1, 7.3:\n"
            "  a.bpf.c:7:3: R0 !read_ok (EACCES)\n"
            "    more\n");
}

TEST(Series, AreAListWithoutRepetition) {
  EXPECT_THAT(parse_series("5.10, 6.1,7.3,6.1").value(), ElementsAre("5.10", "6.1", "7.3"));
  for (const char* wrong : {"", ",", "6", "6.", ".1", "6.1,", "banana", "6.1.2", "6,1", "99999.1"}) {
    EXPECT_FALSE(parse_series(wrong)) << wrong;
  }
}

TEST(RunCommands, TellWhatEachSaidAndHowItEnded) {
  std::string heard;
  const std::vector<Command> commands{
      {.words = {"/bin/sh", "-c", "echo one; echo wrong >&2; exit 7"},
       .heard = [&](std::string_view text) { heard += text; },
       .complains = {}},
      {.words = {"/bin/sh", "-c", "kill -9 $$"}, .heard = [](std::string_view) {}, .complains = {}},
      {.words = {"/no/such/program"}, .heard = [](std::string_view) {}, .complains = {}}};
  std::size_t most = 0;
  const auto ended = run_commands(commands, 1, [&](std::size_t started) { most = std::max(most, started); });
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(heard, "one\n");
  EXPECT_EQ(ended->at(0).status, 7);
  EXPECT_EQ(ended->at(0).complaints, "wrong\n");
  EXPECT_EQ(ended->at(1).status, 128 + 9);
  EXPECT_EQ(ended->at(2).status, 127);
  EXPECT_EQ(most, 3);
}

TEST(Bar, IsAsFullAsTheWorkIsDone) {
  EXPECT_EQ(bar(0, 4), "[....................]");
  EXPECT_EQ(bar(1, 4), "[#####...............]");
  EXPECT_EQ(bar(4, 4), "[####################]");
  EXPECT_EQ(bar(0, 0), "[####################]");
}

}  // namespace
}  // namespace skep::cli

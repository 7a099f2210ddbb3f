// What programs do on real kernels: what guests say, put in order. Pure: running the guests is guests.h's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"

namespace skep::cli {

/// What the verifier counted while it looked at a program.
struct VerifierCounts {
  u64 insns_processed = 0;
  u64 states = 0;       ///< kept in all
  u64 peak_states = 0;  ///< at a time
};

/// Reads them off a verifier log (level 4 or any other): "processed 8 insns (limit 1000000) ... total_states 1 peak_states 1 ...".
std::optional<VerifierCounts> parse_counts(std::string_view log);

/// What became of one program on one kernel.
struct MatrixRow {
  std::string file;
  std::string program;
  std::string kernel;   ///< the series: "6.1"
  std::string release;  ///< "6.1.0-56-cloud-amd64"; empty when the guest did not get as far as saying it
  bool loads = false;
  std::string reason;       ///< one line; empty when it loads
  std::string explanation;  ///< all lines of it
  std::optional<VerifierCounts> counts;
  std::optional<u32> returned;  ///< by a test run
};

/// One object as it is asked about.
struct MatrixFile {
  std::string path;                   ///< as the user gave it
  std::vector<std::string> programs;  ///< those that are to be loaded
};

/// Listens to one guest, which says, line by line: `release R`, then per file `begin INDEX`, a document of `skep load --json`, `end INDEX STATUS`.
class GuestListener {
 public:
  GuestListener(std::string kernel, const std::vector<MatrixFile>& files);

  /// Takes the next piece of output, of any length.
  void hear(std::string_view text);
  bool has_booted() const { return !release_.empty(); }
  /// How many files it is through with.
  std::size_t files_done() const { return done_; }
  /// A row per program of every file, in order. `fate` says how the guest ended ("the guest died: ..."): the reason for programs that it said nothing of.
  std::vector<MatrixRow> rows(std::string_view fate) const;

 private:
  void hear_line(std::string_view line);
  void hear_document(std::string_view line);

  std::string kernel_;
  const std::vector<MatrixFile>& files_;
  std::string release_;
  std::string unfinished_;
  std::size_t current_ = 0;
  bool in_file_ = false;
  std::size_t done_ = 0;
  std::vector<std::vector<MatrixRow>> verdicts_;  ///< per file
  std::vector<std::string> silences_;             ///< per file: why it says nothing of some programs
};

Json matrix_json(const std::vector<MatrixRow>& rows);
/// The table programs x kernels and, under it, the reasons; `rows` go kernel by kernel, in the order of the columns.
void matrix_text(const std::vector<MatrixRow>& rows, Output& out);

}  // namespace skep::cli

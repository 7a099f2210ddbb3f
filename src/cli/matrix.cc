// `skep matrix`: the truth, on real kernels.
#include "cli/matrix.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/result.h"
#include "base/text.h"
#include "cli/guests.h"
#include "cli/series.h"
#include "cli/verbs.h"
#include "skep/object_spec.h"

namespace skep::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view default_kernels = "5.10,6.1,6.12,6.18,7.3";

// Runs in the guest; GuestListener understands what it says.
constexpr std::string_view guest_script = R"sh(#!/bin/sh
echo "release $(uname -r)"
for folder in /objects/*; do
  echo "begin ${folder##*/}"
  cd "$folder"
  skep load --json --each --log-level 4 "$@" -- *
  echo "end ${folder##*/} $?"
done
)sh";

/// A directory that goes when this does.
class ScratchDirectory {
 public:
  static Result<ScratchDirectory> make() {
    std::error_code error;
    std::string path = (fs::temp_directory_path(error) / "skep-matrix-XXXXXX").string();
    if (error || ::mkdtemp(path.data()) == nullptr) {
      return std::unexpected(Error(Errc::kernel, cat("make a temporary directory ", path), errno));
    }
    return ScratchDirectory(std::move(path));
  }
  ScratchDirectory(ScratchDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty()) {
      fs::remove_all(path_, ignored);
    }
  }
  fs::path path() const { return path_; }

 private:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// Reads what there is to load. The objects need not fit this machine's kernel, only be readable.
Result<std::vector<MatrixFile>> read_files(const std::vector<std::string>& paths) {
  std::vector<MatrixFile> files;
  for (const std::string& path : paths) {
    SKEP_TRY(const ObjectSpec spec, ObjectSpec::read_file(path));
    MatrixFile file{.path = path};
    for (const ProgramSpec& program : spec.programs) {
      if (program.autoload) {
        file.programs.push_back(program.name);
      }
    }
    files.push_back(std::move(file));
  }
  return files;
}

/// Lays out what the guests get: objects/INDEX/NAME, so that equal names do not meet, and the script.
Result<void> lay_out(const fs::path& folder, const std::vector<MatrixFile>& files) {
  std::error_code error;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::string number = std::to_string(i);
    number.insert(0, 6 - std::min<std::size_t>(6, number.size()), '0');  // the shell's order is ours
    const fs::path place = folder / "objects" / number;
    const fs::path source(files[i].path);
    fs::create_directories(place, error);
    if (!error) {
      fs::copy_file(source, place / source.filename(), error);
    }
    if (error) {
      return std::unexpected(
          Error(Errc::kernel, cat(files[i].path, ": copy it to ", place.string()), error.value()));
    }
  }
  std::ofstream script(folder / "matrix");
  script << guest_script;
  return script.good() ? Result<void>{} : fail(Errc::kernel, cat("write ", (folder / "matrix").string()));
}

std::vector<std::string> guest_command(const std::string& vm, const std::string& kernel,
                                       const fs::path& folder, const Arguments& arguments,
                                       std::size_t files) {
  constexpr std::size_t boot_seconds = 120;
  constexpr std::size_t file_seconds = 20;
  const auto seconds = arguments.number("timeout", static_cast<u32>(boot_seconds + file_seconds * files));
  std::vector<std::string> words{vm,
                                 "--kernel",
                                 kernel,
                                 "--timeout",
                                 std::to_string(seconds),
                                 "--append",
                                 "lsm=lockdown,capability,bpf"};
  std::error_code error;
  words.insert(words.end(),
               {"--file", cat(fs::read_symlink("/proc/self/exe", error).string(), ":/given/skep")});
  for (const std::string& module : arguments.all("module")) {
    words.insert(words.end(), {"--module", module});
  }
  words.insert(words.end(), {"--file", cat((folder / "objects").string(), ":/objects"), "--file",
                             (folder / "matrix").string(), "--", "sh", "/given/matrix"});
  if (arguments.has("run")) {
    words.emplace_back("--run");
  }
  return words;
}

/// The last line of what the runner complained of that is its own.
std::string last_words(const std::string& complaints) {
  std::string found;
  std::string_view left = complaints;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    if (left.substr(0, end).starts_with("tools/vm: ")) {
      found = left.substr(10, end - 10);
    }
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return found;
}

/// Why a guest leaves questions open.
std::string fate_of(const Ended& ended) {
  const std::string words = last_words(ended.complaints);
  return words.empty() ? cat("the guest ended with status ", ended.status, " and said nothing of it") : words;
}

/// "6.1 3/12, 6.12 boots": what is going on in each guest that was started.
std::string what_goes_on(const std::vector<GuestListener>& guests, const std::vector<std::string>& kernels,
                         std::size_t started, std::size_t files) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < started; ++i) {
    const std::size_t done = guests[i].files_done();
    if (done < files) {
      parts.push_back(done == 0 && !guests[i].has_booted() ? cat(kernels[i], " boots")
                                                           : cat(kernels[i], " ", done, "/", files));
    }
  }
  return join(parts, ", ");
}

/// All kernels' rows, kernel by kernel.
Result<std::vector<MatrixRow>> run_guests(const std::vector<MatrixFile>& files,
                                          const std::vector<std::string>& kernels, const std::string& vm,
                                          const Arguments& arguments) {
  constexpr u32 default_jobs = 2;
  SKEP_TRY(const ScratchDirectory scratch, ScratchDirectory::make());
  SKEP_CHECK(lay_out(scratch.path(), files));
  std::vector<GuestListener> guests;
  std::vector<Command> commands;
  guests.reserve(kernels.size());
  for (const std::string& kernel : kernels) {
    GuestListener& guest = guests.emplace_back(kernel, files);
    commands.push_back({.words = guest_command(vm, kernel, scratch.path(), arguments, files.size()),
                        .heard = [&guest](std::string_view text) { guest.hear(text); },
                        .complains = {}});
  }
  LiveLine line;
  const auto begin = std::chrono::steady_clock::now();
  const auto pulse = [&](std::size_t started) {
    std::size_t done = 0;
    for (const GuestListener& guest : guests) {
      done += guest.files_done();
    }
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin).count();
    line.show(cat(bar(done, kernels.size() * files.size()), " ", seconds, " s  ",
                  what_goes_on(guests, kernels, started, files.size())));
  };
  SKEP_TRY(const std::vector<Ended> ended,
           run_commands(commands, arguments.number("jobs", default_jobs), pulse));
  std::vector<MatrixRow> rows;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    std::ranges::move(guests[i].rows(fate_of(ended[i])), std::back_inserter(rows));
  }
  return rows;
}

Status give_up(const Error& error, Phase phase, Output& out) {
  out.complain(error.message());
  return status_of(error.code(), phase);
}

}  // namespace

Status matrix(const Arguments& arguments, Output& out) {
  const auto kernels = parse_series(arguments.text("kernels").value_or(default_kernels));
  if (!kernels) {
    out.complain(cat("--kernels: ", kernels.error().message()));
    return Status::usage;
  }
  const auto files = read_files(arguments.words());
  if (!files) {
    return give_up(files.error(), Phase::reading, out);
  }
  const auto vm = find_guest_runner(true);
  if (!vm) {
    return give_up(vm.error(), Phase::kernel, out);
  }
  const auto rows = run_guests(*files, *kernels, *vm, arguments);
  if (!rows) {
    return give_up(rows.error(), Phase::kernel, out);
  }
  if (out.is_json()) {
    out.json(matrix_json(*rows));
  } else {
    matrix_text(*rows, out);
  }
  const bool all = std::ranges::all_of(*rows, &MatrixRow::loads);
  return all ? Status::ok : Status::refused;
}

}  // namespace skep::cli

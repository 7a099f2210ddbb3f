#include "host/archive.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/file.h"
#include "elf/file.h"
#include "host/inflate.h"
#include "host/shared_types.h"

namespace skep::host {

namespace {

constexpr std::array<std::string_view, 3> endings{".btf", ".btf.zst", ".btf.gz"};

bool is_elf(std::span<const std::byte> bytes) {
  constexpr std::string_view magic = ELFMAG;
  return ByteView(bytes, std::endian::native).chars().starts_with(magic);
}

/// The types among `bytes`, which `owner` keeps alive.
Result<btf::Btf> parse_types(std::shared_ptr<const void> owner, std::span<const std::byte> bytes) {
  ByteView raw(bytes, std::endian::native);
  if (is_elf(bytes)) {
    SKEP_TRY(const elf::File file, elf::File::parse(bytes));
    const elf::Section* const section = file.find_section(".BTF");
    if (section == nullptr) {
      return fail(Errc::not_found, "this ELF file has no section .BTF: it tells no types");
    }
    raw = section->bytes;
  }
  return btf::Btf::adopt(std::move(owner), raw);
}

/// The types among bytes that may be compressed; of a copy.
Result<btf::Btf> unpack_types(std::span<const std::byte> bytes) {
  constexpr std::size_t most_image_bytes = std::size_t{1} << 30;  // a vmlinux with debug information
  SKEP_TRY(auto unpacked, inflate_any(bytes, most_image_bytes));
  const auto kept = std::make_shared<const std::vector<std::byte>>(std::move(unpacked));
  return parse_types(kept, *kept);
}

std::string_view word(std::endian order) {
  return order == std::endian::big ? "big" : "little";
}

/// How kernels of one architecture can be told from their types: by a member of their struct pt_regs, which tells how a system call is restarted and has its own name everywhere.
struct Mark {
  std::string_view machine;
  std::string_view member;
  bool is_ours;
};
constexpr bool is_x86_64 =
#ifdef __x86_64__
    true;
#else
    false;
#endif
constexpr bool is_arm64 =
#ifdef __aarch64__
    true;
#else
    false;
#endif
constexpr bool is_s390x =
#ifdef __s390x__
    true;
#else
    false;
#endif
constexpr bool is_powerpc =
#ifdef __powerpc64__
    true;
#else
    false;
#endif
constexpr bool is_riscv =
#ifdef __riscv
    true;
#else
    false;
#endif
constexpr auto marks = std::to_array<Mark>({{"x86-64", "orig_ax", is_x86_64},
                                            {"arm64", "orig_x0", is_arm64},
                                            {"s390x", "orig_gpr2", is_s390x},
                                            {"powerpc", "orig_gpr3", is_powerpc},
                                            {"riscv", "epc", is_riscv}});

/// Errors: invalid, when no program of this machine can go by these types. Where they do not tell whose they are (a minimal BTF), they are believed.
Result<void> check_machine(const btf::Btf& types) {
  if (types.original_order() != std::endian::native) {
    return fail(Errc::invalid,
                cat("these types are of a ", word(types.original_order()),
                    "-endian kernel, and this machine is ", word(std::endian::native), "-endian"));
  }
  const btf::Type registers = types.type(types.find("pt_regs", btf::Kind::struct_).value_or(0));
  for (u32 i = 0; registers.is_composite() && i < registers.vlen(); ++i) {
    const auto mark = std::ranges::find(marks, registers.member(i).name, &Mark::member);
    const bool ours_is_known = std::ranges::any_of(marks, &Mark::is_ours);
    if (mark != marks.end() && !mark->is_ours && ours_is_known) {
      return fail(Errc::invalid,
                  cat("these types are of a kernel for ", mark->machine, " (its struct pt_regs has a member ",
                      mark->member, "), which is another architecture than this machine's"));
    }
  }
  return {};
}

/// The releases whose types are in a directory, sorted. Errors: denied, kernel.
Result<std::vector<std::string>> releases_in(const std::string& directory) {
  std::error_code problem;
  std::vector<std::string> releases;
  std::filesystem::directory_iterator at(directory, problem);
  for (; !problem && at != std::filesystem::directory_iterator(); at.increment(problem)) {
    const std::string name = at->path().filename().string();
    for (const std::string_view ending : endings) {
      if (name.size() > ending.size() && name.ends_with(ending)) {
        releases.push_back(name.substr(0, name.size() - ending.size()));
      }
    }
  }
  if (problem) {
    return fail_errno(problem.value(), cat(directory, ": cannot be listed"));
  }
  std::ranges::sort(releases);
  releases.erase(std::ranges::unique(releases).begin(), releases.end());
  return releases;
}

/// "6.1.0, 6.12.1 and 14 more", for messages.
std::string summary(std::vector<std::string> releases) {
  constexpr std::size_t most = 12;
  const std::size_t more = releases.size() > most ? releases.size() - most : 0;
  releases.resize(releases.size() - more);
  return more == 0 ? join(releases, ", ") : cat(join(releases, ", "), " and ", more, " more");
}

}  // namespace

Result<btf::Btf> read_types(const std::string& path) {
  SKEP_TRY(FileBytes file, FileBytes::open(path));
  if (is_gzip(file.span()) || is_zstd(file.span())) {
    SKEP_TRY_IN(path, btf::Btf types, unpack_types(file.span()));
    return types;
  }
  const auto bytes = std::make_shared<const FileBytes>(std::move(file));
  SKEP_TRY_IN(path, btf::Btf types, parse_types(bytes, bytes->span()));
  return types;
}

Result<std::string> find_in_archive(const std::string& directory, std::string_view release) {
  std::error_code problem;
  for (const std::string_view ending : endings) {
    std::string path = cat(directory, "/", release, ending);
    if (!release.empty() && std::filesystem::is_regular_file(path, problem)) {
      return path;
    }
  }
  SKEP_TRY(const std::vector<std::string> releases, releases_in(directory));
  const std::string want = release.empty()
                               ? std::string("the release of this kernel is not known")
                               : cat("has no types of release ", release, " (want ", release, ".btf)");
  return fail(Errc::not_found, cat(directory, ": ", want, "; ",
                                   releases.empty() ? std::string("no file there ends in .btf")
                                                    : cat("there is: ", summary(releases))));
}

Result<std::shared_ptr<const btf::Btf>> custom_types(const std::string& path, std::string_view release) {
  std::string file = path;
  std::error_code problem;
  if (std::filesystem::is_directory(path, problem)) {
    SKEP_TRY(file, find_in_archive(path, release));
  }
  SKEP_TRY(auto types, shared_types(file, nullptr, [&] { return read_types(file); }));
  SKEP_CHECK_IN(file, check_machine(*types));
  return types;
}

Result<std::shared_ptr<const btf::Btf>> custom_types(std::span<const std::byte> bytes) {
  SKEP_TRY_IN("custom BTF", btf::Btf types, unpack_types(bytes));
  SKEP_CHECK_IN("custom BTF", check_machine(types));
  return std::make_shared<const btf::Btf>(std::move(types));
}

}  // namespace skep::host

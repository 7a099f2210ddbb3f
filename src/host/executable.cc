#include "host/executable.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "host/executable_state.h"
#include "host/return_insns.h"
#include "host/zip.h"

namespace skep::host {

namespace {

constexpr std::size_t most_kept = 16;

/// What tells a file from another, and from itself at another time.
struct Identity {
  u64 device = 0;
  u64 inode = 0;
  s64 seconds = 0;
  s64 nanoseconds = 0;
  s64 bytes = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

struct Kept {
  std::string path;
  std::string debug_root;
  Identity identity;
  std::shared_ptr<const Executable> file;
};

struct Cache {
  std::mutex mutex;
  std::vector<Kept> files;  // last used first
};

Cache& cache() {
  static Cache one;
  return one;
}

Result<Identity> identify(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return fail_errno(errno, cat(path, ": cannot be found"));
  }
  return Identity{.device = status.st_dev,
                  .inode = status.st_ino,
                  .seconds = status.st_mtim.tv_sec,
                  .nanoseconds = status.st_mtim.tv_nsec,
                  .bytes = status.st_size};
}

/// "archive.apk" and "lib/x.so" for "archive.apk!/lib/x.so"; the second is empty for plain files.
std::pair<std::string, std::string> split_archive(const std::string& path) {
  const std::size_t mark = path.find("!/");
  return mark == std::string::npos ? std::pair(path, std::string())
                                   : std::pair(path.substr(0, mark), path.substr(mark + 2));
}

/// The kept file of this identity, moved to the front; null where there is none.
std::shared_ptr<const Executable> find_kept(std::vector<Kept>& files, const std::string& path,
                                            const std::string& debug_root, const Identity& identity) {
  const auto at = std::ranges::find_if(
      files, [&](const Kept& kept) { return kept.path == path && kept.debug_root == debug_root; });
  if (at == files.end()) {
    return nullptr;
  }
  if (!(at->identity == identity)) {
    files.erase(at);
    return nullptr;
  }
  std::rotate(files.begin(), at, at + 1);
  return files.front().file;
}

}  // namespace

std::string_view name_of(SymbolSource source) {
  constexpr std::array<std::string_view, 6> names{".dynsym",    ".symtab",    ".gnu_debugdata",
                                                  "debug file", ".gopclntab", "line table"};
  return names[static_cast<std::size_t>(source)];
}

Executable::Executable() : lazy_(std::make_unique<Lazy>()) {}
Executable::~Executable() = default;

Result<std::shared_ptr<const Executable>> Executable::open(const std::string& path,
                                                           const std::string& debug_root) {
  const auto [file, member] = split_archive(path);
  SKEP_TRY(const Identity identity, identify(file));
  Cache& kept = cache();
  const std::scoped_lock lock(kept.mutex);
  if (auto found = find_kept(kept.files, path, debug_root, identity)) {
    return found;
  }
  const std::shared_ptr<Executable> opened(new Executable);
  opened->path_ = path;
  opened->file_path_ = file;
  opened->debug_root_ = debug_root;
  SKEP_TRY(opened->bytes_, FileBytes::open_regular(file));
  std::span<const std::byte> bytes = opened->bytes_.span();
  if (!member.empty()) {
    SKEP_TRY_IN(file, const ZipMember place, find_in_zip(bytes, member));
    opened->offset_in_file_ = place.offset;
    bytes = bytes.subspan(place.offset, place.bytes);
  }
  SKEP_TRY_IN(path, opened->image_, elf::Image::parse(bytes));
  SKEP_CHECK_IN(path, opened->start());
  kept.files.insert(kept.files.begin(),
                    Kept{.path = path, .debug_root = debug_root, .identity = identity, .file = opened});
  if (kept.files.size() > most_kept) {
    kept.files.pop_back();
  }
  return std::shared_ptr<const Executable>(opened);
}

Result<std::shared_ptr<const Executable>> Executable::of_bytes(std::vector<std::byte> bytes) {
  const std::shared_ptr<Executable> opened(new Executable);
  opened->path_ = opened->file_path_ = "(bytes)";
  opened->owned_ = std::move(bytes);
  SKEP_TRY(opened->image_, elf::Image::parse(opened->owned_));
  SKEP_CHECK(opened->start());
  return std::shared_ptr<const Executable>(opened);
}

Result<void> Executable::start() {
  SKEP_TRY(dynamic_, elf::SymbolTable::dynamic(image_));
  is_go_ = host::is_go(image_);
  return {};
}

std::optional<u64> Executable::file_offset(u64 address) const {
  const std::optional<u64> offset = image_.file_offset(address);
  return offset ? std::optional(*offset + offset_in_file_) : std::nullopt;
}

Result<std::vector<u64>> Executable::return_offsets(const Function& function) const {
  if (function.size == 0) {
    return fail(Errc::unsupported, cat(path_, ": ", function.name,
                                       ": its symbol tells no size, so its return "
                                       "instructions cannot be found"));
  }
  const u64 in_image = function.offset - offset_in_file_;
  SKEP_TRY_IN(cat(path_, ": ", function.name), const ByteView code,
              image_.file().slice(in_image, function.size));
  SKEP_TRY_IN(cat(path_, ": ", function.name), std::vector<u64> returns,
              find_returns(image_.machine(), code));
  for (u64& at : returns) {
    at += function.offset;
  }
  return returns;
}

}  // namespace skep::host

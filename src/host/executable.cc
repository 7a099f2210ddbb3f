#include "host/executable.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>

#include "host/executable_state.h"
#include "host/return_insns.h"
#include "host/zip.h"

namespace skep::host {

namespace {

/// What tells a file from another, and from itself at another time.
struct Identity {
  u64 device = 0;
  u64 inode = 0;
  s64 seconds = 0;
  s64 nanoseconds = 0;
  s64 bytes = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// A file that somebody opens or has open.
struct Entry {
  std::mutex opening;  // one thread at a time opens it, others wait; other files are not held up
  Identity identity;
  std::weak_ptr<const Executable> file;
};

struct Registry {
  std::mutex mutex;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Entry>> files;  // by path and debug root
};

std::shared_ptr<Entry> entry_of(const std::string& path, const std::string& debug_root) {
  static Registry all;
  const std::scoped_lock lock(all.mutex);
  if (const auto found = all.files.find({path, debug_root}); found != all.files.end()) {
    return found->second;
  }
  // Nobody else can come by an entry that only the table holds, for that takes this lock.
  std::erase_if(all.files, [](const auto& one) {
    const std::unique_lock opening(one.second->opening, std::try_to_lock);
    return opening.owns_lock() && one.second.use_count() == 1 && one.second->file.expired();
  });
  return all.files[{path, debug_root}] = std::make_shared<Entry>();
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
  const std::shared_ptr<Entry> entry = entry_of(path, debug_root);
  const std::scoped_lock lock(entry->opening);
  SKEP_TRY(const Identity identity, identify(file));
  if (auto found = entry->file.lock(); found && entry->identity == identity) {
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
  entry->identity = identity;
  entry->file = opened;
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

#include "host/shared_types.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/result.h"

namespace skep::host {

namespace {

/// Which file a path names just now.
struct Identity {
  u64 device = 0;
  u64 inode = 0;
  u64 bytes = 0;
  s64 changed_s = 0;
  s64 changed_ns = 0;

  bool operator==(const Identity&) const = default;
};

/// What a path names, as far as it can be told: where there is nothing, opening the file will say why.
Identity identity_of(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) {
    return {};
  }
  return {.device = facts.st_dev,
          .inode = facts.st_ino,
          .bytes = static_cast<u64>(facts.st_size),
          .changed_s = facts.st_mtim.tv_sec,
          .changed_ns = facts.st_mtim.tv_nsec};
}

struct Entry {
  Identity identity;
  std::weak_ptr<const btf::Btf> types;
};

struct Registry {
  std::mutex lock;
  std::map<std::string, Entry> entries;
};

Registry& registry() {
  static Registry one;
  return one;
}

}  // namespace

Result<Types> shared_types(const std::string& path, const Types& base,
                           const std::function<Result<btf::Btf>()>& open) {
  Registry& all = registry();
  const std::scoped_lock held(all.lock);
  const Identity identity = identity_of(path);
  if (const auto found = all.entries.find(path); found != all.entries.end()) {
    Types types = found->second.types.lock();
    if (types && found->second.identity == identity && types->base() == base) {
      return types;
    }
  }
  std::erase_if(all.entries, [](const auto& entry) { return entry.second.types.expired(); });
  SKEP_TRY(btf::Btf opened, open());
  auto types = std::make_shared<const btf::Btf>(std::move(opened));
  all.entries[path] = {.identity = identity, .types = types};
  return types;
}

}  // namespace skep::host

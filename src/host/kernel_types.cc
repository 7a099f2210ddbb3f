#include "host/kernel_types.h"

#include <dirent.h>
#include <linux/magic.h>
#include <sys/statfs.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "host/shared_types.h"

namespace skep::host {

namespace {

constexpr std::string_view folder = "/sys/kernel/btf";

/// True for what the kernel itself shows: nobody else writes files there.
bool is_sysfs(const std::string& path) {
  struct statfs facts{};
  return ::statfs(path.c_str(), &facts) == 0 && facts.f_type == SYSFS_MAGIC;
}

Result<btf::Btf> open_types(const std::string& path, std::shared_ptr<const btf::Btf> base) {
  SKEP_TRY(FileBytes file, FileBytes::open(path));
  const auto bytes = std::make_shared<const FileBytes>(std::move(file));
  const ByteView raw(bytes->span(), std::endian::native);
  SKEP_TRY_IN(path, btf::Btf types,
              is_sysfs(path) ? btf::Btf::trust(bytes, raw, std::move(base))
                             : btf::Btf::adopt(bytes, raw, std::move(base)));
  return types;
}

}  // namespace

Result<std::shared_ptr<const btf::Btf>> kernel_types(const std::string& root) {
  const std::string path = cat(root, folder, "/vmlinux");
  auto types = shared_types(path, nullptr, [&] { return open_types(path, nullptr); });
  if (!types && types.error().code() == Errc::not_found) {
    return std::unexpected(std::move(types)
                               .error()
                               .with_code(Errc::unsupported)
                               .within("this kernel does not tell its types (CONFIG_DEBUG_INFO_BTF)"));
  }
  return types;
}

Result<std::vector<std::string>> module_names(const std::string& root) {
  const std::string path = cat(root, folder);
  DIR* const directory = ::opendir(path.c_str());
  if (directory == nullptr) {
    const int cause = errno;
    return cause == ENOENT ? Result<std::vector<std::string>>()
                           : fail_errno(cause, cat(path, ": cannot be listed"));
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "vmlinux" && !name.starts_with('.')) {
      names.emplace_back(name);
    }
  }
  ::closedir(directory);
  std::ranges::sort(names);
  return names;
}

Result<std::shared_ptr<const btf::Btf>> module_types(const std::string& root, std::string_view module,
                                                     std::shared_ptr<const btf::Btf> base) {
  const auto missing = [&] {
    return fail(Errc::not_found,
                cat("there is no module '", module, "' that tells its types among those that are loaded"));
  };
  if (module.empty() || module == "vmlinux" || module.starts_with('.') ||
      module.find('/') != std::string_view::npos) {
    return missing();
  }
  const std::string path = cat(root, folder, "/", module);
  auto types = shared_types(path, base, [&] { return open_types(path, base); });
  if (!types && types.error().code() == Errc::not_found) {
    return missing();
  }
  return types;
}

}  // namespace skep::host

// Kernels to check against: types in a file, or in an archive directory with their configurations.
#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/result.h"
#include "btf/btf.h"
#include "host/archive.h"
#include "skep/needs.h"

namespace skep::needs {
namespace {

constexpr auto endings = std::to_array<std::string_view>({".btf", ".btf.zst", ".btf.gz"});

/// "6.1" fits "6.1" and "6.1.0-56", not "6.12".
bool fits(std::string_view release, std::string_view wanted) {
  return release.starts_with(wanted) &&
         (release.size() == wanted.size() || release[wanted.size()] < '0' || release[wanted.size()] > '9');
}

bool is_wanted(std::string_view release, const std::vector<std::string>& wanted) {
  return wanted.empty() ||
         std::ranges::any_of(wanted, [&](const std::string& one) { return fits(release, one); });
}

/// By number where there is one: 6.9 comes before 6.12.
bool goes_before(const std::string& a, const std::string& b) {
  const Release left = parse_release(a).value_or(Release{});
  const Release right = parse_release(b).value_or(Release{});
  return left != right ? left < right : a < b;
}

/// Release and path of all that a directory holds. Errors: not_found, denied, kernel.
Result<std::map<std::string, std::string, decltype(&goes_before)>> list(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator at(directory, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) {
    return fail_errno(error.value(), cat(directory, ": cannot be listed"));
  }
  // Where a release has several files, the one that skep load takes: the first ending.
  std::map<std::string, std::string, decltype(&goes_before)> found(&goes_before);
  for (const std::string_view ending : endings) {
    for (const std::string& name : names) {
      if (name.size() > ending.size() && name.ends_with(ending)) {
        found.try_emplace(name.substr(0, name.size() - ending.size()), cat(directory, "/", name));
      }
    }
  }
  return found;
}

Result<KernelTypes> read_kernel(const std::string& path, std::string release) {
  SKEP_TRY(btf::Btf types, host::read_types(path));
  if (types.original_order() != std::endian::native) {
    return fail(Errc::invalid, cat(path, ": the types are those of a machine of the other byte order"));
  }
  return KernelTypes{.release = std::move(release),
                     .types = std::make_shared<const btf::Btf>(std::move(types)),
                     .kconfig = {}};
}

Result<std::vector<KernelTypes>> read_archive(const std::string& directory,
                                              const std::vector<std::string>& wanted) {
  SKEP_TRY(const auto paths, list(directory));
  std::vector<KernelTypes> kernels;
  std::vector<std::string> others;
  for (const auto& [release, path] : paths) {
    if (!is_wanted(release, wanted)) {
      others.push_back(release);
      continue;
    }
    SKEP_TRY(KernelTypes kernel, read_kernel(path, release));
    if (auto config = read_text(cat(directory, "/config-", release))) {
      kernel.kconfig = *std::move(config);
    }
    kernels.push_back(std::move(kernel));
  }
  for (const std::string& one : wanted) {
    if (std::ranges::none_of(kernels, [&](const KernelTypes& kernel) { return fits(kernel.release, one); })) {
      return fail(Errc::not_found, cat(directory, ": has no kernel ", one,
                                       others.empty() ? "" : cat("; it has ", join(others, ", "))));
    }
  }
  if (kernels.empty()) {
    return fail(Errc::not_found, cat(directory, ": has no file called RELEASE.btf or RELEASE.btf.zst"));
  }
  return kernels;
}

}  // namespace

Result<std::vector<KernelTypes>> read_kernels(const std::string& path,
                                              const std::vector<std::string>& releases) {
  for (const std::string& release : releases) {
    if (!parse_release(release)) {
      return fail(Errc::invalid,
                  cat("'", release, "' is no kernel release; want one such as 6.1 or 6.1.0-56-cloud-amd64"));
    }
  }
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return read_archive(path, releases);
  }
  if (releases.size() > 1) {
    return fail(Errc::invalid, cat(path, ": is the types of one kernel, and ", releases.size(),
                                   " releases are named for it"));
  }
  const std::string name = std::filesystem::path(path).filename().string();
  std::string release = releases.empty() ? std::string() : releases.front();
  for (const std::string_view ending : endings) {
    if (release.empty() && name.ends_with(ending) && parse_release(name)) {
      release = name.substr(0, name.size() - ending.size());
    }
  }
  std::vector<KernelTypes> kernels;
  SKEP_TRY(KernelTypes kernel, read_kernel(path, std::move(release)));
  kernels.push_back(std::move(kernel));
  return kernels;
}

}  // namespace skep::needs

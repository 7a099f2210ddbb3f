#include "cli/kernel_list.h"

#include <cstdlib>

#include "base/text.h"

namespace skep::cli {

std::vector<std::string> wanted_releases(const Arguments& arguments) {
  std::vector<std::string> wanted;
  for (const std::string& list : arguments.all("kernel")) {
    for (const std::string_view one : split(list, ',')) {
      if (!trim(one).empty()) {
        wanted.emplace_back(trim(one));
      }
    }
  }
  return wanted;
}

Result<std::string> archive_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : "");
  };
  if (const std::string cache = variable("SKEP_CACHE"); !cache.empty()) {
    return cache + "/btf";
  }
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) {
    return cache + "/skep/btf";
  }
  if (const std::string home = variable("HOME"); !home.empty()) {
    return home + "/.cache/skep/btf";
  }
  return fail(Errc::invalid,
              "neither HOME nor SKEP_CACHE is set: there is no place for an archive of kernels");
}

Status status_of_kernels(const Error& error) {
  const bool is_usage = error.code() == Errc::not_found || error.code() == Errc::invalid;
  return is_usage ? Status::usage : status_of(error.code(), Phase::reading);
}

}  // namespace skep::cli

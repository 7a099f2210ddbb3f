#include "cli/kernel_list.h"

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

Status status_of_kernels(const Error& error) {
  const bool is_usage = error.code() == Errc::not_found || error.code() == Errc::invalid;
  return is_usage ? Status::usage : status_of(error.code(), Phase::reading);
}

}  // namespace skep::cli

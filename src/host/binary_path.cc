#include "host/binary_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.h"

namespace skep::host {

namespace {

constexpr std::string_view multiarch =
#if defined(__x86_64__)
    "x86_64-linux-gnu";
#elif defined(__aarch64__)
    "aarch64-linux-gnu";
#elif defined(__s390x__)
    "s390x-linux-gnu";
#elif defined(__riscv)
    "riscv64-linux-gnu";
#elif defined(__powerpc64__)
    "powerpc64le-linux-gnu";
#else
    "";
#endif

void add_variable(std::vector<std::string>& directories, const char* name) {
  const char* const value = std::getenv(name);
  for (const std::string_view directory : split(value == nullptr ? "" : value, ':')) {
    if (!directory.empty()) {
      directories.emplace_back(directory);
    }
  }
}

bool is_usable(const std::string& path, int right) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), right) == 0;
}

}  // namespace

BinarySearch BinarySearch::of_environment() {
  BinarySearch search;
  add_variable(search.program_directories, "PATH");
  for (const std::string_view standard :
       {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}) {
    search.program_directories.emplace_back(standard);
  }
  add_variable(search.library_directories, "LD_LIBRARY_PATH");
  for (const std::string_view standard : {"/usr/local/lib", "/lib", "/usr/lib"}) {
    if (!multiarch.empty()) {
      search.library_directories.push_back(cat(standard, "/", multiarch));
    }
  }
  for (const std::string_view standard : {"/usr/lib64", "/lib64", "/usr/local/lib", "/usr/lib", "/lib"}) {
    search.library_directories.emplace_back(standard);
  }
  return search;
}

bool is_library_name(std::string_view name) {
  return name.ends_with(".so") || name.contains(".so.");
}

Result<std::string> find_binary(std::string_view name) {
  return name.contains('/') ? std::string(name) : find_binary(name, BinarySearch::of_environment());
}

Result<std::string> find_binary(std::string_view name, const BinarySearch& search) {
  if (name.empty()) {
    return fail(Errc::invalid, "want the name of a program or library, have none");
  }
  if (name.contains('/')) {
    return std::string(name);
  }
  const bool library = is_library_name(name);
  const std::vector<std::string>& directories =
      library ? search.library_directories : search.program_directories;
  for (const std::string& directory : directories) {
    std::string path = cat(directory, "/", name);
    if (is_usable(path, library ? R_OK : R_OK | X_OK)) {
      return path;
    }
  }
  return fail(Errc::not_found,
              cat("no ", library ? "library " : "program ", name, " in ", join(directories, ", "),
                  library ? "" : " (a library's name has .so in it)"));
}

}  // namespace skep::host

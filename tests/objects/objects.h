// The objects that the differential and the loading tests take: whatever the build has put into these directories.
#pragma once

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <vector>

namespace objects {

/// Paths of all fixtures and examples, sorted.
inline std::vector<std::string> all_objects() {
  std::vector<std::string> paths;
  for (const char* directory : {SKEP_BUILD_DIR "/tests/fixtures/bpf", SKEP_BUILD_DIR "/examples"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.path().string().ends_with(".bpf.o")) {
        paths.push_back(entry.path().string());
      }
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// "clang-19/map_flags" for ".../clang-19/map_flags.bpf.o".
inline std::string name_of(const std::string& path) {
  const std::string file = std::filesystem::path(path).filename().string();
  return std::filesystem::path(path).parent_path().filename().string() + "/" + file.substr(0, file.find('.'));
}

/// The path of a fixture, as the newest of the compilers made it.
inline std::string path_of(const std::string& fixture) {
  std::string path;
  for (const std::string& candidate : all_objects()) {
    if (name_of(candidate).ends_with("/" + fixture)) {
      path = candidate;
    }
  }
  return path;
}

/// What name_of() says, as a test's name may be.
inline std::string case_name(const std::string& path) {
  std::string text = name_of(path);
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return text;
}

}  // namespace objects

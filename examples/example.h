// What the examples share: where the object file is, and how they end when something fails.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>

#include "skep/error.h"

/// The value, or the end of the program: status 1 and the error's text.
template <class T>
T must(skep::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "error: %s\n", result.error().message().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(*result);
  }
}

/// What a look-up by name found, or the end of the program.
template <class T>
T& must_find(T* found, const char* what) {
  if (found == nullptr) {
    std::fprintf(stderr, "error: the object has no %s\n", what);
    std::exit(1);
  }
  return *found;
}

/// The object file: the first argument, or the one beside the program.
inline std::string object_path(int count, char** words) {
  if (count > 1) {
    return words[1];
  }
  return std::filesystem::read_symlink("/proc/self/exe").string() + ".bpf.o";
}

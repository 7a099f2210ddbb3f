// Leaks of descriptors, seen from outside.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace skep::test {

/// How many descriptors this process has open.
inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace skep::test

// Work on several threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

#include "skep/types.h"

namespace skep {

/// Calls `work(i)` for each i below `count`, in that order, on this thread and up to `threads - 1` others. Where no more threads can be had, those that run do all the work.
template <class Work>
void run_parallel(std::size_t count, std::size_t threads, const Work& work) {
  std::atomic<std::size_t> next = 0;
  const auto take = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      work(i);
    }
  };
  std::vector<std::jthread> helpers;
  try {
    for (std::size_t i = 1; i < threads && i < count; ++i) {
      helpers.emplace_back(take);
    }
  } catch (const std::system_error&) {
    // This thread at least does the work.
  }
  take();
}

}  // namespace skep

// Work on several threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "skep/types.h"

namespace skep {

/// Calls `work(i)` for each i below `count`, in that order, on this thread and up to `threads - 1` others. Where no more threads can be had, those that run do all the work.
/// When `work` throws (as callbacks of users may), nothing more is begun, and the first exception leaves this function when all threads have ended.
template <class Work>
void run_parallel(std::size_t count, std::size_t threads, const Work& work) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> has_thrown = false;
  std::exception_ptr thrown;
  const auto take = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) {
        work(i);
      }
    } catch (...) {
      if (!has_thrown.exchange(true)) {
        thrown = std::current_exception();
      }
      next = count;
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
  helpers.clear();  // which waits for them
  if (thrown) {
    std::rethrow_exception(thrown);
  }
}

}  // namespace skep

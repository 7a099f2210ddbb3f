#include "base/parallel.h"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>

namespace skep {
namespace {

TEST(Parallel, EachIsDoneOnce) {
  for (const std::size_t threads : {0U, 1U, 3U, 200U}) {
    std::array<std::atomic<u32>, 100> done{};
    run_parallel(done.size(), threads, [&](std::size_t i) { ++done.at(i); });
    for (const auto& one : done) {
      EXPECT_EQ(one, 1U) << threads;
    }
  }
  run_parallel(0, 4, [](std::size_t) { FAIL() << "there is nothing to do"; });
}

TEST(Parallel, AnExceptionOfAnyThreadComesOutWhenAllHaveEnded) {
  for (const std::size_t threads : {1U, 2U, 4U}) {
    std::atomic<u32> running = 0;
    std::string text;
    try {
      // All of the first `threads` calls are under way, each on a thread of its own, before one goes on; so others than the calling thread throw, too.
      run_parallel(1000, threads, [&](std::size_t) {
        ++running;
        while (running < threads) {
          std::this_thread::yield();
        }
        throw std::runtime_error("no");
      });
    } catch (const std::runtime_error& error) { text = error.what(); }
    EXPECT_EQ(text, "no");
    EXPECT_EQ(running, threads) << "nothing was begun after it";
  }
}

}  // namespace
}  // namespace skep

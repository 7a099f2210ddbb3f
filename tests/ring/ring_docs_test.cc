// The examples of docs/ring.md, so that they compile; and a test that they are these, line by line.
#include <gtest/gtest.h>

#include <coroutine>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "skep/event_loop.h"
#include "skep/object.h"
#include "skep/perf_buffer.h"
#include "skep/ring.h"
#include "skep/user_ring.h"

namespace {

struct Command {
  int what = 0;
};

struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

void show(skep::RingRecord /*record*/) {}

[[maybe_unused]] void read_ring(const bool& stop) {
  auto object = skep::Object::load_file("prog.o").value();
  auto ring = skep::RingBuffer::open(*object.map("events")).value();

  // By callback, show(skep::RingRecord record). It may return bool: false stops after this record.
  ring.consume(show).value();

  // As a range, released all at once.
  auto batch = ring.lease().value();
  for (const skep::RingRecord record : batch) {
    show(record);  // a span into the kernel's memory
  }
  batch.release().value();  // or leave it to the batch's end

  // For as long as the program runs. wait() is false when the time is over, and when a signal came.
  while (!stop) {
    if (ring.wait(std::chrono::seconds(1)).value()) {
      ring.consume(show).value();
    }
  }
}

[[maybe_unused]] void write_ring(skep::Object& object, const Command& command) {
  auto commands = skep::UserRingBuffer::open(*object.map("commands")).value();
  auto record = commands.reserve(sizeof(Command));  // busy: full
  if (!record) {
    record = commands.reserve(sizeof(Command), std::chrono::seconds(1));  // waits for a drain
  }
  if (record) {
    std::memcpy(record->bytes().data(), &command, sizeof command);
    record->submit();  // or discard(), or let it go
  }
}

Task watch(skep::EventLoop& loop, skep::RingBuffer& ring) {
  while (co_await loop.readable(ring.descriptor())) {
    if (!ring.consume(show)) {
      co_return;
    }
  }
}

[[maybe_unused]] void watch_two(skep::RingBuffer& ring_left, skep::RingBuffer& ring_right) {
  auto loop = skep::EventLoop::create().value();
  auto left = watch(loop, ring_left), right = watch(loop, ring_right);
  while (loop.waiting() != 0) {
    loop.run_once().value();  // how many went on; 0 when a signal came
  }
  (void)left;
  (void)right;
}

[[maybe_unused]] Task watch_perf(skep::EventLoop& loop, skep::PerfBuffer& buffer) {
  co_await loop.readable(buffer.descriptor(), [&] { return buffer.waiting_bytes() != 0; });
}

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  for (const std::string_view line : skep::split(text, '\n')) {
    lines.emplace(skep::trim(line));
  }
  return lines;
}

TEST(RingDocs, ExamplesAreThoseThatCompileHere) {
  if (std::getenv("SKEP_GUEST") != nullptr) {
    GTEST_SKIP() << "the documentation is compared on the machine that builds; it is not in the guest";
  }
  const std::string page = skep::read_text(SKEP_SOURCE_DIR "/docs/ring.md").value();
  const auto here = lines_of(skep::read_text(SKEP_SOURCE_DIR "/tests/ring/ring_docs_test.cc").value());
  bool is_code = false;
  skep::u32 seen = 0;
  for (const std::string_view line : skep::split(page, '\n')) {
    if (line.starts_with("```")) {
      is_code = line == "```cpp";
    } else if (is_code) {
      ++seen;
      EXPECT_TRUE(here.contains(std::string(skep::trim(line)))) << line;
    }
  }
  EXPECT_GT(seen, 30U);
}

}  // namespace

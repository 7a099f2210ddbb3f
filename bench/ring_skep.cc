// Reads a ring buffer that a program filled, by skep: nanoseconds of CPU per record for each size given, by callback and by batch, one line each.
// Usage: ring_skep OBJECT ROUNDS SIZE...
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "skep/core.h"
#include "skep/ring.h"

namespace {

unsigned long long sum;

[[noreturn]] void give_up(const skep::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  std::exit(1);
}

template <class T>
T need(skep::Result<T> result) {
  if (!result) {
    give_up(result.error());
  }
  return *std::move(result);
}

unsigned long long first_of(skep::RingRecord record) {
  unsigned long long first = 0;
  std::memcpy(&first, record.data(), sizeof first);
  return first;
}

skep::u64 by_callback(skep::RingBuffer& ring) {
  unsigned long long all = 0;
  const skep::u64 count = need(ring.consume([&all](skep::RingRecord record) { all += first_of(record); }));
  sum += all;
  return count;
}

skep::u64 by_batch(skep::RingBuffer& ring) {
  unsigned long long all = 0;
  auto batch = need(ring.lease());
  for (const skep::RingRecord record : batch) {
    all += first_of(record);
  }
  sum += all;
  return batch.count();
}

/// CPU time of this thread in nanoseconds: what else runs on the machine shall not count.
double now() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) * 1e9 + static_cast<double>(at.tv_nsec);
}

template <class Read>
double measure(const char* path, skep::u32 size, int rounds, const Read& read) {
  auto spec = need(skep::ObjectSpec::read_file(path));
  need(spec.set("record_bytes", size));
  auto object = need(skep::Object::load(std::move(spec)));
  auto ring = need(skep::RingBuffer::open(*object.map("ring")));
  const skep::Program& program = *object.program("fill");
  std::vector<double> times;
  for (int round = -1; round < rounds; ++round) {  // the first is a warm-up
    need(program.test_run({}));
    const double start = now();
    const skep::u64 count = read(ring);
    const double took = now() - start;
    if (count == 0) {
      std::fprintf(stderr, "no records\n");
      std::exit(1);
    }
    if (round >= 0) {
      times.push_back(took / static_cast<double>(count));
    }
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: ring_skep OBJECT ROUNDS SIZE...\n");
    return 2;
  }
  const int rounds = std::atoi(argv[2]);
  for (int i = 3; i < argc; ++i) {
    const auto size = static_cast<skep::u32>(std::atoi(argv[i]));
    std::printf("%s %.3f %.3f\n", argv[i], measure(argv[1], size, rounds, by_callback),
                measure(argv[1], size, rounds, by_batch));
  }
  std::fprintf(stderr, "sum %llu\n", sum);
  return 0;
}

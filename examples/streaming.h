// What the examples that attach share: their words, and when they end.
#pragma once

#include <chrono>
#include <csignal>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "example.h"
#include "skep/link.h"
#include "skep/ring.h"

/// What the command line says: [--for SECONDS] [WORD]... [OBJECT.bpf.o]
struct Told {
  std::string object;  ///< the object file: a word that ends in .bpf.o, or the file beside the program
  double seconds = 0;  ///< how long to go on; 0: until ^C
  std::vector<std::string> words;
};

inline volatile std::sig_atomic_t was_interrupted = 0;

/// Reads it, and from now on ^C is an end like that of --for.
inline Told read_words(int count, char** words) {
  Told told{.object = object_path(1, words), .seconds = 0, .words = {}};
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--for" && i + 1 < count) {
      told.seconds = std::strtod(words[++i], nullptr);
    } else if (word.ends_with(".bpf.o")) {
      told.object = word;
    } else {
      told.words.emplace_back(word);
    }
  }
  struct sigaction action{};
  action.sa_handler = [](int) { was_interrupted = 1; };
  for (const int signal : {SIGINT, SIGTERM}) {
    ::sigaction(signal, &action, nullptr);
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // each line at once, also into a pipe
  return told;
}

/// The word of that number, or what stands for it when there are fewer.
inline std::string word_or(const Told& told, std::size_t index, const char* otherwise) {
  return index < told.words.size() ? told.words[index] : otherwise;
}

/// Over after so many seconds, or at ^C.
class Until {
 public:
  explicit Until(double seconds)
      : end_(std::chrono::steady_clock::now() + to_clock(seconds)), endless_(seconds <= 0) {}
  bool is_over() const {
    return was_interrupted != 0 || (!endless_ && std::chrono::steady_clock::now() >= end_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static Clock::duration to_clock(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }
  Clock::time_point end_;
  bool endless_;
};

/// Says what is attached: from this line on nothing is missed.
inline void tell(std::span<const skep::Link> links) {
  for (const skep::Link& link : links) {
    std::printf("attached: %.*s\n", static_cast<int>(link.place().size()), link.place().data());
  }
}

/// Calls `show` with every record of the ring, as a Record, until the time is over and nothing is left.
template <class Record, class Show>
void show_records(const skep::Map& map, const Told& told, const Show& show) {
  auto ring = must(skep::RingBuffer::open(map));
  const Until until(told.seconds);
  for (bool goes_on = true; goes_on;) {
    goes_on = !until.is_over();
    if (goes_on) {
      must(ring.wait(std::chrono::milliseconds(100)));
    }
    must(ring.consume([&show](skep::RingRecord bytes) {
      Record record{};
      std::memcpy(&record, bytes.data(), std::min(bytes.size(), sizeof record));
      show(record);
    }));
  }
}

// The records that programs send, as they come: of ring buffers and perf buffers, read by their C types.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/output.h"
#include "skep/event_loop.h"
#include "skep/object.h"
#include "skep/perf_buffer.h"
#include "skep/ring.h"

namespace skep::cli {

/// What the records of a map are.
struct RecordType {
  const btf::Btf* btf = nullptr;
  u32 id = 0;             ///< 0: not known
  std::size_t bytes = 0;  ///< its size
  std::string name;       ///< "struct event"
};

/// What one map has sent so far.
struct StreamCount {
  std::string map;
  bpf_map_type type{};
  u64 records = 0;
  u64 discarded = 0;
  u64 size_bytes = 0;
  u64 most_waiting_bytes = 0;   ///< 0: not known
  std::optional<u64> lost;      ///< none: nobody counts them
  std::string lost_counted_by;  ///< "the kernel", or the variable in which a program does; empty: nobody
};

/// Every ring buffer and perf event array of an object, opened for reading. The object must outlive it and stay where it is.
class Streams {
 public:
  /// `events` are the values of --event: MAP:TYPE, or TYPE where there is one map. Errors: invalid, not_found (no such map or type), denied, kernel.
  static Result<Streams> open(Object& object, const std::vector<std::string>& events);

  /// What cannot be shown, and why: a sentence each.
  const std::vector<std::string>& notes() const { return notes_; }
  /// Whether a map of this name is one of them.
  bool has(std::string_view map) const;
  /// Waits for records and shows all that are there, then what was lost meanwhile, and writes it out. Errors: kernel, malformed.
  Result<void> show(std::chrono::nanoseconds wait, Output& out);
  std::vector<StreamCount> counts() const;

 private:
  struct Stream {
    std::string map;
    std::variant<RingBuffer, PerfBuffer> source;
    RecordType type;
    std::optional<Variable> lost;  ///< the program's own count
    u64 lost_told = 0;
    std::chrono::steady_clock::time_point lost_asked;

    int descriptor() const;
    std::optional<u64> lost_now() const;
  };

  static Result<Stream> open_one(Object& object, Map& map);
  Result<void> choose_types(const ObjectSpec& spec, const std::vector<std::string>& events);
  Result<void> show_records(Stream& stream, Output& out) const;
  void show_record(const Stream& stream, std::optional<u32> cpu, std::span<const std::byte> bytes,
                   Output& out) const;
  static void show_lost(Stream& stream, Output& out);

  std::optional<Poller> poller_;  // where there is a stream
  std::vector<Stream> streams_;
  std::vector<std::string> notes_;
};

void counts_text(const std::vector<StreamCount>& counts, Output& out);
Json counts_json(const std::vector<StreamCount>& counts);

}  // namespace skep::cli

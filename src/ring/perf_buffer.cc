#include "skep/perf_buffer.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>

#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <mutex>
#include <set>
#include <tuple>

#include "kernel/map.h"
#include "ring/layout.h"

namespace skep {

namespace {

/// struct perf_event_header, as bytes of a ring.
struct Header {
  u32 type = 0;
  u16 misc = 0;
  u16 bytes = 0;
};
static_assert(sizeof(Header) == sizeof(perf_event_header));

constexpr u32 most_cpus = u32{1} << 16;

/// The processors of a list such as "0-3,5\n". Errors: malformed.
Result<std::vector<u32>> parse_cpus(std::string_view text) {
  std::vector<u32> cpus;
  for (const std::string_view range : split(trim(text), ',')) {
    u32 first = 0;
    u32 last = 0;
    const char* const end = range.data() + range.size();
    auto read = std::from_chars(range.data(), end, first);
    last = first;
    if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-') {
      read = std::from_chars(read.ptr + 1, end, last);
    }
    if (read.ec != std::errc() || read.ptr != end || last < first || last >= most_cpus) {
      return fail(Errc::malformed, cat("want a list of processors, have '", trim(text), "'"));
    }
    for (u32 cpu = first; cpu <= last; ++cpu) {
      cpus.push_back(cpu);
    }
  }
  return cpus;
}

/// The processors that are online. The list of many that are not in a row is long, so it is read whole.
Result<std::vector<u32>> online_cpus(kernel::Kernel& kernel, const std::string& root) {
  const std::string path = root + "/sys/devices/system/cpu/online";
  SKEP_TRY(const Fd file, kernel::descriptor(kernel.open_file(path.c_str(), O_RDONLY, 0), path));
  std::string text;
  std::array<char, 4096> part;
  for (;;) {
    const s64 got = kernel.read_file(file.raw(), part.data(), part.size());
    if (got < 0) {
      return fail_errno(static_cast<int>(-got), path);
    }
    if (got == 0) {
      break;
    }
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  SKEP_TRY_IN(path, auto cpus, parse_cpus(text));
  return cpus;
}

/// BPF output with the records as raw samples.
perf_event_attr output_attributes(u32 wakeup_records) {
  perf_event_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.type = PERF_TYPE_SOFTWARE;
  attr.size = sizeof attr;
  attr.config = PERF_COUNT_SW_BPF_OUTPUT;
  attr.sample_period = 1;
  attr.sample_type = PERF_SAMPLE_RAW;
  attr.wakeup_events = wakeup_records;
  attr.read_format = PERF_FORMAT_LOST;
  return attr;
}

/// What read(2) gives of an event with PERF_FORMAT_LOST alone.
struct Reading {
  u64 count = 0;
  u64 lost = 0;
};

template <class T>
T field(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

void add_to(std::atomic<u64>& counter, u64 what) {
  // One thread reads a ring, so nobody adds at the same time.
  counter.store(counter.load(std::memory_order_relaxed) + what, std::memory_order_relaxed);
}

/// The places of maps that buffers of this process have. The kernel would let a second one take them over unseen.
struct Claims {
  using Key = std::tuple<const kernel::Kernel*, int,
                         u32>;  // with the map's descriptor, which outlives the buffer, and the processor
  std::mutex mutex;
  std::set<Key> taken;

  static Claims& all() {
    static Claims claims;
    return claims;
  }
  bool add(const Key& key) {
    const std::lock_guard lock(mutex);
    return taken.insert(key).second;
  }
  void remove(const Key& key) {
    const std::lock_guard lock(mutex);
    taken.erase(key);
  }
};

}  // namespace

void PerfReader::Leave::operator()(Place* place) const {
  const std::unique_ptr<Place> owned(place);
  if (owned->holds_event) {
    // Nobody to tell: an element that is gone already is as good.
    static_cast<void>(kernel::map_delete(*owned->kernel, {.map_fd = owned->map_fd, .key = &owned->cpu}));
  }
  Claims::all().remove({owned->kernel, owned->map_fd, owned->cpu});
}

u64* PerfReader::head() const {
  return reinterpret_cast<u64*>(memory_.address() + offsetof(perf_event_mmap_page, data_head));
}

u64* PerfReader::tail() const {
  return reinterpret_cast<u64*>(memory_.address() + offsetof(perf_event_mmap_page, data_tail));
}

Result<PerfReader::Walk> PerfReader::begin() const {
  if (counters_->reading.load(std::memory_order_relaxed)) {
    return fail(Errc::busy, cat("perf buffer of processor ", cpu_, ": a visitor is reading it"));
  }
  // Acquire: the events before the head are whole when they are read.
  const Walk walk{.position = ring_detail::load_acquire(tail()), .limit = ring_detail::load_acquire(head())};
  if (walk.limit - walk.position > data_bytes_ || walk.position % 8 != 0) {
    return fail(Errc::malformed,
                cat("perf buffer of processor ", cpu_, ": read up to ", walk.position, " and written up to ",
                    walk.limit, " cannot be of ", data_bytes_, " bytes"));
  }
  counters_->reading.store(true, std::memory_order_relaxed);
  return walk;
}

Result<bool> PerfReader::next(Walk& walk, PerfEvent& event) {
  if (walk.position == walk.limit) {
    return false;
  }
  const std::byte* const data = memory_.address() + page_bytes_;
  const std::size_t at = walk.position & (data_bytes_ - 1);
  // Positions are multiples of 8, so no header goes across the end.
  const auto header = field<Header>({data, data_bytes_}, at);
  const u64 left = walk.limit - walk.position;
  if (header.bytes < sizeof header || header.bytes > left || header.bytes % 8 != 0) {
    return fail(Errc::malformed,
                cat("perf buffer of processor ", cpu_, ": an event of ", header.bytes, " bytes at position ",
                    walk.position, ", where ", left, " bytes are left"));
  }
  event = {.cpu = cpu_, .type = header.type, .misc = header.misc, .bytes = {data + at, header.bytes}};
  const std::size_t in_a_row = data_bytes_ - at;
  if (header.bytes > in_a_row) {
    across_.resize(header.bytes);
    std::memcpy(across_.data(), data + at, in_a_row);
    std::memcpy(across_.data() + in_a_row, data, header.bytes - in_a_row);
    event.bytes = across_;
  }
  walk.position += header.bytes;
  return true;
}

Result<bool> PerfReader::record_of(const PerfEvent& event, PerfRecord& record) {
  constexpr std::size_t size_offset = sizeof(Header);
  constexpr std::size_t data_offset = size_offset + sizeof(u32);
  // struct { header; u64 id; u64 lost; }
  constexpr std::size_t lost_offset = sizeof(Header) + sizeof(u64);
  if (event.type == PERF_RECORD_LOST) {
    if (event.bytes.size() < lost_offset + sizeof(u64)) {
      return fail(Errc::malformed, cat("perf buffer of processor ", cpu_, ": a notice of lost records of ",
                                       event.bytes.size(), " bytes"));
    }
    add_to(counters_->lost, field<u64>(event.bytes, lost_offset));
    return false;
  }
  if (event.type != PERF_RECORD_SAMPLE) {
    return false;
  }
  const std::size_t room = event.bytes.size() - std::min(event.bytes.size(), data_offset);
  const std::size_t bytes = event.bytes.size() < data_offset ? 0 : field<u32>(event.bytes, size_offset);
  if (event.bytes.size() < data_offset || bytes > room) {
    return fail(Errc::malformed, cat("perf buffer of processor ", cpu_, ": a record of ", bytes,
                                     " bytes in an event of ", event.bytes.size()));
  }
  record = {.cpu = cpu_, .bytes = event.bytes.subspan(data_offset, bytes)};
  add_to(counters_->records, 1);
  add_to(counters_->record_bytes, bytes);
  return true;
}

void PerfReader::release(const Walk& walk) {
  // Release: the events have been read before the kernel may write over them.
  ring_detail::store_release(tail(), walk.position);
  counters_->reading.store(false, std::memory_order_relaxed);
}

u64 PerfReader::lost() const {
  const u64 told = counters_->lost.load(std::memory_order_relaxed);
  Reading now;
  const bool is_read =
      tells_lost_ && kernel_->read_file(event_.raw(), &now, sizeof now) == static_cast<s64>(sizeof now);
  return is_read ? std::max(told, now.lost) : told;
}

u64 PerfReader::waiting_bytes() const {
  const u64 read = ring_detail::load_acquire(tail());
  return std::min<u64>(ring_detail::load_acquire(head()) - read, data_bytes_);
}

PerfStatistics PerfReader::statistics() const {
  return {.records = counters_->records.load(std::memory_order_relaxed),
          .record_bytes = counters_->record_bytes.load(std::memory_order_relaxed),
          .lost = lost(),
          .waiting_bytes = waiting_bytes(),
          .size_bytes = data_bytes_};
}

Result<void> PerfBuffer::add(const Map& map, const PerfOptions& options, u32 cpu) {
  kernel::Kernel& kernel = map.kernel();
  perf_event_attr attr =
      options.attributes != nullptr ? *options.attributes : output_attributes(options.wakeup_records);
  if (!Claims::all().add({&kernel, map.fd().raw(), cpu})) {
    return std::unexpected(Error(
        Errc::busy, "another PerfBuffer of this map has its place; there is one for each processor", EBUSY));
  }
  PerfReader reader;
  reader.place_.reset(new PerfReader::Place{.kernel = &kernel, .map_fd = map.fd().raw(), .cpu = cpu});
  const kernel::PerfEventPlace place{.pid = -1, .cpu = static_cast<int>(cpu)};
  int raw = kernel.perf_event_open(attr, place);
  if (raw == -EINVAL && options.attributes == nullptr) {
    attr.read_format = 0;  // before Linux 6.0 an event does not tell what it lost
    raw = kernel.perf_event_open(attr, place);
  }
  if (raw == -ENODEV && options.cpus.empty()) {
    return {};  // went offline since the list was read
  }
  reader.cpu_ = cpu;
  reader.kernel_ = &kernel;
  reader.tells_lost_ = attr.read_format == PERF_FORMAT_LOST;
  SKEP_TRY(reader.event_, kernel::descriptor(raw, "open a perf event"));
  reader.page_bytes_ = ring::page_bytes();
  reader.data_bytes_ = reader.page_bytes_ * options.pages_per_cpu;
  SKEP_TRY_IN(cat(options.pages_per_cpu, " pages (see /proc/sys/kernel/perf_event_mlock_kb)"), reader.memory_,
              RingMemory::map(kernel, reader.event_.raw(), 0, reader.page_bytes_ + reader.data_bytes_, true));
  reader.counters_ = std::make_unique<PerfReader::Counters>();
  SKEP_CHECK(
      kernel::done(kernel.control(reader.event_.raw(), PERF_EVENT_IOC_ENABLE, 0), "enable a perf event"));
  const u32 value = static_cast<u32>(reader.event_.raw());
  SKEP_CHECK(poller_.add(reader.event_.raw(), readers_.size()));
  SKEP_CHECK(kernel::map_update(kernel, {.map_fd = map.fd().raw(), .key = &cpu}, &value));
  reader.place_->holds_event = true;
  readers_.push_back(std::move(reader));
  return {};
}

Result<PerfBuffer> PerfBuffer::open(const Map& map, const PerfOptions& options) {
  const MapTraits& traits = map.traits();
  if (traits.type != BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
    return fail(Errc::invalid,
                cat("map '", traits.name, "' is no array of perf events but of type ", name_of(traits.type)));
  }
  if (!std::has_single_bit(options.pages_per_cpu) || options.pages_per_cpu > u32{1} << 20) {
    return fail(Errc::invalid,
                cat("perf buffer '", traits.name, "': want a power of two of pages, up to 2^20, have ",
                    options.pages_per_cpu));
  }
  std::vector<u32> cpus = options.cpus;
  if (cpus.empty()) {
    SKEP_TRY(cpus, online_cpus(map.kernel(), options.root));
  }
  SKEP_TRY(Poller poller, Poller::create(map.kernel()));
  PerfBuffer buffer(std::move(poller));
  buffer.name_ = traits.name;
  for (const u32 cpu : cpus) {
    if (cpu >= traits.max_entries && options.cpus.empty()) {
      continue;  // the map has no place for it, so no program can send there
    }
    SKEP_CHECK_IN(cat("perf buffer '", traits.name, "', processor ", cpu), buffer.add(map, options, cpu));
  }
  return buffer;
}

u64 PerfBuffer::waiting_bytes() const {
  u64 sum = 0;
  for (const PerfReader& reader : readers_) {
    sum += reader.waiting_bytes();
  }
  return sum;
}

PerfStatistics PerfBuffer::statistics() const {
  PerfStatistics sum;
  for (const PerfReader& reader : readers_) {
    const PerfStatistics one = reader.statistics();
    sum.records += one.records;
    sum.record_bytes += one.record_bytes;
    sum.lost += one.lost;
    sum.waiting_bytes += one.waiting_bytes;
    sum.size_bytes += one.size_bytes;
  }
  return sum;
}

Result<bool> PerfBuffer::wait(Timeout timeout) {
  SKEP_TRY_IN(name_, const auto ready, poller_.wait(timeout));
  return !ready.empty();
}

}  // namespace skep

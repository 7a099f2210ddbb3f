#include "cli/streams.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <thread>

#include "base/result.h"
#include "btf/btf.h"
#include "cli/words.h"

namespace skep::cli {

namespace {

/// Room of a ring is not cleared for the next record, nor need a program clear its own.
constexpr u32 most_elements = 16;
constexpr btf::Strings record_strings = btf::Strings::until_nul;

bool is_stream(bpf_map_type type) {
  return type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

/// A C type's name on the command line: "struct event", or "event" for whatever is called so.
Result<u32> find_type(const btf::Btf& btf, std::string_view text) {
  using btf::Kind;
  struct Word {
    std::string_view word;
    std::vector<Kind> kinds;
  };
  const std::vector<Word> words = {
      {"struct ", {Kind::struct_}},
      {"union ", {Kind::union_}},
      {"enum ", {Kind::enum_, Kind::enum64}},
      {"",
       {Kind::struct_, Kind::union_, Kind::typedef_, Kind::enum_, Kind::enum64, Kind::int_, Kind::float_}},
  };
  for (const Word& word : words) {
    if (!text.starts_with(word.word)) {
      continue;
    }
    const std::string_view name = trim(text.substr(word.word.size()));
    for (const Kind kind : word.kinds) {
      if (const auto found = btf.find(name, kind)) {
        return *found;
      }
    }
    std::vector<std::string_view> names;
    for (u32 id = 1; id < btf.type_count(); ++id) {
      const btf::Type type = btf.type(id);
      if (std::ranges::find(word.kinds, type.kind()) != word.kinds.end() && !type.name().empty()) {
        names.push_back(type.name());
      }
    }
    const std::vector<std::string> similar = nearest(name, names);
    return fail(Errc::not_found,
                cat("the object's BTF has no type '", text, "'",
                    similar.empty() ? "; types that only code mentions are not in it: declare a global of "
                                      "it, or __type(value, ...) of the map"
                                    : cat("; did you mean ", join(similar, ", "), "?")));
  }
  return fail(Errc::not_found, cat("no type '", text, "'"));
}

RecordType record_type(const btf::Btf* btf, u32 id) {
  RecordType type{.btf = btf};
  if (btf == nullptr || id == 0 || id >= btf->type_count()) {
    return type;
  }
  if (const auto bytes = btf->size_bytes(id)) {
    type.id = id;
    type.bytes = static_cast<std::size_t>(*bytes);
    type.name = c_type(btf, id);
  }
  return type;
}

/// The variable in which the object's programs count what they could not send, by its name.
std::optional<Variable> lost_variable(Object& object, const std::string& map, bool is_only) {
  std::vector<std::string> names = {map + "_lost", map + "_dropped", "lost_" + map, "dropped_" + map};
  if (is_only) {
    names.insert(names.end(), {"lost", "dropped"});
  }
  for (const std::string& name : names) {
    if (object.spec().find_variable(name) == nullptr) {
      continue;
    }
    if (auto found = object.variable(name); found && found->size_bytes() <= sizeof(u64)) {
      return *std::move(found);
    }
  }
  return std::nullopt;
}

/// --event: which map, and which type its records have.
struct Event {
  std::string_view map;  // empty: the only one
  std::string_view type;
};

Event split_event(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon == std::string_view::npos
             ? Event{.type = trim(text)}
             : Event{.map = trim(text.substr(0, colon)), .type = trim(text.substr(colon + 1))};
}

std::string hex_text(std::span<const std::byte> bytes) {
  std::string hex = hex_bytes(bytes, bytes.size());
  std::erase(hex, ' ');
  return hex;
}

}  // namespace

int Streams::Stream::descriptor() const {
  return std::visit([](const auto& open) { return open.descriptor(); }, source);
}

std::optional<u64> Streams::Stream::lost_now() const {
  if (const auto* perf = std::get_if<PerfBuffer>(&source)) {
    return perf->statistics().lost;
  }
  if (!lost) {
    return std::nullopt;
  }
  std::array<std::byte, sizeof(u64)> bytes{};
  if (!lost->read(std::span(bytes).first(lost->size_bytes()))) {
    return std::nullopt;
  }
  u64 value = 0;
  const std::size_t offset =
      std::endian::native == std::endian::little ? 0 : sizeof value - lost->size_bytes();
  std::memcpy(reinterpret_cast<std::byte*>(&value) + offset, bytes.data(), lost->size_bytes());
  return value;
}

Result<Streams::Stream> Streams::open_one(Object& object, Map& map) {
  const MapTraits& traits = map.traits();
  const btf::Btf* const types = value_types(object.spec());
  if (traits.type == BPF_MAP_TYPE_RINGBUF) {
    SKEP_TRY(RingBuffer ring, RingBuffer::open(map));
    return Stream{.map = traits.name,
                  .source = std::move(ring),
                  .type = record_type(types, traits.value_type_id),
                  .lost = {}};
  }
  SKEP_TRY(PerfBuffer buffer, PerfBuffer::open(map));
  Stream stream{.map = traits.name, .source = std::move(buffer), .type = {}, .lost = {}};
  // Many sources say that the values of such a map are numbers of 4 bytes, which for the kernel they are.
  const RecordType type = record_type(types, traits.value_type_id);
  if (type.id != 0 && types->type(types->resolve(type.id)).kind() == btf::Kind::struct_) {
    stream.type = type;
  }
  return stream;
}

Result<Streams> Streams::open(Object& object, const std::vector<std::string>& events) {
  Streams streams;
  for (Map& map : object.maps()) {
    if (!is_stream(map.traits().type)) {
      continue;
    }
    auto stream = open_one(object, map);
    if (!stream && stream.error().code() == Errc::unsupported) {
      streams.notes_.push_back(stream.error().message());
      continue;
    }
    if (!stream) {
      return std::unexpected(std::move(stream).error());
    }
    streams.streams_.push_back(*std::move(stream));
    if (!streams.poller_) {
      SKEP_TRY(Poller poller, Poller::create(map.kernel()));
      streams.poller_ = std::move(poller);
    }
  }
  for (Stream& stream : streams.streams_) {
    SKEP_CHECK_IN(stream.map, streams.poller_->add(stream.descriptor(), 0));
    if (std::holds_alternative<RingBuffer>(stream.source)) {
      stream.lost = lost_variable(object, stream.map, streams.streams_.size() == 1);
    }
  }
  SKEP_CHECK(streams.choose_types(object.spec(), events));
  return streams;
}

Result<void> Streams::choose_types(const ObjectSpec& spec, const std::vector<std::string>& events) {
  for (const std::string& text : events) {
    const Event event = split_event(text);
    const auto named = [&](const Stream& stream) { return stream.map == event.map; };
    const auto found =
        event.map.empty() && streams_.size() == 1 ? streams_.begin() : std::ranges::find_if(streams_, named);
    if (found == streams_.end()) {
      std::vector<std::string> names;
      for (const Stream& stream : streams_) {
        names.push_back(stream.map);
      }
      return fail(Errc::not_found,
                  cat("--event ", text, ": want MAP:TYPE with one of the object's ring or perf buffers (",
                      names.empty() ? "it has none" : join(names, ", "), ")"));
    }
    const btf::Btf* const types = value_types(spec);
    if (types == nullptr) {
      return fail(Errc::not_found, cat("--event ", text, ": the object has no BTF for this machine"));
    }
    SKEP_TRY_IN(cat("--event ", text), const u32 id, find_type(*types, event.type));
    found->type = record_type(types, id);
    if (found->type.id == 0) {
      return fail(Errc::invalid, cat("--event ", text, ": a type without a size"));
    }
  }
  return {};
}

bool Streams::has(std::string_view map) const {
  return std::ranges::any_of(streams_, [&](const Stream& stream) { return stream.map == map; });
}

Result<void> Streams::show(std::chrono::nanoseconds wait, Output& out) {
  if (!poller_) {
    std::this_thread::sleep_for(wait);
    return {};
  }
  SKEP_TRY(const auto ready, poller_->wait(wait));
  (void)ready;  // All are read, whoever woke us: programs may send without waking anybody.
  for (Stream& stream : streams_) {
    SKEP_CHECK(show_records(stream, out));
    show_lost(stream, out);
  }
  out.flush();
  return {};
}

Result<void> Streams::show_records(Stream& stream, Output& out) const {
  if (auto* ring = std::get_if<RingBuffer>(&stream.source)) {
    SKEP_TRY(const u64 count,
             ring->consume([&](RingRecord record) { show_record(stream, std::nullopt, record, out); }));
    (void)count;
    return {};
  }
  auto& perf = std::get<PerfBuffer>(stream.source);
  SKEP_TRY(const u64 count, perf.consume([&](const PerfRecord& record) {
    show_record(stream, record.cpu, record.bytes, out);
  }));
  (void)count;
  return {};
}

void Streams::show_record(const Stream& stream, std::optional<u32> cpu, std::span<const std::byte> bytes,
                          Output& out) const {
  const RecordType& type = stream.type;
  const bool fits = type.id != 0 && bytes.size() >= type.bytes;
  const auto value = fits ? bytes.first(type.bytes) : bytes;
  // The kernel fills records of perf buffers up to a multiple of 8.
  const std::size_t filling = cpu ? 7 : 0;
  const auto rest = bytes.subspan(value.size());
  const bool has_rest = rest.size() > filling;
  const u32 id = fits ? type.id : 0;
  if (out.is_json()) {
    Json line = {{"kind", "record"},
                 {"map", stream.map},
                 {"cpu", cpu ? Json(*cpu) : Json(nullptr)},
                 {"type", fits ? Json(type.name) : Json(nullptr)},
                 {"value", value_json(type.btf, id, value, record_strings)}};
    if (has_rest) {
      line.set("rest", hex_text(rest));
    }
    out.json_line(line);
    return;
  }
  const std::string name = streams_.size() > 1 ? cat(out.paint(Style::name, stream.map), " ") : "";
  const std::string text =
      fits ? value_text(type.btf, id, value, most_elements, record_strings) : hex_bytes(value, 256);
  out.line(cat(name, text,
               has_rest ? out.paint(Style::comment, cat("  // and ", rest.size(), " bytes more")) : ""));
}

void Streams::show_lost(Stream& stream, Output& out) {
  if (std::holds_alternative<PerfBuffer>(stream.source)) {
    // Every processor is asked, which would disturb them if it were done for every record.
    constexpr auto interval = std::chrono::milliseconds(100);
    const auto time = std::chrono::steady_clock::now();
    if (time - stream.lost_asked < interval) {
      return;
    }
    stream.lost_asked = time;
  }
  const u64 now = stream.lost_now().value_or(0);
  if (now <= stream.lost_told) {
    return;
  }
  const u64 more = now - std::exchange(stream.lost_told, now);
  if (out.is_json()) {
    out.json_line({{"kind", "lost"}, {"map", stream.map}, {"count", more}});
  } else {
    out.line(out.paint(Style::bad,
                       cat(stream.map, ": ", more, more == 1 ? " record was lost" : " records were lost")));
  }
}

std::vector<StreamCount> Streams::counts() const {
  std::vector<StreamCount> counts;
  for (const Stream& stream : streams_) {
    StreamCount count{.map = stream.map, .lost = stream.lost_now(), .lost_counted_by = {}};
    if (const auto* ring = std::get_if<RingBuffer>(&stream.source)) {
      const RingStatistics known = ring->statistics();
      count.type = BPF_MAP_TYPE_RINGBUF;
      count.records = known.records;
      count.discarded = known.discarded;
      count.size_bytes = known.size_bytes;
      count.most_waiting_bytes = known.most_waiting_bytes;
      count.lost_counted_by = stream.lost ? stream.lost->name() : "";
    } else {
      const PerfStatistics known = std::get<PerfBuffer>(stream.source).statistics();
      count.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY;
      count.records = known.records;
      count.size_bytes = known.size_bytes;
      count.lost_counted_by = "the kernel";
    }
    counts.push_back(std::move(count));
  }
  return counts;
}

void counts_text(const std::vector<StreamCount>& counts, Output& out) {
  for (const StreamCount& count : counts) {
    std::string text = cat(count.records, count.records == 1 ? " record" : " records");
    if (count.discarded != 0) {
      text += cat(", ", count.discarded, " discarded");
    }
    text += count.lost ? cat(", ", *count.lost, " lost (counted by ", count.lost_counted_by, ")")
                       : cat(", losses not counted: no variable '", count.map, "_lost'");
    if (count.most_waiting_bytes != 0) {
      text += cat(", at most ", (count.most_waiting_bytes * 100 + count.size_bytes - 1) / count.size_bytes,
                  "% full");
    }
    out.line(cat(out.paint(Style::title, count.map), " ",
                 out.paint(Style::comment, cat("(", word(count.type), ": ", text, ")"))));
  }
}

Json counts_json(const std::vector<StreamCount>& counts) {
  Json list = Json::array();
  for (const StreamCount& count : counts) {
    list.push_back(
        {{"map", count.map},
         {"type", word(count.type)},
         {"records", count.records},
         {"discarded", count.discarded},
         {"lost", count.lost ? Json(*count.lost) : Json(nullptr)},
         {"lost_counted_by", count.lost_counted_by.empty() ? Json(nullptr) : Json(count.lost_counted_by)},
         {"size_bytes", count.size_bytes},
         {"most_waiting_bytes", count.most_waiting_bytes}});
  }
  return list;
}

}  // namespace skep::cli

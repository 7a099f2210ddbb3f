// The tour: reads an object, sets a constant, loads it, runs its programs on packets made here, prints its maps and variables.
#include <array>
#include <cinttypes>
#include <cstdio>
#include <span>

#include "example.h"
#include "skep/object.h"

using skep::u16;
using skep::u32;
using skep::u64;

enum class Mood : u32 { asleep, awake, busy };

struct Traffic {
  u64 packets;
  u64 bytes;
};
SKEP_FIELDS(Traffic, packets, bytes);  // as<..., Traffic>() compares these with the map's own types

namespace {

const char* name_of(Mood mood) {
  switch (mood) {
    case Mood::asleep: return "asleep";
    case Mood::awake: return "awake";
    case Mood::busy: return "busy";
  }
  return "?";
}

// An Ethernet frame that is nothing but its header and zeroes.
template <std::size_t Bytes>
std::array<std::byte, Bytes> frame(u16 protocol) {
  std::array<std::byte, Bytes> bytes{};
  bytes[12] = static_cast<std::byte>(protocol >> 8);
  bytes[13] = static_cast<std::byte>(protocol & 0xff);
  return bytes;
}

void run(skep::Object& object, const char* name, std::span<const std::byte> packet, const char* what) {
  const skep::Program& program = must_find(object.program(name), name);
  const auto result = must(program.test_run({.data_in = packet}));
  std::printf("  %-14s %-22s returns %u\n", name, what, result.return_value);
}

void run_programs(skep::Object& object) {
  std::puts("run:");
  const auto ip4 = frame<60>(0x0800);
  const auto ip6 = frame<90>(0x86dd);
  run(object, "on_socket", ip4, "60 bytes of IPv4");
  run(object, "on_xdp", ip4, "60 bytes of IPv4");
  run(object, "on_xdp", ip4, "60 bytes of IPv4");
  run(object, "on_xdp", ip6, "90 bytes of IPv6");
  run(object, "on_tc", ip6, "90 bytes of IPv6");
  // A raw tracepoint's context is its arguments.
  const std::array<u64, 2> arguments{40, 2};
  const skep::Program& tracepoint = must_find(object.program("on_tracepoint"), "on_tracepoint");
  const auto result = must(tracepoint.test_run({.context_in = std::as_bytes(std::span(arguments))}));
  std::printf("  %-14s %-22s returns %u\n", "on_tracepoint", "arguments 40 and 2", result.return_value);
}

void print_maps(skep::Object& object) {
  std::puts("map 'by_protocol' (BTF style):");
  const auto by_protocol = must(must_find(object.map("by_protocol"), "by_protocol").as<u16, Traffic>());
  for (const u16 protocol : {u16{0x0800}, u16{0x86dd}}) {
    if (const auto seen = must(by_protocol.lookup(protocol))) {
      std::printf("  0x%04x  %" PRIu64 " packets, %" PRIu64 " bytes\n", protocol, seen->packets, seen->bytes);
    }
  }
  std::puts("map 'calls' (legacy style):");
  const auto calls = must(must_find(object.map("calls"), "calls").as<u32, u64>());
  constexpr std::array callers{"socket", "xdp", "tc", "tracepoint"};
  for (const auto& entry : calls.each()) {
    if (!entry) {
      std::fprintf(stderr, "error: %s\n", entry.error().message().c_str());
      std::exit(1);
    }
    std::printf("  %-11s %" PRIu64 "\n", callers.at(entry->first), entry->second);
  }
  std::puts("map 'by_cpu' (a value per CPU):");
  const auto by_cpu = must(must_find(object.map("by_cpu"), "by_cpu").as_per_cpu<u32, Traffic>());
  Traffic sum{};
  // Named, because a loop does not keep the temporaries of its range alive.
  const auto values = must(by_cpu.lookup(0));
  for (const Traffic& here : *values) {
    sum.packets += here.packets;
    sum.bytes += here.bytes;
  }
  std::printf("  all CPUs    %" PRIu64 " packets, %" PRIu64 " bytes\n", sum.packets, sum.bytes);
}

void print_variables(skep::Object& object) {
  std::puts("variables:");
  const auto variable = [&]<class T>(const char* name, T) {
    return must(must(must(object.variable(name)).as<T>()).load());
  };
  const Traffic total = variable("total", Traffic{});
  std::printf("  total      %" PRIu64 " packets, %" PRIu64 " bytes\n", total.packets, total.bytes);
  std::printf("  mood       %s\n", name_of(variable("mood", Mood{})));
  std::printf("  busy_from  %d\n", variable("busy_from", 0));
  std::printf("  magic      %d\n", variable("magic", 0));
  std::printf("  magic_seen %d\n", variable("magic_seen", 0));
}

}  // namespace

int main(int count, char** words) {
  auto spec = must(skep::ObjectSpec::read_file(object_path(count, words)));
  std::printf("%s: %zu programs, %zu maps, %zu variables\n", spec.name.c_str(), spec.programs.size(),
              spec.maps.size(), spec.variables.size());
  must(spec.set("busy_from", 5));  // a constant for the kernel's verifier: can only be set now
  auto object = must(skep::Object::load(std::move(spec)));
  for (const skep::Program& program : object.programs()) {
    const auto& traits = program.traits();
    std::printf("loaded %-14s SEC(\"%s\"), %u instructions\n", traits.name.c_str(), traits.section.c_str(),
                traits.insn_count);
  }
  must(must(must(object.variable("magic")).as<int>())
           .store(4242));  // shared memory: the program reads it with its next run
  run_programs(object);
  print_maps(object);
  print_variables(object);
  return 0;
}

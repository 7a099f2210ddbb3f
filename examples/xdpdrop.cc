// Counts packets that come in, and drops UDP ones to a port: xdpdrop [--for SECONDS] DEVICE [PORT]
#include <thread>

#include "skep/xdp.h"
#include "streaming.h"

using skep::u32;
using skep::u64;

struct Traffic {
  u64 packets;
  u64 bytes;
};
SKEP_FIELDS(Traffic, packets, bytes);

namespace {

std::string protocol_name(u32 protocol) {
  switch (protocol) {
    case 1: return "ICMP";
    case 6: return "TCP";
    case 17: return "UDP";
    default: return "protocol " + std::to_string(protocol);
  }
}

}  // namespace

int main(int count, char** words) {
  const Told told = read_words(count, words);
  auto spec = must(skep::ObjectSpec::read_file(told.object));
  must(spec.set_text("unwanted_port", word_or(told, 1, "0")));
  auto object = must(skep::Object::load(std::move(spec)));
  auto link = must(skep::attach_xdp(must_find(object.program("on_packet"), "on_packet"),
                                    {.device = {.name = word_or(told, 0, "lo")}}));
  tell({&link, 1});
  const Until until(told.seconds);
  while (!until.is_over()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  must(link.detach());

  const auto seen = must(must_find(object.map("seen"), "seen").as_per_cpu<u32, Traffic>());
  for (const auto& [protocol, copies] : must(seen.entries())) {
    Traffic sum{};
    for (const Traffic& copy : copies) {
      sum.packets += copy.packets;
      sum.bytes += copy.bytes;
    }
    if (sum.packets != 0) {
      std::printf("%-12s %8llu packets %12llu bytes\n", protocol_name(protocol).c_str(),
                  static_cast<unsigned long long>(sum.packets), static_cast<unsigned long long>(sum.bytes));
    }
  }
  const u64 dropped = must(must(must(object.variable("dropped")).as<u64>()).load());
  std::printf("dropped      %8llu packets\n", static_cast<unsigned long long>(dropped));
  return 0;
}

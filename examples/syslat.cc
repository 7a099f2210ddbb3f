// Draws how long system calls take: syslat [--for SECONDS] [NUMBER], of all or of the one with that number.
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "skep/attach.h"
#include "streaming.h"

using skep::u32;
using skep::u64;

namespace {

/// 1536 as "1.5 us": three digits at most.
std::string time_text(u64 nanoseconds) {
  static constexpr const char* units[] = {"ns", "us", "ms", "s"};
  double value = static_cast<double>(nanoseconds);
  std::size_t unit = 0;
  for (; value >= 1000 && unit < 3; ++unit) {
    value /= 1000;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %s", value, units[unit]);
  return text;
}

/// A line for each slot from the first to the last that is not empty.
void draw(const std::vector<u64>& slots) {
  const auto used = [](u64 calls) { return calls != 0; };
  const auto first = std::find_if(slots.begin(), slots.end(), used);
  const auto last = std::find_if(slots.rbegin(), slots.rend(), used).base();
  const u64 most = slots.empty() ? 0 : *std::max_element(slots.begin(), slots.end());
  constexpr u64 width = 50;
  for (auto slot = first; slot < last; ++slot) {
    const u64 from = u64{1} << (slot - slots.begin());
    const std::string bar(*slot == 0 ? 0 : std::max<u64>(1, *slot * width / most), '#');
    std::printf("%8s to %-8s %9llu |%-50s|\n", time_text(from).c_str(), time_text(from * 2).c_str(),
                static_cast<unsigned long long>(*slot), bar.c_str());
  }
}

}  // namespace

int main(int count, char** words) {
  const Told told = read_words(count, words);
  auto spec = must(skep::ObjectSpec::read_file(told.object));
  must(spec.set_text("wanted_call", word_or(told, 0, "-1")));
  must(spec.set("own_tgid", static_cast<u32>(::getpid())));
  auto object = must(skep::Object::load(std::move(spec)));
  auto links = must(skep::attach_all(object));
  tell(links);
  const Until until(told.seconds);
  while (!until.is_over()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  must(skep::detach_all(links));

  std::vector<u64> slots;
  for (const auto& [slot, copies] :
       must(must(must_find(object.map("slots"), "slots").as_per_cpu<u32, u64>()).entries())) {
    slots.push_back(std::accumulate(copies.begin(), copies.end(), u64{0}));
  }
  draw(slots);
  std::printf("%llu system calls\n",
              static_cast<unsigned long long>(std::accumulate(slots.begin(), slots.end(), u64{0})));
  return 0;
}

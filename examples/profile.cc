// Shows where the kernel spends its time, by function, and its most frequent stacks: profile [--for SECONDS] [TIMES_PER_SECOND]
#include <algorithm>
#include <array>
#include <map>
#include <thread>

#include "skep/perf_event.h"
#include "streaming.h"

using skep::u32;
using skep::u64;

namespace {

using Stack = std::array<u64, 32>;  ///< addresses, innermost first; 0 behind the last

/// Names of the kernel's functions by address.
class Symbols {
 public:
  Symbols() {
    std::FILE* list = std::fopen("/proc/kallsyms", "re");
    unsigned long long address = 0;
    char type = 0;
    char name[512];
    while (list != nullptr && std::fscanf(list, "%llx %c %511s%*[^\n]", &address, &type, name) == 3) {
      if (type == 't' || type == 'T') {
        names_.emplace_hint(names_.end(), address, name);  // most come in order
      }
    }
    if (list != nullptr) {
      std::fclose(list);
    }
  }
  std::string name_of(u64 address) const {
    const auto behind = names_.upper_bound(address);
    return behind == names_.begin() ? "?" : std::prev(behind)->second;
  }

 private:
  std::map<u64, std::string> names_;
};

struct Counted {
  u64 count;
  Stack stack;
};

std::vector<Counted> read_stacks(skep::Object& object) {
  std::vector<Counted> all;
  const skep::Map& stacks = must_find(object.map("stacks"), "stacks");
  for (const auto& [id, count] :
       must(must(must_find(object.map("samples"), "samples").as<u32, u64>()).entries())) {
    Counted counted{.count = count, .stack = {}};
    if (must(stacks.lookup(std::as_bytes(std::span(&id, 1)),
                           std::as_writable_bytes(std::span(counted.stack))))) {
      all.push_back(counted);
    }
  }
  std::ranges::sort(all, std::ranges::greater(), &Counted::count);
  return all;
}

void show_functions(const std::vector<Counted>& stacks, const Symbols& symbols) {
  std::map<std::string, u64> by_function;
  u64 sum = 0;
  for (const Counted& one : stacks) {
    by_function[symbols.name_of(one.stack[0])] += one.count;
    sum += one.count;
  }
  std::vector<std::pair<u64, std::string>> sorted;
  for (const auto& [name, count] : by_function) {
    sorted.emplace_back(count, name);
  }
  std::ranges::sort(sorted, std::greater());
  for (const auto& [count, name] : std::span(sorted).first(std::min<std::size_t>(sorted.size(), 10))) {
    std::printf("%5.1f%%  %s\n", 100.0 * static_cast<double>(count) / static_cast<double>(sum), name.c_str());
  }
}

void show_stack(const Counted& one, const Symbols& symbols) {
  std::printf("\n%llu times:\n", static_cast<unsigned long long>(one.count));
  for (std::size_t i = 0; i < one.stack.size() && one.stack[i] != 0; ++i) {
    // All but the innermost are return addresses, perhaps behind their function's last instruction.
    std::printf("    %s\n", symbols.name_of(one.stack[i] - (i == 0 ? 0 : 1)).c_str());
  }
}

}  // namespace

int main(int count, char** words) {
  const Told told = read_words(count, words);
  auto object = must(skep::Object::load_file(told.object));
  skep::PerfEventTarget target;
  target.frequency = std::stoull(word_or(told, 0, "99"));
  auto link = must(skep::attach_perf_event_program(must_find(object.program("on_tick"), "on_tick"), target));
  tell({&link, 1});
  const Until until(told.seconds);
  while (!until.is_over()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  must(link.detach());

  const Symbols symbols;
  const std::vector<Counted> stacks = read_stacks(object);
  show_functions(stacks, symbols);
  for (const Counted& one : std::span(stacks).first(std::min<std::size_t>(stacks.size(), 3))) {
    show_stack(one, symbols);
  }
  const auto value = [&object](const char* name) {
    return static_cast<unsigned long long>(must(must(must(object.variable(name)).as<u64>()).load()));
  };
  std::printf("\n%zu stacks; besides %llu times in user space, %llu times idle, %llu times lost\n",
              stacks.size(), value("in_user_space"), value("idle"), value("lost"));
  return 0;
}

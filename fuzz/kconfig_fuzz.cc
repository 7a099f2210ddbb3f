// A kernel's configuration and a value in it: an answer or an error, and no byte outside of the variable.
#include <array>

#include "base/result.h"
#include "host/kconfig.h"

namespace {

using skep::host::ConfigType;

constexpr auto types = std::to_array<ConfigType>({
    {.kind = ConfigType::Kind::boolean, .bytes = 1},
    {.kind = ConfigType::Kind::tristate, .bytes = 4},
    {.kind = ConfigType::Kind::character, .bytes = 1, .is_signed = true},
    {.kind = ConfigType::Kind::integer, .bytes = 2, .is_signed = true},
    {.kind = ConfigType::Kind::integer, .bytes = 8},
    {.kind = ConfigType::Kind::integer, .bytes = 8, .is_signed = true},
    {.kind = ConfigType::Kind::text, .bytes = 5},
});

void store(std::string_view value) {
  for (const ConfigType& type : types) {
    std::array<std::byte, 10> memory;
    memory.fill(std::byte{0xcc});
    const auto done = skep::host::store_option(value, type, std::span(memory).subspan(1, type.bytes));
    SKEP_ASSERT(memory.front() == std::byte{0xcc} && memory[type.bytes + 1] == std::byte{0xcc});
    SKEP_ASSERT(done || !done.error().message().empty());
    SKEP_ASSERT(!done || type.kind != ConfigType::Kind::text || memory[type.bytes] == std::byte{0});
    SKEP_ASSERT(!done || *done == 0 || type.kind == ConfigType::Kind::text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::array<std::string_view, 3> names = {"CONFIG_A", "CONFIG_HZ", "CONFIG_A"};
  const auto found = skep::host::find_options(text, names);
  if (!found) {
    SKEP_ASSERT(!found.error().message().empty());
    return 0;
  }
  for (const auto& option : *found) {
    SKEP_ASSERT((option.state == skep::host::ConfigOption::State::set) == !option.value.empty());
    if (!option.value.empty()) {
      store(option.value);
    }
  }
  (void)skep::host::near_options(text, "CONFIG_HZ");
  return 0;
}

#include "attach/usdt_spec.h"

#include "base/result.h"
#include "host/usdt_args.h"

namespace skep::attach {
namespace {

// enum __bpf_usdt_arg_type, and a number that no header knows.
constexpr u32 place_constant = 0;
constexpr u32 place_register = 1;
constexpr u32 place_memory = 2;
constexpr u32 place_indexed = 3;
constexpr u32 place_unknown = 0xff;

UsdtArgSpec make_argument(u16 machine, const host::UsdtArgument& argument) {
  UsdtArgSpec spec{.value = static_cast<u64>(argument.value),
                   .place = place_unknown,
                   .is_signed = argument.is_signed ? u8{1} : u8{0},
                   .bit_shift = static_cast<s8>(64 - argument.bytes * 8)};
  const auto base = host::register_offset(machine, argument.base);
  const auto index = host::register_offset(machine, argument.index);
  spec.register_offset = base ? static_cast<s16>(*base) : s16{0};
  switch (argument.place) {
    case host::UsdtPlace::constant: spec.place = place_constant; break;
    case host::UsdtPlace::reg: spec.place = base ? place_register : place_unknown; break;
    case host::UsdtPlace::memory:
      // A variable's address is only known once the file is loaded, and an index alone has no type of its own.
      if (!argument.symbol.empty()) {
        break;
      }
      if (base && index) {
        spec.place = place_indexed | u32{*index} << 8 | u32{argument.shift} << 20;
      } else if (base) {
        spec.place = place_memory;
      } else if (index && argument.shift == 0) {
        spec.place = place_memory;
        spec.register_offset = static_cast<s16>(*index);
      }
      break;
    case host::UsdtPlace::unknown: break;
  }
  return spec;
}

}  // namespace

Result<UsdtSpec> make_usdt_spec(u16 machine, std::string_view text, u64 cookie) {
  const auto arguments = host::parse_usdt_arguments(machine, text);
  if (arguments.size() > most_usdt_arguments) {
    return fail(Errc::invalid,
                cat("want at most ", most_usdt_arguments, " arguments, have ", arguments.size()));
  }
  UsdtSpec spec{.cookie = cookie, .argument_count = static_cast<s16>(arguments.size())};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    spec.arguments[i] = make_argument(machine, arguments[i]);
  }
  return spec;
}

}  // namespace skep::attach

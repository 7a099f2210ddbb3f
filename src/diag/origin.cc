#include "diag/origin.h"

#include <charconv>

namespace skep::diag {

namespace {

/// "r7" or "w7" at the front of `text`, taken off it.
std::optional<u8> take_register(std::string_view& text) {
  if (text.size() < 2 || (text[0] != 'r' && text[0] != 'w')) {
    return std::nullopt;
  }
  u8 number = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (error != std::errc{} || number > 10) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// What one step does to the value that we follow.
struct Effect {
  enum class Kind : u8 { none, made, copied_from_register, copied_from_stack } kind = Kind::none;
  u8 from = 0;            ///< copied_from_register
  std::string_view slot;  ///< copied_from_stack: "(r10 -8)"
};

/// The "(r10 -8)" of a 64-bit access to the stack in `text`, or empty.
std::string_view stack_slot(std::string_view text) {
  constexpr std::string_view access = "*(u64 *)(r10 ";
  if (!text.starts_with(access)) {
    return {};
  }
  return text.substr(8, text.find(')', access.size()) - 7);
}

Effect effect_on_register(std::string_view text, u8 followed) {
  if (text.starts_with("call ") ||
      text.starts_with("callx ")) {  // r0 is the result; r1-r5 hold nothing afterwards
    return {.kind = followed <= 5 ? Effect::Kind::made : Effect::Kind::none};
  }
  const auto written = take_register(text);
  if (!written || *written != followed) {
    return {};
  }
  if (!text.starts_with(" = ")) {
    return {.kind = Effect::Kind::made};  // "r0 += r1"
  }
  text.remove_prefix(3);
  if (const std::string_view slot = stack_slot(text); !slot.empty()) {
    return {.kind = Effect::Kind::copied_from_stack, .slot = slot};
  }
  const auto from = take_register(text);
  if (from && text.empty() && *from != 10) {
    return {.kind = Effect::Kind::copied_from_register, .from = *from};
  }
  return {.kind = Effect::Kind::made};
}

Effect effect_on_slot(std::string_view text, std::string_view followed) {
  const std::size_t equals = text.find(" = ");
  if (stack_slot(text) != followed || equals == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(equals + 3);
  const auto from = take_register(text);
  return from ? Effect{.kind = Effect::Kind::copied_from_register, .from = *from}
              : Effect{.kind = Effect::Kind::made};
}

}  // namespace

std::optional<std::size_t> find_origin(std::span<const Step> steps, u8 named) {
  if (steps.empty() || named >= 10) {
    return std::nullopt;
  }
  u8 followed = named;
  std::string_view slot;
  u32 calls_to_skip =
      0;  // callees that returned before the value was needed: they have registers and stack of their own
  for (std::size_t i = steps.size() - 1; i-- > 0;) {
    const std::string_view text = steps[i].text;
    const bool in_r0 = slot.empty() && followed == 0;
    if (text == "exit" && (calls_to_skip > 0 || !in_r0)) {
      ++calls_to_skip;
      continue;
    }
    if (text.starts_with("call pc")) {
      if (calls_to_skip > 0) {
        --calls_to_skip;
      } else if (!slot.empty() || followed == 0 || followed > 5) {
        return std::nullopt;  // the caller's registers are not the callee's; arguments are
      }
      continue;
    }
    if (calls_to_skip > 0) {
      continue;
    }
    const Effect effect = slot.empty() ? effect_on_register(text, followed) : effect_on_slot(text, slot);
    switch (effect.kind) {
      case Effect::Kind::none: break;
      case Effect::Kind::made: return i;
      case Effect::Kind::copied_from_register:
        followed = effect.from;
        slot = {};
        break;
      case Effect::Kind::copied_from_stack: slot = effect.slot; break;
    }
  }
  return std::nullopt;
}

}  // namespace skep::diag

#include "host/usdt_args.h"

#include <elf.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace skep::host {

namespace {

constexpr std::size_t most_arguments = 64;

/// ppc64 assemblers write register 9 as "9", and hence constants as "i9".
bool has_bare_registers(u16 machine) {
  return machine == EM_PPC64;
}

/// A whole number, decimal or hexadecimal, with a sign or without; also of all 64 bits.
std::optional<s64> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  if (is_hex) {
    text.remove_prefix(2);
  }
  u64 number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, is_hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return static_cast<s64>(negative ? u64{0} - number : number);
}

/// A number with or without the mark of a constant: "$5", "#5", "i5" (ppc64).
std::optional<s64> parse_marked_number(u16 machine, std::string_view text) {
  if (text.starts_with('$') || text.starts_with('#') ||
      (has_bare_registers(machine) && text.starts_with('i'))) {
    return parse_number(trim(text.substr(1)));
  }
  return parse_number(text);
}

/// The name of a register that register_offset() knows, or nothing.
std::string_view parse_register(u16 machine, std::string_view text) {
  static constexpr std::array<std::string_view, 32> ppc_names{
      "r0",  "r1",  "r2",  "r3",  "r4",  "r5",  "r6",  "r7",  "r8",  "r9",  "r10",
      "r11", "r12", "r13", "r14", "r15", "r16", "r17", "r18", "r19", "r20", "r21",
      "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30", "r31"};
  text = trim(text);
  if (text.starts_with('%')) {
    text.remove_prefix(1);
  }
  if (has_bare_registers(machine)) {
    const auto number = parse_number(text);
    if (number && *number >= 0 && *number < 32) {
      return ppc_names[static_cast<std::size_t>(*number)];
    }
  }
  return register_offset(machine, text) ? text : std::string_view();
}

/// What the index is shifted by: x86 has a factor (1, 2, 4, 8), arm has "lsl #2". Nothing when it is neither.
std::optional<u8> parse_shift(u16 machine, std::string_view text) {
  constexpr std::string_view mark = "lsl";
  if (text.starts_with(mark)) {
    const auto number = parse_marked_number(machine, trim(text.substr(mark.size())));
    return number && *number >= 0 && *number <= 4 ? std::optional(static_cast<u8>(*number)) : std::nullopt;
  }
  switch (parse_number(text).value_or(0)) {
    case 1: return u8{0};
    case 2: return u8{1};
    case 4: return u8{2};
    case 8: return u8{3};
    default: return std::nullopt;
  }
}

/// What stands before the bracket: a number, the name of a variable, or both ("counters+8").
bool parse_displacement(std::string_view text, UsdtArgument& argument) {
  if (text.empty()) {
    return true;
  }
  if (const auto number = parse_number(text)) {
    argument.value = *number;
    return true;
  }
  const std::size_t sign = text.find_first_of("+-", 1);
  const auto rest = sign == std::string_view::npos ? std::optional<s64>(0) : parse_number(text.substr(sign));
  argument.symbol = text.substr(0, sign);
  argument.value = rest.value_or(0);
  return rest.has_value() && argument.symbol.find_first_of("$#%:*, @") == std::string_view::npos;
}

/// What stands within brackets: registers, a displacement and a shift, between commas.
bool parse_address(u16 machine, std::string_view inner, UsdtArgument& argument) {
  const std::vector<std::string_view> parts = split(inner, ',');
  if (parts.empty() || parts.size() > 3) {
    return false;
  }
  const std::string_view base = trim(parts[0]);
  argument.base = parse_register(machine, base);
  if (argument.base.empty() && (!base.empty() || parts.size() == 1)) {
    return false;
  }
  if (parts.size() > 1) {
    const std::string_view second = trim(parts[1]);
    const auto number = has_bare_registers(machine) ? std::nullopt : parse_marked_number(machine, second);
    if (number) {
      argument.value += *number;
      return parts.size() == 2;
    }
    argument.index = parse_register(machine, second);
    if (argument.index.empty()) {
      return false;
    }
  }
  if (parts.size() > 2) {
    const std::optional<u8> shift = parse_shift(machine, trim(parts[2]));
    argument.shift = shift.value_or(0);
    return shift.has_value();
  }
  return true;
}

/// The whole of an operand with brackets.
bool parse_memory(u16 machine, std::string_view operand, std::size_t open, UsdtArgument& argument) {
  const std::size_t close = operand.rfind(operand[open] == '(' ? ')' : ']');
  if (close == std::string_view::npos || close < open) {
    return false;
  }
  const std::string_view behind = trim(operand.substr(close + 1));
  if (!parse_displacement(trim(operand.substr(0, open)), argument) || !(behind.empty() || behind == "!")) {
    return false;
  }
  argument.place = UsdtPlace::memory;
  return parse_address(machine, operand.substr(open + 1, close - open - 1), argument);
}

bool parse_operand(u16 machine, std::string_view operand, UsdtArgument& argument) {
  if (operand.empty()) {
    return false;
  }
  if (const std::size_t open = operand.find_first_of("(["); open != std::string_view::npos) {
    return parse_memory(machine, operand, open, argument);
  }
  const bool is_marked = operand.front() == '$' || operand.front() == '#' || operand.front() == 'i';
  if (!(has_bare_registers(machine) && !is_marked)) {
    if (const auto number = parse_marked_number(machine, operand)) {
      // x86 marks its constants; a number without a mark is an address.
      const bool is_x86 = machine == EM_X86_64 || machine == EM_386;
      argument.place = UsdtPlace::constant;
      argument.value = *number;
      return !is_x86 || is_marked;
    }
  }
  if (operand.contains(',')) {  // ppc64: "9,10"
    argument.place = UsdtPlace::memory;
    return parse_address(machine, operand, argument) && !argument.index.empty();
  }
  argument.place = UsdtPlace::reg;
  argument.base = parse_register(machine, operand);
  return !argument.base.empty();
}

/// "-4@", "8f@": how many bytes, signed or a float, and takes that off `text`. Without it the value is a whole register.
bool parse_size(std::string_view& text, UsdtArgument& argument) {
  std::string_view rest = text;
  const bool is_signed = rest.starts_with('-');
  rest.remove_prefix(is_signed ? 1 : 0);
  u32 bytes = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), bytes);
  if (error == std::errc()) {
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    argument.is_float = rest.starts_with('f');
    rest.remove_prefix(argument.is_float ? 1 : 0);
  }
  if (error != std::errc() || !rest.starts_with('@')) {
    argument.is_float = false;
    return true;
  }
  text = rest.substr(1);
  argument.is_signed = is_signed;
  const bool is_known = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  argument.bytes = is_known ? static_cast<u8>(bytes) : u8{8};
  return is_known;
}

UsdtArgument parse_argument(u16 machine, std::string_view text) {
  UsdtArgument argument{.text = text};
  const bool is_sized = parse_size(text, argument);
  if (!is_sized || !parse_operand(machine, trim(text), argument)) {
    return {.bytes = argument.bytes,
            .is_signed = argument.is_signed,
            .is_float = argument.is_float,
            .text = argument.text};
  }
  return argument;
}

/// The end of the argument that `text` begins with: a blank that is not within brackets.
std::size_t end_of_argument(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '[') {
      ++depth;
    } else if ((text[i] == ')' || text[i] == ']') && depth > 0) {
      --depth;
    } else if (text[i] == ' ' && depth == 0) {
      return i;
    }
  }
  return text.size();
}

}  // namespace

std::vector<UsdtArgument> parse_usdt_arguments(u16 machine, std::string_view text) {
  std::vector<UsdtArgument> arguments;
  text = trim(text);
  while (!text.empty() && arguments.size() < most_arguments) {
    const std::size_t end = end_of_argument(text);
    arguments.push_back(parse_argument(machine, text.substr(0, end)));
    text = trim(text.substr(end));
  }
  return arguments;
}

std::string describe(const UsdtArgument& argument) {
  const std::string type = cat(argument.is_float    ? "f"
                               : argument.is_signed ? "s"
                                                    : "u",
                               u32{argument.bytes} * 8u);
  switch (argument.place) {
    case UsdtPlace::unknown: return cat(type, " not readable (", argument.text, ")");
    case UsdtPlace::constant: return cat(type, " ", argument.value);
    case UsdtPlace::reg: return cat(type, " in ", argument.base);
    case UsdtPlace::memory: break;
  }
  std::string place(argument.symbol);
  const auto add = [&](std::string_view part) { place += cat(place.empty() ? "" : "+", part); };
  if (!argument.base.empty()) {
    add(argument.base);
  }
  if (!argument.index.empty()) {
    add(argument.shift == 0 ? std::string(argument.index) : cat(argument.index, "*", 1u << argument.shift));
  }
  return cat(type, " at ", place, argument.value > 0 ? "+" : "",
             argument.value == 0 ? std::string() : cat(argument.value));
}

}  // namespace skep::host

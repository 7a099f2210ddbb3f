// The configuration that a kernel was built with: lines "CONFIG_NAME=value", and "# CONFIG_NAME is not set". Values are y, n or m, numbers (decimal or
// hexadecimal), or quoted text. Pure: where the text lies is config_file.h's matter.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"
#include "skep/error.h"

namespace skep::host {

/// What a configuration says of one option.
struct ConfigOption {
  enum class State : u8 {
    absent,   ///< no word of it: this kernel does not know it, or something that it depends on is off
    not_set,  ///< "# CONFIG_NAME is not set"
    set,
  };
  State state = State::absent;
  std::string_view value;  ///< set: what follows the '='; never empty
  u32 line = 0;            ///< counted from 1
};

/// Looks all `names` ("CONFIG_HZ") up in one pass. What is said first of a name counts. In the order of `names`; values borrow from `text`.
/// Errors: malformed (a line CONFIG_NAME without '=' or without a value; text that names no option at all).
Result<std::vector<ConfigOption>> find_options(std::string_view text,
                                               std::span<const std::string_view> names);

/// Options whose names are a typing error away from `name`, best first.
std::vector<std::string> near_options(std::string_view text, std::string_view name);

/// The C types that a value can be given to.
struct ConfigType {
  enum class Kind : u8 {
    boolean,    ///< bool: y and n
    tristate,   ///< enum libbpf_tristate: y, n and m
    character,  ///< char: the letter y, n or m, or a number
    integer,    ///< 1 to 8 bytes
    text,       ///< char[]: quoted text
  };
  Kind kind{};
  u32 bytes = 0;
  bool is_signed = false;
};

/// The numbers of enum libbpf_tristate.
enum class Tristate : u32 { no = 0, yes = 1, module = 2 };

/// Errors: unsupported (no value can be given to such a type).
Result<ConfigType> config_type(const btf::Btf& types, u32 type_id);

/// Writes an option's value (what follows the '=') as a variable of this type has it, which takes `into` whole. Text that is too long is cut; answers how many of its
/// characters were left out. Errors: invalid (the value is of another kind, or does not fit), malformed (it is no value at all).
Result<u64> store_option(std::string_view value, const ConfigType& type, std::span<std::byte> into);

/// The same for a number. Errors: invalid.
Result<void> store_number(u64 number, const ConfigType& type, std::span<std::byte> into);

}  // namespace skep::host

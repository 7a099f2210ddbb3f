// Name tables: for each enum of the kernel, the words that people type and read ("hash", "xdp"), as constexpr data that proves itself.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "skep/types.h"

namespace skep {

/// One enumerator and its name.
template <class E>
struct NameRow {
  E value;
  std::string_view name;
};

/// The name of `value`, or an empty text when the table has none (a newer kernel may know more than we do).
template <class E, std::size_t N>
constexpr std::string_view name_of(const std::array<NameRow<E>, N>& table, E value) {
  for (const NameRow<E>& row : table) {
    if (row.value == value) {
      return row.name;
    }
  }
  return {};
}

/// The enumerator called `name`, or nothing when the table has none.
template <class E, std::size_t N>
constexpr std::optional<E> from_name(const std::array<NameRow<E>, N>& table, std::string_view name) {
  for (const NameRow<E>& row : table) {
    if (row.name == name) {
      return row.value;
    }
  }
  return std::nullopt;
}

/// True when every name and every value occurs once and no name is empty: what each table asserts of itself, so that the two
/// directions are inverse to each other.
template <class E, std::size_t N>
consteval bool names_are_unique(const std::array<NameRow<E>, N>& table) {
  for (std::size_t i = 0; i < N; ++i) {
    if (table[i].name.empty()) {
      return false;
    }
    for (std::size_t k = i + 1; k < N; ++k) {
      if (table[i].name == table[k].name || table[i].value == table[k].value) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace skep

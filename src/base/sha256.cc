#include "base/sha256.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace skep {
namespace {

constexpr std::size_t block_bytes = 64;

constexpr u64 prime(u32 index) {
  u64 candidate = 1;
  for (u32 found = 0; found <= index;) {
    ++candidate;
    bool is_prime = true;
    for (u64 divisor = 2; divisor * divisor <= candidate; ++divisor) {
      is_prime &= candidate % divisor != 0;
    }
    found += is_prime ? 1 : 0;
  }
  return candidate;
}

/// The first 32 bits of the fraction of the `degree`-th root of n: the largest x with x^degree <= n * 2^(32 * degree), less the whole part.
constexpr u32 root_fraction(u64 n, u32 degree) {
  u64 root = 0;
  for (u64 bit = u64{1} << 40; bit != 0; bit >>= 1) {
    const u64 wanted = root | bit;
    // In 128 bits: three factors of at most 36 bits. Larger ones are too large anyway.
    if (wanted >> 37 != 0) {
      continue;
    }
    unsigned __int128 power = 1;
    for (u32 i = 0; i < degree; ++i) {
      power *= wanted;
    }
    if (power <= static_cast<unsigned __int128>(n) << (32 * degree)) {
      root = wanted;
    }
  }
  return static_cast<u32>(root);
}

constexpr auto round_constants = [] {
  std::array<u32, 64> constants{};
  for (u32 i = 0; i < constants.size(); ++i) {
    constants.at(i) = root_fraction(prime(i), 3);
  }
  return constants;
}();

using State = std::array<u32, 8>;

constexpr State first_state = [] {
  State state{};
  for (u32 i = 0; i < state.size(); ++i) {
    state.at(i) = root_fraction(prime(i), 2);
  }
  return state;
}();
static_assert(first_state[0] == 0x6a09e667 && first_state[7] == 0x5be0cd19);
static_assert(round_constants[0] == 0x428a2f98 && round_constants[63] == 0xc67178f2);

void add_block(State& state, std::span<const std::byte> block) {
  std::array<u32, 64> words{};
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      words[i] = words[i] << 8 | std::to_integer<u32>(block[i * 4 + j]);
    }
  }
  for (std::size_t i = 16; i < words.size(); ++i) {
    const u32 a = words[i - 15];
    const u32 b = words[i - 2];
    words[i] = words[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) + words[i - 7] +
               (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const u32 first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) +
                      round_constants[i] + words[i];
    const u32 second =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  const State added{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) {
    state[i] += added[i];
  }
}

}  // namespace

Sha256 sha256(std::span<const std::byte> bytes) {
  State state = first_state;
  std::size_t at = 0;
  for (; bytes.size() - at >= block_bytes; at += block_bytes) {
    add_block(state, bytes.subspan(at, block_bytes));
  }
  // What is left, a one bit, zeroes, and the length in bits, big-endian.
  std::vector<std::byte> last(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
  last.push_back(std::byte{0x80});
  last.resize(last.size() + 8 <= block_bytes ? block_bytes : 2 * block_bytes);
  const u64 bits = u64{bytes.size()} * 8;
  for (std::size_t i = 0; i < 8; ++i) {
    last[last.size() - 1 - i] = static_cast<std::byte>(bits >> (8 * i));
  }
  for (at = 0; at < last.size(); at += block_bytes) {
    add_block(state, std::span(last).subspan(at, block_bytes));
  }
  Sha256 hash{};
  for (std::size_t i = 0; i < hash.size(); ++i) {
    hash[i] = static_cast<std::byte>(state[i / 4] >> (24 - 8 * (i % 4)));
  }
  return hash;
}

}  // namespace skep

// Carrying out a plan: every call to the kernel that loading makes, in order: types, maps and their contents, programs, prog array slots, pins.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "kernel/kernel.h"
#include "load/plan.h"
#include "skep/object.h"

namespace skep::load {

/// An arena in the memory of this process; destroying it unmaps.
class ArenaMemory {
 public:
  ArenaMemory() = default;
  ArenaMemory(kernel::Kernel& kernel, std::span<std::byte> memory, u32 data_offset)
      : kernel_(&kernel), memory_(memory), data_offset_(data_offset) {}
  ArenaMemory(ArenaMemory&& other) noexcept
      : kernel_(other.kernel_), memory_(std::exchange(other.memory_, {})), data_offset_(other.data_offset_) {}
  ArenaMemory& operator=(ArenaMemory&& other) noexcept {
    std::swap(kernel_, other.kernel_);
    std::swap(memory_, other.memory_);
    std::swap(data_offset_, other.data_offset_);
    return *this;
  }
  ~ArenaMemory();
  std::span<std::byte> memory() const { return memory_; }
  /// From the first variable of .addr_space.1 on.
  std::span<std::byte> variables() const { return memory_.subspan(data_offset_); }

 private:
  kernel::Kernel* kernel_ = nullptr;
  std::span<std::byte> memory_;
  u32 data_offset_ = 0;
};

/// What is live in the kernel after loading. Destroying it closes every descriptor.
struct Live {
  static constexpr u32 none = ~u32{0};
  std::vector<Map> maps;            ///< those that were created or found, in the order of ObjectSpec::maps
  std::vector<bool> mapped;         ///< by index into `maps`: the memory of the spec's data map is the map's
  std::vector<u32> map_at;          ///< by index into ObjectSpec::maps: index into `maps`, or none
  std::vector<ArenaMemory> arenas;  ///< by index into `maps`: empty where the map is none
  std::vector<Program> programs;    ///< those that were loaded, in the order of ObjectSpec::programs
  std::vector<u32> program_at;      ///< by index into ObjectSpec::programs: index into `programs`, or none
};

/// What execute() needs besides the plan.
struct Session {
  ObjectSpec& spec;  ///< the memory of its data maps becomes the kernel's; nothing else changes
  const host::Facts& facts;
  kernel::Kernel& kernel;
  const LoadOptions& options;
  int token_fd = -1;   ///< a BPF token; -1: none
  LoadReport& report;  ///< `programs` has one entry per program of the spec
  std::optional<u32>* refused_map =
      nullptr;  ///< out: index into ObjectSpec::maps of the map whose creation failed
};

/// The token that `options` want made from a bpf file system; empty when they want none. Errors: not_found (no delegation, no such directory), denied, kernel, unsupported
/// (before 6.9).
Result<Fd> open_token(kernel::Kernel& kernel, const LoadOptions& options);

/// Loads. `plan` is used up: its instructions get their descriptors. On failure everything is undone: no descriptor is left, and no pin or directory that was not
/// there before. Errors: as Object::load.
Result<Live> execute(const Session& session, LoadPlan& plan);

}  // namespace skep::load

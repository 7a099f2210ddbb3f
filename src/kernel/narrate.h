// From the bytes of a call to words: every field that is not zero, its value with the kernel's names, and what it means in this command.
#pragma once

#include <string>
#include <vector>

#include "kernel/field.h"

namespace skep::kernel {

/// May narrate() follow the pointers in attributes? Yes while the call's memory still exists (in a TracingKernel's callback), no afterwards.
enum class Pointees : u8 { alive, gone };

/// One field of a recorded call.
struct NarratedField {
  std::string_view name;     ///< "map_flags", "kprobe_multi.cnt"
  std::string value;         ///< "BPF_F_MMAPABLE", "fd 7", "\"GPL\"", "4 bytes", "0x7ffd12345678"
  std::string_view meaning;  ///< what it means in this command
  FieldDirection direction{};
};

/// The fields of `attr` that are not zero, in order of offset. Fields past the end of `attr` count as zero. Of fields that share bytes the one that
/// the attach type asks for is told.
std::vector<NarratedField> narrate(bpf_cmd cmd, std::span<const std::byte> attr, Pointees pointees);

/// What the kernel wrote into the attributes: the out and in-out fields whose bytes differ between `before` and `after`, as they are after.
std::vector<NarratedField> narrate_results(bpf_cmd cmd, std::span<const std::byte> before,
                                           std::span<const std::byte> after);

/// The same as narrate() for the fourth argument of the five-argument form.
std::vector<NarratedField> narrate_common(std::span<const std::byte> common);

/// The value of one field of `attr` in words, zero or not.
std::string value_text(const Field& field, std::span<const std::byte> attr, Pointees pointees);

}  // namespace skep::kernel

// What a loader asks of the kernel, written down instead of done. Linked with --wrap=syscall into a program that holds one loader (libbpf or skep), it
// answers every bpf(2) call itself: nothing reaches a kernel, and no rights are needed. Descriptors it gives out are memory files, so that closing,
// duplicating and mapping them works.
#pragma once

#include <string>
#include <vector>

namespace recorder {

/// A thing of the object and the descriptor that the loader holds of it after loading; negative: none.
struct Named {
  std::string name;
  int fd = -1;
};

/// Everything that the kernel was told of these maps and programs, one fact a line, descriptors replaced by names. Calls about other descriptors
/// (a loader's probes) are left out.
std::string describe(const std::vector<Named>& maps, const std::vector<Named>& programs);

/// What the kernel was told of one program alone.
std::string describe_program(const std::vector<Named>& maps, const Named& program);

}  // namespace recorder

// Kernels that are older than a kind of program, or were built without it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/facts.h"

namespace skep::load {

/// "section kprobe.multi needs Linux 5.18, and this is Linux 5.10"; nothing where the kernel is new enough, or its release or the section is not known. To be asked when
/// something was refused: distributions add abilities to older releases.
std::optional<std::string> older_than_section(const host::Facts& facts, std::string_view section);

/// "section lirc_mode2 needs a kernel with CONFIG_BPF_LIRC_MODE2": for kinds of program that one option leaves out of a kernel. Nothing for others, and where the kernel's configuration
/// is at hand and has the option. To be asked when the kernel did not even begin to verify the program.
std::optional<std::string> option_of_section(const host::Facts& facts, std::string_view section);

}  // namespace skep::load

// Where a machine keeps the configuration that its kernel was built with, and what version that kernel is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "skep/error.h"
#include "skep/types.h"

namespace skep::host {

/// The text of a configuration file, which may be compressed with gzip. Errors: not_found, denied, invalid (larger than any configuration), truncated, malformed.
Result<std::string> read_config_file(const std::string& path);

/// The configuration of the kernel with this release under `root`: /boot/config-RELEASE, /lib/modules/RELEASE/config, /usr/lib/modules/RELEASE/config or
/// /proc/config.gz, the first that can be read. Errors: not_found (none is there; the text says which were looked for), and as read_config_file() of the first
/// that is there.
Result<std::string> read_kernel_config(const std::string& root, std::string_view release);

/// What a kernel says of its version, each as the file under /proc has it; empty where there is none.
struct VersionTexts {
  std::string release;  ///< sys/kernel/osrelease: "6.1.0-26-amd64"
  std::string version;  ///< sys/kernel/version: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.112-1 (2024-09-30)"
  std::string ubuntu_signature;  ///< version_signature: "Ubuntu 5.15.0-91.101-generic 5.15.131"
};

/// Major << 16 | minor << 8 | patch, as LINUX_KERNEL_VERSION and KERNEL_VERSION() have it; a patch number above 255 counts as 255. The release of a Debian or Ubuntu
/// kernel does not tell its patch number, so what those say elsewhere goes first. Nothing when no text begins with a version.
std::optional<u32> kernel_version_code(const VersionTexts& texts);

/// The same of the machine under `root`. Errors: not_found, denied, malformed.
Result<u32> read_kernel_version(const std::string& root);

}  // namespace skep::host

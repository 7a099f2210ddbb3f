// What loading needs to know of a machine, as a value. On a real machine each fact is read when it is first asked for, and kept; in a test
// the facts are a literal; both kinds are the same type, so that planning cannot tell them apart.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "skep/error.h"
#include "skep/types.h"

namespace skep::btf {
class Btf;
}

namespace skep::host {

/// Facts that are already known. What is absent is read from the machine when there is a root to read from, and not_found otherwise.
struct KnownFacts {
  std::optional<u32> page_bytes;
  std::optional<u32> possible_cpus;
  std::optional<std::string> kernel_release;   ///< "6.1.0-26-amd64"
  std::shared_ptr<const btf::Btf> kernel_btf;  ///< types of vmlinux
};

/// Copies share what they have read. Thread-safety: may be used from several threads at once.
class Facts {
 public:
  /// A literal: nothing is ever read.
  explicit Facts(KnownFacts known);
  /// A machine whose procfs and sysfs are under `root` ("" for this one); `known` overrides what would be read.
  Facts(std::string root, KnownFacts known);

  /// Bytes per page of memory; of the running machine where nothing else is known.
  u32 page_bytes() const;
  /// CPUs that may ever be online: copies of a per-CPU value. Errors: not_found, denied, malformed.
  Result<u32> possible_cpus() const;
  /// The text of uname -r. Errors: not_found, denied.
  Result<std::string> kernel_release() const;
  /// The kernel's own types, parsed from /sys/kernel/btf/vmlinux on first use. Errors: unsupported (a kernel without BTF), denied, malformed.
  Result<std::shared_ptr<const btf::Btf>> kernel_btf() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// The running machine. Reads nothing yet.
Facts facts_of_this_machine();

}  // namespace skep::host

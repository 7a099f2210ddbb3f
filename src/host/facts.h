// What loading needs to know of a machine, as a value. On a real machine each fact is read when it is first asked for, and kept; in a test
// the facts are a literal; both kinds are the same type, so that planning cannot tell them apart.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/features.h"
#include "host/kallsyms.h"
#include "skep/error.h"
#include "skep/types.h"

namespace skep::btf {
class Btf;
}

namespace skep::host {

/// What is known of one feature.
struct KnownFeature {
  Feature feature{};
  Tri has{};
};

/// A loaded module and its types.
struct KnownModule {
  std::string name;
  std::shared_ptr<const btf::Btf> types;  ///< on top of the kernel's own
};

/// Facts that are already known. What is absent is read from the machine when there is a root to read from, and not_found otherwise.
struct KnownFacts {
  std::optional<u32> page_bytes;
  std::optional<u32> possible_cpus;
  std::optional<std::string> kernel_release;        ///< "6.1.0-26-amd64"
  std::shared_ptr<const btf::Btf> kernel_btf;       ///< types of vmlinux
  std::optional<std::vector<KnownModule>> modules;  ///< all that tell their types
  std::shared_ptr<const btf::Btf> core_btf;         ///< what CO-RE goes by instead of the kernel's own types
  std::string
      core_btf_path;  ///< where to read that from when it is first asked for: a file, or an archive directory
  std::span<const std::byte>
      core_btf_bytes;                   ///< or what to parse then; must live until core_btf() was asked for
  std::string given_config;             ///< configuration that goes before the kernel's own; may be empty
  std::optional<std::string> config;    ///< the text of the kernel's own configuration
  std::optional<std::string> kallsyms;  ///< the text of /proc/kallsyms
  std::vector<KnownFeature> features;   ///< where they differ from what the release says
};

/// Copies share what they have read. Thread-safety: may be used from several threads at once.
class Facts {
 public:
  /// A literal: nothing is ever read but what it names.
  explicit Facts(KnownFacts known);
  /// A machine whose procfs and sysfs are under `root` ("" for this one); `known` overrides what would be read. `kernel`, if given, is asked about features that the
  /// release does not tell, and outlives this.
  Facts(std::string root, KnownFacts known, kernel::Kernel* kernel = nullptr);

  /// Bytes per page of memory; of the running machine where nothing else is known.
  u32 page_bytes() const;
  /// CPUs that may ever be online: copies of a per-CPU value. Errors: not_found, denied, malformed.
  Result<u32> possible_cpus() const;
  /// The text of uname -r. Errors: not_found, denied.
  Result<std::string> kernel_release() const;
  /// kernel_release() as numbers; nothing where it is not known or is none.
  std::optional<Release> release() const;
  /// Whether the kernel has a feature. In this order: what is known; yes for a release that has it, unless configuration can leave it out; what the kernel says when asked (once
  /// per kernel; distributions add features to older releases); without a kernel to ask, what the release says. `unknown` is never remembered.
  Tri has(Feature feature) const;
  /// has(feature) == Tri::no: what planning asks, so that in doubt the object is loaded as it is and the kernel has the word.
  bool lacks(Feature feature) const { return has(feature) == Tri::no; }
  /// False when lacks() is false without asking the kernel: then it need not be found out whether the object needs the feature.
  bool may_lack(Feature feature) const;

  /// LINUX_KERNEL_VERSION: major << 16 | minor << 8 | patch, the patch number as Debian and Ubuntu tell it. Errors: not_found, denied, malformed.
  Result<u32> kernel_version() const;
  /// The configuration that the kernel was built with, as text (host/kconfig.h). Errors: not_found, denied, truncated, malformed.
  Result<std::shared_ptr<const std::string>> kernel_config() const;
  /// Configuration that was given to go before it; may be empty. Reads nothing.
  const std::string& given_config() const;
  /// The kernel's symbols of these names, in one pass over /proc/kallsyms, and in their order. Nothing is kept. Errors: not_found, denied, kernel.
  Result<std::vector<FoundSymbol>> kernel_symbols(std::span<const std::string_view> names) const;
  /// Symbols that are a typing error away from `name`: for messages. None where they cannot be read.
  std::vector<std::string> near_symbols(std::string_view name) const;

  /// The kernel's own types, for whatever names things in this kernel by id: attach targets, ksyms, kfuncs. Opened on first use, and shared by the process.
  /// Errors: not_found, unsupported (a kernel without BTF), denied, truncated, malformed.
  Result<std::shared_ptr<const btf::Btf>> kernel_btf() const;
  /// The types that CO-RE relocations go by: custom ones where given, else kernel_btf(). With custom ones modules have no say.
  /// Errors: as kernel_btf(); for custom types also invalid (they are another machine's).
  Result<std::shared_ptr<const btf::Btf>> core_btf() const;
  /// True when core_btf() is not the kernel's own. Reads nothing.
  bool core_btf_is_custom() const;

  /// The loaded modules that tell their types, sorted. Errors: denied, kernel.
  Result<std::vector<std::string>> module_names() const;
  /// The types of one of them, on top of kernel_btf(). Opened on first use. Errors: not_found, and as kernel_btf().
  Result<std::shared_ptr<const btf::Btf>> module_btf(std::string_view module) const;

  /// Every view of types that this holds: for keeping them open, so that others find them.
  std::vector<std::shared_ptr<const btf::Btf>> opened_types() const;

 private:
  std::optional<Tri> known(Feature feature) const;

  struct State;
  std::shared_ptr<State> state_;
};

/// The running machine; `kernel` as above. Reads nothing yet.
Facts facts_of_this_machine(kernel::Kernel* kernel = nullptr);

}  // namespace skep::host

// The types of the running kernel and of its modules, as /sys/kernel/btf shows them. What is open is shared by the whole process.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace skep::host {

/// The types of vmlinux below `root` ("" for this machine). Every caller in this process gets the same view, with the indexes that others have built, as long as
/// somebody holds it; the last to let go closes it. The file is mapped since Linux 6.16 and read before. Thread-safe.
/// Errors: unsupported (a kernel without BTF), denied, truncated, malformed.
Result<std::shared_ptr<const btf::Btf>> kernel_types(const std::string& root);

/// The modules that tell their types, sorted; none where the kernel tells none (BTF of modules is since Linux 5.11). Errors: denied, kernel.
Result<std::vector<std::string>> module_names(const std::string& root);

/// The types of one module, on top of `base`, its kernel's own. Shared as kernel_types() is. `module` is spelt as in module_names(): '_' where its file has '-'.
/// Errors: not_found (no such module is loaded, or it tells no types), denied, truncated, malformed.
Result<std::shared_ptr<const btf::Btf>> module_types(const std::string& root, std::string_view module,
                                                     std::shared_ptr<const btf::Btf> base);

}  // namespace skep::host

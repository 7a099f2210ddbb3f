// Why the kernel refused to attach: what its release and the process's rights have to say.
#pragma once

#include <string_view>

#include "host/facts.h"
#include "skep/attach.h"
#include "skep/uapi/prog_type.h"

namespace skep::attach {

/// What a way of attaching asks of the kernel.
struct Needs {
  std::string_view noun;  ///< "tcx links"
  host::Release since;
  std::string_view config = {};  ///< the configuration option that can leave it out; empty: none
  bpf_prog_type rights_of =
      BPF_PROG_TYPE_SCHED_CLS;  ///< attaching takes the rights of loading this; the network's: CAP_NET_ADMIN
};

/// The error with its reason, where there is one: unsupported ("...; tcx links need Linux 6.6 (this is 6.1)", "...; this kernel lacks CONFIG_NETKIT") or denied with the missing rights.
Error with_reason(Error error, const host::Facts& facts, const AttachOptions& options, const Needs& needs);

/// Whether the kernel is known to be older than `since`.
bool is_before(const host::Facts& facts, host::Release since);

}  // namespace skep::attach

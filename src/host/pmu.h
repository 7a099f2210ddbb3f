// What perf_event_open(2) makes kprobes and uprobes of (since Linux 4.17): the numbers of the kernel's dynamic event sources, from sysfs.
#pragma once

#include <memory>
#include <string>

#include "skep/error.h"
#include "skep/types.h"

namespace skep::host {

/// What a probe asks of its source.
struct ProbeNeeds {
  bool returns = false;     ///< it is a return probe
  bool semaphores = false;  ///< uprobe: it counts a semaphore up
};

/// An event source for probes.
struct ProbeSource {
  u32 type = 0;  ///< perf_event_attr::type
  u32 return_bit =
      0;  ///< where it was asked for: the bit of perf_event_attr::config that asks for a return probe
  u32 semaphore_shift =
      32;  ///< where it was asked for: where in config the reference counter's file offset begins
  bool has_semaphores = false;  ///< asked for, and the source takes such an offset (4.20)
};

/// "kprobe" or "uprobe", under `root` ("" for this machine). Only what is needed is read, and once per process and root; a refusal is not remembered.
/// Errors: not_found (a kernel before 4.17, or without CONFIG_KPROBE_EVENTS or CONFIG_UPROBE_EVENTS), denied, malformed.
Result<ProbeSource> probe_source(const std::string& root, std::string_view kind,
                                 const ProbeNeeds& needs = {});

}  // namespace skep::host

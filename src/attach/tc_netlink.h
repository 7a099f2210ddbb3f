// The netlink messages of traffic control: clsact disciplines and filters.
#pragma once

#include <memory>

#include "attach/attachment.h"
#include "attach/device.h"
#include "skep/tc.h"

namespace skep::attach {

/// A filter's place.
struct TcPlace {
  u32 index = 0;
  u32 parent = 0;
  u32 priority = 0;
  u32 handle = 0;
};

enum class FilterKind : u8 {
  program,  ///< "bpf": the program classifies and decides
  action,   ///< "matchall" with the action "bpf"
};

struct FilterRequest {
  FilterKind kind = FilterKind::program;
  TcPlace at;
  bool replace = false;
  std::string name;
  bool remove_clsact = false;  ///< at the end, if nobody else uses it
};

/// True: made; false: there already.
Result<bool> make_clsact(Netlink& netlink, const FoundDevice& device);
Result<void> remove_clsact(Netlink& netlink, const FoundDevice& device);
/// Takes the discipline away unless it has filters, of whatever kind.
Result<void> remove_clsact_if_unused(Netlink& netlink, u32 index);

/// The bpf filters. An absent clsact has none.
Result<std::vector<TcFilter>> list_filters(Netlink& netlink, u32 index, u32 parent);
Result<void> delete_filter(Netlink& netlink, const TcPlace& at, FilterKind kind);

Result<std::unique_ptr<Attachment>> attach_filter(const Program& program, const FilterRequest& request,
                                                  std::shared_ptr<Netlink> netlink);

}  // namespace skep::attach

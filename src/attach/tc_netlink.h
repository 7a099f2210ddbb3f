// The netlink messages of traffic control: filters.
#pragma once

#include <memory>

#include "attach/attachment.h"
#include "attach/clsact.h"
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
  std::shared_ptr<Clsact> clsact;  ///< left at the end; null: the filter is in another discipline
};

/// The error of a kernel that lacks a module (it says ENOENT, and in words which kind it does not know), with the option that it needs; others as they are.
Error without_module(Error error, std::string_view config);

/// Whether there are filters at a hook, of whatever kind. An absent clsact has none.
Result<bool> has_filters(Netlink& netlink, u32 index, u32 parent);

/// The bpf filters. An absent clsact has none.
Result<std::vector<TcFilter>> list_filters(Netlink& netlink, u32 index, u32 parent);
Result<void> delete_filter(Netlink& netlink, const TcPlace& at, FilterKind kind);

Result<std::unique_ptr<Attachment>> attach_filter(const Program& program, const FilterRequest& request,
                                                  std::shared_ptr<Netlink> netlink);

}  // namespace skep::attach

#include "attach/tc_netlink.h"

#include <cerrno>

#include "base/duplicate.h"
#include "base/result.h"
#include "kernel/info.h"

namespace skep::attach {
namespace {

/// Priority and protocol as tcm_info has them: the protocol in network order.
u32 info_of(u32 priority) {
  constexpr u16 all = std::endian::native == std::endian::big ? ETH_P_ALL : std::byteswap(ETH_P_ALL);
  return priority << 16 | all;
}

tcmsg head_of(const TcPlace& at) {
  return {.index = static_cast<s32>(at.index),
          .handle = at.handle,
          .parent = at.parent,
          .info = info_of(at.priority)};
}

std::string_view kind_name(FilterKind kind) {
  return kind == FilterKind::program ? "bpf" : "matchall";
}

void put_program(NetlinkWriter& request, int fd, const std::string& name) {
  request.open(TCA_OPTIONS).number(TCA_BPF_FD, s32{fd}).text(TCA_BPF_NAME, name);
  request.number(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT).close();
}

/// The first action of a list. `index` 0: a new one.
void put_bpf_action(NetlinkWriter& request, u32 index, int fd, const std::string& name) {
  request.open(1).text(TCA_ACT_KIND, "bpf").open(TCA_ACT_OPTIONS);
  request.attribute(TCA_ACT_BPF_PARMS, bytes_of(tc_act_bpf{.index = index, .action = TC_ACT_PIPE}));
  request.number(TCA_ACT_BPF_FD, s32{fd}).text(TCA_ACT_BPF_NAME, name);
  request.close().close();
}

void put_action(NetlinkWriter& request, int fd, const std::string& name) {
  request.open(TCA_OPTIONS).open(TCA_MATCHALL_ACT);
  put_bpf_action(request, 0, fd, name);
  request.close().close();
}

/// Another program in an action: the filter stays, since no matchall filter can be replaced.
Result<void> replace_action(Netlink& netlink, u32 index, int fd, const std::string& name) {
  NetlinkWriter request(RTM_NEWACTION, NLM_F_REPLACE);
  request.fixed(tcamsg{}).open(TCA_ACT_TAB);
  put_bpf_action(request, index, fd, name);
  request.close();
  return netlink.tell(request, "replace the program of the action");
}

/// What the kernel tells of one filter: priority, handle, kind, and the program's id. Nothing for what is no filter with a program.
struct SeenFilter {
  TcFilter filter;
  std::string kind;
  u32 action_index = 0;  ///< of the action with the program; 0: it is no action
};

Result<SeenFilter> parse_filter(const NetlinkReply& reply) {
  SKEP_TRY(const auto head, reply.fixed<tcmsg>());
  SKEP_TRY(const auto attributes, reply.attributes(sizeof(tcmsg)));
  SeenFilter seen{.filter = {.priority = head.info >> 16,
                             .handle = head.handle,
                             .chain = attributes.number<u32>(TCA_CHAIN).value_or(0)},
                  .kind = std::string(attributes.text(TCA_KIND))};
  SKEP_TRY(const auto options, attributes.nested(TCA_OPTIONS));
  if (seen.kind == kind_name(FilterKind::program)) {
    seen.filter.program_id = options.number<u32>(TCA_BPF_ID).value_or(0);
    seen.filter.name = options.text(TCA_BPF_NAME);
  } else if (seen.kind == kind_name(FilterKind::action)) {
    SKEP_TRY(const auto actions, options.nested(TCA_MATCHALL_ACT));
    SKEP_TRY(const auto action, actions.nested(1));
    SKEP_TRY(const auto action_options, action.nested(TCA_ACT_OPTIONS));
    seen.filter.program_id = action_options.number<u32>(TCA_ACT_BPF_ID).value_or(0);
    seen.filter.name = action_options.text(TCA_ACT_BPF_NAME);
    if (const ByteView* parms = action_options.find(TCA_ACT_BPF_PARMS); parms != nullptr) {
      SKEP_TRY(seen.action_index, parms->read<u32>(0));
    }
  }
  return seen;
}

Result<std::vector<SeenFilter>> all_filters(Netlink& netlink, u32 index, u32 parent) {
  NetlinkWriter request(RTM_GETTFILTER, NLM_F_DUMP);
  request.fixed(tcmsg{.index = static_cast<s32>(index), .parent = parent});
  auto replies = netlink.ask(request, "list filters");
  if (!replies) {
    // No such hook has no filters.
    const int why = replies.error().sys_errno();
    if (why == EINVAL || why == ENOENT) {
      return std::vector<SeenFilter>();
    }
    return std::unexpected(std::move(replies).error());
  }
  std::vector<SeenFilter> filters;
  for (const NetlinkReply& reply : *replies) {
    SKEP_TRY_IN("list filters", SeenFilter seen, parse_filter(reply));
    if (seen.filter.handle != 0) {  // 0: the head of a priority's filters
      filters.push_back(std::move(seen));
    }
  }
  return filters;
}

/// The filter at this place, or nothing.
Result<std::optional<SeenFilter>> filter_at(Netlink& netlink, const TcPlace& at, FilterKind kind) {
  NetlinkWriter request(RTM_GETTFILTER, 0);
  request.fixed(head_of(at)).text(TCA_KIND, kind_name(kind));
  auto replies = netlink.ask(request, "look at the filter");
  if (!replies) {
    const int why = replies.error().sys_errno();
    if (why == ENOENT || why == ENODEV || why == EINVAL) {
      return std::nullopt;
    }
    return std::unexpected(std::move(replies).error());
  }
  for (const NetlinkReply& reply : *replies) {
    if (reply.type == RTM_NEWTFILTER) {
      SKEP_TRY_IN("look at the filter", SeenFilter seen, parse_filter(reply));
      return seen;
    }
  }
  return std::nullopt;
}

/// A filter that stays without us. Knows it by its place and by the id of the program in it.
class Filter final : public Attachment {
 public:
  Filter(std::shared_ptr<Netlink> netlink, FilterRequest request, u32 program_id)
      : netlink_(std::move(netlink)), request_(std::move(request)), program_id_(program_id) {}
  ~Filter() override {
    if (netlink_) {
      (void)detach();
    }
  }

  Result<void> detach() override {
    const auto netlink = std::move(netlink_);
    SKEP_TRY(const auto seen, filter_at(*netlink, request_.at, request_.kind));
    if (seen && seen->filter.program_id != program_id_ && seen->filter.program_id != 0) {
      return fail(Errc::busy, cat("delete the filter: want program ", program_id_, ", have ",
                                  seen->filter.program_id, ", which took its place and is left alone"));
    }
    const auto clsact = std::move(request_.clsact);
    const auto lock = clsact ? clsact->lock() : std::unique_lock<std::mutex>();
    if (seen) {
      SKEP_CHECK(delete_filter(*netlink, request_.at, request_.kind));
    }
    return clsact ? clsact->leave() : Result<void>();
  }
  void release() override {
    netlink_.reset();
    request_.clsact.reset();
  }
  kernel::Kernel* kernel() const override { return netlink_ ? &netlink_->kernel() : nullptr; }
  Result<void> update(const Program& replacement) override;

 private:
  std::shared_ptr<Netlink> netlink_;
  FilterRequest request_;
  u32 program_id_;
};

/// Puts the program into the action of the filter that is there. False: there is none.
Result<bool> put_in_action(Netlink& netlink, int prog_fd, const FilterRequest& want) {
  SKEP_TRY(const auto seen, filter_at(netlink, want.at, want.kind));
  if (!seen) {
    return false;
  }
  if (seen->action_index == 0) {
    return fail(Errc::busy, "replace the filter: want one with a program as its action, have another");
  }
  SKEP_CHECK(replace_action(netlink, seen->action_index, prog_fd, want.name));
  return true;
}

/// Puts the filter there and tells where it came to be.
Result<TcPlace> put_filter(Netlink& netlink, int prog_fd, const FilterRequest& want) {
  if (want.kind == FilterKind::action && want.replace) {
    SKEP_TRY(const bool replaced, put_in_action(netlink, prog_fd, want));
    if (replaced) {
      return want.at;
    }
  }
  const u16 flags = NLM_F_CREATE | NLM_F_ECHO | (want.replace ? u16{0} : NLM_F_EXCL);
  NetlinkWriter request(RTM_NEWTFILTER, flags);
  request.fixed(head_of(want.at)).text(TCA_KIND, kind_name(want.kind));
  (want.kind == FilterKind::program ? put_program : put_action)(request, prog_fd, want.name);
  auto replies = netlink.ask(request, "make the filter");
  if (!replies) {
    return std::unexpected(
        without_module(std::move(replies).error(), want.kind == FilterKind::program
                                                       ? "CONFIG_NET_CLS_BPF"
                                                       : "CONFIG_NET_CLS_MATCHALL and CONFIG_NET_ACT_BPF"));
  }
  TcPlace at = want.at;
  for (const NetlinkReply& reply : *replies) {
    if (reply.type == RTM_NEWTFILTER) {
      SKEP_TRY_IN("make the filter", const auto head, reply.fixed<tcmsg>());
      at.priority = head.info >> 16;
      at.handle = head.handle;
    }
  }
  // The echo of a matchall filter has no handle (seen on 6.12): there is one such filter per priority, and its handle is 1 where none is given.
  if (want.kind == FilterKind::action && at.handle == 0) {
    at.handle = want.at.handle != 0 ? want.at.handle : 1;
  }
  if (at.priority == 0 || at.handle == 0) {
    return fail(Errc::malformed,
                "make the filter: the kernel's answer does not say which priority and handle it has");
  }
  return at;
}

Result<void> Filter::update(const Program& replacement) {
  SKEP_TRY(const bpf_prog_info info, kernel::prog_info(netlink_->kernel(), replacement.fd().raw()));
  SKEP_TRY(const auto seen, filter_at(*netlink_, request_.at, request_.kind));
  if (!seen || (seen->filter.program_id != program_id_ && seen->filter.program_id != 0)) {
    return fail(Errc::busy, cat("replace the filter: want program ", program_id_, ", have ",
                                seen ? cat(seen->filter.program_id) : std::string("none")));
  }
  FilterRequest again = request_;
  again.replace = true;
  SKEP_CHECK(put_filter(*netlink_, replacement.fd().raw(), again));
  program_id_ = info.id;
  return {};
}

}  // namespace

Error without_module(Error error, std::string_view config) {
  if (error.sys_errno() != ENOENT) {
    return error;
  }
  return Error(Errc::unsupported,
               cat(error.message(), "; needs a kernel with ", config, " (or its module is not there)"),
               ENOENT);
}

Result<bool> has_filters(Netlink& netlink, u32 index, u32 parent) {
  SKEP_TRY(const auto filters, all_filters(netlink, index, parent));
  return !filters.empty();
}

Result<std::vector<TcFilter>> list_filters(Netlink& netlink, u32 index, u32 parent) {
  SKEP_TRY(auto seen, all_filters(netlink, index, parent));
  std::vector<TcFilter> filters;
  for (SeenFilter& each : seen) {
    if (each.kind == kind_name(FilterKind::program) || each.filter.program_id != 0) {
      filters.push_back(std::move(each.filter));
    }
  }
  return filters;
}

Result<void> delete_filter(Netlink& netlink, const TcPlace& at, FilterKind kind) {
  NetlinkWriter request(RTM_DELTFILTER, 0);
  // Without a protocol: the filter at this priority and handle, whichever it has.
  tcmsg head = head_of(at);
  head.info = at.priority << 16;
  request.fixed(head).text(TCA_KIND, kind_name(kind));
  return netlink.tell(request, "delete the filter");
}

Result<std::unique_ptr<Attachment>> attach_filter(const Program& program, const FilterRequest& request,
                                                  std::shared_ptr<Netlink> netlink) {
  SKEP_TRY(const bpf_prog_info info, kernel::prog_info(netlink->kernel(), program.fd().raw()));
  FilterRequest made = request;
  SKEP_TRY(made.at, put_filter(*netlink, program.fd().raw(), request));
  return std::make_unique<Filter>(std::move(netlink), std::move(made), info.id);
}

}  // namespace skep::attach

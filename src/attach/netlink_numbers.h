// Names, numbers and layouts of netlink, rtnetlink and the netdev family, as far as attaching needs them. Declared here because the distribution's headers
// are years old and define XDP_FLAGS_* and others as macros. Sources: linux/netlink.h, rtnetlink.h, if_link.h, pkt_sched.h, pkt_cls.h, lwtunnel.h, seg6_local.h,
// genetlink.h, netdev.h.
#pragma once

#include <array>

#include "skep/types.h"

namespace skep::attach {

// clang-format off: columns of numbers

inline constexpr int AF_NETLINK_ = 16;
inline constexpr int NETLINK_ROUTE = 0;
inline constexpr int NETLINK_GENERIC = 16;
inline constexpr int SOL_NETLINK_ = 270;
inline constexpr int NETLINK_CAP_ACK = 10;         ///< an error carries the request's header alone (4.3)
inline constexpr int NETLINK_EXT_ACK = 11;         ///< an error carries text (4.12)
inline constexpr int NETLINK_GET_STRICT_CHK = 12;  ///< dumps filter by what the request says (4.20)

// Flags of a message.
inline constexpr u16 NLM_F_REQUEST = 0x1;
inline constexpr u16 NLM_F_MULTI = 0x2;
inline constexpr u16 NLM_F_ACK = 0x4;
inline constexpr u16 NLM_F_ECHO = 0x8;
inline constexpr u16 NLM_F_DUMP_INTR = 0x10;  ///< the thing changed while it was dumped
inline constexpr u16 NLM_F_DUMP = 0x300;
inline constexpr u16 NLM_F_REPLACE = 0x100;
inline constexpr u16 NLM_F_EXCL = 0x200;
inline constexpr u16 NLM_F_CREATE = 0x400;
inline constexpr u16 NLM_F_APPEND = 0x800;
inline constexpr u16 NLM_F_CAPPED = 0x100;    ///< answers: the request's header alone is repeated
inline constexpr u16 NLM_F_ACK_TLVS = 0x200;  ///< answers: attributes follow

// Types of a message.
inline constexpr u16 NLMSG_NOOP = 1;
inline constexpr u16 NLMSG_ERROR = 2;
inline constexpr u16 NLMSG_DONE = 3;
inline constexpr u16 NLMSG_OVERRUN = 4;
inline constexpr u16 RTM_NEWLINK = 16, RTM_DELLINK = 17, RTM_GETLINK = 18, RTM_SETLINK = 19;
inline constexpr u16 RTM_NEWROUTE = 24, RTM_DELROUTE = 25, RTM_GETROUTE = 26;
inline constexpr u16 RTM_NEWQDISC = 36, RTM_DELQDISC = 37, RTM_GETQDISC = 38;
inline constexpr u16 RTM_NEWTFILTER = 44, RTM_DELTFILTER = 45, RTM_GETTFILTER = 46;
inline constexpr u16 RTM_NEWACTION = 48;
inline constexpr u16 RTM_NEWNSID = 88, RTM_GETNSID = 90;

// Attributes.
inline constexpr u16 NLA_F_NESTED = 0x8000;
inline constexpr u16 NLA_TYPE_MASK = 0x3fff;
inline constexpr u16 NLMSGERR_ATTR_MSG = 1, NLMSGERR_ATTR_OFFS = 2, NLMSGERR_ATTR_MISS_TYPE = 5;

// Devices.
inline constexpr u16 IFLA_IFNAME = 3, IFLA_EXT_MASK = 29, IFLA_XDP = 43, IFLA_TARGET_NETNSID = 46, IFLA_PROP_LIST = 52, IFLA_ALT_IFNAME = 53;
inline constexpr u16 NETNSA_NSID = 1;
inline constexpr u32 RTEXT_FILTER_SKIP_STATS = 8;  ///< 4.6
inline constexpr u16 IFLA_XDP_FD = 1, IFLA_XDP_ATTACHED = 2, IFLA_XDP_FLAGS = 3, IFLA_XDP_PROG_ID = 4, IFLA_XDP_DRV_PROG_ID = 5,
                     IFLA_XDP_SKB_PROG_ID = 6, IFLA_XDP_HW_PROG_ID = 7, IFLA_XDP_EXPECTED_FD = 8;
inline constexpr u8 XDP_ATTACHED_NONE = 0, XDP_ATTACHED_DRV = 1, XDP_ATTACHED_SKB = 2, XDP_ATTACHED_HW = 3, XDP_ATTACHED_MULTI = 4;

// Traffic control.
inline constexpr u16 TCA_KIND = 1, TCA_OPTIONS = 2, TCA_CHAIN = 11;
inline constexpr u32 TC_H_CLSACT = 0xfffffff1;
inline constexpr u32 TC_H_CLSACT_HANDLE = 0xffff0000;
inline constexpr u32 TC_H_CLSACT_INGRESS = 0xfffffff2, TC_H_CLSACT_EGRESS = 0xfffffff3;
inline constexpr u16 TCA_BPF_ACT = 1, TCA_BPF_FD = 6, TCA_BPF_NAME = 7, TCA_BPF_FLAGS = 8, TCA_BPF_ID = 11;
inline constexpr u32 TCA_BPF_FLAG_ACT_DIRECT = 1;
inline constexpr u16 TCA_MATCHALL_ACT = 2;
inline constexpr u16 TCA_ACT_TAB = 1, TCA_ACT_KIND = 1, TCA_ACT_OPTIONS = 2;
inline constexpr u16 TCA_ACT_BPF_PARMS = 2, TCA_ACT_BPF_FD = 5, TCA_ACT_BPF_NAME = 6, TCA_ACT_BPF_ID = 9;
inline constexpr s32 TC_ACT_UNSPEC = -1, TC_ACT_PIPE = 3;
inline constexpr u16 ETH_P_ALL = 3;

// Routes.
inline constexpr u16 RTA_DST = 1, RTA_OIF = 4, RTA_GATEWAY = 5, RTA_PRIORITY = 6, RTA_MULTIPATH = 9, RTA_TABLE = 15, RTA_ENCAP_TYPE = 21, RTA_ENCAP = 22;
inline constexpr u16 LWTUNNEL_ENCAP_BPF = 6, LWTUNNEL_ENCAP_SEG6_LOCAL = 7;
inline constexpr u16 LWT_BPF_IN = 1, LWT_BPF_OUT = 2, LWT_BPF_XMIT = 3, LWT_BPF_XMIT_HEADROOM = 4;
inline constexpr u16 LWT_BPF_PROG_FD = 1, LWT_BPF_PROG_NAME = 2;
inline constexpr u16 SEG6_LOCAL_ACTION = 1, SEG6_LOCAL_BPF = 8;
inline constexpr u32 SEG6_LOCAL_ACTION_END_BPF = 15;
inline constexpr u16 SEG6_LOCAL_BPF_PROG = 1, SEG6_LOCAL_BPF_PROG_NAME = 2;
inline constexpr u8 RT_TABLE_MAIN = 254, RTPROT_BOOT = 3, RT_SCOPE_UNIVERSE = 0, RT_SCOPE_LINK = 253, RTN_UNICAST = 1;

// Generic netlink.
inline constexpr u16 GENL_ID_CTRL = 16;
inline constexpr u8 CTRL_CMD_GETFAMILY = 3;
inline constexpr u16 CTRL_ATTR_FAMILY_ID = 1, CTRL_ATTR_FAMILY_NAME = 2;
inline constexpr u8 NETDEV_CMD_DEV_GET = 1;
inline constexpr u16 NETDEV_A_DEV_IFINDEX = 1, NETDEV_A_DEV_XDP_FEATURES = 3, NETDEV_A_DEV_XDP_ZC_MAX_SEGS = 4,
                     NETDEV_A_DEV_XDP_RX_METADATA_FEATURES = 5, NETDEV_A_DEV_XSK_FEATURES = 6;

// clang-format on

/// The address of a netlink socket.
struct sockaddr_netlink {
  u16 family = AF_NETLINK_;
  u16 pad = 0;
  u32 port = 0;
  u32 groups = 0;
};

/// Fixed part of the messages about devices.
struct ifinfomsg {
  u8 family = 0;
  u8 pad = 0;
  u16 type = 0;
  s32 index = 0;
  u32 flags = 0;
  u32 change = 0;
};
static_assert(sizeof(ifinfomsg) == 16);

/// Fixed part of the messages about traffic control.
struct tcmsg {
  u8 family = 0;
  u8 pad = 0;
  u16 pad2 = 0;
  s32 index = 0;
  u32 handle = 0;
  u32 parent = 0;
  u32 info = 0;  ///< filters: priority in the upper half, protocol (network order) in the lower
};
static_assert(sizeof(tcmsg) == 20);

/// Fixed part of the messages about actions.
struct tcamsg {
  u8 family = 0;
  u8 pad = 0;
  u16 pad2 = 0;
};
static_assert(sizeof(tcamsg) == 4);

/// Fixed part of the messages about ids of network namespaces.
struct rtgenmsg {
  u8 family = 0;
  std::array<u8, 3> pad{};
};
static_assert(sizeof(rtgenmsg) == 4);

/// Fixed part of the messages about routes.
struct rtmsg {
  u8 family = 0;
  u8 destination_bits = 0;
  u8 source_bits = 0;
  u8 tos = 0;
  u8 table = 0;
  u8 protocol = 0;
  u8 scope = 0;
  u8 type = 0;
  u32 flags = 0;
};
static_assert(sizeof(rtmsg) == 12);

/// Fixed part of generic netlink's messages.
struct genlmsghdr {
  u8 command = 0;
  u8 version = 1;
  u16 reserved = 0;
};
static_assert(sizeof(genlmsghdr) == 4);

/// TCA_ACT_BPF_PARMS.
struct tc_act_bpf {
  u32 index = 0;
  u32 capabilities = 0;
  s32 action = 0;
  s32 references = 0;
  s32 bindings = 0;
};
static_assert(sizeof(tc_act_bpf) == 20);

}  // namespace skep::attach

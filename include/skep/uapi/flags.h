// Flags of bpf(2) and of the helpers, grouped by the field that takes them: the same bit means different things in different fields, so each
// group has its own table and `flags_text` prints a word of one group. Kernel of first appearance in brackets. Complete to Linux 7.3.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "skep/types.h"

namespace skep {

/// One flag of a group: a bit and its name in the kernel's spelling.
struct FlagRow {
  u64 bit;
  std::string_view name;
};

/// The flags in `value`, in the table's order, joined by '|'; bits without a name in hexadecimal at the end; "0" when there are none.
inline std::string flags_text(std::span<const FlagRow> table, u64 value) {
  if (value == 0) {
    return "0";
  }
  std::string text;
  const auto append = [&text](std::string_view part) { text.append(text.empty() ? "" : "|").append(part); };
  for (const FlagRow& row : table) {
    if ((value & row.bit) == row.bit) {
      append(row.name);
      value &= ~row.bit;
    }
  }
  if (value != 0) {
    std::string digits;
    for (u64 rest = value; rest != 0; rest >>= 4) {
      digits.insert(digits.begin(), "0123456789abcdef"[rest & 15]);
    }
    append("0x" + digits);
  }
  return text;
}

// clang-format off: one flag and its comment per line

// map_flags of BPF_MAP_CREATE.
inline constexpr u32 BPF_F_NO_PREALLOC = u32{1} << 0;        ///< allocate entries when they are inserted, not all at creation (4.6); required by LPM_TRIE and local storage
inline constexpr u32 BPF_F_NO_COMMON_LRU = u32{1} << 1;      ///< an LRU list per CPU instead of one for all: faster, less exact (4.10)
inline constexpr u32 BPF_F_NUMA_NODE = u32{1} << 2;          ///< place the map on the NUMA node in numa_node (4.14)
inline constexpr u32 BPF_F_RDONLY = u32{1} << 3;             ///< user space may only read through this descriptor (4.15)
inline constexpr u32 BPF_F_WRONLY = u32{1} << 4;             ///< user space may only write through this descriptor (4.15)
inline constexpr u32 BPF_F_STACK_BUILD_ID = u32{1} << 5;     ///< STACK_TRACE stores build id and file offset instead of addresses (4.17)
inline constexpr u32 BPF_F_ZERO_SEED = u32{1} << 6;          ///< hash without a random seed, for measuring; needs CAP_SYS_ADMIN (5.0)
inline constexpr u32 BPF_F_RDONLY_PROG = u32{1} << 7;        ///< programs may only read (5.2); .rodata
inline constexpr u32 BPF_F_WRONLY_PROG = u32{1} << 8;        ///< programs may only write (5.2)
inline constexpr u32 BPF_F_CLONE = u32{1} << 9;              ///< a cloned socket inherits this SK_STORAGE value (5.4)
inline constexpr u32 BPF_F_MMAPABLE = u32{1} << 10;          ///< user space may map the values as memory (5.5)
inline constexpr u32 BPF_F_PRESERVE_ELEMS = u32{1} << 11;    ///< PERF_EVENT_ARRAY keeps entries when the inserting descriptor closes (5.10)
inline constexpr u32 BPF_F_INNER_MAP = u32{1} << 12;         ///< ARRAY whose max_entries may differ from that of other inner maps (5.10)
inline constexpr u32 BPF_F_LINK = u32{1} << 13;              ///< STRUCT_OPS attaches through a link (6.4)
inline constexpr u32 BPF_F_PATH_FD = u32{1} << 14;           ///< path_fd is a descriptor that pathname starts from (6.5); for BPF_OBJ_PIN and BPF_OBJ_GET
inline constexpr u32 BPF_F_VTYPE_BTF_OBJ_FD = u32{1} << 15;  ///< value_type_btf_obj_fd names the module that has the struct_ops type (6.9)
inline constexpr u32 BPF_F_TOKEN_FD = u32{1} << 16;          ///< the token descriptor field holds a BPF token (6.9); also for program and BTF load
inline constexpr u32 BPF_F_SEGV_ON_FAULT = u32{1} << 17;     ///< a user-space access to an ARENA page that does not exist raises SIGSEGV (6.9)
inline constexpr u32 BPF_F_NO_USER_CONV = u32{1} << 18;      ///< ARENA pointers need no conversion to user-space form (6.9)
inline constexpr u32 BPF_F_RB_OVERWRITE = u32{1} << 19;      ///< RINGBUF overwrites the oldest records when it is full (6.19)

/// map_flags of BPF_MAP_CREATE.
inline constexpr auto map_create_flags = std::to_array<FlagRow>({
    {BPF_F_NO_PREALLOC, "BPF_F_NO_PREALLOC"},
    {BPF_F_NO_COMMON_LRU, "BPF_F_NO_COMMON_LRU"},
    {BPF_F_NUMA_NODE, "BPF_F_NUMA_NODE"},
    {BPF_F_RDONLY, "BPF_F_RDONLY"},
    {BPF_F_WRONLY, "BPF_F_WRONLY"},
    {BPF_F_STACK_BUILD_ID, "BPF_F_STACK_BUILD_ID"},
    {BPF_F_ZERO_SEED, "BPF_F_ZERO_SEED"},
    {BPF_F_RDONLY_PROG, "BPF_F_RDONLY_PROG"},
    {BPF_F_WRONLY_PROG, "BPF_F_WRONLY_PROG"},
    {BPF_F_CLONE, "BPF_F_CLONE"},
    {BPF_F_MMAPABLE, "BPF_F_MMAPABLE"},
    {BPF_F_PRESERVE_ELEMS, "BPF_F_PRESERVE_ELEMS"},
    {BPF_F_INNER_MAP, "BPF_F_INNER_MAP"},
    {BPF_F_LINK, "BPF_F_LINK"},
    {BPF_F_PATH_FD, "BPF_F_PATH_FD"},
    {BPF_F_VTYPE_BTF_OBJ_FD, "BPF_F_VTYPE_BTF_OBJ_FD"},
    {BPF_F_TOKEN_FD, "BPF_F_TOKEN_FD"},
    {BPF_F_SEGV_ON_FAULT, "BPF_F_SEGV_ON_FAULT"},
    {BPF_F_NO_USER_CONV, "BPF_F_NO_USER_CONV"},
    {BPF_F_RB_OVERWRITE, "BPF_F_RB_OVERWRITE"},
});

// prog_flags of BPF_PROG_LOAD.
inline constexpr u32 BPF_F_STRICT_ALIGNMENT = u32{1} << 0;     ///< check alignment as if the machine could not load unaligned (4.12)
inline constexpr u32 BPF_F_ANY_ALIGNMENT = u32{1} << 1;        ///< do not check alignment, whatever the machine (5.0)
inline constexpr u32 BPF_F_TEST_RND_HI32 = u32{1} << 2;        ///< fill upper register halves that should be zero with random bits, to test the JIT (5.3)
inline constexpr u32 BPF_F_TEST_STATE_FREQ = u32{1} << 3;      ///< save verifier states at each chance, to test the verifier (5.4)
inline constexpr u32 BPF_F_SLEEPABLE = u32{1} << 4;            ///< the program may sleep (5.10)
inline constexpr u32 BPF_F_XDP_HAS_FRAGS = u32{1} << 5;        ///< the XDP program copes with packets in several buffers (5.18)
inline constexpr u32 BPF_F_XDP_DEV_BOUND_ONLY = u32{1} << 6;   ///< bound to the device of prog_ifindex but run by the CPU, so that it may call the device's metadata functions (6.3)
inline constexpr u32 BPF_F_TEST_REG_INVARIANTS = u32{1} << 7;  ///< complain when the verifier's own bounds contradict each other (6.8)

/// prog_flags of BPF_PROG_LOAD.
inline constexpr auto prog_load_flags = std::to_array<FlagRow>({
    {BPF_F_STRICT_ALIGNMENT, "BPF_F_STRICT_ALIGNMENT"},
    {BPF_F_ANY_ALIGNMENT, "BPF_F_ANY_ALIGNMENT"},
    {BPF_F_TEST_RND_HI32, "BPF_F_TEST_RND_HI32"},
    {BPF_F_TEST_STATE_FREQ, "BPF_F_TEST_STATE_FREQ"},
    {BPF_F_SLEEPABLE, "BPF_F_SLEEPABLE"},
    {BPF_F_XDP_HAS_FRAGS, "BPF_F_XDP_HAS_FRAGS"},
    {BPF_F_XDP_DEV_BOUND_ONLY, "BPF_F_XDP_DEV_BOUND_ONLY"},
    {BPF_F_TEST_REG_INVARIANTS, "BPF_F_TEST_REG_INVARIANTS"},
});

// flags of the map element commands and of the update helper. BPF_NOEXIST and BPF_EXIST are choices, not to be combined.
inline constexpr u64 BPF_NOEXIST = u64{1} << 0;     ///< insert only if the key is new
inline constexpr u64 BPF_EXIST = u64{1} << 1;       ///< update only if the key exists
inline constexpr u64 BPF_F_LOCK = u64{1} << 2;      ///< read or write under the value's bpf_spin_lock (5.1)
inline constexpr u64 BPF_F_CPU = u64{1} << 3;       ///< one CPU's value, whose number is in the upper half of flags (7.0)
inline constexpr u64 BPF_F_ALL_CPUS = u64{1} << 4;  ///< the same value for all CPUs (7.0)
inline constexpr u64 BPF_ANY = 0;  ///< insert or update

/// flags of the map element commands and of the update helper. BPF_NOEXIST and BPF_EXIST are choices, not to be combined.
inline constexpr auto map_elem_flags = std::to_array<FlagRow>({
    {BPF_NOEXIST, "BPF_NOEXIST"},
    {BPF_EXIST, "BPF_EXIST"},
    {BPF_F_LOCK, "BPF_F_LOCK"},
    {BPF_F_CPU, "BPF_F_CPU"},
    {BPF_F_ALL_CPUS, "BPF_F_ALL_CPUS"},
});

// attach_flags of BPF_PROG_ATTACH, flags of links to cgroups, tcx and netkit.
inline constexpr u32 BPF_F_ALLOW_OVERRIDE = u32{1} << 0;  ///< a program in a descendant cgroup replaces this one (4.11)
inline constexpr u32 BPF_F_ALLOW_MULTI = u32{1} << 1;     ///< programs in descendant cgroups run as well as this one (4.15)
inline constexpr u32 BPF_F_REPLACE = u32{1} << 2;         ///< take the place of replace_bpf_fd (5.6)
inline constexpr u32 BPF_F_BEFORE = u32{1} << 3;          ///< insert before relative_fd or relative_id, or first (6.6)
inline constexpr u32 BPF_F_AFTER = u32{1} << 4;           ///< insert after relative_fd or relative_id, or last (6.6)
inline constexpr u32 BPF_F_ID = u32{1} << 5;              ///< relative_id is an id rather than a descriptor (6.6)
inline constexpr u32 BPF_F_PREORDER = u32{1} << 6;        ///< run before the programs of descendant cgroups (6.15)

/// attach_flags of BPF_PROG_ATTACH, flags of links to cgroups, tcx and netkit.
inline constexpr auto attach_flags = std::to_array<FlagRow>({
    {BPF_F_ALLOW_OVERRIDE, "BPF_F_ALLOW_OVERRIDE"},
    {BPF_F_ALLOW_MULTI, "BPF_F_ALLOW_MULTI"},
    {BPF_F_REPLACE, "BPF_F_REPLACE"},
    {BPF_F_BEFORE, "BPF_F_BEFORE"},
    {BPF_F_AFTER, "BPF_F_AFTER"},
    {BPF_F_ID, "BPF_F_ID"},
    {BPF_F_PREORDER, "BPF_F_PREORDER"},
    {BPF_F_LINK, "BPF_F_LINK"},
});

// flags of a BPF_TRACE_KPROBE_MULTI link.
inline constexpr u32 BPF_F_KPROBE_MULTI_RETURN = u32{1} << 0;  ///< probe returns instead of entries (5.18)

/// flags of a BPF_TRACE_KPROBE_MULTI link.
inline constexpr auto kprobe_multi_flags = std::to_array<FlagRow>({
    {BPF_F_KPROBE_MULTI_RETURN, "BPF_F_KPROBE_MULTI_RETURN"},
});

// flags of a BPF_TRACE_UPROBE_MULTI link.
inline constexpr u32 BPF_F_UPROBE_MULTI_RETURN = u32{1} << 0;   ///< probe returns instead of entries (6.6)
inline constexpr u32 BPF_F_UPROBE_MULTI_PATH_FD = u32{1} << 1;  ///< path_fd names the executable instead of path (7.2)

/// flags of a BPF_TRACE_UPROBE_MULTI link.
inline constexpr auto uprobe_multi_flags = std::to_array<FlagRow>({
    {BPF_F_UPROBE_MULTI_RETURN, "BPF_F_UPROBE_MULTI_RETURN"},
    {BPF_F_UPROBE_MULTI_PATH_FD, "BPF_F_UPROBE_MULTI_PATH_FD"},
});

// flags of a BPF_NETFILTER link.
inline constexpr u32 BPF_F_NETFILTER_IP_DEFRAG = u32{1} << 0;  ///< reassemble IP fragments before the program sees them (6.6)

/// flags of a BPF_NETFILTER link.
inline constexpr auto netfilter_flags = std::to_array<FlagRow>({
    {BPF_F_NETFILTER_IP_DEFRAG, "BPF_F_NETFILTER_IP_DEFRAG"},
});

// flags of a BPF_XDP link and of the netlink way to attach XDP.
inline constexpr u32 XDP_FLAGS_UPDATE_IF_NOEXIST = u32{1} << 0;  ///< fail when a program is there already (netlink)
inline constexpr u32 XDP_FLAGS_SKB_MODE = u32{1} << 1;           ///< generic: in the network stack, any driver
inline constexpr u32 XDP_FLAGS_DRV_MODE = u32{1} << 2;           ///< in the driver
inline constexpr u32 XDP_FLAGS_HW_MODE = u32{1} << 3;            ///< on the device itself
inline constexpr u32 XDP_FLAGS_REPLACE = u32{1} << 4;            ///< replace the program given as expected (5.7, netlink)

/// flags of a BPF_XDP link and of the netlink way to attach XDP.
inline constexpr auto xdp_attach_flags = std::to_array<FlagRow>({
    {XDP_FLAGS_UPDATE_IF_NOEXIST, "XDP_FLAGS_UPDATE_IF_NOEXIST"},
    {XDP_FLAGS_SKB_MODE, "XDP_FLAGS_SKB_MODE"},
    {XDP_FLAGS_DRV_MODE, "XDP_FLAGS_DRV_MODE"},
    {XDP_FLAGS_HW_MODE, "XDP_FLAGS_HW_MODE"},
    {XDP_FLAGS_REPLACE, "XDP_FLAGS_REPLACE"},
});

// query_flags of BPF_PROG_QUERY.
inline constexpr u32 BPF_F_QUERY_EFFECTIVE = u32{1} << 0;  ///< those that will run here, also the inherited ones (4.15)

/// query_flags of BPF_PROG_QUERY.
inline constexpr auto query_flags = std::to_array<FlagRow>({
    {BPF_F_QUERY_EFFECTIVE, "BPF_F_QUERY_EFFECTIVE"},
});

// flags of BPF_PROG_TEST_RUN.
inline constexpr u32 BPF_F_TEST_RUN_ON_CPU = u32{1} << 0;             ///< run on the CPU in test.cpu; raw tracepoints (5.10)
inline constexpr u32 BPF_F_TEST_XDP_LIVE_FRAMES = u32{1} << 1;        ///< let redirected and passed packets really go (5.18)
inline constexpr u32 BPF_F_TEST_SKB_CHECKSUM_COMPLETE = u32{1} << 2;  ///< give the packet a complete checksum, and check it afterwards (6.17)

/// flags of BPF_PROG_TEST_RUN.
inline constexpr auto test_run_flags = std::to_array<FlagRow>({
    {BPF_F_TEST_RUN_ON_CPU, "BPF_F_TEST_RUN_ON_CPU"},
    {BPF_F_TEST_XDP_LIVE_FRAMES, "BPF_F_TEST_XDP_LIVE_FRAMES"},
    {BPF_F_TEST_SKB_CHECKSUM_COMPLETE, "BPF_F_TEST_SKB_CHECKSUM_COMPLETE"},
});

// file_flags of BPF_OBJ_GET, open_flags of the BPF_*_GET_FD_BY_ID commands and map_flags of a descriptor: what it may do.

/// file_flags of BPF_OBJ_GET, open_flags of the BPF_*_GET_FD_BY_ID commands and map_flags of a descriptor: what it may do.
inline constexpr auto obj_file_flags = std::to_array<FlagRow>({
    {BPF_F_RDONLY, "BPF_F_RDONLY"},
    {BPF_F_WRONLY, "BPF_F_WRONLY"},
    {BPF_F_PATH_FD, "BPF_F_PATH_FD"},
    {BPF_F_TOKEN_FD, "BPF_F_TOKEN_FD"},
});

// flags of BPF_LINK_CREATE for cgroups, tcx and netkit; XDP links take xdp_attach_flags.

/// flags of BPF_LINK_CREATE for cgroups, tcx and netkit; XDP links take xdp_attach_flags.
inline constexpr auto link_create_flags = std::to_array<FlagRow>({
    {BPF_F_REPLACE, "BPF_F_REPLACE"},
    {BPF_F_BEFORE, "BPF_F_BEFORE"},
    {BPF_F_AFTER, "BPF_F_AFTER"},
    {BPF_F_ID, "BPF_F_ID"},
    {BPF_F_PREORDER, "BPF_F_PREORDER"},
    {BPF_F_LINK, "BPF_F_LINK"},
});

// flags of BPF_LINK_UPDATE.

/// flags of BPF_LINK_UPDATE.
inline constexpr auto link_update_flags = std::to_array<FlagRow>({
    {BPF_F_REPLACE, "BPF_F_REPLACE"},
});

// btf_flags of BPF_BTF_LOAD.

/// btf_flags of BPF_BTF_LOAD.
inline constexpr auto btf_load_flags = std::to_array<FlagRow>({
    {BPF_F_TOKEN_FD, "BPF_F_TOKEN_FD"},
});

// flags of the redirect helpers.
inline constexpr u64 BPF_F_INGRESS = u64{1} << 0;          ///< to the device's receiving side
inline constexpr u64 BPF_F_EGRESS = u64{1} << 1;           ///< bpf_redirect_peer: to the peer's sending side (7.3)
inline constexpr u64 BPF_F_BROADCAST = u64{1} << 3;        ///< to every entry of the map (5.14)
inline constexpr u64 BPF_F_EXCLUDE_INGRESS = u64{1} << 4;  ///< except the device that it came from (5.14)

/// flags of the redirect helpers.
inline constexpr auto redirect_flags = std::to_array<FlagRow>({
    {BPF_F_INGRESS, "BPF_F_INGRESS"},
    {BPF_F_EGRESS, "BPF_F_EGRESS"},
    {BPF_F_BROADCAST, "BPF_F_BROADCAST"},
    {BPF_F_EXCLUDE_INGRESS, "BPF_F_EXCLUDE_INGRESS"},
});

// flags of the stack helpers; the low 8 bits say how many frames to skip.
inline constexpr u64 BPF_F_USER_STACK = u64{1} << 8;      ///< the stack of user space (4.6)
inline constexpr u64 BPF_F_FAST_STACK_CMP = u64{1} << 9;  ///< compare stacks by hash only (4.6)
inline constexpr u64 BPF_F_REUSE_STACKID = u64{1} << 10;  ///< overwrite a colliding stack (4.6)
inline constexpr u64 BPF_F_USER_BUILD_ID = u64{1} << 11;  ///< build ids and offsets instead of addresses (4.18)

/// flags of the stack helpers; the low 8 bits say how many frames to skip.
inline constexpr auto stack_flags = std::to_array<FlagRow>({
    {BPF_F_USER_STACK, "BPF_F_USER_STACK"},
    {BPF_F_FAST_STACK_CMP, "BPF_F_FAST_STACK_CMP"},
    {BPF_F_REUSE_STACKID, "BPF_F_REUSE_STACKID"},
    {BPF_F_USER_BUILD_ID, "BPF_F_USER_BUILD_ID"},
});

// flags of the ring buffer helpers.
inline constexpr u64 BPF_RB_NO_WAKEUP = u64{1} << 0;     ///< do not wake the reader
inline constexpr u64 BPF_RB_FORCE_WAKEUP = u64{1} << 1;  ///< wake the reader in any case

/// flags of the ring buffer helpers.
inline constexpr auto ringbuf_flags = std::to_array<FlagRow>({
    {BPF_RB_NO_WAKEUP, "BPF_RB_NO_WAKEUP"},
    {BPF_RB_FORCE_WAKEUP, "BPF_RB_FORCE_WAKEUP"},
});

// flags of bpf_skb_adjust_room.
inline constexpr u64 BPF_F_ADJ_ROOM_FIXED_GSO = u64{1} << 0;      ///< leave gso_size alone (5.1)
inline constexpr u64 BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 = u64{1} << 1;  ///< the new room is an outer IPv4 header (5.1)
inline constexpr u64 BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 = u64{1} << 2;  ///< the new room is an outer IPv6 header (5.1)
inline constexpr u64 BPF_F_ADJ_ROOM_ENCAP_L4_GRE = u64{1} << 3;   ///< with GRE (5.1)
inline constexpr u64 BPF_F_ADJ_ROOM_ENCAP_L4_UDP = u64{1} << 4;   ///< with UDP (5.1)
inline constexpr u64 BPF_F_ADJ_ROOM_NO_CSUM_RESET = u64{1} << 5;  ///< keep the checksum state (5.8)
inline constexpr u64 BPF_F_ADJ_ROOM_ENCAP_L2_ETH = u64{1} << 6;   ///< with an inner Ethernet header (5.13)
inline constexpr u64 BPF_F_ADJ_ROOM_DECAP_L3_IPV4 = u64{1} << 7;  ///< what remains is IPv4 (6.3)
inline constexpr u64 BPF_F_ADJ_ROOM_DECAP_L3_IPV6 = u64{1} << 8;  ///< what remains is IPv6 (6.3)
inline constexpr u64 BPF_F_ADJ_ROOM_DECAP_L4_GRE = u64{1} << 9;   ///< a GRE header goes away (7.3)
inline constexpr u64 BPF_F_ADJ_ROOM_DECAP_L4_UDP = u64{1} << 10;  ///< a UDP tunnel header goes away (7.3)
inline constexpr u64 BPF_F_ADJ_ROOM_DECAP_IPXIP4 = u64{1} << 11;  ///< an outer IPv4 header of IP in IP goes away (7.3)
inline constexpr u64 BPF_F_ADJ_ROOM_DECAP_IPXIP6 = u64{1} << 12;  ///< an outer IPv6 header of IP in IP goes away (7.3)

/// flags of bpf_skb_adjust_room.
inline constexpr auto adj_room_flags = std::to_array<FlagRow>({
    {BPF_F_ADJ_ROOM_FIXED_GSO, "BPF_F_ADJ_ROOM_FIXED_GSO"},
    {BPF_F_ADJ_ROOM_ENCAP_L3_IPV4, "BPF_F_ADJ_ROOM_ENCAP_L3_IPV4"},
    {BPF_F_ADJ_ROOM_ENCAP_L3_IPV6, "BPF_F_ADJ_ROOM_ENCAP_L3_IPV6"},
    {BPF_F_ADJ_ROOM_ENCAP_L4_GRE, "BPF_F_ADJ_ROOM_ENCAP_L4_GRE"},
    {BPF_F_ADJ_ROOM_ENCAP_L4_UDP, "BPF_F_ADJ_ROOM_ENCAP_L4_UDP"},
    {BPF_F_ADJ_ROOM_NO_CSUM_RESET, "BPF_F_ADJ_ROOM_NO_CSUM_RESET"},
    {BPF_F_ADJ_ROOM_ENCAP_L2_ETH, "BPF_F_ADJ_ROOM_ENCAP_L2_ETH"},
    {BPF_F_ADJ_ROOM_DECAP_L3_IPV4, "BPF_F_ADJ_ROOM_DECAP_L3_IPV4"},
    {BPF_F_ADJ_ROOM_DECAP_L3_IPV6, "BPF_F_ADJ_ROOM_DECAP_L3_IPV6"},
    {BPF_F_ADJ_ROOM_DECAP_L4_GRE, "BPF_F_ADJ_ROOM_DECAP_L4_GRE"},
    {BPF_F_ADJ_ROOM_DECAP_L4_UDP, "BPF_F_ADJ_ROOM_DECAP_L4_UDP"},
    {BPF_F_ADJ_ROOM_DECAP_IPXIP4, "BPF_F_ADJ_ROOM_DECAP_IPXIP4"},
    {BPF_F_ADJ_ROOM_DECAP_IPXIP6, "BPF_F_ADJ_ROOM_DECAP_IPXIP6"},
});

// flags of bpf_skb_store_bytes.
inline constexpr u64 BPF_F_RECOMPUTE_CSUM = u64{1} << 0;   ///< bring the checksum up to date
inline constexpr u64 BPF_F_INVALIDATE_HASH = u64{1} << 1;  ///< forget the flow hash

/// flags of bpf_skb_store_bytes.
inline constexpr auto skb_store_flags = std::to_array<FlagRow>({
    {BPF_F_RECOMPUTE_CSUM, "BPF_F_RECOMPUTE_CSUM"},
    {BPF_F_INVALIDATE_HASH, "BPF_F_INVALIDATE_HASH"},
});

// flags of bpf_l3_csum_replace and bpf_l4_csum_replace; the low 4 bits say how wide the field is.
inline constexpr u64 BPF_F_PSEUDO_HDR = u64{1} << 4;      ///< the changed field belongs to the pseudo-header
inline constexpr u64 BPF_F_MARK_MANGLED_0 = u64{1} << 5;  ///< a checksum that becomes 0 is written as 0xffff
inline constexpr u64 BPF_F_MARK_ENFORCE = u64{1} << 6;    ///< write 0xffff even if the checksum was 0 before
inline constexpr u64 BPF_F_IPV6 = u64{1} << 7;            ///< the change is in an IPv6 address, whose header has no checksum (6.16)

/// flags of bpf_l3_csum_replace and bpf_l4_csum_replace; the low 4 bits say how wide the field is.
inline constexpr auto csum_replace_flags = std::to_array<FlagRow>({
    {BPF_F_PSEUDO_HDR, "BPF_F_PSEUDO_HDR"},
    {BPF_F_MARK_MANGLED_0, "BPF_F_MARK_MANGLED_0"},
    {BPF_F_MARK_ENFORCE, "BPF_F_MARK_ENFORCE"},
    {BPF_F_IPV6, "BPF_F_IPV6"},
});

// flags of bpf_skb_set_tunnel_key; bpf_skb_get_tunnel_key takes the first and the last.
inline constexpr u64 BPF_F_TUNINFO_IPV6 = u64{1} << 0;   ///< the key holds IPv6 addresses
inline constexpr u64 BPF_F_ZERO_CSUM_TX = u64{1} << 1;   ///< send without a checksum
inline constexpr u64 BPF_F_DONT_FRAGMENT = u64{1} << 2;  ///< set the bit that forbids fragments
inline constexpr u64 BPF_F_SEQ_NUMBER = u64{1} << 3;     ///< number the packets
inline constexpr u64 BPF_F_NO_TUNNEL_KEY = u64{1} << 4;  ///< send no tunnel key (6.2)
inline constexpr u64 BPF_F_TUNINFO_FLAGS = u64{1} << 4;  ///< get: also the tunnel's own flags (6.2)

/// flags of bpf_skb_set_tunnel_key; bpf_skb_get_tunnel_key takes the first and the last.
inline constexpr auto tunnel_key_flags = std::to_array<FlagRow>({
    {BPF_F_TUNINFO_IPV6, "BPF_F_TUNINFO_IPV6"},
    {BPF_F_ZERO_CSUM_TX, "BPF_F_ZERO_CSUM_TX"},
    {BPF_F_DONT_FRAGMENT, "BPF_F_DONT_FRAGMENT"},
    {BPF_F_SEQ_NUMBER, "BPF_F_SEQ_NUMBER"},
    {BPF_F_NO_TUNNEL_KEY, "BPF_F_NO_TUNNEL_KEY"},
    {BPF_F_TUNINFO_FLAGS, "BPF_F_TUNINFO_FLAGS"},
});

// flags of bpf_timer_start.
inline constexpr u64 BPF_F_TIMER_ABS = u64{1} << 0;      ///< the time is absolute (6.4)
inline constexpr u64 BPF_F_TIMER_CPU_PIN = u64{1} << 1;  ///< the callback runs on the CPU that started it (6.7)

/// flags of bpf_timer_start.
inline constexpr auto timer_flags = std::to_array<FlagRow>({
    {BPF_F_TIMER_ABS, "BPF_F_TIMER_ABS"},
    {BPF_F_TIMER_CPU_PIN, "BPF_F_TIMER_CPU_PIN"},
});

// Numbers that live beside flags in the same words.
inline constexpr u64 BPF_F_INDEX_MASK = 0xffff'ffff;              ///< of flags in bpf_perf_event_output: which entry of the map
inline constexpr u64 BPF_F_CURRENT_CPU = BPF_F_INDEX_MASK;        ///< the entry of the running CPU
inline constexpr u64 BPF_F_CTXLEN_MASK = u64{0xf'ffff} << 32;     ///< how many bytes of the packet to append
inline constexpr u64 BPF_F_SKIP_FIELD_MASK = 0xff;                ///< of stack flags: frames to skip
inline constexpr u32 BPF_RINGBUF_BUSY_BIT = u32{1} << 31;         ///< in a record's length: not yet submitted
inline constexpr u32 BPF_RINGBUF_DISCARD_BIT = u32{1} << 30;      ///< in a record's length: to be skipped
inline constexpr u32 BPF_RINGBUF_HDR_SZ = 8;                      ///< bytes in front of each record
inline constexpr u64 BPF_F_SYSCTL_BASE_NAME = 1;                 ///< flags of bpf_sysctl_get_name: without the path (5.2)
inline constexpr u64 BPF_F_GET_BRANCH_RECORDS_SIZE = 1;          ///< flags of bpf_read_branch_records: how many bytes are there? (5.7)
inline constexpr u64 BPF_F_BPRM_SECUREEXEC = 1;                  ///< flags of bpf_bprm_opts_set: treat the new program as set-uid (5.11)
inline constexpr u32 BPF_STREAM_STDOUT = 1;                       ///< stream of BPF_PROG_STREAM_READ_BY_FD: the program's output (6.17)
inline constexpr u32 BPF_STREAM_STDERR = 2;                       ///< its errors, e.g. a may_goto that ran out or an arena fault (6.17)

// clang-format on

/// A table of flags by the name of the field that takes them.
struct FlagGroup {
  std::string_view name;
  std::span<const FlagRow> rows;
};

/// Every group.
inline constexpr auto flag_groups = std::to_array<FlagGroup>({
    {"map_create", map_create_flags},
    {"prog_load", prog_load_flags},
    {"map_elem", map_elem_flags},
    {"attach", attach_flags},
    {"kprobe_multi", kprobe_multi_flags},
    {"uprobe_multi", uprobe_multi_flags},
    {"netfilter", netfilter_flags},
    {"xdp_attach", xdp_attach_flags},
    {"query", query_flags},
    {"test_run", test_run_flags},
    {"obj_file", obj_file_flags},
    {"link_create", link_create_flags},
    {"link_update", link_update_flags},
    {"btf_load", btf_load_flags},
    {"redirect", redirect_flags},
    {"stack", stack_flags},
    {"ringbuf", ringbuf_flags},
    {"adj_room", adj_room_flags},
    {"skb_store", skb_store_flags},
    {"csum_replace", csum_replace_flags},
    {"tunnel_key", tunnel_key_flags},
    {"timer", timer_flags},
});

/// The flags called `name` ("map_create"), or nothing for an unknown group.
constexpr std::span<const FlagRow> find_flag_group(std::string_view name) {
  for (const FlagGroup& group : flag_groups) {
    if (group.name == name) {
      return group.rows;
    }
  }
  return {};
}

}  // namespace skep

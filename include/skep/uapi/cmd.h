// The commands of bpf(2): `bpf(cmd, attr, attr_bytes)`. Each command reads one arm of `union bpf_attr` (skep/uapi/attr.h), and answers with a
// descriptor, a count or 0; negative is an errno. Values as in Linux 7.3.
#pragma once

#include <array>

#include "skep/uapi/names.h"

namespace skep {

// clang-format off
enum bpf_cmd : u32 {
  BPF_MAP_CREATE = 0,                    ///< makes a map and answers with its descriptor
  BPF_MAP_LOOKUP_ELEM = 1,               ///< copies the value of one key to user space
  BPF_MAP_UPDATE_ELEM = 2,               ///< writes the value of one key, making the element if there is none
  BPF_MAP_DELETE_ELEM = 3,               ///< removes the element of one key
  BPF_MAP_GET_NEXT_KEY = 4,              ///< answers with the key after the given one: how a map is walked
  BPF_PROG_LOAD = 5,                     ///< verifies and compiles a program and answers with its descriptor
  BPF_OBJ_PIN = 6,                       ///< gives a map, program or link a name in a bpf file system, where it outlives its descriptors
  BPF_OBJ_GET = 7,                       ///< opens what was pinned under a name
  BPF_PROG_ATTACH = 8,                   ///< attaches a program to a cgroup, socket map, network device or namespace, without a link
  BPF_PROG_DETACH = 9,                   ///< undoes BPF_PROG_ATTACH
  BPF_PROG_TEST_RUN = 10,                ///< runs a loaded program once or many times on data that the caller gives
  BPF_PROG_RUN = BPF_PROG_TEST_RUN,      ///< the later name of BPF_PROG_TEST_RUN
  BPF_PROG_GET_NEXT_ID = 11,             ///< answers with the smallest program id above the given one
  BPF_MAP_GET_NEXT_ID = 12,              ///< answers with the smallest map id above the given one
  BPF_PROG_GET_FD_BY_ID = 13,            ///< opens the program that has this id
  BPF_MAP_GET_FD_BY_ID = 14,             ///< opens the map that has this id
  BPF_OBJ_GET_INFO_BY_FD = 15,           ///< describes the program, map, BTF or link behind a descriptor
  BPF_PROG_QUERY = 16,                   ///< lists the programs attached at one place
  BPF_RAW_TRACEPOINT_OPEN = 17,          ///< attaches a tracing program to what it was loaded for, or to a raw tracepoint; answers with a link
  BPF_BTF_LOAD = 18,                     ///< hands type information to the kernel and answers with its descriptor
  BPF_BTF_GET_FD_BY_ID = 19,             ///< opens the BTF that has this id
  BPF_TASK_FD_QUERY = 20,                ///< tells which probe or tracepoint a perf event descriptor of some process stands for
  BPF_MAP_LOOKUP_AND_DELETE_ELEM = 21,   ///< copies the value of one key and removes the element in one step; pops from queue and stack maps
  BPF_MAP_FREEZE = 22,                   ///< forbids all further writes to a map from user space
  BPF_BTF_GET_NEXT_ID = 23,              ///< answers with the smallest BTF id above the given one
  BPF_MAP_LOOKUP_BATCH = 24,             ///< copies many elements in one call
  BPF_MAP_LOOKUP_AND_DELETE_BATCH = 25,  ///< copies many elements in one call and removes them
  BPF_MAP_UPDATE_BATCH = 26,             ///< writes many elements in one call
  BPF_MAP_DELETE_BATCH = 27,             ///< removes many elements in one call
  BPF_LINK_CREATE = 28,                  ///< attaches a program and answers with a link: closing its last descriptor detaches
  BPF_LINK_UPDATE = 29,                  ///< puts another program (or struct_ops map) in an existing link, without a gap
  BPF_LINK_GET_FD_BY_ID = 30,            ///< opens the link that has this id
  BPF_LINK_GET_NEXT_ID = 31,             ///< answers with the smallest link id above the given one
  BPF_ENABLE_STATS = 32,                 ///< has the kernel measure programs for as long as the answered descriptor is open
  BPF_ITER_CREATE = 33,                  ///< makes a file of an iterator link: reading it runs the program over every object
  BPF_LINK_DETACH = 34,                  ///< detaches a link by force while its descriptors stay open
  BPF_PROG_BIND_MAP = 35,                ///< makes a map live as long as a program, though no instruction names it
  BPF_TOKEN_CREATE = 36,                 ///< makes a token from a bpf file system mounted with delegation: rights for a user namespace
  BPF_PROG_STREAM_READ_BY_FD = 37,       ///< reads what a program printed to its standard output or error stream
  BPF_PROG_ASSOC_STRUCT_OPS = 38,        ///< tells which struct_ops map a program's struct_ops kfuncs shall act on
};
// clang-format on

/// ORed into the command: the call has two more arguments, a `bpf_common_attr` and its size in bytes. Since Linux 7.2.
inline constexpr u32 BPF_COMMON_ATTRS = 1U << 16;

/// What a successful command returns.
enum class CommandReturns : u8 {
  zero,        ///< 0; results, if any, are written into the attributes or through their pointers
  descriptor,  ///< a new file descriptor, close-on-exec
  count,       ///< a number of bytes
};

/// One command as data.
struct CommandRow {
  bpf_cmd cmd;
  std::string_view name;   ///< as the kernel spells it
  std::string_view since;  ///< the first Linux release that has it
  std::string_view arm;    ///< the member of `union bpf_attr` that it reads
  CommandReturns returns;
};

// clang-format off
inline constexpr auto command_rows = std::to_array<CommandRow>({
    {BPF_MAP_CREATE,                  "BPF_MAP_CREATE",                  "3.18", "map_create",            CommandReturns::descriptor},
    {BPF_MAP_LOOKUP_ELEM,             "BPF_MAP_LOOKUP_ELEM",             "3.18", "map_elem",              CommandReturns::zero},
    {BPF_MAP_UPDATE_ELEM,             "BPF_MAP_UPDATE_ELEM",             "3.18", "map_elem",              CommandReturns::zero},
    {BPF_MAP_DELETE_ELEM,             "BPF_MAP_DELETE_ELEM",             "3.18", "map_elem",              CommandReturns::zero},
    {BPF_MAP_GET_NEXT_KEY,            "BPF_MAP_GET_NEXT_KEY",            "3.18", "map_elem",              CommandReturns::zero},
    {BPF_PROG_LOAD,                   "BPF_PROG_LOAD",                   "3.18", "prog_load",             CommandReturns::descriptor},
    {BPF_OBJ_PIN,                     "BPF_OBJ_PIN",                     "4.4",  "obj",                   CommandReturns::zero},
    {BPF_OBJ_GET,                     "BPF_OBJ_GET",                     "4.4",  "obj",                   CommandReturns::descriptor},
    {BPF_PROG_ATTACH,                 "BPF_PROG_ATTACH",                 "4.10", "prog_attach",           CommandReturns::zero},
    {BPF_PROG_DETACH,                 "BPF_PROG_DETACH",                 "4.10", "prog_attach",           CommandReturns::zero},
    {BPF_PROG_TEST_RUN,               "BPF_PROG_TEST_RUN",               "4.12", "test",                  CommandReturns::zero},
    {BPF_PROG_GET_NEXT_ID,            "BPF_PROG_GET_NEXT_ID",            "4.13", "get_id",                CommandReturns::zero},
    {BPF_MAP_GET_NEXT_ID,             "BPF_MAP_GET_NEXT_ID",             "4.13", "get_id",                CommandReturns::zero},
    {BPF_PROG_GET_FD_BY_ID,           "BPF_PROG_GET_FD_BY_ID",           "4.13", "get_id",                CommandReturns::descriptor},
    {BPF_MAP_GET_FD_BY_ID,            "BPF_MAP_GET_FD_BY_ID",            "4.13", "get_id",                CommandReturns::descriptor},
    {BPF_OBJ_GET_INFO_BY_FD,          "BPF_OBJ_GET_INFO_BY_FD",          "4.13", "info",                  CommandReturns::zero},
    {BPF_PROG_QUERY,                  "BPF_PROG_QUERY",                  "4.15", "query",                 CommandReturns::zero},
    {BPF_RAW_TRACEPOINT_OPEN,         "BPF_RAW_TRACEPOINT_OPEN",         "4.17", "raw_tracepoint",        CommandReturns::descriptor},
    {BPF_BTF_LOAD,                    "BPF_BTF_LOAD",                    "4.18", "btf_load",              CommandReturns::descriptor},
    {BPF_BTF_GET_FD_BY_ID,            "BPF_BTF_GET_FD_BY_ID",            "4.18", "get_id",                CommandReturns::descriptor},
    {BPF_TASK_FD_QUERY,               "BPF_TASK_FD_QUERY",               "4.18", "task_fd_query",         CommandReturns::zero},
    {BPF_MAP_LOOKUP_AND_DELETE_ELEM,  "BPF_MAP_LOOKUP_AND_DELETE_ELEM",  "4.20", "map_elem",              CommandReturns::zero},
    {BPF_MAP_FREEZE,                  "BPF_MAP_FREEZE",                  "5.2",  "map_elem",              CommandReturns::zero},
    {BPF_BTF_GET_NEXT_ID,             "BPF_BTF_GET_NEXT_ID",             "5.4",  "get_id",                CommandReturns::zero},
    {BPF_MAP_LOOKUP_BATCH,            "BPF_MAP_LOOKUP_BATCH",            "5.6",  "batch",                 CommandReturns::zero},
    {BPF_MAP_LOOKUP_AND_DELETE_BATCH, "BPF_MAP_LOOKUP_AND_DELETE_BATCH", "5.6",  "batch",                 CommandReturns::zero},
    {BPF_MAP_UPDATE_BATCH,            "BPF_MAP_UPDATE_BATCH",            "5.6",  "batch",                 CommandReturns::zero},
    {BPF_MAP_DELETE_BATCH,            "BPF_MAP_DELETE_BATCH",            "5.6",  "batch",                 CommandReturns::zero},
    {BPF_LINK_CREATE,                 "BPF_LINK_CREATE",                 "5.7",  "link_create",           CommandReturns::descriptor},
    {BPF_LINK_UPDATE,                 "BPF_LINK_UPDATE",                 "5.7",  "link_update",           CommandReturns::zero},
    {BPF_LINK_GET_FD_BY_ID,           "BPF_LINK_GET_FD_BY_ID",           "5.8",  "get_id",                CommandReturns::descriptor},
    {BPF_LINK_GET_NEXT_ID,            "BPF_LINK_GET_NEXT_ID",            "5.8",  "get_id",                CommandReturns::zero},
    {BPF_ENABLE_STATS,                "BPF_ENABLE_STATS",                "5.8",  "enable_stats",          CommandReturns::descriptor},
    {BPF_ITER_CREATE,                 "BPF_ITER_CREATE",                 "5.8",  "iter_create",           CommandReturns::descriptor},
    {BPF_LINK_DETACH,                 "BPF_LINK_DETACH",                 "5.9",  "link_detach",           CommandReturns::zero},
    {BPF_PROG_BIND_MAP,               "BPF_PROG_BIND_MAP",               "5.10", "prog_bind_map",         CommandReturns::zero},
    {BPF_TOKEN_CREATE,                "BPF_TOKEN_CREATE",                "6.9",  "token_create",          CommandReturns::descriptor},
    {BPF_PROG_STREAM_READ_BY_FD,      "BPF_PROG_STREAM_READ_BY_FD",      "6.17", "prog_stream_read",      CommandReturns::count},
    {BPF_PROG_ASSOC_STRUCT_OPS,       "BPF_PROG_ASSOC_STRUCT_OPS",       "7.0",  "prog_assoc_struct_ops", CommandReturns::zero},
});
// clang-format on

/// The kernel's spelling of each command, both directions.
inline constexpr auto cmd_names = [] {
  std::array<NameRow<bpf_cmd>, command_rows.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = {command_rows[i].cmd, command_rows[i].name};
  }
  return names;
}();
static_assert(names_are_unique(cmd_names));

/// The row of `cmd`, or null for a command newer than Linux 7.3.
constexpr const CommandRow* find_command(bpf_cmd cmd) {
  return cmd < command_rows.size() ? &command_rows[cmd] : nullptr;
}
static_assert(
    [] {
      for (u32 i = 0; i < command_rows.size(); ++i) {
        if (command_rows[i].cmd != i) {
          return false;
        }
      }
      return true;
    }(),
    "find_command() indexes the table by the command's number");

}  // namespace skep

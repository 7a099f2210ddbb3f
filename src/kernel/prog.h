// Programs: load, attach without a link, list what is attached, hold a map, tie to a struct_ops map. Running one: prog_run.h.
#pragma once

#include <vector>

#include "kernel/call.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/insn.h"
#include "skep/uapi/prog_type.h"

namespace skep::kernel {

/// A table of records that the kernel reads, each `record_bytes` long: func_info, line_info, CO-RE relocations. A record longer than the kernel's own
/// is accepted when the rest is zero.
struct RecordTable {
  const void* records = nullptr;
  u32 count = 0;
  u32 record_bytes = 0;
};

/// Where the verifier's log goes.
struct ProgLog {
  std::span<char> buffer;  ///< empty: no log
  u32 level = 0;  ///< bit 0: on refusal; bit 1: every instruction; bit 2: statistics; bit 3: keep the start
  u32 true_bytes = 0;  ///< out: how large the log would have been (6.4; else 0)
};

/// Parameters of BPF_PROG_LOAD (skep/uapi/attr_prog.h says what each field means to the kernel).
struct ProgLoad {
  bpf_prog_type type{};
  bpf_attach_type expected_attach_type{};
  std::string_view name;            ///< cut to 15 bytes; leave empty before Linux 4.15
  std::span<const bpf_insn> insns;  ///< with descriptors where BPF_PSEUDO_MAP_FD and its like say so
  const char* license = "";
  u32 flags = 0;         ///< BPF_F_STRICT_ALIGNMENT, BPF_F_SLEEPABLE, ...
  u32 kern_version = 0;  ///< asked of kprobe programs before Linux 5.0
  u32 ifindex = 0;       ///< offload or bind to this device
  int btf_fd = -1;       ///< the BTF of the two tables below
  RecordTable func_info;
  RecordTable line_info;
  u32 attach_btf_id = 0;                 ///< the function or type to attach to ...
  int attach_fd = -1;                    ///< ... in this program or this module's BTF; -1: vmlinux
  std::span<const int> fd_array;         ///< descriptors that instructions name by index
  bool fd_array_counted = false;         ///< say its length, so that the program holds all of it (6.14)
  RecordTable core_relos;                ///< CO-RE relocations that the kernel shall apply (light skeletons)
  int token_fd = -1;                     ///< with BPF_F_TOKEN_FD
  std::span<const std::byte> signature;  ///< PKCS#7 (6.18)
  s32 keyring_id = 0;
};

/// The attributes of BPF_PROG_LOAD for `want`; pointers in them borrow from it and from `log`.
inline bpf_attr_prog_load prog_load_attr(const ProgLoad& want, const ProgLog& log) {
  auto attr = zeroed<bpf_attr_prog_load>();
  attr.prog_type = want.type;
  attr.insn_cnt = static_cast<u32>(want.insns.size());
  attr.insns = address_of(want.insns.data());
  attr.license = address_of(want.license);
  attr.log_level = log.level;
  attr.log_size = static_cast<u32>(log.buffer.size());
  attr.log_buf = address_of(log.buffer.data());
  attr.kern_version = want.kern_version;
  attr.prog_flags = want.flags;
  copy_name(attr.prog_name, want.name);
  attr.prog_ifindex = want.ifindex;
  attr.expected_attach_type = want.expected_attach_type;
  attr.prog_btf_fd = want.btf_fd >= 0 ? static_cast<u32>(want.btf_fd) : 0;
  attr.func_info_rec_size = want.func_info.record_bytes;
  attr.func_info = address_of(want.func_info.records);
  attr.func_info_cnt = want.func_info.count;
  attr.line_info_rec_size = want.line_info.record_bytes;
  attr.line_info = address_of(want.line_info.records);
  attr.line_info_cnt = want.line_info.count;
  attr.attach_btf_id = want.attach_btf_id;
  attr.attach_prog_fd = want.attach_fd >= 0 ? static_cast<u32>(want.attach_fd) : 0;
  attr.core_relo_cnt = want.core_relos.count;
  attr.fd_array = address_of(want.fd_array.data());
  attr.core_relos = address_of(want.core_relos.records);
  attr.core_relo_rec_size = want.core_relos.record_bytes;
  attr.prog_token_fd = want.token_fd >= 0 ? want.token_fd : 0;
  attr.fd_array_cnt = want.fd_array_counted ? static_cast<u32>(want.fd_array.size()) : 0;
  attr.signature = address_of(want.signature.data());
  attr.signature_size = static_cast<u32>(want.signature.size());
  attr.keyring_id = want.keyring_id;
  return attr;
}

/// Loads a program and returns its descriptor. One attempt with one log; whether to ask again with a larger one is the caller's policy.
/// Errors: denied (EPERM: a right is missing; EACCES: the verifier refused an access), kernel (EINVAL; E2BIG; ENOSPC: the log did not fit).
inline Result<Fd> prog_load(Kernel& kernel, const ProgLoad& want, ProgLog* log = nullptr) {
  ProgLog none;
  ProgLog& used = log != nullptr ? *log : none;
  bpf_attr_prog_load attr = prog_load_attr(want, used);
  const int raw = kernel.bpf(BPF_PROG_LOAD, &attr, SKEP_ATTR_END(prog_load, keyring_id));
  used.true_bytes = attr.log_true_size;
  return descriptor(raw, [&] { return cat("load program '", want.name, "'"); });
}

/// Parameters of BPF_PROG_ATTACH and BPF_PROG_DETACH: attachments that no link owns.
struct ProgAttach {
  int target =
      -1;  ///< descriptor of the cgroup, socket map or namespace; for tcx and netkit the device's index
  int prog_fd = -1;
  bpf_attach_type type{};
  u32 flags = 0;        ///< BPF_F_ALLOW_MULTI, BPF_F_REPLACE, BPF_F_BEFORE, ...
  int replace_fd = -1;  ///< with BPF_F_REPLACE
  u32 relative = 0;     ///< with BPF_F_BEFORE or BPF_F_AFTER: descriptor, or id with BPF_F_ID
  u64 expected_revision = 0;
};

inline bpf_attr_prog_attach prog_attach_attr(const ProgAttach& want) {
  auto attr = zeroed<bpf_attr_prog_attach>();
  attr.target_fd = static_cast<u32>(want.target);
  attr.attach_bpf_fd = want.prog_fd >= 0 ? static_cast<u32>(want.prog_fd) : 0;
  attr.attach_type = want.type;
  attr.attach_flags = want.flags;
  attr.replace_bpf_fd = want.replace_fd >= 0 ? static_cast<u32>(want.replace_fd) : 0;
  attr.relative_fd = want.relative;
  attr.expected_revision = want.expected_revision;
  return attr;
}

/// BPF_PROG_ATTACH. Errors: denied, not_found (the one to replace), busy, kernel.
inline Result<void> prog_attach(Kernel& kernel, const ProgAttach& want) {
  auto attr = prog_attach_attr(want);
  return done(kernel.bpf(BPF_PROG_ATTACH, &attr, SKEP_ATTR_END(prog_attach, expected_revision)),
              [&] { return cat("attach program to ", name_of(attach_type_names, want.type)); });
}

/// BPF_PROG_DETACH. Errors: not_found (it is not attached there), denied, kernel.
inline Result<void> prog_detach(Kernel& kernel, const ProgAttach& want) {
  auto attr = prog_attach_attr(want);
  return done(kernel.bpf(BPF_PROG_DETACH, &attr, SKEP_ATTR_END(prog_attach, expected_revision)),
              [&] { return cat("detach program from ", name_of(attach_type_names, want.type)); });
}

/// Parameters and results of BPF_PROG_QUERY. The spans are filled as far as `count` says; leave those empty that are not wanted.
struct ProgQuery {
  int target = -1;  ///< descriptor; for tcx and netkit the device's index
  bpf_attach_type type{};
  u32 flags = 0;  ///< BPF_F_QUERY_EFFECTIVE
  std::span<u32> prog_ids;
  std::span<u32> prog_attach_flags;  ///< as long as prog_ids, or empty (6.0)
  std::span<u32> link_ids;           ///< as long as prog_ids, or empty (6.6)
  std::span<u32> link_attach_flags;  ///< as long as prog_ids, or empty (6.6)
  u32 count = 0;                     ///< out: how many programs are attached, which may be more than fit
  u32 attach_flags = 0;              ///< out
  u64 revision = 0;                  ///< out (6.6)
};

/// BPF_PROG_QUERY: fills `query`. More programs than room is not an error: compare `count` with the spans. Errors: denied, not_found, kernel.
inline Result<void> prog_query(Kernel& kernel, ProgQuery& query) {
  auto attr = zeroed<bpf_attr_query>();
  attr.target_fd = static_cast<u32>(query.target);
  attr.attach_type = query.type;
  attr.query_flags = query.flags;
  attr.prog_ids = address_of(query.prog_ids.data());
  attr.prog_cnt = static_cast<u32>(query.prog_ids.size());
  attr.prog_attach_flags = address_of(query.prog_attach_flags.data());
  attr.link_ids = address_of(query.link_ids.data());
  attr.link_attach_flags = address_of(query.link_attach_flags.data());
  const int raw = kernel.bpf(BPF_PROG_QUERY, &attr, SKEP_ATTR_END(query, revision));
  query.count = attr.prog_cnt;
  query.attach_flags = attr.attach_flags;
  query.revision = attr.revision;
  return done(raw == -ENOSPC ? 0 : raw,
              [&] { return cat("list the programs at ", name_of(attach_type_names, query.type)); });
}

/// BPF_PROG_BIND_MAP: the program holds the map from now on (5.10). Errors: kernel.
inline Result<void> prog_bind_map(Kernel& kernel, int prog_fd, int map_fd) {
  auto attr = zeroed<bpf_attr_prog_bind_map>();
  attr.prog_fd = static_cast<u32>(prog_fd);
  attr.map_fd = static_cast<u32>(map_fd);
  return done(kernel.bpf(BPF_PROG_BIND_MAP, &attr, SKEP_ATTR_END(prog_bind_map, flags)),
              "bind a map to a program");
}

/// BPF_PROG_ASSOC_STRUCT_OPS: the program's struct_ops kfuncs act on this map (7.0). Errors: busy (it has another), kernel.
inline Result<void> prog_assoc_struct_ops(Kernel& kernel, int prog_fd, int map_fd) {
  auto attr = zeroed<bpf_attr_prog_assoc_struct_ops>();
  attr.map_fd = static_cast<u32>(map_fd);
  attr.prog_fd = static_cast<u32>(prog_fd);
  return done(kernel.bpf(BPF_PROG_ASSOC_STRUCT_OPS, &attr, SKEP_ATTR_END(prog_assoc_struct_ops, flags)),
              "associate a program with a struct_ops map");
}

}  // namespace skep::kernel

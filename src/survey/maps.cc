// Map types: by creating the smallest map of each.
#include <cerrno>

#include "base/result.h"
#include "btf/edit.h"
#include "host/denied.h"
#include "kernel/btf.h"
#include "kernel/map.h"
#include "needs/config.h"
#include "needs/since.h"
#include "skep/uapi/flags.h"
#include "survey/survey.h"

namespace skep::survey {
namespace {

constexpr int kernel_only_enotsupp = 524;

/// What maps of some types need besides: an inner map, a described value.
struct Parts {
  int inner_fd = -1;
  int types_fd = -1;
  u32 number_type_id = 0;
  u32 page_bytes = 0;
};

kernel::MapCreate smallest(bpf_map_type type, const Parts& parts) {
  kernel::MapCreate want{.type = type, .key_bytes = 4, .value_bytes = 4, .max_entries = 1};
  switch (type) {
    case BPF_MAP_TYPE_STACK_TRACE: want.value_bytes = 8; break;
    case BPF_MAP_TYPE_LPM_TRIE:
      want.key_bytes = 8;
      want.flags = BPF_F_NO_PREALLOC;
      break;
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_HASH_OF_MAPS: want.inner_map_fd = parts.inner_fd; break;
    case BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED:
    case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED:
      want.key_bytes = 16;  // a cgroup's inode and an attach type
      want.max_entries = 0;
      break;
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
    case BPF_MAP_TYPE_BLOOM_FILTER: want.key_bytes = 0; break;
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case BPF_MAP_TYPE_CGRP_STORAGE:
      want.max_entries = 0;
      want.flags = BPF_F_NO_PREALLOC;
      want.btf_fd = parts.types_fd;
      want.btf_key_type_id = want.btf_value_type_id = parts.number_type_id;
      break;
    case BPF_MAP_TYPE_STRUCT_OPS: want.btf_vmlinux_value_type_id = 1; break;  // an int: no table of functions
    case BPF_MAP_TYPE_RINGBUF:
    case BPF_MAP_TYPE_USER_RINGBUF:
      want.key_bytes = want.value_bytes = 0;
      want.max_entries = parts.page_bytes;
      break;
    case BPF_MAP_TYPE_ARENA:
      want.key_bytes = want.value_bytes = 0;
      want.flags = BPF_F_MMAPABLE;
      break;
    case BPF_MAP_TYPE_INSN_ARRAY: want.value_bytes = 16; break;
    case BPF_MAP_TYPE_RHASH: want.flags = BPF_F_NO_PREALLOC; break;
    default: break;
  }
  return want;
}

Ability judge(const Subject& subject, bpf_map_type type, const Result<Fd>& made) {
  std::string name(name_of(map_type_names, type));
  const Release since = needs::since(needs::map_types_since, type);
  if (made) {
    return ability(std::move(name), Has::yes, since, {});
  }
  const int sys_errno = made.error().sys_errno();
  if (type == BPF_MAP_TYPE_STRUCT_OPS && sys_errno == kernel_only_enotsupp) {
    return ability(std::move(name), Has::yes, since, {});  // it looked for the table
  }
  if (sys_errno == EPERM) {
    return ability(std::move(name), Has::unknown, since,
                   host::explain_denied({.what = host::DeniedCall::What::map_create, .map_type = type}));
  }
  if (sys_errno == EINVAL || sys_errno == EOPNOTSUPP) {
    const auto options = needs::config_of(type);
    return ability(std::move(name), Has::no, since,
                   why_missing(subject, since, options.empty() ? std::string_view() : options.front()));
  }
  return ability(std::move(name), Has::unknown, since, errno_name(sys_errno));
}

}  // namespace

std::vector<Ability> map_types(const Subject& subject) {
  btf::BtfEditor editor;
  const u32 number = editor.add_int("int", 4, BTF_INT_SIGNED);
  Fd types_fd;
  if (const auto types = editor.finish()) {
    kernel::BtfLoad want{.btf = types->bytes()};
    if (auto fd = kernel::btf_load(subject.kernel, want)) {
      types_fd = *std::move(fd);
    }
  }
  auto inner = kernel::map_create(subject.kernel, smallest(BPF_MAP_TYPE_ARRAY, {}));
  const Parts parts{.inner_fd = inner ? inner->raw() : -1,
                    .types_fd = types_fd.raw(),
                    .number_type_id = number,
                    .page_bytes = subject.facts.page_bytes()};
  std::vector<Ability> found;
  for (const auto& [type, name] : map_type_names) {
    if (type != BPF_MAP_TYPE_UNSPEC) {
      found.push_back(judge(subject, type, kernel::map_create(subject.kernel, smallest(type, parts))));
    }
  }
  return found;
}

}  // namespace skep::survey

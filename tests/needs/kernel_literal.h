// Kernels made by hand: a BTF with the enums that tell what a kernel has.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "btf/edit.h"
#include "skep/needs.h"

namespace skep::needs::test {

/// What a literal kernel has beside the newest of everything that `release` has by the tables.
struct Literal {
  std::string release = "6.1.0-test";
  std::vector<btf::NewEnumerator> helpers = {{"BPF_FUNC_map_lookup_elem", 1}, {"BPF_FUNC_ktime_get_ns", 5}};
  std::vector<btf::NewEnumerator> map_types = {{"BPF_MAP_TYPE_HASH", 1}, {"BPF_MAP_TYPE_ARRAY", 2}};
  std::vector<btf::NewEnumerator> program_types = {
      {"BPF_PROG_TYPE_SOCKET_FILTER", 1}, {"BPF_PROG_TYPE_XDP", 6}, {"BPF_PROG_TYPE_LIRC_MODE2", 20}};
  std::vector<btf::NewEnumerator> attach_types = {
      {"BPF_CGROUP_INET_INGRESS", 0}, {"BPF_XDP", 37}, {"__MAX_BPF_ATTACH_TYPE", 38}};
  std::vector<std::string> functions = {"bpf_base_func_proto"};
};

inline KernelTypes make_kernel(const Literal& literal = {}) {
  btf::BtfEditor editor;
  const u32 int_id = editor.add_int("int", 4, BTF_INT_SIGNED);
  editor.add_enum("bpf_func_id", 4, literal.helpers);
  editor.add_enum("bpf_map_type", 4, literal.map_types);
  editor.add_enum("bpf_prog_type", 4, literal.program_types);
  editor.add_enum("bpf_attach_type", 4, literal.attach_types);
  const btf::NewMember pid{.name = "pid", .type_id = int_id};
  editor.add_composite(btf::Kind::struct_, "task_struct", 4, {&pid, 1});
  const u32 proto = editor.add_func_proto(int_id, {});
  for (const std::string& name : literal.functions) {
    editor.add_func(name, proto, BTF_FUNC_STATIC);
  }
  return {.release = literal.release,
          .types = std::make_shared<const btf::Btf>(editor.finish().value()),
          .kconfig = {}};
}

}  // namespace skep::needs::test

// A kernel with two modules, and objects that name externs: hand-made, so that neither a compiler nor a machine has a say.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "btf/edit.h"
#include "host/facts.h"
#include "load/spec_builder.h"
#include "skep/uapi/flags.h"

namespace skep::load {

using SharedTypes = std::shared_ptr<const btf::Btf>;

inline SharedTypes finished(const btf::BtfEditor& editor) {
  return std::make_shared<const btf::Btf>(editor.finish().value());
}

/// Types on top of others, as a module has them. Before the first type there is none, and the strings are empty.
inline btf::BtfEditor on_top_of(const SharedTypes& base) {
  const btf_header header{
      .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = btf_header_bytes_without_layout, .str_len = 1};
  const auto bytes = std::as_bytes(std::span(&header, 1)).first(btf_header_bytes_without_layout);
  std::vector<std::byte> blob(bytes.begin(), bytes.end());
  blob.push_back(std::byte{0});
  return btf::BtfEditor(btf::Btf::take(std::move(blob), base).value());
}

/// The kernel of these tests: `int run_queue` per CPU, functions `task_get(struct task *)` and `count(int)`; a module `nf` with `ct_look(int)`, and one called
/// `nf_tables`.
struct Kernel {
  SharedTypes types;
  SharedTypes nf;
  SharedTypes nf_tables;
  u32 run_queue = 0, task_get = 0, count = 0, ct_look = 0, ct_state = 0, nft_walk = 0;

  Kernel() {
    btf::BtfEditor kernel;
    const u32 int_id = kernel.add_int("int", 4, BTF_INT_SIGNED);
    const u32 task = kernel.add_composite(btf::Kind::struct_, "task", 4, {});
    const u32 task_pointer = kernel.add_reference(btf::Kind::ptr, {}, task);
    const std::array by_task{btf::NewParameter{"p", task_pointer}};
    const std::array by_int{btf::NewParameter{"n", int_id}};
    const u32 get_proto = kernel.add_func_proto(task_pointer, by_task);
    const u32 int_proto = kernel.add_func_proto(int_id, by_int);
    run_queue = kernel.add_var("run_queue", int_id, BTF_VAR_GLOBAL_ALLOCATED);
    task_get = kernel.add_func("task_get", get_proto, BTF_FUNC_STATIC);
    count = kernel.add_func("count", int_proto, BTF_FUNC_STATIC);
    types = finished(kernel);
    btf::BtfEditor module = on_top_of(types);
    ct_look = module.add_func("ct_look", int_proto, BTF_FUNC_STATIC);
    ct_state = module.add_var("ct_state", int_id, BTF_VAR_GLOBAL_ALLOCATED);
    nf = finished(module);
    btf::BtfEditor other = on_top_of(types);
    nft_walk = other.add_func("nft_walk", int_proto, BTF_FUNC_STATIC);
    nf_tables = finished(other);
  }

  host::KnownFacts known(std::string release = "6.12.0") const {
    return {.page_bytes = 4096,
            .possible_cpus = 2,
            .kernel_release = std::move(release),
            .kernel_btf = types,
            .modules = std::vector<host::KnownModule>{{"nf", nf}, {"nf_tables", nf_tables}}};
  }
};

/// An object with one program per extern that names it once.
class ObjectBuilder {
 public:
  ObjectBuilder() {
    int_id_ = editor_.add_int("int", 4, BTF_INT_SIGNED);
    bool_id_ = editor_.add_int("_Bool", 1, BTF_INT_BOOL);
    char_id_ = editor_.add_int("char", 1, BTF_INT_SIGNED);
    text_id_ = editor_.add_array(char_id_, int_id_, 8);
    constant_int_id_ = editor_.add_reference(btf::Kind::const_, {}, int_id_);
    const u32 task = editor_.add_composite(btf::Kind::struct_, "task", 4, {});
    const u32 pointer = editor_.add_reference(btf::Kind::ptr, {}, task);
    const std::array by_task{btf::NewParameter{"p", pointer}};
    const std::array by_int{btf::NewParameter{"n", int_id_}};
    task_proto_ = editor_.add_func_proto(pointer, by_task);
    int_proto_ = editor_.add_func_proto(int_id_, by_int);
    pointer_id_ = pointer;
  }

  u32 int_type() const { return int_id_; }
  u32 bool_type() const { return bool_id_; }
  u32 text_type() const { return text_id_; }
  u32 constant_int_type() const { return constant_int_id_; }
  u32 pointer_type() const { return pointer_id_; }
  u32 int_proto() const { return int_proto_; }
  u32 task_proto() const { return task_proto_; }

  ObjectBuilder& value(std::string name, u32 type, u32 bytes, bool is_weak = false) {
    spec_.externs.push_back({.name = name,
                             .kind = ExternSpec::Kind::kconfig,
                             .is_weak = is_weak,
                             .type_id = type,
                             .offset = end_,
                             .size_bytes = bytes});
    end_ += (bytes + 7) / 8 * 8;
    return name_it(RelocationKind::extern_variable);
  }
  ObjectBuilder& variable(std::string name, u32 type, bool is_weak = false) {
    spec_.externs.push_back(
        {.name = name, .kind = ExternSpec::Kind::ksym_variable, .is_weak = is_weak, .type_id = type});
    return name_it(RelocationKind::extern_variable);
  }
  ObjectBuilder& function(std::string name, u32 proto, RelocationKind use, bool is_weak = false) {
    spec_.externs.push_back(
        {.name = name, .kind = ExternSpec::Kind::ksym_function, .is_weak = is_weak, .type_id = proto});
    return name_it(use);
  }
  ObjectBuilder& attached(std::string target) {
    add_function(spec_, cat("p", spec_.functions.size()), {mov_imm(0, 0), leave()});
    const u32 program = add_program(spec_, static_cast<u32>(spec_.functions.size() - 1),
                                    BPF_PROG_TYPE_TRACING, cat("fentry/", target));
    spec_.programs[program].expected_attach_type = BPF_TRACE_FENTRY;
    spec_.programs[program].needs_attach_target = true;
    spec_.programs[program].attach_target = std::move(target);
    return *this;
  }

  ObjectSpec finish() {
    if (end_ != 0) {
      const u32 map =
          add_data(spec_, ".kconfig", end_, DataSection::kconfig, BPF_F_RDONLY_PROG | BPF_F_MMAPABLE);
      for (ExternSpec& one : spec_.externs) {
        one.map = map;
      }
    }
    spec_.btf = finished(editor_);
    return std::move(spec_);
  }

 private:
  ObjectBuilder& name_it(RelocationKind use) {
    std::vector<bpf_insn> code{wide(1), wide_end(), mov_imm(0, 0), leave()};
    if (use == RelocationKind::extern_function) {
      code = {mov_imm(1, 0), call_unresolved(), mov_imm(0, 0), leave()};
    }
    const u32 at = use == RelocationKind::extern_function ? 1 : 0;
    const auto external = static_cast<u32>(spec_.externs.size() - 1);
    add_function(spec_, cat("p", external), std::move(code),
                 {{.insn_index = at, .kind = use, .target = external}});
    add_program(spec_, static_cast<u32>(spec_.functions.size() - 1));
    return *this;
  }

  ObjectSpec spec_ = empty_object();
  btf::BtfEditor editor_;
  u32 int_id_ = 0, bool_id_ = 0, char_id_ = 0, text_id_ = 0, constant_int_id_ = 0, pointer_id_ = 0,
      task_proto_ = 0, int_proto_ = 0;
  u32 end_ = 0;
};

}  // namespace skep::load

// Objects made by hand, so that planning and loading are tested without a compiler or an ELF reader.
#pragma once

#include <string>
#include <vector>

#include "host/facts.h"
#include "skep/object_spec.h"

namespace skep::load {

inline bpf_insn mov_imm(u8 dst, s32 imm) {
  return {.code = BPF_ALU64 | BPF_MOV | BPF_K,
          .dst_reg = static_cast<u8>(dst & 0xf),
          .src_reg = 0,
          .off = 0,
          .imm = imm};
}
inline bpf_insn leave() {
  return {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};
}
/// As clang leaves it: the loader sets src_reg and imm.
inline bpf_insn call_unresolved() {
  return {.code = BPF_JMP | BPF_CALL, .dst_reg = 0, .src_reg = BPF_PSEUDO_CALL, .off = 0, .imm = -1};
}
inline bpf_insn call_helper(s32 number) {
  return {.code = BPF_JMP | BPF_CALL, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = number};
}
inline bpf_insn wide(u8 dst) {
  return {.code = BPF_LD | BPF_DW | BPF_IMM,
          .dst_reg = static_cast<u8>(dst & 0xf),
          .src_reg = 0,
          .off = 0,
          .imm = 0};
}
inline bpf_insn wide_end() {
  return {.code = 0, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};
}
inline bpf_insn load_word(u8 dst, u8 src, s16 off = 0) {
  return {.code = BPF_LDX | BPF_MEM | BPF_W,
          .dst_reg = static_cast<u8>(dst & 0xf),
          .src_reg = static_cast<u8>(src & 0xf),
          .off = off,
          .imm = 0};
}
inline bpf_insn store_word(u8 dst, u8 src, s16 off = 0) {
  return {.code = BPF_STX | BPF_MEM | BPF_W,
          .dst_reg = static_cast<u8>(dst & 0xf),
          .src_reg = static_cast<u8>(src & 0xf),
          .off = off,
          .imm = 0};
}

/// Adds a function; answers its index.
inline u32 add_function(ObjectSpec& spec, std::string name, std::vector<bpf_insn> insns,
                        std::vector<Relocation> relocations = {}) {
  FunctionSpec function;
  function.name = std::move(name);
  function.section = ".text";
  function.insns = std::move(insns);
  function.relocations = std::move(relocations);
  spec.functions.push_back(std::move(function));
  return static_cast<u32>(spec.functions.size() - 1);
}

/// Adds an entry program around a function; answers its index.
inline u32 add_program(ObjectSpec& spec, u32 function, bpf_prog_type type = BPF_PROG_TYPE_SOCKET_FILTER,
                       std::string section = "socket") {
  ProgramSpec program;
  program.name = spec.functions[function].name;
  program.section = std::move(section);
  program.function = function;
  program.type = type;
  spec.functions[function].section = program.section;
  spec.programs.push_back(std::move(program));
  return static_cast<u32>(spec.programs.size() - 1);
}

/// Adds a map; answers its index.
inline u32 add_map(ObjectSpec& spec, std::string name, bpf_map_type type, u32 key_bytes, u32 value_bytes,
                   u32 max_entries, u32 flags = 0) {
  MapSpec map;
  map.name = std::move(name);
  map.section = ".maps";
  map.type = type;
  map.key_bytes = key_bytes;
  map.value_bytes = value_bytes;
  map.max_entries = max_entries;
  map.flags = flags;
  spec.maps.push_back(std::move(map));
  return static_cast<u32>(spec.maps.size() - 1);
}

/// Adds a data section of `bytes` zeroes; answers its index.
inline u32 add_data(ObjectSpec& spec, std::string section, u32 bytes, DataSection kind, u32 flags) {
  const u32 index = add_map(spec, section, BPF_MAP_TYPE_ARRAY, 4, bytes, 1, flags);
  MapSpec& map = spec.maps[index];
  map.section = std::move(section);
  map.style = MapStyle::data;
  map.data_section = kind;
  map.contents = DataRegion::allocate(bytes).value();
  return index;
}

/// A machine on which nothing has to be asked, whatever this test runs on.
inline const host::Facts& some_facts() {
  static const host::Facts facts(
      host::KnownFacts{.page_bytes = 4096, .possible_cpus = 2, .kernel_release = "6.18.0"});
  return facts;
}

inline ObjectSpec empty_object(std::string name = "object") {
  ObjectSpec spec;
  spec.name = std::move(name);
  spec.license = "GPL";
  return spec;
}

}  // namespace skep::load

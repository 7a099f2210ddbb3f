// `union bpf_attr`: what bpf(2) takes. The kernel reads one arm per command; which one is in skep/uapi/cmd.h. Where the kernel names an arm the
// name is kept; its anonymous arms are called map_create, map_elem, prog_load, obj, prog_attach, get_id and btf_load here.
//
// How long the attributes are is the caller's word. The kernel takes a shorter block as if zeros followed, and a longer one only if the part it does
// not know is all zero (else E2BIG): that is how one binary runs on old and new kernels. Say SKEP_ATTR_END of the last field that matters.
#pragma once

#include <cstddef>

#include "skep/uapi/attr_link.h"
#include "skep/uapi/attr_map.h"
#include "skep/uapi/attr_obj.h"
#include "skep/uapi/attr_prog.h"
#include "skep/uapi/cmd.h"

namespace skep {

/// The attributes of any command. Zero the whole union before filling an arm: padding that is not zero can be an error.
union alignas(8) bpf_attr {
  bpf_attr_map_create map_create;
  bpf_attr_map_elem map_elem;
  bpf_attr_batch batch;
  bpf_attr_prog_load prog_load;
  bpf_attr_obj obj;
  bpf_attr_prog_attach prog_attach;
  bpf_attr_test test;
  bpf_attr_get_id get_id;
  bpf_attr_info info;
  bpf_attr_query query;
  bpf_attr_raw_tracepoint raw_tracepoint;
  bpf_attr_btf_load btf_load;
  bpf_attr_task_fd_query task_fd_query;
  bpf_attr_link_create link_create;
  bpf_attr_link_update link_update;
  bpf_attr_link_detach link_detach;
  bpf_attr_enable_stats enable_stats;
  bpf_attr_iter_create iter_create;
  bpf_attr_prog_bind_map prog_bind_map;
  bpf_attr_token_create token_create;
  bpf_attr_prog_stream_read prog_stream_read;
  bpf_attr_prog_assoc_struct_ops prog_assoc_struct_ops;
};

}  // namespace skep

/// The size to pass to bpf(2) when `field` is the last one of `arm` that matters, e.g. SKEP_ATTR_END(map_create, map_extra).
#define SKEP_ATTR_END(arm, field) \
  static_cast<::skep::u32>(offsetof(::skep::bpf_attr_##arm, field) + sizeof(::skep::bpf_attr_##arm::field))

/* Map definitions of the older style, `struct bpf_map_def SEC("maps") hits = {...};`: plain data that the loader reads from the section, without BTF.
 * libbpf dropped them in 1.0; skep loads them. New code is better served by SEC(".maps"), whose keys and values have types. */
#ifndef SKEP_BPF_LEGACY_MAPS_H
#define SKEP_BPF_LEGACY_MAPS_H

#include "bpf_types.h"

/* The form of libbpf before 1.0. */
struct bpf_map_def {
  unsigned int type;       /* enum bpf_map_type */
  unsigned int key_size;   /* bytes */
  unsigned int value_size; /* bytes, per CPU for per-CPU maps */
  unsigned int max_entries;
  unsigned int map_flags; /* BPF_F_* */
};

/* Values of bpf_elf_map.pinning. */
#define PIN_NONE 0
#define PIN_OBJECT_NS 1
#define PIN_GLOBAL_NS 2

/* The form of iproute2 (tc, ip). */
struct bpf_elf_map {
  __u32 type;
  __u32 size_key;   /* bytes */
  __u32 size_value; /* bytes */
  __u32 max_elem;
  __u32 flags;
  __u32 id;        /* a number by which other definitions name this map; 0: none */
  __u32 pinning;   /* PIN_* */
  __u32 inner_id;  /* map-in-map: the id of the definition that inner maps look like */
  __u32 inner_idx; /* the slot of the outer map that this map is put into */
};

#endif

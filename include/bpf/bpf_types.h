/* The integer types that BPF C uses. They agree with those of <linux/types.h> and vmlinux.h: C11 lets equal typedefs repeat, so any order of
 * includes works. The context structs, map types and flags of the kernel are in bpf_uapi.h. */
#ifndef SKEP_BPF_TYPES_H
#define SKEP_BPF_TYPES_H

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wtypedef-redefinition"
#endif

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif

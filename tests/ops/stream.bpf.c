/* Prints to its own streams. The kernel has had the function under two names. */
#include <bpf/bpf_helpers.h>

extern int bpf_stream_vprintk(int stream, const char* format, const void* arguments,
                              __u32 bytes) __ksym __weak;
extern int bpf_stream_vprintk___old(int stream, const char* format, const void* arguments, __u32 bytes,
                                    void* program) __ksym __weak;
extern int bpf_stream_vprintk_impl(int stream, const char* format, const void* arguments, __u32 bytes,
                                   void* program) __ksym __weak;

static const char format[] = "hello %d\n";
static const char complaint[] = "trouble %d\n";

static __always_inline void say(int stream, const char* text, __u64 number) {
  if (bpf_ksym_exists(bpf_stream_vprintk_impl)) {
    bpf_stream_vprintk_impl(stream, text, &number, sizeof number, 0);
  } else if (bpf_ksym_exists(bpf_stream_vprintk)) {
    bpf_stream_vprintk(stream, text, &number, sizeof number);
  } else if (bpf_ksym_exists(bpf_stream_vprintk___old)) {
    bpf_stream_vprintk___old(stream, text, &number, sizeof number, 0);
  }
}

SEC("syscall")
int talks(void* ctx) {
  say(1, format, 42);
  say(2, complaint, 7);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

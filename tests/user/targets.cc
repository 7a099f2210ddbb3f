#include "user/targets.h"

#include "user/probes.h"

extern "C" {

unsigned short user_guarded_semaphore __attribute__((section(".probes"), used)) = 0;

[[gnu::noinline]] long user_target(long value) {
  __asm__ __volatile__("" : "+r"(value));
  return value + 1;
}

[[gnu::noinline]] long user_target_again(long value) {
  __asm__ __volatile__("" : "+r"(value));
  return value + 2;
}

[[gnu::noinline]] void user_probe(int first, long second) {
  const long elements[4] = {10, 11, 12, 13};
  const unsigned char small = 0xfe;
  register const long* base __asm__("r8") = elements;
  register long index __asm__("r9") = 2;
  __asm__ __volatile__("" : "+r"(base), "+r"(index));
  USDT_PROBE("skep_test", "six", "0", "-4@%k0 8@%1 -4@$12345 8@(%2,%3,8) 1@%4 8f@%%xmm0", "r"(first),
             "m"(second), "r"(base), "r"(index), "m"(small), "m"(elements));
}

[[gnu::noinline]] bool user_guarded_probe(int first) {
  if (__atomic_load_n(&user_guarded_semaphore, __ATOMIC_RELAXED) == 0) {
    return false;
  }
  USDT_PROBE("skep_test", "guarded", "user_guarded_semaphore", "-4@%k0", "r"(first));
  return true;
}
}

namespace probed {

[[gnu::noinline]] long Worker::step(int by) {
  total += by;
  __asm__ __volatile__("" : : "r"(this) : "memory");
  return total;
}

}  // namespace probed

// What the tests probe: functions and USDT probes of the test program itself.
#pragma once

extern "C" {
/// Adds one. Three lines long, so that it has a body to be probed.
long user_target(long value);
long user_target_again(long value);
/// Runs the probe skep_test:six, with arguments of several kinds: -7 in a register, 3 in memory, a constant 12345, an indexed element, a u8, and one that cannot be read.
void user_probe(int first, long second);
/// Runs skep_test:guarded when its semaphore says that somebody listens, and returns whether.
bool user_guarded_probe(int first);
extern unsigned short user_guarded_semaphore;
}

namespace probed {
struct Worker {
  long step(int by);
  long total = 0;
};
}  // namespace probed

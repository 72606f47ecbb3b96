// The pauses of a thread that asks again and again.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

#include <sched.h>
#include <sys/prctl.h>

namespace unrolled::mpi {

// Sleeps of this thread end when they should; by default the system may add 50 µs.
inline void becomePrecise() { prctl(PR_SET_TIMERSLACK, 1000UL); }

// Longer and longer while nothing comes, so that a rank that waits leaves its processor to the others.
class Pause {
 public:
  void take(bool hasProgressed) {
    if (hasProgressed) rounds_ = 0;
    ++rounds_;
    if (rounds_ <= yields) {
      sched_yield();
      return;
    }
    std::this_thread::sleep_for(std::min(longest, shortest * (rounds_ - yields)));
  }

 private:
  static constexpr int yields = 10;
  static constexpr std::chrono::microseconds shortest{10};
  static constexpr std::chrono::microseconds longest{200};
  int rounds_ = 0;
};

}  // namespace unrolled::mpi

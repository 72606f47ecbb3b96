#include "blas/blas_call.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace unrolled {
namespace {

// A thread adds itself before it looks whether the process exits, and the exit says so before it looks at the number:
// one of them sees the other.
std::atomic<int> calls{0};
std::atomic<bool> exiting{false};

#ifndef _WIN32
void waitForCalls() {
  exiting = true;
  using Clock = std::chrono::steady_clock;
  const auto latest = Clock::now() + std::chrono::seconds(1);
  while (calls > 0 && Clock::now() < latest) std::this_thread::sleep_for(std::chrono::microseconds(50));
}
#endif

}  // namespace

BlasCall::BlasCall() noexcept {
#ifndef _WIN32
  // Registered at the first call, because the last registered handler runs first. On Windows all other threads are gone
  // by then.
  static const bool registered = std::atexit(waitForCalls) == 0;
  static_cast<void>(registered);
#endif
  ++calls;
  if (!exiting) return;
  --calls;
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

BlasCall::~BlasCall() { --calls; }

}  // namespace unrolled

// A call of OpenBLAS, which no exit of the process may take by surprise.
//
// `exit` runs OpenBLAS's own destructor, which takes its buffers and its table of kernels away, while threads of ours
// continue: Node's `process.exit` ends none. A thread that multiplied then would crash. So what is in a call is waited
// for when the process exits, for a second at most, and what would begin one is held until the process is gone.
#pragma once

namespace unrolled {

class BlasCall {
 public:
  BlasCall() noexcept;
  ~BlasCall();
  BlasCall(const BlasCall&) = delete;
  BlasCall& operator=(const BlasCall&) = delete;
  BlasCall(BlasCall&&) = delete;
  BlasCall& operator=(BlasCall&&) = delete;
};

}  // namespace unrolled

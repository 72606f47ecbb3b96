// Whether the launcher is still there: a training whose mpirun was killed is to end, through npx too.
#pragma once

#include <string>

#include "base/error.h"

namespace unrolled::mpi {

// The launcher's process on this host and its child above this process, or this process itself; 0 if not known.
struct LauncherProcess {
  std::string name;
  int process = 0;
  int child = 0;
};

class LauncherWatch {
 public:
  explicit LauncherWatch(LauncherProcess launcher) : launcher_(std::move(launcher)) {}

  // Looks once a second. Throws ERR_UNROLLED_RANK_LOST when the launcher has ended.
  void look();

 private:
  LauncherProcess launcher_;
  double looked_ = 0;
};

}  // namespace unrolled::mpi

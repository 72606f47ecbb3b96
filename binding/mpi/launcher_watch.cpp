#include "mpi/launcher_watch.h"

#include <chrono>
#include <fstream>

namespace unrolled::mpi {

namespace {

// The parent of a process; 0 if that is gone.
int parentOf(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return 0;
  // "pid (name) state parent …", where the name may hold anything.
  const std::size_t end = line.rfind(") ");
  if (end == std::string::npos) return 0;
  return std::atoi(line.c_str() + end + 4);
}

}  // namespace

void LauncherWatch::look() {
  const std::chrono::duration<double> time = std::chrono::steady_clock::now().time_since_epoch();
  if (launcher_.process == 0 || time.count() - looked_ < 1) return;
  looked_ = time.count();
  if (parentOf(launcher_.child) == launcher_.process) return;
  throw Error("ERR_UNROLLED_RANK_LOST",
              "The launcher (" + launcher_.name + ", process " + std::to_string(launcher_.process) + ") has ended",
              "Resume the training from its last checkpoint.");
}

}  // namespace unrolled::mpi

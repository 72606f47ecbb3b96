#include "mpi/launcher_watch.h"

#include <chrono>
#include <fstream>

namespace unrolled::mpi {

namespace {

// The parent of a process; 0 if the process has ended, be it that nobody has asked for its status yet.
int parentOf(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return 0;
  // "pid (name) state parent …", where the name may hold anything.
  const std::size_t end = line.rfind(") ");
  if (end == std::string::npos || line.size() < end + 4) return 0;
  const char state = line[end + 2];
  if (state == 'Z' || state == 'X') return 0;
  return std::atoi(line.c_str() + end + 4);
}

}  // namespace

void LauncherWatch::look() {
  const std::chrono::duration<double> time = std::chrono::steady_clock::now().time_since_epoch();
  if (launcher_.process == 0 || time.count() - looked_ < 1) return;
  looked_ = time.count();
  if (parentOf(launcher_.child) == launcher_.process) return;
  throw Error("ERR_UNROLLED_RANK_LOST",
              "The launcher (" + launcher_.name + ", process " + std::to_string(launcher_.process) +
                  "), or the program that it started above this one, has ended",
              "Resume the training from its last checkpoint.");
}

}  // namespace unrolled::mpi

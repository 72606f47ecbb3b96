#include "parallel/processors.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

namespace unrolled {
namespace {

#ifdef __linux__
int affinityProcessors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// Number of whole processors in `quota` of every `period`; 0 if there is no limit.
int processorsOf(double quota, double period) {
  if (!(quota > 0) || !(period > 0)) return 0;
  return std::max(1, static_cast<int>(std::ceil(quota / period)));
}

// cgroup v2: "max 100000" or "150000 100000".
int quotaOfVersion2(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max") return 0;
  std::istringstream number(quota);
  double value = 0;
  number >> value;
  return processorsOf(value, period);
}

// cgroup v1: two files; a quota of -1 is no limit.
int quotaOfVersion1(const std::string& folder) {
  std::ifstream quotaFile(folder + "/cpu.cfs_quota_us");
  std::ifstream periodFile(folder + "/cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (!(quotaFile >> quota) || !(periodFile >> period)) return 0;
  return processorsOf(quota, period);
}

// The tightest quota on the way from the process's own group up to the root, or 0.
int cgroupProcessors() {
  int tightest = 0;
  const auto take = [&tightest](int quota) {
    if (quota > 0) tightest = tightest == 0 ? quota : std::min(tightest, quota);
  };
  std::ifstream groups("/proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool version2 = controllers.empty();
    if (!version2 && controllers.find("cpu") == std::string::npos) continue;
    const std::string root = version2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/" + controllers;
    for (std::string path = line.substr(second + 1);; path.erase(path.rfind('/'))) {
      take(version2 ? quotaOfVersion2(root + path) : quotaOfVersion1(root + path));
      if (path.rfind('/') == std::string::npos) break;
    }
  }
  return tightest;
}
#endif

}  // namespace

int availableProcessors() {
#ifdef __linux__
  const int processors = affinityProcessors();
  const int quota = cgroupProcessors();
  return quota > 0 ? std::min(processors, quota) : processors;
#else
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#endif
}

}  // namespace unrolled

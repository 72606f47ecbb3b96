#include "mpi/processor_share.h"

#include <algorithm>
#include <sstream>

#include <sched.h>

#include "parallel/processors.h"

namespace unrolled::mpi {

namespace {

struct Description {
  int available = 1;  // as many as a quota allows, which may be fewer than there are below
  std::vector<int> processors;
};

Description parse(const std::string& text) {
  std::istringstream stream(text.substr(std::min(text.find('\n'), text.size())));
  Description description;
  stream >> description.available;
  for (int processor = 0; stream >> processor;) description.processors.push_back(processor);
  return description;
}

}  // namespace

std::string describeProcessors(const std::string& host) {
  std::string text = host;
  text.append("\n").append(std::to_string(availableProcessors()));
  constexpr int most = 8192;
  cpu_set_t* const allowed = CPU_ALLOC(most);
  const std::size_t bytes = CPU_ALLOC_SIZE(most);
  if (allowed != nullptr && sched_getaffinity(0, bytes, allowed) == 0) {
    for (int processor = 0; processor < most; ++processor) {
      if (CPU_ISSET_S(static_cast<std::size_t>(processor), bytes, allowed))
        text.append(" ").append(std::to_string(processor));
    }
  }
  CPU_FREE(allowed);
  return text;
}

std::string hostOf(const std::string& description) { return description.substr(0, description.find('\n')); }

int shareOf(const std::vector<std::string>& descriptions, std::size_t rank) {
  const Description mine = parse(descriptions[rank]);
  if (mine.processors.empty()) return 1;
  double share = 0;
  for (const int processor : mine.processors) {
    int users = 0;
    for (const std::string& text : descriptions) {
      if (hostOf(text) != hostOf(descriptions[rank])) continue;
      const Description other = parse(text);
      users += std::find(other.processors.begin(), other.processors.end(), processor) != other.processors.end() ? 1 : 0;
    }
    share += 1.0 / users;
  }
  // Ranks that share all their processors share the quota too.
  share *= static_cast<double>(mine.available) / static_cast<double>(mine.processors.size());
  return std::max(1, static_cast<int>(share + 1e-6));
}

}  // namespace unrolled::mpi

// How many processors this process may use.
#pragma once

namespace unrolled {

// The smaller of the affinity mask's processors and the cgroup quota (rounded up); at least 1.
int availableProcessors();

}  // namespace unrolled

// Several ranks in one process, each on a thread of its own: for tests, which need no MPI then.
#pragma once

#include <memory>
#include <vector>

#include "distributed/group.h"

namespace unrolled {

// The ranks of a new group of so many. Each may be used on another thread; those that share a group keep it alive.
std::vector<std::unique_ptr<Group>> inProcessGroup(int size);

}  // namespace unrolled

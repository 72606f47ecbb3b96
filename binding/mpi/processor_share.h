// How ranks that run on one host share its processors.
#pragma once

#include <string>
#include <vector>

namespace unrolled::mpi {

// This process's host and the processors that it may use, as a text for the other ranks.
std::string describeProcessors(const std::string& host);

std::string hostOf(const std::string& description);

// The whole number of processors that a rank has if each processor is shared evenly by the ranks of its host that may
// use it; at least 1. Launchers differ: some bind each rank to processors of its own, some let all ranks use all.
int shareOf(const std::vector<std::string>& descriptions, std::size_t rank);

}  // namespace unrolled::mpi

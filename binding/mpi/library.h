// A library of MPI, opened at run time: the functions that are called, and what its ABI calls the few things they take.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace unrolled::mpi {

// A communicator, datatype, error handler or request of any library: an int in MPICH's ABI, a pointer in the others. As
// an argument, both travel in the same register; a request in memory is written as either into a zeroed word.
using Handle = std::uintptr_t;

struct Library {
  std::string file;     // as the loader knows it
  std::string version;  // in its own words, one line
  std::string abi;      // "Open MPI", "MPICH" or "MPI"

  Handle world = 0;
  Handle byte = 0;
  Handle errorsReturn = 0;
  int funneled = 1;
  void* statusIgnore = nullptr;

  int (*getLibraryVersion)(char* text, int* length) = nullptr;
  int (*initialized)(int* flag) = nullptr;
  int (*initThread)(int* argc, char*** argv, int required, int* provided) = nullptr;
  int (*finalize)() = nullptr;
  int (*abort)(Handle communicator, int status) = nullptr;
  int (*setErrorHandler)(Handle communicator, Handle handler) = nullptr;
  int (*errorString)(int code, char* text, int* length) = nullptr;
  int (*rank)(Handle communicator, int* rank) = nullptr;
  int (*size)(Handle communicator, int* size) = nullptr;
  int (*isend)(const void* data, int count, Handle type, int to, int tag, Handle communicator,
               Handle* request) = nullptr;
  int (*irecv)(void* data, int count, Handle type, int from, int tag, Handle communicator, Handle* request) = nullptr;
  int (*test)(Handle* request, int* done, void* status) = nullptr;

  // What an error code means.
  [[nodiscard]] std::string textOf(int code) const;
};

// The first of these files, or names for the loader to find, that is a library of MPI; it stays loaded for good.
// Throws ERR_UNROLLED_MPI: none of them is there, one is damaged or no MPI, or this system is not Linux.
Library openLibrary(const std::vector<std::string>& files);

}  // namespace unrolled::mpi

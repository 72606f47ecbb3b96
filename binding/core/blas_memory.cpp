// A lock around OpenBLAS's packing buffers.
//
// Built without threads of its own, OpenBLAS hands its buffers out without a lock (unless built with
// USE_LOCKING, which Debian's 0.3.21 is not): two threads that call it at once can be given the same
// buffer, and a product comes out wrong, about once in a thousand calls. The linker sends OpenBLAS's
// calls of these two functions here (--wrap in CMakeLists.txt).

#include <mutex>

// The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming)
extern "C" {
void* __real_blas_memory_alloc(int position);
void __real_blas_memory_free(void* buffer);
void* __wrap_blas_memory_alloc(int position);
void __wrap_blas_memory_free(void* buffer);
}

namespace {

std::mutex bufferMutex;

}  // namespace

void* __wrap_blas_memory_alloc(int position) {
  const std::lock_guard<std::mutex> lock(bufferMutex);
  return __real_blas_memory_alloc(position);
}

void __wrap_blas_memory_free(void* buffer) {
  const std::lock_guard<std::mutex> lock(bufferMutex);
  __real_blas_memory_free(buffer);
}
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

// OpenBLAS's packing buffers: mapped where a failure can be reported, and given out under a lock.
//
// A call takes a buffer (128 MiB on x64), of which it touches only what it needs, and OpenBLAS keeps all its buffers.
// If the system refuses memory for another one (because of ulimit -v or -d, for example), OpenBLAS asks again forever.
// So the memory is mapped here, and `mmap` returns it when OpenBLAS asks. When there is one buffer, a call that cannot
// get another waits until a running call ends. Also, OpenBLAS built without threads gives out its buffers without a
// lock (unless it is built with USE_LOCKING, which Debian's 0.3.21 is not): two threads that call it at once can get
// the same buffer, and about one product in a thousand is then wrong. The linker redirects OpenBLAS's calls of these
// functions to this file (--wrap in CMakeLists.txt).

#include "blas/blas_memory.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>

#include <sys/mman.h>

#include "base/error.h"

// The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming)
extern "C" {
void* __real_blas_memory_alloc(int position);
void __real_blas_memory_free(void* buffer);
void* __real_mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset);
void* __wrap_blas_memory_alloc(int position);
void __wrap_blas_memory_free(void* buffer);
void* __wrap_mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset);
}

namespace unrolled {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

// Memory that must be left for the rest of the process: V8 and libuv end the process if they get none. More than one
// buffer only makes products faster, so another one is taken only if there is plenty of memory.
constexpr std::size_t leftByFirst = 64 * mebibyte;
constexpr std::size_t leftByOthers = 256 * mebibyte;

// How long to wait for another call's buffer before asking the system again.
constexpr std::chrono::milliseconds retryInterval{100};

// Number of buffers in an OpenBLAS that is built for 64 threads, like Debian's.
constexpr int mostBuffers = 128;

struct Mapping {
  void* address = nullptr;
  std::size_t bytes = 0;
};

std::mutex mutex;
std::condition_variable returned;
std::atomic<int> buffers{0};  // that OpenBLAS has; changed under the mutex
int taken = 0;                // of them
// Size of a buffer: the maximum of the builds for x64 and arm64, which have no function that returns it, and after
// OpenBLAS's first request the size of that.
std::size_t bufferBytes = 128 * mebibyte;

// The memory that the next `mmap` of this thread returns.
thread_local Mapping offered;

Mapping map(std::size_t bytes) {
  void* const address = __real_mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return address == MAP_FAILED ? Mapping{} : Mapping{address, bytes};
}

void unmap(const Mapping& mapping) {
  if (mapping.address != nullptr) munmap(mapping.address, mapping.bytes);
}

// Gives OpenBLAS one more buffer, with all it has being taken, unless too little would be left. Under the mutex.
bool grow() {
  if (buffers == mostBuffers) return false;
  const Mapping buffer = map(bufferBytes);
  if (buffer.address == nullptr) return false;
  const Mapping rest = map(buffers == 0 ? leftByFirst : leftByOthers);
  unmap(rest);
  if (rest.address == nullptr) {
    unmap(buffer);
    return false;
  }
  offered = buffer;
  __real_blas_memory_free(__real_blas_memory_alloc(0));
  unmap(std::exchange(offered, {}));
  ++buffers;
  return true;
}

}  // namespace

void reserveBlasMemory() {
  if (buffers > 0) return;
  const std::lock_guard<std::mutex> lock(mutex);
  if (buffers > 0 || grow()) return;
  throw Error("ERR_UNROLLED_OUT_OF_MEMORY",
              "Products of matrices need " + std::to_string(bufferBytes / mebibyte) +
                  " MiB of address space, but the system gives this process no more",
              "Raise its limit (ulimit -v, ulimit -d), or make the model and its batches smaller.");
}

}  // namespace unrolled

void* __wrap_blas_memory_alloc(int position) {
  using namespace unrolled;
  std::unique_lock<std::mutex> lock(mutex);
  while (taken == buffers && !grow()) returned.wait_for(lock, retryInterval);
  ++taken;
  return __real_blas_memory_alloc(position);
}

void __wrap_blas_memory_free(void* buffer) {
  {
    const std::lock_guard<std::mutex> lock(unrolled::mutex);
    __real_blas_memory_free(buffer);
    --unrolled::taken;
  }
  unrolled::returned.notify_one();
}

void* __wrap_mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset) {
  using namespace unrolled;
  const Mapping mapping = std::exchange(offered, {});
  if (mapping.address == nullptr) return __real_mmap(address, bytes, protection, flags, file, offset);
  bufferBytes = bytes;
  if (bytes > mapping.bytes) {  // of another processor's build
    unmap(mapping);
    return __real_mmap(address, bytes, protection, flags, file, offset);
  }
  if (bytes < mapping.bytes) munmap(static_cast<std::byte*>(mapping.address) + bytes, mapping.bytes - bytes);
  return mapping.address;
}
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

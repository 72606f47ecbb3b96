// OpenBLAS's packing buffers: mapped where a failure can be told, and handed out under a lock.
//
// A call takes a buffer, on x64 of 128 MiB, of which it touches what it needs, and OpenBLAS keeps all it has had. Where
// the system gives no memory for another (ulimit -v or -d, say), it asks again for ever. So the memory is mapped here,
// and `mmap` is answered with it when OpenBLAS asks. Once there is one buffer, a call that can have none of its own
// waits for another call's end. And built without threads of its own, OpenBLAS hands its buffers out without a lock
// (unless built with USE_LOCKING, which Debian's 0.3.21 is not): two threads that call it at once can be given the same
// buffer, and a product comes out wrong, about once in a thousand calls. The linker sends OpenBLAS's calls of these
// functions here (--wrap in CMakeLists.txt).

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

// What must be left for the rest of the process: V8 and libuv end it where they get none. More than one buffer only
// makes products faster, so that it is had where there is plenty.
constexpr std::size_t leftByFirst = 64 * mebibyte;
constexpr std::size_t leftByOthers = 256 * mebibyte;

// How long to wait for another call's buffer before the system is asked again.
constexpr std::chrono::milliseconds retryInterval{100};

// Slots that OpenBLAS has for buffers, where it is built for 64 threads as Debian's is.
constexpr int mostBuffers = 128;

struct Mapping {
  void* address = nullptr;
  std::size_t bytes = 0;
};

std::mutex mutex;
std::condition_variable returned;
std::atomic<int> buffers{0};  // that OpenBLAS has; changed under the mutex
int taken = 0;                // of them
// How large they are: at most so large in the builds for x64 and arm64, which have no function that tells, and once
// OpenBLAS has asked for one, as large as that.
std::size_t bufferBytes = 128 * mebibyte;

// What the next `mmap` of this thread is to return.
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

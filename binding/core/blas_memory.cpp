// OpenBLAS's packing buffers, one set a thread.
//
// The builds of OpenBLAS without threads keep their buffers in one table and take no lock when they
// pick one (0.3.21, as Debian has it): two threads that call it at once can be given the same buffer,
// and a product comes out wrong, about once in a thousand calls. The linker is told to send both of
// OpenBLAS's functions here (--wrap), where a thread sees no buffer but its own.

#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdlib>

namespace {

// OpenBLAS's own BUFFER_SIZE. Pages that are not touched take no memory.
constexpr std::size_t bufferBytes = std::size_t{128} << 20U;
// Buffers one call holds at once; the functions used here take one.
constexpr std::size_t mostBuffers = 4;

class ThreadBuffers {
 public:
  ThreadBuffers() = default;
  ~ThreadBuffers() {
    for (void* buffer : buffers_) {
      if (buffer != nullptr) munmap(buffer, bufferBytes);
    }
  }
  ThreadBuffers(const ThreadBuffers&) = delete;
  ThreadBuffers& operator=(const ThreadBuffers&) = delete;
  ThreadBuffers(ThreadBuffers&&) = delete;
  ThreadBuffers& operator=(ThreadBuffers&&) = delete;

  void* take() {
    if (taken_ == mostBuffers) std::abort();
    void*& buffer = buffers_[taken_];
    if (buffer == nullptr) {
      buffer = mmap(nullptr, bufferBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (buffer == MAP_FAILED) std::abort();  // OpenBLAS has no way to say so either
    }
    ++taken_;
    return buffer;
  }

  void giveBack() { --taken_; }

 private:
  std::array<void*, mostBuffers> buffers_{};
  std::size_t taken_ = 0;
};

thread_local ThreadBuffers threadBuffers;

}  // namespace

// The names are the linker's: what is called as blas_memory_alloc arrives at __wrap_blas_memory_alloc.
// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming)
extern "C" {

void* __wrap_blas_memory_alloc(int /*procedure*/) { return threadBuffers.take(); }

void __wrap_blas_memory_free(void* /*buffer*/) { threadBuffers.giveBack(); }
}
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

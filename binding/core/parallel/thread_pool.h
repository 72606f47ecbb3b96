// The one thread pool of the process, and the parallel loop over tiles that everything uses.
//
// A loop is cut into tiles by shape; any thread may take any tile, and each tile writes its own part
// of the result in its own fixed order. So the bits do not depend on how many threads there are.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/types.h"

namespace unrolled {

class ThreadPool {
 public:
  static constexpr int maxThreads = 256;

  // The process's pool, made for the first holder and joined with the last.
  static std::shared_ptr<ThreadPool> shared();

  ThreadPool();
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ThreadPool(ThreadPool&&) = delete;
  ThreadPool& operator=(ThreadPool&&) = delete;

  // Threads of a call that names no number: UNROLLED_THREADS, else the available processors.
  [[nodiscard]] int defaultThreads() const { return defaultThreads_.load(); }
  void setDefaultThreads(int threads);

  // Calls body(tile) for each tile in [0, tiles) on at most `threads` threads, the caller among
  // them, and returns when all are done. Several threads may run loops at once. `body` must not
  // throw. Allocates nothing unless it needs more workers than any call before.
  template <class Body>
  void run(int threads, Index tiles, Body&& body) {
    static_assert(std::is_nothrow_invocable_v<Body&, Index>, "a tile must not throw");
    if (threads <= 1 || tiles <= 1) {
      for (Index tile = 0; tile < tiles; ++tile) body(tile);
      return;
    }
    using Object = std::remove_reference_t<Body>;
    Region region;
    region.object = const_cast<void*>(static_cast<const void*>(&body));
    region.call = [](void* object, Index tile) noexcept { (*static_cast<Object*>(object))(tile); };
    region.tiles = tiles;
    share(region, threads);
  }

 private:
  // One loop in progress; it lives on its caller's stack.
  struct Region {
    void* object = nullptr;
    void (*call)(void*, Index) noexcept = nullptr;
    Index tiles = 0;
    std::atomic<Index> next{0};
    std::atomic<int> active{0};  // workers inside
    int wanted = 0;              // workers that may still join, under the mutex
    Region* following = nullptr;

    void work() noexcept {
      for (Index tile = next.fetch_add(1); tile < tiles; tile = next.fetch_add(1)) call(object, tile);
    }
  };

  void share(Region& region, int threads);
  void growTo(std::size_t workers);
  void unlink(Region& region);
  Region* joinRegion();
  void workerMain();

  std::atomic<int> defaultThreads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<std::uint64_t> generation_{0};  // counts the loops shared so far
  Region* regions_ = nullptr;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

// The pool with the number of threads one call may use.
class Parallel {
 public:
  // `threads` 0 takes the pool's default.
  Parallel(ThreadPool& pool, int threads) : pool_(&pool), threads_(threads > 0 ? threads : pool.defaultThreads()) {}

  [[nodiscard]] Index threads() const { return threads_; }

  // Threads for this many multiply-adds, or equally long work: only one if waking another would take longer than it
  // saves.
  [[nodiscard]] Parallel forWork(double multiplyAdds) const {
    constexpr double leastShared = 2e6;
    return multiplyAdds < leastShared ? Parallel(*pool_, 1) : *this;
  }

  template <class Body>
  void forEach(Index tiles, Body&& body) const {
    pool_->run(threads_, tiles, std::forward<Body>(body));
  }

  // A loop over [0, count) in pieces of `grain`: body(begin, end).
  template <class Body>
  void forRange(Index count, Index grain, Body&& body) const {
    const Index tiles = (count + grain - 1) / grain;
    forEach(tiles, [&](Index tile) noexcept {
      const Index begin = tile * grain;
      body(begin, begin + grain < count ? begin + grain : count);
    });
  }

 private:
  ThreadPool* pool_;
  int threads_;
};

}  // namespace unrolled

#include "parallel/thread_pool.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <string>

#include "base/floating_point_mode.h"
#include "parallel/processors.h"

namespace unrolled {
namespace {

// Polls before a waiting thread sleeps: some tens of microseconds, about what waking it would take.
constexpr int spins = 4000;

void pause() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

int initialThreads() {
  if (const char* text = std::getenv("UNROLLED_THREADS")) {
    char* end = nullptr;
    const long value = std::strtol(text, &end, 10);
    if (end != text && *end == '\0' && value >= 1) {
      return static_cast<int>(std::min<long>(value, ThreadPool::maxThreads));
    }
  }
  return std::min(availableProcessors(), ThreadPool::maxThreads);
}

}  // namespace

std::shared_ptr<ThreadPool> ThreadPool::shared() {
  static std::mutex mutex;
  static std::weak_ptr<ThreadPool> current;
  const std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<ThreadPool> pool = current.lock();
  if (!pool) {
    pool = std::make_shared<ThreadPool>();
    current = pool;
  }
  return pool;
}

ThreadPool::ThreadPool() : defaultThreads_(initialThreads()) {}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    generation_.fetch_add(1);
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::setDefaultThreads(int threads) { defaultThreads_.store(std::clamp(threads, 1, maxThreads)); }

void ThreadPool::growTo(std::size_t workers) {
  workers_.reserve(maxThreads);
  while (workers_.size() < workers) {
    try {
      workers_.emplace_back([this] { workerMain(); });
    } catch (const std::exception&) {
      return;  // the system gives no more threads: the loop runs on those there are
    }
  }
}

void ThreadPool::share(Region& region, int threads) {
  const auto wanted = static_cast<int>(std::min<Index>(std::min(threads, maxThreads), region.tiles)) - 1;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    growTo(static_cast<std::size_t>(wanted));
    region.wanted = wanted;
    region.following = regions_;
    regions_ = &region;
    generation_.fetch_add(1);
  }
  wake_.notify_all();
  region.work();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    unlink(region);
  }
  for (int polls = 0; region.active.load(std::memory_order_acquire) != 0; ++polls) {
    if (polls < spins) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
}

void ThreadPool::unlink(Region& region) {
  Region** link = &regions_;
  while (*link != &region) link = &(*link)->following;
  *link = region.following;
}

ThreadPool::Region* ThreadPool::joinRegion() {
  for (Region* region = regions_; region != nullptr; region = region->following) {
    if (region->wanted > 0 && region->next.load() < region->tiles) {
      --region->wanted;
      region->active.fetch_add(1);
      return region;
    }
  }
  return nullptr;
}

void ThreadPool::workerMain() {
  const FloatingPointMode mode;
  std::uint64_t seen = 0;
  for (;;) {
    for (int polls = 0; polls < spins && generation_.load() == seen; ++polls) pause();
    Region* region = nullptr;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || generation_.load() != seen; });
      if (stopping_) return;
      region = joinRegion();
      if (region == nullptr) seen = generation_.load();  // nothing to do until the next loop
    }
    if (region == nullptr) continue;
    region->work();
    region->active.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace unrolled

// The thread pool: every tile once, whoever shares it and however it grows.

#include "parallel/thread_pool.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "base/floating_point_mode.h"
#include "parallel/processors.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// Runs one loop and tells whether each tile was called exactly once.
bool everyTileOnce(ThreadPool& pool, int threadCount, Index tiles) {
  std::vector<std::atomic<int>> calls(asSize(tiles));
  pool.run(threadCount, tiles, [&](Index tile) noexcept { calls[asSize(tile)].fetch_add(1); });
  for (const std::atomic<int>& count : calls) {
    if (count.load() != 1) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a loop calls each tile once, with more and fewer tiles than threads") {
  ThreadPool pool;
  for (const int threadCount : {1, 2, 3, 8, 5, 32}) {
    for (const Index tiles : {Index{0}, Index{1}, Index{2}, Index{7}, Index{8}, Index{1000}}) {
      CAPTURE(threadCount);
      CAPTURE(tiles);
      CHECK(everyTileOnce(pool, threadCount, tiles));
    }
  }
}

TEST_CASE("a loop sees what was written before it, and its caller what it wrote") {
  ThreadPool pool;
  std::vector<Index> values(64);
  for (Index round = 1; round <= 500; ++round) {
    pool.run(3, 64, [&](Index tile) noexcept { values[asSize(tile)] += tile * round; });
  }
  bool right = true;
  for (Index tile = 0; tile < 64; ++tile) right = right && values[asSize(tile)] == tile * (500 * 501 / 2);
  CHECK(right);
}

TEST_CASE("many threads run loops at once") {
  ThreadPool pool;
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  callers.reserve(6);
  for (int caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&pool, &wrong, caller] {
      for (int round = 0; round < 200; ++round) {
        if (!everyTileOnce(pool, 1 + (caller + round) % 5, 1 + (round * 7 + caller) % 40)) wrong.fetch_add(1);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong.load() == 0);
}

TEST_CASE("workers are used where there are tiles for them") {
  ThreadPool pool;
  // Both tiles wait for each other: this ends only if two threads are inside.
  std::atomic<int> inside{0};
  pool.run(2, 2, [&](Index) noexcept {
    inside.fetch_add(1);
    while (inside.load() < 2) std::this_thread::yield();
  });
  CHECK(inside.load() == 2);
}

TEST_CASE("no more threads are at work than were asked, however many there are") {
  ThreadPool pool;
  // Tiles that sleep leave time for every worker to join.
  const auto atWork = [&pool](int threadCount) {
    std::mutex mutex;
    std::set<std::thread::id> seen;
    pool.run(threadCount, 200, [&](Index) noexcept {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      const std::lock_guard<std::mutex> lock(mutex);
      seen.insert(std::this_thread::get_id());
    });
    return static_cast<int>(seen.size());
  };
  for (const int threadCount : {8, 1, 2, 3, 8}) {
    CAPTURE(threadCount);
    CHECK(atWork(threadCount) <= threadCount);
  }
  // They are there: each of eight tiles waits for all others.
  std::atomic<int> inside{0};
  pool.run(8, 8, [&](Index) noexcept {
    inside.fetch_add(1);
    while (inside.load() < 8) std::this_thread::yield();
  });
  CHECK(inside.load() == 8);
  // Several callers have each as many as they asked for.
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (const int threadCount : {1, 2, 3}) {
    callers.emplace_back([&atWork, &wrong, threadCount] {
      if (atWork(threadCount) > threadCount) wrong.fetch_add(1);
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong.load() == 0);
}

TEST_CASE("pools come and go") {
  for (int round = 0; round < 30; ++round) {
    ThreadPool pool;
    CHECK(everyTileOnce(pool, 1 + round % 4, 20));
  }
}

TEST_CASE("holders share one pool") {
  const std::shared_ptr<ThreadPool> first = ThreadPool::shared();
  const std::shared_ptr<ThreadPool> second = ThreadPool::shared();
  CHECK(first == second);
  CHECK(everyTileOnce(*first, 2, 10));
}

TEST_CASE("the default number of threads stays in its bounds") {
  ThreadPool pool;
  CHECK(pool.defaultThreads() >= 1);
  CHECK(availableProcessors() >= 1);
  pool.setDefaultThreads(5);
  CHECK(pool.defaultThreads() == 5);
  pool.setDefaultThreads(0);
  CHECK(pool.defaultThreads() == 1);
  pool.setDefaultThreads(100000);
  CHECK(pool.defaultThreads() == ThreadPool::maxThreads);
}

TEST_CASE("a range is cut into pieces of the grain") {
  std::vector<Index> owner(100, -1);
  std::atomic<int> wrong{0};
  threads(3).forRange(100, 16, [&](Index begin, Index end) noexcept {
    if (begin % 16 != 0 || end != std::min<Index>(begin + 16, 100)) wrong.fetch_add(1);
    for (Index i = begin; i < end; ++i) owner[asSize(i)] = begin;
  });
  CHECK(wrong.load() == 0);
  for (Index i = 0; i < 100; ++i) CHECK(owner[asSize(i)] == i / 16 * 16);
}

TEST_CASE("computing threads share one floating-point mode, and it is restored") {
  volatile double tiny = 1e-300;
  volatile double factor = 1e-10;
  ThreadPool pool;
  std::atomic<int> kept{0};
  std::atomic<int> inside{0};
  {
    const FloatingPointMode mode;
    pool.run(2, 2, [&](Index) noexcept {
      inside.fetch_add(1);
      while (inside.load() < 2) std::this_thread::yield();  // a worker and the caller, one tile each
      if (tiny * factor != 0) kept.fetch_add(1);
    });
  }
  CHECK(kept.load() == 0);
  CHECK(tiny * factor != 0);
}

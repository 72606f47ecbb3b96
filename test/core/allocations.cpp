// Nothing is allocated in a step: every allocation of this program is counted here.

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include <doctest/doctest.h>

#include "support.h"
#include "training/batches.h"
#include "training/trainer.h"

namespace {

std::atomic<long> allocations{0};

void* allocate(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  return std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
}

void* allocateOrThrow(std::size_t size, std::size_t alignment) {
  void* memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

constexpr std::size_t usual = alignof(std::max_align_t);

}  // namespace

void* operator new(std::size_t size) { return allocateOrThrow(size, usual); }
void* operator new[](std::size_t size) { return allocateOrThrow(size, usual); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocateOrThrow(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocateOrThrow(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept { return allocate(size, usual); }
void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept { return allocate(size, usual); }
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t& /*tag*/) noexcept {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t& /*tag*/) noexcept {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}

using namespace unrolled;
using namespace unrolled::test;

namespace {

// Counts from the end of the first step to the end of the last.
class AllocationCounter final : public TrainingObserver {
 public:
  void stepped(Index /*step*/, const StepRecord& /*record*/) override {
    last = allocations.load();
    if (steps++ == 0) first = last;
  }
  bool proceed() override { return true; }

  long first = 0;
  long last = 0;
  int steps = 0;
};

template <class T>
long allocationsOfSteps(const Chain& chain, std::unique_ptr<BatchSource<T>> source, int threadCount) {
  Model<T> model(chain.description());
  model.initialize({}, 1);
  TrainingOptions options;
  options.optimizer.kind = OptimizerKind::adamw;
  options.optimizer.learningRate = 0.01;
  options.optimizer.beta1 = 0.9;
  options.optimizer.beta2 = 0.999;
  options.optimizer.epsilon = 1e-8;
  options.clipValue = 1;
  options.clipNorm = 1;
  options.threads = threadCount;
  Trainer<T> trainer(model, ThreadPool::shared(), options, std::move(source));
  AllocationCounter counter;
  trainer.run(6, counter);
  REQUIRE(counter.steps == 6);
  return counter.last - counter.first;
}

}  // namespace

TEST_CASE("allocations are counted") {
  const long before = allocations.load();
  const auto array = std::make_unique<std::vector<int>>(3);
  CHECK(allocations.load() - before == 2);
  Workspace workspace;
  workspace.bind([](Arena& arena) { arena.take<float>(10); });
  CHECK(allocations.load() - before == 3);
}

TEST_CASE_TEMPLATE("no step allocates, with one thread and with two", T, float, double) {
  for (const int threadCount : {1, 2}) {
    for (const LayerKind cell : {LayerKind::rnn, LayerKind::gru, LayerKind::lstm}) {
      for (const LayerKind input : {LayerKind::embedding, LayerKind::oneHot}) {
        for (const Index vocabulary : {Index{20}, Index{400}}) {  // a projected and a gathered table
          const std::string name = nameOf(cell);
          CAPTURE(name);
          CAPTURE(threadCount);
          CAPTURE(vocabulary);
          Chain chain;
          chain.cell = cell;
          chain.input = input;
          chain.layers = 2;
          chain.hidden = 40;
          chain.inputSize = vocabulary;
          chain.classes = vocabulary;
          auto source = std::make_unique<StreamBatches<T>>(randomIds(20 * 8 * 6 + 1, vocabulary, 1), 20, 8);
          CHECK(allocationsOfSteps<T>(chain, std::move(source), threadCount) == 0);
        }
      }
    }
  }
}

TEST_CASE("no step over labelled sequences of any length allocates") {
  std::vector<Index> offsets = {0};
  for (Index i = 0; i < 20; ++i) offsets.push_back(offsets.back() + 1 + i * 3 % 7);
  Chain chain;
  chain.last = true;
  chain.classes = 3;
  for (const auto& [threadCount, batch] : {std::pair{1, Index{1}}, {2, Index{1}}, {2, Index{3}}}) {
    auto source = labelled<float>(randomIds(offsets.back(), 7, 1), offsets, randomIds(20, 3, 2), {batch, true, 0}, 3);
    CHECK(allocationsOfSteps<float>(chain, std::move(source), threadCount) == 0);
  }
}

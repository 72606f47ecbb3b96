// Nothing is allocated in a step: every allocation of this program is counted here.

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "data/paired_sequences.h"
#include "data/stream_batches.h"
#include "layers/attention.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/gather.h"
#include "layers/joining.h"
#include "layers/layer_norm.h"
#include "losses/value_losses.h"
#include "model/packing.h"
#include "model/plan.h"
#include "support.h"
#include "training/trainer.h"

namespace {

std::atomic<long> allocations{0};
std::atomic<std::size_t> allocatedBytes{0};

void* allocate(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1);
  allocatedBytes.fetch_add(size);
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

std::size_t bytesOfPlan(const ModelDescription& description) {
  const std::size_t before = allocatedBytes.load();
  const ModelPlan plan = planOf(description);
  REQUIRE(plan.layers.size() == description.layers.size());
  return allocatedBytes.load() - before;
}

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
long allocationsOfSteps(const ModelDescription& description, std::unique_ptr<BatchSource<T>> source, int threadCount,
                        Index shards = 1) {
  Model<T> model(description);
  model.initialize({}, 1);
  TrainingOptions options;
  options.optimizer = OptimizerOptions(OptimizerKind::adamw);
  options.optimizer.learningRate = 0.01;
  options.clipValue = 1;
  options.clipNorm = 1;
  options.threads = threadCount;
  options.shards = shards;
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
    for (const std::string& cell : cells()) {
      for (const char* input : {"embedding", "oneHot"}) {
        for (const Index vocabulary : {Index{20}, Index{400}}) {  // a projected and a gathered table
          CAPTURE(cell);
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
          CHECK(allocationsOfSteps<T>(chain.description(), std::move(source), threadCount) == 0);
        }
      }
    }
  }
}

TEST_CASE("no step of a cell with all that may be asked for allocates") {
  for (const std::string& cell : cells()) {
    Chain chain;
    chain.cell = cell;
    chain.layers = 2;
    chain.layerNorm = true;
    chain.recurrentDropout = 0.5;
    chain.resetAfter = false;
    auto source = std::make_unique<StreamBatches<float>>(randomIds(20 * 8 * 6 + 1, 7, 1), 20, 8);
    CHECK(allocationsOfSteps<float>(chain.description(), std::move(source), 2) == 0);
  }
}

TEST_CASE("no step of an adaptive or a sampled softmax allocates") {
  for (const int threadCount : {1, 2}) {
    for (const bool adaptive : {false, true}) {
      Chain chain;
      chain.inputSize = chain.classes = 400;
      chain.samples = adaptive ? 0 : 30;
      if (adaptive) chain.cutoffs = {20, 100};
      auto source = std::make_unique<StreamBatches<float>>(randomIds(20 * 8 * 6 + 1, 400, 1), 20, 8);
      CHECK(allocationsOfSteps<float>(chain.description(), std::move(source), threadCount) == 0);
    }
  }
}

TEST_CASE("no step by parts allocates, of whole tables and of touched rows") {
  for (const char* input : {"embedding", "oneHot"}) {
    for (const Index vocabulary : {Index{20}, Index{400}}) {
      CAPTURE(vocabulary);
      Chain chain;
      chain.input = input;
      chain.inputSize = chain.classes = vocabulary;
      chain.samples = 10;
      chain.recurrentDropout = 0.5;
      auto source = std::make_unique<StreamBatches<float>>(randomIds(18 * 8 * 6 + 1, vocabulary, 1), 18, 8);
      CHECK(allocationsOfSteps<float>(chain.description(), std::move(source), 2, 8) == 0);
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
    CHECK(allocationsOfSteps<float>(chain.description(), std::move(source), threadCount) == 0);
  }
}

TEST_CASE("no step of an encoder and a decoder allocates") {
  ModelDescription description{InputKind::ids, 7, {}, InputKind::ids, 5};
  description.layers = {layer("embedding", "read", 4, {"source"}),
                        layer("lstm", "encoder", 6),
                        layer("embedding", "written", 4, {"input"}),
                        layer("lstm", "decoder", 6),
                        {"attention", AttentionOptions{}, {"decoder", "encoder"}},
                        layer("dense", "head", 7)};
  recurrent(description.layers[3]).initialState = "encoder";
  for (const int threadCount : {1, 2}) {
    std::vector<Index> offsets = {0};
    for (Index i = 0; i < 24; ++i) offsets.push_back(offsets.back() + 1 + i * 3 % 7);
    const Index elements = offsets.back();
    TargetData<float> targets;
    targets.ids = randomIds(elements, 7, 3);
    auto source = std::make_unique<PairedSequences<float>>(
        SequenceData<float>{randomIds(elements, 5, 1), {}, 0, offsets},
        SequenceData<float>{randomIds(elements, 7, 2), {}, 0, offsets}, targets, Batching{4, true, 0}, 3);
    CHECK(allocationsOfSteps<float>(description, std::move(source), threadCount) == 0);
  }
}

TEST_CASE_TEMPLATE("no pass over attention, joins, normalisation, dropout or a tied dense layer allocates", T, float,
                   double) {
  constexpr Index rows = 6;
  constexpr Index steps = 9;
  constexpr Index features = 8;
  constexpr Index vocabulary = 12;
  ParameterList list;
  Embedding<T> embedding(list, "embedding", vocabulary, features);
  Gather<T> gather(features);
  Dropout<T> dropout(0.3, features, 0);
  LayerNorm<T> norm(list, "norm", features, 1e-5);
  Attention<T> attention(list, "attention", features, features, true);
  Concatenate<T> both({2 * features, features});
  Dense<T> narrow(list, "narrow", 3 * features, {.features = features, .activation = Activation::tanh});
  Dense<T> head(list, "head", features, {.features = vocabulary, .bias = false}, embedding.share());
  const ValueLosses<T> losses(vocabulary);
  ValueLoss<T>& loss = losses.of(LossKind::binaryCrossEntropy);
  ParameterBuffers<T> buffers(list);
  const Packing packing(steps, {9, 3, 5, 9, 1, 2});
  const SequenceLayout layout = packing.layout();
  const Index positions = layout.positions();
  Workspace workspace;
  workspace.bind([&](Arena& arena) {
    const PassSize size{positions, rows, true, true, steps};
    for (Layer<T>* layer : std::initializer_list<Layer<T>*>{&embedding, &gather, &dropout, &norm, &narrow, &head}) {
      layer->layOut(arena, size);
    }
    attention.layOut(arena, {size, size});
    both.layOut(arena, {size, size});
    loss.layOut(arena, size);
  });
  const std::vector<TokenId> ids = randomIds(positions, vocabulary, 1);
  const std::vector<T> targets = normals<T>(positions * vocabulary, 2);
  std::vector<Sequence<T>> inputs(2);
  std::vector<T*> gradients(2);
  std::vector<T*> more(2);
  const std::vector<bool> wanted(2, true);
  for (const int threadCount : {1, 2}) {
    const Parallel parallel = threads(threadCount);
    long before = 0;
    for (std::uint64_t step = 0; step < 4; ++step) {
      if (step == 1) before = allocations.load();
      const Pass<T> pass{buffers, parallel, {true, 1, step}};
      Sequence<T> sequence;
      sequence.layout = layout;
      sequence.ids = ids.data();
      sequence = gather.forward(embedding.forward(sequence, nullptr, pass), nullptr, pass);
      sequence = norm.forward(dropout.forward(sequence, nullptr, pass), nullptr, pass);
      inputs = {sequence, sequence};
      inputs[0] = attention.forward(inputs, pass);
      const Sequence<T> output = head.forward(narrow.forward(both.forward(inputs, pass), nullptr, pass), nullptr, pass);
      T* gradient = nullptr;
      loss.lossAndGradients(output.data, positions, targets.data(), T(1), pass, &gradient);
      gradient = narrow.backward(head.backward(gradient, nullptr, true, pass), nullptr, true, pass);
      both.backward(gradient, wanted, gradients, pass);
      attention.backward(gradients[0], wanted, more, pass);
      gradient = dropout.backward(norm.backward(more[0], nullptr, true, pass), nullptr, true, pass);
      embedding.backward(gather.backward(gradient, nullptr, true, pass), nullptr, true, pass);
    }
    CHECK(allocations.load() == before);
  }
}

TEST_CASE("a plan takes no more memory for a large model than for a small one") {
  for (const std::string& cell : cells()) {
    for (int option = 0; option < 6; ++option) {
      Chain small;
      small.cell = cell;
      small.layers = 2;
      small.bidirectional = option == 1;
      small.layerNorm = option == 2;
      small.resetAfter = option != 3;
      small.recurrentDropout = 0.5;
      if (option == 4) small.samples = 3;
      if (option == 5) small.cutoffs = {2, 4};
      Chain large = small;
      large.inputSize = large.classes = (Index{1} << 31) - 1;
      large.embedding = large.hidden = Index{1} << 24;
      if (option == 4) large.samples = large.classes;
      CAPTURE(cell);
      CAPTURE(option);
      CHECK(bytesOfPlan(large.description()) == bytesOfPlan(small.description()));
    }
  }
}

#include "node/addon.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "core/blas/blas.h"
#include "core/distributed/in_process_group.h"
#include "core/kernels/bf16.h"
#include "core/kernels/kernel_table.h"
#include "core/kernels/product.h"
#include "core/parallel/processors.h"
#include "node/arguments.h"
#include "node/cancellation.h"
#include "node/description_arguments.h"
#include "node/errors.h"
#include "node/group_handle.h"
#include "node/model_handle.h"
#include "node/plan.h"
#include "node/schema.h"
#include "node/training_group.h"
#include "node/training_handle.h"

namespace unrolled::node {
namespace {

// The machine's own limit: GFLOP/s of single-precision products of square matrices, the best of several.
double bestGemm(const Parallel& parallel, Index size, Index repeats, const std::function<bool()>& proceed) {
  const auto elements = static_cast<std::size_t>(size * size);
  const std::vector<float> a(elements, 0.5F);
  const std::vector<float> b(elements, 0.25F);
  std::vector<float> c(elements);
  const auto side = static_cast<double>(size);
  double best = 0;
  for (Index repeat = 0; repeat < repeats && proceed(); ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    multiply<float>(parallel, size, size, size, {a.data(), size}, {b.data(), size}, c.data(), size, false);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, 2 * side * side * side / seconds / 1e9);
  }
  return best;
}

// Seconds to read so many floats once, one after another as the weights are read in every step of a generation: each of
// `repeats` passes over the same memory, which stays in the cache where it fits.
std::vector<double> readingTimes(Index count, Index repeats, const std::function<bool()>& proceed) {
  using Vector = float __attribute__((vector_size(16)));
  constexpr Index lanes = 4;
  constexpr Index streams = 8;  // enough for the additions never to be waited for, and for the prefetcher to follow
  const Index part = std::max<Index>(1, count / (streams * lanes));
  const std::vector<float> values(static_cast<std::size_t>(part * streams * lanes), 0.5F);
  std::vector<double> seconds;
  float sink = 0;
  for (Index repeat = 0; repeat < repeats && proceed(); ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    Vector sums[streams] = {};
    for (Index i = 0; i < part; ++i) {
      for (Index stream = 0; stream < streams; ++stream) {
        Vector vector;
        std::memcpy(&vector, values.data() + (stream * part + i) * lanes, sizeof vector);
        sums[stream] += vector;
      }
    }
    for (const Vector& sum : sums) sink += sum[0];
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  if (sink < 0) seconds.clear();  // never: the sum of what was read must be wanted by somebody
  return seconds;
}

}  // namespace

Addon::Addon(Napi::Env env, Napi::Object exports) : environment_(env) {
  // Runs before the environment takes the mailbox's thread-safe function away, which was made earlier.
  env.AddCleanupHook([this] { environment_.end(); });
  trainingFloat32_ = Napi::Persistent(TrainingHandle<float>::define(env));
  trainingFloat64_ = Napi::Persistent(TrainingHandle<double>::define(env));
  rank_ = Napi::Persistent(InProcessRank::define(env));
  DefineAddon(exports, {
                           InstanceValue("ModelFloat32", ModelHandle<float>::define(env)),
                           InstanceValue("ModelFloat64", ModelHandle<double>::define(env)),
                           InstanceValue("Cancellation", Cancellation::define(env)),
                           InstanceMethod<&Addon::setErrorFactory>("setErrorFactory"),
                           InstanceMethod<&Addon::information>("info"),
                           InstanceMethod<&Addon::layerTypes>("layerSchema"),
                           InstanceMethod<&Addon::optimizerKinds>("optimizerSchema"),
                           InstanceMethod<&Addon::setThreads>("setThreads"),
                           InstanceMethod<&Addon::plan>("plan"),
                           InstanceMethod<&Addon::machineGflops>("machineGflops"),
                           InstanceMethod<&Addon::machineReading>("machineReading"),
                           InstanceMethod<&Addon::inProcessRanks>("inProcessRanks"),
                           InstanceMethod<&Addon::openGroup>("openGroup"),
                           InstanceMethod<&Addon::endGroup>("endGroup"),
                       });
}

Environment& Environment::of(Napi::Env env) { return Addon::of(env).environment(); }

template <>
Napi::Object Addon::newTraining<float>(const Napi::Object& model, const Napi::Value& options) const {
  return trainingFloat32_.New({model, options});
}

template <>
Napi::Object Addon::newTraining<double>(const Napi::Object& model, const Napi::Value& options) const {
  return trainingFloat64_.New({model, options});
}

void Addon::setErrorFactory(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) throw Napi::TypeError::New(info.Env(), "setErrorFactory takes a function");
  environment_.setErrorFactory(info[0].As<Napi::Function>());
}

Napi::Value Addon::information(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("version", UNROLLED_VERSION);
  object.Set("blas", blasConfiguration());
  object.Set("blasCore", blasCore());
  object.Set("kernels", kernels<float>().name);
  const Bf16Kernels* const bf16 = bf16Kernels();
  object.Set("bf16", bf16 == nullptr ? "none" : bf16->name);
  object.Set("processors", availableProcessors());
  object.Set("threads", environment_.pool()->defaultThreads());
  return object;
}

Napi::Value Addon::layerTypes(const Napi::CallbackInfo& info) { return layerSchema(info.Env()); }

Napi::Value Addon::optimizerKinds(const Napi::CallbackInfo& info) { return optimizerSchema(info.Env()); }

void Addon::setThreads(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] {
    environment_.pool()->setDefaultThreads(static_cast<int>(integer("threads", info[0], 1, ThreadPool::maxThreads)));
  });
}

Napi::Value Addon::plan(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] { return planToJavaScript(info.Env(), planOf(modelDescription(info[0]))); });
}

Napi::Value Addon::machineGflops(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Index size = integer("size", info[0], 1, 16384);
    const Index repeats = integer("repeats", info[1], 1, 1000);
    const Parallel parallel(*environment_.pool(), threadCount(info[2]));
    return environment_.aside().submit(
        info, nullptr, [=](const auto& proceed) { return bestGemm(parallel, size, repeats, proceed); },
        [](Napi::Env env, double gflops) -> Napi::Value { return Napi::Number::New(env, gflops); });
  });
}

Napi::Value Addon::machineReading(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Index count = integer("count", info[0], 1, largestSize);
    const Index repeats = integer("repeats", info[1], 1, 1'000'000);
    return environment_.aside().submit(
        info, nullptr, [=](const auto& proceed) { return readingTimes(count, repeats, proceed); },
        [](Napi::Env env, const std::vector<double>& seconds) -> Napi::Value { return typedArray(env, seconds); });
  });
}

Napi::Value Addon::inProcessRanks(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Array ranks = Napi::Array::New(info.Env());
    std::uint32_t number = 0;
    for (std::unique_ptr<Group>& group : inProcessGroup(static_cast<int>(integer("size", info[0], 1, 64)))) {
      ranks.Set(number++, InProcessRank::make(rank_.Value(), std::move(group)));
    }
    return ranks;
  });
}

Napi::Value Addon::openGroup(const Napi::CallbackInfo& info) { return node::openGroup(info); }

void Addon::endGroup(const Napi::CallbackInfo& info) { node::endGroup(info); }

}  // namespace unrolled::node

using UnrolledAddon = unrolled::node::Addon;
NODE_API_ADDON(UnrolledAddon)

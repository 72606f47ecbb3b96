// Model descriptions of every kind, sound or not: refused with a code, or trained for some steps, stopped, and gone on
// with to the same bits.

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

#include "base/error.h"
#include "data/stream_batches.h"
#include "model/model.h"
#include "training/trainer.h"

using namespace unrolled;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Sizes are modest, since the front end refuses what memory cannot hold before the core hears of it.
constexpr Index mostFeatures = 9;
constexpr std::size_t mostLayers = 6;
constexpr Index time = 4;
constexpr Index rows = 3;

// Names that layers have, so that what `from` and its like name is often there.
const std::array<const char*, 9> names = {"a", "b", "c", "d", "e", "f", "input", "source", ""};

std::string name(FuzzedDataProvider& data) { return data.PickValueInArray(names); }

// Now and then one that is impossible.
Index size(FuzzedDataProvider& data) { return data.ConsumeIntegralInRange<Index>(-1, mostFeatures); }

void choose(FuzzedDataProvider& data, const WholeNumber& /*kind*/, Index& into) { into = size(data); }

void choose(FuzzedDataProvider& data, const WholeNumber& /*kind*/, std::optional<Index>& into) { into = size(data); }

void choose(FuzzedDataProvider& data, const RealNumber& /*kind*/, double& into) {
  into = data.PickValueInArray({1e-5, 0.0, 0.25, 0.5, 0.99, 1.0, 2.0, 4.0, -0.5, -1.0, 1e300, HUGE_VAL, std::nan("")});
}

void choose(FuzzedDataProvider& data, const Flag& /*kind*/, bool& into) { into = data.ConsumeBool(); }

void choose(FuzzedDataProvider& data, const LayerName& /*kind*/, std::string& into) { into = name(data); }

template <class Value, std::size_t count>
void choose(FuzzedDataProvider& data, const Choice<Value, count>& kind, Value& into) {
  into = data.PickValueInArray(kind.choices).second;
}

template <class Number>
void choose(FuzzedDataProvider& data, const WholeNumbers& /*kind*/, std::vector<Number>& into) {
  for (auto count = data.ConsumeIntegralInRange<int>(0, 9); count > 0; --count) {
    into.push_back(static_cast<Number>(size(data)));
  }
}

// A layer of any type. What it needs not it says now and then.
LayerDescription layer(FuzzedDataProvider& data) {
  LayerDescription result;
  auto type = data.ConsumeIntegralInRange<std::size_t>(0, std::tuple_size_v<LayerList> - 1);
  forEachLayer([&](const auto& options) {
    if (type-- == 0) result.options = options;
  });
  result.name = name(data);
  const auto said = data.ConsumeIntegral<std::uint16_t>();
  unsigned bit = 0;
  const auto isSaid = [&] { return (said >> bit++ % 16 & 1U) != 0; };
  if (isSaid()) {
    for (auto count = data.ConsumeIntegralInRange<int>(0, 3); count > 0; --count) result.from.push_back(name(data));
  }
  std::visit(
      [&](auto& options) {
        forEachField<std::decay_t<decltype(options)>>([&](const auto& field) {
          if (field.needed || isSaid()) choose(data, field.kind, options.*field.member);
        });
      },
      result.options);
  return result;
}

ModelDescription description(FuzzedDataProvider& data) {
  ModelDescription result;
  result.input = data.ConsumeBool() ? InputKind::ids : InputKind::features;
  result.inputSize = size(data);
  result.source = static_cast<InputKind>(data.ConsumeIntegralInRange<int>(0, 2));
  result.sourceSize = size(data);
  const auto layers = data.ConsumeIntegralInRange<std::size_t>(0, mostLayers);
  while (result.layers.size() < layers) result.layers.push_back(layer(data));
  return result;
}

// An input of T·B positions, whichever kind it is.
struct Input {
  Input(FuzzedDataProvider& data, Index width)
      : ids(time * rows), features(static_cast<std::size_t>(time * rows * width)) {
    for (TokenId& id : ids) id = data.ConsumeIntegralInRange<TokenId>(0, static_cast<TokenId>(width - 1));
    for (float& value : features) value = static_cast<float>(data.ConsumeIntegral<std::int8_t>()) / 32;
  }

  template <class Side>
  void giveTo(Side& side, InputKind kind) const {
    if (kind == InputKind::ids) side.ids = ids.data();
    if (kind == InputKind::features) side.features = features.data();
  }

  std::vector<TokenId> ids;
  std::vector<float> features;
};

class Nobody final : public TrainingObserver {
 public:
  void stepped(Index /*step*/, const StepRecord& /*record*/) override {}
  bool proceed() override { return true; }
};

// A forward and a backward pass over a batch.
void pass(FuzzedDataProvider& data, Model<float>& model, const Parallel& parallel) {
  const ModelDescription& description = model.description();
  const Input input(data, description.inputSize);
  const Input source(data, model.hasSource() ? description.sourceSize : 1);
  Batch<float> batch{time, rows};
  input.giveTo(batch, description.input);
  if (model.hasSource()) {
    batch.source.time = time;
    source.giveTo(batch.source, description.source);
  }
  std::vector<float> states(static_cast<std::size_t>(model.stateSize(rows)));
  model.reserve(batch.size(true));
  const Dropping dropping{data.ConsumeBool(), 1, 2};
  const Sequence<float> output = model.forward(batch, states.data(), parallel, dropping);
  const Index positions = (model.manyToOne() ? 1 : time) * rows;
  std::vector<float> gradient(static_cast<std::size_t>(positions * output.features), 0.5F);
  std::vector<float> stateGradients(states.size(), 0.25F);
  model.backward(gradient, stateGradients.data(), parallel);
}

// A stream of ids, trained on, stopped and gone on with.
void train(FuzzedDataProvider& data, Model<float>& model, const std::shared_ptr<ThreadPool>& pool) {
  const Index vocabulary = model.description().inputSize;
  std::vector<TokenId> ids(60);
  for (TokenId& id : ids) id = data.ConsumeIntegralInRange<TokenId>(0, static_cast<TokenId>(vocabulary - 1));
  TrainingOptions options;
  options.optimizer =
      OptimizerOptions(data.PickValueInArray({OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adagrad}));
  options.optimizer.learningRate = 0.02;
  options.clipNorm = data.PickValueInArray({0.0, 1.0});
  options.sparse = data.PickValueInArray({SparseUpdate::exact, SparseUpdate::lazy, SparseUpdate::lazyWhereFew});
  const auto trainer = [&] {
    return std::make_unique<Trainer<float>>(model, pool, options,
                                            std::make_unique<StreamBatches<float>>(ids, rows, time));
  };
  Nobody nobody;
  const auto weights = [&] {
    std::vector<float> values(static_cast<std::size_t>(model.buffers().size()));
    model.read(values.data());
    return values;
  };
  const auto first = trainer();
  first->run(2, nobody);
  const TrainingState<float> state = first->exportState();
  const std::vector<float> before = weights();
  first->run(2, nobody);
  const std::vector<float> expected = weights();
  model.write(before.data());
  const auto second = trainer();
  second->importState(state);
  second->run(2, nobody);
  require(weights() == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t length) {
  static const std::shared_ptr<ThreadPool> pool = ThreadPool::shared();
  FuzzedDataProvider data(bytes, length);
  const Parallel parallel(*pool, 2);
  try {
    Model<float> model(description(data));
    model.initialize({}, 1);
    pass(data, model, parallel);
    const ModelDescription& built = model.description();
    const bool predicts = built.input == InputKind::ids && !model.hasSource() && !model.manyToOne() &&
                          model.hasHead() && model.outputFeatures() == built.inputSize;
    if (predicts) train(data, model, pool);
  } catch (const Error& error) {
    require(error.code().rfind("ERR_UNROLLED_", 0) == 0 && error.code() != "ERR_UNROLLED_INTERNAL");
  }
  return 0;
}

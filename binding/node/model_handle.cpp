#include "node/model_handle.h"

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/floating_point_mode.h"
#include "core/inference/prediction.h"
#include "core/inference/sampler.h"
#include "core/training/evaluation.h"
#include "node/addon.h"
#include "node/arguments.h"
#include "node/batch_arguments.h"
#include "node/description_arguments.h"
#include "node/environment.h"
#include "node/errors.h"
#include "node/source_arguments.h"
#include "node/stream_arguments.h"
#include "node/training_group.h"

namespace unrolled::node {
namespace {

Napi::Value undefined(Napi::Env env, bool /*done*/) { return env.Undefined(); }

// The output of an inner layer of the model.
template <class T>
struct LayerOutput {
  std::string name;
  std::vector<T> output;
  Index time = 0;
  Index features = 0;
};

template <class T>
struct ForwardResult {
  std::vector<T> output;
  Index time = 0;
  std::vector<T> state;
  std::vector<LayerOutput<T>> layers;
};

template <class T>
struct GradientsResult {
  bool hasLoss = false;
  double loss = 0;
  Index correct = 0;
  std::vector<T> output;
  std::vector<T> parameters;
  std::vector<T> input;
  std::vector<T> source;
  std::vector<T> state;
  std::vector<T> finalState;
};

template <class T>
GradientsResult<T> computeGradients(Model<T>& model, const BatchArguments<T>& batch, const Objective<T>& objective,
                                    const Dropping& dropping, const Parallel& parallel) {
  GradientsResult<T> result;
  result.finalState = batch.state;
  result.state.resize(batch.state.size());
  InputGradients<T> inputs;
  result.hasLoss = objective.hasLoss;
  if (!objective.hasLoss) {
    model.reserve(batch.batch().size(true));
    const Sequence<T> output = model.forward(batch.batch(), result.finalState.data(), parallel, dropping);
    result.output = batch.input.unpack(output.data, output.features, model.manyToOne());
    inputs = model.backward(objective.values, result.state.data(), parallel);
  } else {
    const double scale = objective.reduction == Reduction::mean ? 1 / static_cast<double>(objective.count()) : 1;
    const LossResult loss =
        model.lossAndGradients(batch.batch(), objective.wanted(), static_cast<T>(scale), result.finalState.data(),
                               result.state.data(), parallel, dropping, &inputs);
    result.loss = scale * loss.sum;
    result.correct = loss.correct;
  }
  result.finalState = batch.reorderState(model, std::move(result.finalState), false);
  result.state = batch.reorderState(model, std::move(result.state), false);
  const ModelDescription& description = model.description();
  if (inputs.input != nullptr) result.input = batch.input.unpack(inputs.input, description.inputSize, false);
  if (inputs.source != nullptr) result.source = batch.source.unpack(inputs.source, description.sourceSize, false);
  result.parameters.resize(static_cast<std::size_t>(model.buffers().size()));
  model.readGradients(result.parameters.data());
  return result;
}

template <class T>
LayerOutput<T> layerOutput(const Model<T>& model, const BatchArguments<T>& batch, const std::string& name) {
  const std::optional<NamedOutput<T>> found = model.outputOf(name);
  if (!found) {
    throw Error("ERR_UNROLLED_OPTION_RANGE", "The model has no layer '" + name + "' that gives vectors")
        .about("layers", "names of layers that give vectors", name);
  }
  const InputArguments<T>& side = found->ofSource ? batch.source : batch.input;
  return {name, side.unpack(found->sequence.data, found->sequence.features, found->oneStep),
          found->oneStep ? 1 : side.time, found->sequence.features};
}

// Whether units are dropped, and by which numbers.
Dropping dropping(const Napi::Value& value) {
  if (value.IsUndefined()) return {};
  const Napi::Object from = object("dropping", value);
  return {true, seed(from.Get("seed")),
          static_cast<std::uint64_t>(integer("dropping.step", from.Get("step"), 0, largestSafeInteger))};
}

Napi::Value evaluationToJavaScript(Napi::Env env, const Evaluation& evaluation) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("lossSum", evaluation.lossSum);
  value.Set("count", static_cast<double>(evaluation.count));
  value.Set("correct", static_cast<double>(evaluation.correct));
  value.Set("tokens", static_cast<double>(evaluation.tokens));
  value.Set("seconds", evaluation.seconds);
  value.Set("cancelled", evaluation.cancelled);
  return value;
}

}  // namespace

template <class T>
Napi::Function ModelHandle<T>::define(Napi::Env env) {
  using Self = ModelHandle<T>;
  return Self::DefineClass(env, std::is_same_v<T, float> ? "ModelFloat32" : "ModelFloat64",
                           {
                               Self::InstanceAccessor("dtype", &Self::dtype, nullptr),
                               Self::InstanceAccessor("parameterCount", &Self::parameterCount, nullptr),
                               Self::InstanceMethod("parameters", &Self::parameters),
                               Self::InstanceMethod("states", &Self::states),
                               Self::InstanceMethod("initialize", &Self::initialize),
                               Self::InstanceMethod("freeze", &Self::freeze),
                               Self::InstanceMethod("workspaceBytes", &Self::workspaceBytes),
                               Self::InstanceMethod("read", &Self::read),
                               Self::InstanceMethod("write", &Self::write),
                               Self::InstanceMethod("writeParameter", &Self::writeParameter),
                               Self::InstanceMethod("forward", &Self::forward),
                               Self::InstanceMethod("gradients", &Self::gradients),
                               Self::InstanceMethod("startTraining", &Self::startTraining),
                               Self::InstanceMethod("evaluate", &Self::evaluate),
                               Self::InstanceMethod("evaluateExamples", &Self::evaluateExamples),
                               Self::InstanceMethod("predict", &Self::predict),
                               Self::InstanceMethod("generate", &Self::generate),
                               Self::InstanceMethod("beam", &Self::beam),
                               Self::InstanceMethod("beamStep", &Self::beamStep),
                               Self::InstanceMethod("decode", &Self::decode),
                               Self::InstanceMethod("score", &Self::score),
                               Self::InstanceMethod("next", &Self::next),
                               Self::InstanceMethod("dispose", &Self::dispose),
                           });
}

template <class T>
ModelHandle<T>::ModelHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ModelHandle<T>>(info) {
  const Napi::Env env = info.Env();
  guarded(env, [&] {
    const Environment& environment = Environment::of(env);
    core_ = std::make_shared<ModelCore<T>>(modelDescription(info[0]), environment.pool(), environment.mailbox());
    executors_ = environment.executors();
    executors_->insert(&core_->executor);
    // Values and gradients; a training's optimiser and workspace come and go with it.
    toldBytes_ = 2 * core_->model.buffers().size() * static_cast<std::int64_t>(sizeof(T));
    Napi::MemoryManagement::AdjustExternalMemory(env, toldBytes_);
  });
}

template <class T>
ModelHandle<T>::~ModelHandle() {
  release();
}

template <class T>
void ModelHandle<T>::release() {
  if (!core_) return;
  core_->executor.shutDown();
  executors_->erase(&core_->executor);
  core_.reset();
  Napi::MemoryManagement::AdjustExternalMemory(this->Env(), -toldBytes_);
}

template <class T>
const std::shared_ptr<ModelCore<T>>& ModelHandle<T>::core() const {
  if (!core_) throw Error("ERR_UNROLLED_DISPOSED", "The model was disposed");
  return core_;
}

template <class T>
Napi::Value ModelHandle<T>::dtype(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), std::is_same_v<T, float> ? "float32" : "float64");
}

template <class T>
Napi::Value ModelHandle<T>::parameterCount(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(core()->model.buffers().size()));
  });
}

template <class T>
Napi::Value ModelHandle<T>::parameters(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    Napi::Array list = Napi::Array::New(env);
    for (const Parameter& parameter : core()->model.parameters()) {
      Napi::Array shape = Napi::Array::New(env);
      for (const Index size : parameter.shape) shape.Set(shape.Length(), static_cast<double>(size));
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("name", parameter.name);
      entry.Set("shape", shape);
      entry.Set("offset", static_cast<double>(parameter.offset));
      entry.Set("trainable", parameter.trainable);
      list.Set(list.Length(), entry);
    }
    return list;
  });
}

template <class T>
Napi::Value ModelHandle<T>::states(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    Napi::Array list = Napi::Array::New(env);
    for (const StateInfo& state : core()->model.states()) {
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("name", state.name);
      entry.Set("features", static_cast<double>(state.features));
      list.Set(list.Length(), entry);
    }
    return list;
  });
}

template <class T>
Napi::Value ModelHandle<T>::initialize(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return core()->executor.submit(
        info, nullptr,
        [core = core_, initializers = initializers(info[0], static_cast<Index>(core()->model.parameters().size())),
         seed = seed(info[1])](const auto& /*proceed*/) {
          core->model.initializeEach(initializers, seed);
          return true;
        },
        undefined, true);
  });
}

template <class T>
Napi::Value ModelHandle<T>::read(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return core()->executor.submit(
        info, nullptr,
        [core = core_](const auto& /*proceed*/) {
          std::vector<T> values(static_cast<std::size_t>(core->model.buffers().size()));
          core->model.read(values.data());
          return values;
        },
        [](Napi::Env env, const std::vector<T>& values) -> Napi::Value { return typedArray(env, values); });
  });
}

template <class T>
Napi::Value ModelHandle<T>::write(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    std::vector<T> values = floats<T>("values", info[0]);
    requireSize("values", core()->model.buffers().size(), static_cast<Index>(values.size()));
    return core()->executor.submit(
        info, nullptr,
        [core = core_, values = std::move(values)](const auto& /*proceed*/) {
          core->model.write(values.data());
          return true;
        },
        undefined);
  });
}

template <class T>
Napi::Value ModelHandle<T>::writeParameter(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return core()->executor.submit(
        info, nullptr,
        [core = core_, name = text("name", info[0]), values = floats<T>("values", info[1])](const auto& /*proceed*/) {
          core->model.write(name, values);
          return true;
        },
        undefined, true);
  });
}

template <class T>
Napi::Value ModelHandle<T>::forward(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Model<T>& model = core()->model;
    const auto compute = [core = core_, batch = BatchArguments<T>(model, info[0]),
                          parallel = Parallel(*core_->pool, threadCount(info[1])),
                          names = names("layers", info[2])](const auto& /*proceed*/) {
      const FloatingPointMode mode;
      Model<T>& running = core->model;
      ForwardResult<T> result;
      result.state = batch.state;
      const Sequence<T> output = running.forward(batch.batch(), result.state.data(), parallel);
      result.time = running.manyToOne() ? 1 : batch.input.time;
      result.output = batch.input.unpack(output.data, output.features, running.manyToOne());
      for (const std::string& name : names) result.layers.push_back(layerOutput(running, batch, name));
      result.state = batch.reorderState(running, std::move(result.state), false);
      return result;
    };
    return core()->executor.submit(
        info, nullptr, compute,
        [features = model.outputFeatures()](Napi::Env env, const ForwardResult<T>& result) -> Napi::Value {
          Napi::Object value = Napi::Object::New(env);
          value.Set("output", typedArray(env, result.output));
          value.Set("time", static_cast<double>(result.time));
          value.Set("features", static_cast<double>(features));
          value.Set("state", typedArray(env, result.state));
          Napi::Array layers = Napi::Array::New(env);
          for (const LayerOutput<T>& layer : result.layers) {
            Napi::Object entry = Napi::Object::New(env);
            entry.Set("name", layer.name);
            entry.Set("output", typedArray(env, layer.output));
            entry.Set("time", static_cast<double>(layer.time));
            entry.Set("features", static_cast<double>(layer.features));
            layers.Set(layers.Length(), entry);
          }
          value.Set("layers", layers);
          return value;
        });
  });
}

template <class T>
Napi::Value ModelHandle<T>::gradients(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Model<T>& model = core()->model;
    BatchArguments<T> batch(model, info[0]);
    Objective<T> objective(model, info[1], batch);
    const auto compute = [core = core_, batch = std::move(batch), objective = std::move(objective),
                          dropping = dropping(info[3]),
                          parallel = Parallel(*core_->pool, threadCount(info[2]))](const auto& /*proceed*/) {
      const FloatingPointMode mode;
      return computeGradients(core->model, batch, objective, dropping, parallel);
    };
    return core()->executor.submit(info, nullptr, compute,
                                   [](Napi::Env env, const GradientsResult<T>& result) -> Napi::Value {
                                     Napi::Object value = Napi::Object::New(env);
                                     if (result.hasLoss) {
                                       value.Set("loss", result.loss);
                                       value.Set("correct", static_cast<double>(result.correct));
                                     } else {
                                       value.Set("output", typedArray(env, result.output));
                                     }
                                     value.Set("parameters", typedArray(env, result.parameters));
                                     if (!result.input.empty()) value.Set("input", typedArray(env, result.input));
                                     if (!result.source.empty()) value.Set("source", typedArray(env, result.source));
                                     value.Set("state", typedArray(env, result.state));
                                     value.Set("finalState", typedArray(env, result.finalState));
                                     return value;
                                   });
  });
}

template <class T>
Napi::Value ModelHandle<T>::freeze(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return core()->executor.submit(
        info, nullptr,
        [core = core_, frozen = names("parameters", info[0])](const auto& /*proceed*/) {
          core->model.freeze(frozen);
          return true;
        },
        undefined);
  });
}

template <class T>
Napi::Value ModelHandle<T>::workspaceBytes(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Object size = object("size", info[0]);
    const auto pass = [&](const char* positions, const char* batch) -> PassSize {
      if (size.Get(positions).IsUndefined()) return {};
      return {integer(positions, size.Get(positions), 1, largestSafeInteger),
              integer(batch, size.Get(batch), 1, largestSize), flag("backward", size.Get("backward"), true),
              flag("ragged", size.Get("ragged"), false)};
    };
    const BatchSize asked{pass("positions", "batch"), pass("sourcePositions", "batch")};
    return core()->executor.submit(
        info, nullptr,
        [core = core_, asked, loss = lossKind(size.Get("loss"))](const auto& /*proceed*/) {
          return core->model.workspaceBytes(asked, loss);
        },
        [](Napi::Env env, std::size_t bytes) -> Napi::Value {
          return Napi::Number::New(env, static_cast<double>(bytes));
        });
  });
}

template <class T>
Napi::Value ModelHandle<T>::startTraining(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return Addon::of(info.Env()).template newTraining<T>(info.This().As<Napi::Object>(), info[0]);
  });
}

template <class T>
Napi::Value ModelHandle<T>::evaluate(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Object options = object("options", info[0]);
    std::unique_ptr<IdStream> stream = idStream(core()->model, options);
    const Index rows = integer("batch", options.Get("batch"), 1, largestSize);
    const Index window = integer("window", options.Get("window"), 1, largestSize);
    const Parallel parallel(*core_->pool, threadCount(options.Get("threads")));
    const Index shards = shardCount(options.Get("shards"));
    const std::shared_ptr<Group> group = trainingGroup(options.Get("group"));
    return core()->executor.submit(
        info, cancellation(info[1]),
        [core = core_, stream = std::move(stream), rows, window, parallel, shards, group](const auto& proceed) {
          return evaluateStream(core->model, *stream, rows, window, parallel, proceed, shards, group.get());
        },
        evaluationToJavaScript);
  });
}

template <class T>
Napi::Value ModelHandle<T>::evaluateExamples(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Object options = object("options", info[0]);
    const auto source = std::make_shared<SourceArguments<T>>(exampleSource(core()->model, options.Get("source")));
    const Parallel parallel(*core_->pool, threadCount(options.Get("threads")));
    const Index shards = shardCount(options.Get("shards"));
    const std::shared_ptr<Group> group = trainingGroup(options.Get("group"));
    return core()->executor.submit(
        info, cancellation(info[1]),
        [core = core_, source, parallel, shards, group](const auto& proceed) {
          const std::unique_ptr<BatchSource<T>> made = source->take();
          return evaluateSource(core->model, *made, parallel, proceed, shards, group.get());
        },
        evaluationToJavaScript);
  });
}

template <class T>
Napi::Value ModelHandle<T>::predict(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Model<T>& model = core()->model;
    require(model.description().source == InputKind::none, "predict needs a model with one input");
    SequenceData<T> sequences =
        sequenceData<T>("sequences", info[0], model.description().input, model.description().inputSize);
    const Napi::Object from = object("options", info[1]);
    const PredictionOptions options = predictionOptions(from);
    const Parallel parallel(*core_->pool, threadCount(from.Get("threads")));
    return core()->executor.submit(
        info, cancellation(info[2]),
        [core = core_, sequences = std::move(sequences), options, parallel](const auto& proceed) {
          return unrolled::predict(core->model, sequences, options, parallel, proceed);
        },
        [features = model.outputFeatures()](Napi::Env env, const Prediction<T>& prediction) -> Napi::Value {
          Napi::Object value = Napi::Object::New(env);
          value.Set("output", typedArray(env, prediction.output));
          value.Set("features", static_cast<double>(features));
          value.Set("cancelled", prediction.cancelled);
          return value;
        });
  });
}

template <class T>
Napi::Value ModelHandle<T>::dispose(const Napi::CallbackInfo& info) {
  release();
  return info.Env().Undefined();
}

template class ModelHandle<float>;
template class ModelHandle<double>;

}  // namespace unrolled::node

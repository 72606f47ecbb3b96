// The methods of a model's handle that continue text and judge it.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/inference/beam_search.h"
#include "core/inference/decoding.h"
#include "core/inference/generation.h"
#include "core/inference/scoring.h"
#include "node/arguments.h"
#include "node/batch_arguments.h"
#include "node/environment.h"
#include "node/errors.h"
#include "node/model_handle.h"
#include "node/stream_arguments.h"

namespace unrolled::node {
namespace {

// One for each prompt.
std::vector<RowOptions> rowsOptions(const Napi::Value& value, Index rows, Index vocabulary) {
  require(value.IsArray(), "rows must be an array");
  const auto list = value.As<Napi::Array>();
  requireSize("rows", rows, static_cast<Index>(list.Length()));
  std::vector<RowOptions> result;
  for (std::uint32_t row = 0; row < list.Length(); ++row) {
    result.push_back(rowOptions(list.Get(row)));
    const std::vector<double>& bias = result.back().bias;
    if (!bias.empty()) requireSize("bias", vocabulary, static_cast<Index>(bias.size()));
  }
  return result;
}

// { strings: string[], bytes: Uint8Array of all tokens, offsets: Int32Array [V + 1] }, or undefined.
std::unique_ptr<StopStrings> stopStrings(const Napi::Value& value, Index vocabulary) {
  if (value.IsUndefined()) return nullptr;
  const Napi::Object from = object("stop", value);
  const Napi::Value list = from.Get("strings");
  const Napi::Value all = from.Get("bytes");
  require(list.IsArray(), "stop.strings must be an array");
  require(all.IsTypedArray() && all.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array,
          "stop.bytes must be a Uint8Array");
  const auto array = list.As<Napi::Array>();
  const auto bytes = all.As<Napi::Uint8Array>();
  const std::vector<Index> starts = offsets("stop.offsets", from.Get("offsets"));
  requireSize("stop.offsets", vocabulary + 1, static_cast<Index>(starts.size()));
  require(starts.front() == 0 && starts.back() == static_cast<Index>(bytes.ElementLength()),
          "stop.offsets must go from 0 to the number of bytes");

  std::vector<std::string> strings;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    strings.push_back(text("stop", array.Get(i)));
    require(!strings.back().empty(), "stop strings must not be empty");
  }
  std::vector<std::string> tokens;
  for (std::size_t id = 0; id + 1 < starts.size(); ++id) {
    require(starts[id] <= starts[id + 1], "stop.offsets must not fall");
    tokens.emplace_back(bytes.Data() + starts[id], bytes.Data() + starts[id + 1]);
  }
  return std::make_unique<StopStrings>(std::move(tokens), std::move(strings));
}

BeamOptions beamOptions(const Napi::Object& from) {
  BeamOptions options;
  options.beams = integer("beams", from.Get("beams"), 1, largestSize);
  options.length = integer("length", from.Get("length"), 0, largestSize);
  options.lengthPenalty = number("lengthPenalty", from.Get("lengthPenalty"));
  options.end = endId(from.Get("end"));
  options.excluded = ids("excluded", from.Get("excluded"));
  options.leastLength = leastLength(from);
  options.bias = bias(from);
  return options;
}

Napi::Array hypothesisList(Napi::Env env, const std::vector<Hypothesis>& hypotheses) {
  Napi::Array list = Napi::Array::New(env);
  for (const Hypothesis& one : hypotheses) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("ids", typedArray(env, one.ids));
    entry.Set("logProbability", one.logProbability);
    entry.Set("bias", one.bias);
    entry.Set("score", one.score);
    entry.Set("ended", one.ended);
    list.Set(list.Length(), entry);
  }
  return list;
}

Napi::Value hypotheses(Napi::Env env, const BeamResult& result) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("hypotheses", hypothesisList(env, result.hypotheses));
  value.Set("cancelled", result.cancelled);
  return value;
}

// The live beams { ids, offsets, logProbabilities, biases }, the number of ended ones, and the state.
template <class T>
BeamProgress<T> beamProgress(const Model<T>& model, const Napi::Value& value) {
  BeamProgress<T> result;
  if (value.IsUndefined()) return result;
  const Napi::Object from = object("from", value);
  const Prompts live = promptsOf(model, from.Get("ids"), from.Get("offsets"));
  const auto logProbabilities = floats<double>("from.logProbabilities", from.Get("logProbabilities"));
  const auto biases = floats<double>("from.biases", from.Get("biases"));
  requireSize("from.logProbabilities", live.count(), static_cast<Index>(logProbabilities.size()));
  requireSize("from.biases", live.count(), static_cast<Index>(biases.size()));
  for (std::size_t i = 0; i < logProbabilities.size(); ++i) {
    Hypothesis one;
    one.ids.assign(live.ids.begin() + live.offsets[i], live.ids.begin() + live.offsets[i + 1]);
    one.logProbability = logProbabilities[i];
    one.bias = biases[i];
    require(i == 0 || one.ids.size() == result.live.front().ids.size(), "from.ids must be of one length");
    result.live.push_back(std::move(one));
  }
  result.endedBefore = integer("from.ended", from.Get("ended"), 0, largestSize);
  result.state = floats<T>("from.state", from.Get("state"));
  requireSize("from.state", model.stateSize(live.count()), static_cast<Index>(result.state.size()));
  return result;
}

}  // namespace

template <class T>
Napi::Value ModelHandle<T>::generate(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Model<T>& model = core()->model;
    const Napi::Object options = object("options", info[0]);
    Prompts prompts = promptsOf(model, options.Get("ids"), options.Get("offsets"));
    std::vector<T> state = floats<T>("state", options.Get("state"), true);
    if (!state.empty()) requireSize("state", model.stateSize(prompts.count()), static_cast<Index>(state.size()));
    std::vector<RowOptions> drawings = rowsOptions(options.Get("rows"), prompts.count(), model.outputFeatures());
    std::vector<TokenId> excluded = ids("excluded", options.Get("excluded"));
    const TokenId end = endId(options.Get("end"));
    return core()->executor.submit(
        info, cancellation(info[1]),
        [core = core_, drawings = std::move(drawings), prompts = std::move(prompts), state = std::move(state),
         excluded = std::move(excluded), end,
         parallel = Parallel(*core_->pool, threadCount(options.Get("threads")))](const auto& proceed) {
          return generateRows(core->model, prompts, state, drawings, excluded, end, parallel, proceed);
        },
        [](Napi::Env env, const RowsGeneration<T>& generation) -> Napi::Value {
          Napi::Array rows = Napi::Array::New(env);
          for (const std::vector<TokenId>& row : generation.ids) rows.Set(rows.Length(), typedArray(env, row));
          Napi::Object value = Napi::Object::New(env);
          value.Set("ids", rows);
          value.Set("state", typedArray(env, generation.states));
          value.Set("seconds", generation.seconds);
          value.Set("cancelled", generation.cancelled);
          return value;
        });
  });
}

template <class T>
Napi::Value ModelHandle<T>::beam(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Model<T>& model = core()->model;
    const Napi::Object from = object("options", info[0]);
    const auto compute = [core = core_, prompt = promptIds(model, from.Get("ids")), options = beamOptions(from),
                          stops = std::shared_ptr(stopStrings(from.Get("stop"), model.outputFeatures())),
                          parallel = Parallel(*core_->pool, threadCount(from.Get("threads")))](const auto& proceed) {
      BeamOptions complete = options;
      complete.stopStrings = stops.get();
      return searchBeams(core->model, prompt, complete, parallel, proceed);
    };
    return core()->executor.submit(info, cancellation(info[1]), compute, hypotheses);
  });
}

template <class T>
Napi::Value ModelHandle<T>::beamStep(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Model<T>& model = core()->model;
    const Napi::Object from = object("options", info[0]);
    BeamProgress<T> progress = beamProgress(model, from.Get("from"));
    BeamOptions options = beamOptions(from);
    require(progress.endedBefore < options.beams &&
                static_cast<Index>(progress.live.size()) <= options.beams - progress.endedBefore,
            "from must keep at least one beam, and no more beams than beams says");
    const auto rows = std::max<Index>(1, static_cast<Index>(progress.live.size()));
    if (!options.bias.empty()) {
      requireSize("bias", rows * model.outputFeatures(), static_cast<Index>(options.bias.size()));
    }
    const auto compute = [core = core_, prompt = promptIds(model, from.Get("ids")), options = std::move(options),
                          progress = std::move(progress),
                          stops = std::shared_ptr(stopStrings(from.Get("stop"), model.outputFeatures())),
                          parallel = Parallel(*core_->pool, threadCount(from.Get("threads")))](const auto& proceed) {
      BeamOptions complete = options;
      complete.stopStrings = stops.get();
      return stepBeams(core->model, prompt, progress, complete, parallel, proceed);
    };
    return core()->executor.submit(info, cancellation(info[1]), compute,
                                   [](Napi::Env env, const BeamProgress<T>& result) -> Napi::Value {
                                     Napi::Object value = Napi::Object::New(env);
                                     value.Set("live", hypothesisList(env, result.live));
                                     value.Set("ended", hypothesisList(env, result.ended));
                                     value.Set("state", typedArray(env, result.state));
                                     value.Set("cancelled", result.cancelled);
                                     return value;
                                   });
  });
}

template <class T>
Napi::Value ModelHandle<T>::decode(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Model<T>& model = core()->model;
    const ModelDescription& description = model.description();
    require(model.hasSource() && model.hasHead() && !model.manyToOne() && description.input == InputKind::ids &&
                description.inputSize == model.outputFeatures(),
            "decode needs a model with a source whose last layer is dense, with one output for each id that it reads");
    const Napi::Object from = object("options", info[0]);
    const TokenId start = static_cast<TokenId>(integer("start", from.Get("start"), 0, description.inputSize - 1));
    InputArguments<T> source(description.source, description.sourceSize, 1, object("source", from.Get("source")));
    model.checkSourceIds(source.ids.data(), static_cast<Index>(source.ids.size()));
    const auto compute = [core = core_, source = std::move(source), start, options = beamOptions(from),
                          parallel = Parallel(*core_->pool, threadCount(from.Get("threads")))](const auto& proceed) {
      return unrolled::decode<T>(core->model,
                                 {source.layout().time, source.ids.empty() ? nullptr : source.ids.data(),
                                  source.features.empty() ? nullptr : source.features.data()},
                                 start, options, parallel, proceed);
    };
    return core()->executor.submit(info, cancellation(info[1]), compute, hypotheses);
  });
}

template <class T>
Napi::Value ModelHandle<T>::score(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Object options = object("options", info[0]);
    std::vector<TokenId> stream = promptIds(core()->model, options.Get("ids"));
    const Index first = integer("first", options.Get("first"), 1, static_cast<Index>(stream.size()));
    return core()->executor.submit(
        info, cancellation(info[1]),
        [core = core_, stream = std::move(stream), first,
         parallel = Parallel(*core_->pool, threadCount(options.Get("threads")))](const auto& proceed) {
          return scoreStream(core->model, stream, first, parallel, proceed);
        },
        [](Napi::Env env, const Scoring& scoring) -> Napi::Value {
          Napi::Object value = Napi::Object::New(env);
          value.Set("logProbabilities", typedArray(env, scoring.logProbabilities));
          value.Set("cancelled", scoring.cancelled);
          return value;
        });
  });
}

template <class T>
Napi::Value ModelHandle<T>::next(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Object options = object("options", info[0]);
    std::vector<TokenId> prompt = promptIds(core()->model, options.Get("ids"));
    const Index count = integer("count", options.Get("count"), 1, largestSafeInteger);
    return core()->executor.submit(
        info, cancellation(info[1]),
        [core = core_, prompt = std::move(prompt), count,
         parallel = Parallel(*core_->pool, threadCount(options.Get("threads")))](const auto& proceed) {
          return likeliestNext(core->model, prompt, count, parallel, proceed);
        },
        [](Napi::Env env, const NextTokens& tokens) -> Napi::Value {
          Napi::Object value = Napi::Object::New(env);
          value.Set("ids", typedArray(env, tokens.ids));
          value.Set("logProbabilities", typedArray(env, tokens.logProbabilities));
          value.Set("cancelled", tokens.cancelled);
          return value;
        });
  });
}

// The class itself is made in model_handle.cpp.
template Napi::Value ModelHandle<float>::generate(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<double>::generate(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<float>::beam(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<double>::beam(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<float>::beamStep(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<double>::beamStep(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<float>::decode(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<double>::decode(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<float>::score(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<double>::score(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<float>::next(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<double>::next(const Napi::CallbackInfo&);

}  // namespace unrolled::node

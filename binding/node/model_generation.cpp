// The methods of a model's handle that continue text and judge it.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/training/beam_search.h"
#include "core/training/decoding.h"
#include "core/training/generation.h"
#include "core/training/scoring.h"
#include "node/addon.h"
#include "node/arguments.h"
#include "node/batch_arguments.h"
#include "node/errors.h"
#include "node/model_handle.h"
#include "node/stream_arguments.h"

namespace unrolled::node {
namespace {

// One for each prompt.
std::vector<RowOptions> rowsOptions(const Napi::Value& value, Index rows) {
  require(value.IsArray(), "rows must be an array.");
  const auto list = value.As<Napi::Array>();
  requireSize("rows", rows, static_cast<Index>(list.Length()));
  std::vector<RowOptions> result;
  for (std::uint32_t row = 0; row < list.Length(); ++row) result.push_back(rowOptions(list.Get(row)));
  return result;
}

// { strings: string[], bytes: Uint8Array of all tokens, offsets: Int32Array [V + 1] }, or undefined.
std::unique_ptr<StopStrings> stopStrings(const Napi::Value& value, Index vocabulary) {
  if (value.IsUndefined()) return nullptr;
  const Napi::Object from = object("stop", value);
  const Napi::Value list = from.Get("strings");
  const Napi::Value all = from.Get("bytes");
  require(list.IsArray(), "stop.strings must be an array.");
  require(all.IsTypedArray() && all.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array,
          "stop.bytes must be a Uint8Array.");
  const auto array = list.As<Napi::Array>();
  const auto bytes = all.As<Napi::Uint8Array>();
  const std::vector<Index> starts = offsets("stop.offsets", from.Get("offsets"));
  requireSize("stop.offsets", vocabulary + 1, static_cast<Index>(starts.size()));
  require(starts.front() == 0 && starts.back() == static_cast<Index>(bytes.ElementLength()),
          "stop.offsets must go from 0 to the number of bytes.");

  std::vector<std::string> strings;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    strings.push_back(text("stop", array.Get(i)));
    require(!strings.back().empty(), "stop strings must not be empty.");
  }
  std::vector<std::string> tokens;
  for (std::size_t id = 0; id + 1 < starts.size(); ++id) {
    require(starts[id] <= starts[id + 1], "stop.offsets must not fall.");
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
  return options;
}

Napi::Value hypotheses(Napi::Env env, const BeamResult& result) {
  Napi::Array list = Napi::Array::New(env);
  for (const Hypothesis& one : result.hypotheses) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("ids", typedArray(env, one.ids));
    entry.Set("logProbability", one.logProbability);
    entry.Set("score", one.score);
    entry.Set("ended", one.ended);
    list.Set(list.Length(), entry);
  }
  Napi::Object value = Napi::Object::New(env);
  value.Set("hypotheses", list);
  value.Set("cancelled", result.cancelled);
  return value;
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
    std::vector<RowOptions> drawings = rowsOptions(options.Get("rows"), prompts.count());
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
Napi::Value ModelHandle<T>::decode(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Model<T>& model = core()->model;
    const ModelDescription& description = model.description();
    require(model.hasSource() && model.hasHead() && !model.manyToOne() && description.input == InputKind::ids &&
                description.inputSize == model.outputFeatures(),
            "decode needs a model with a source that ends in a dense layer over the ids it reads.");
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
template Napi::Value ModelHandle<float>::decode(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<double>::decode(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<float>::score(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<double>::score(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<float>::next(const Napi::CallbackInfo&);
template Napi::Value ModelHandle<double>::next(const Napi::CallbackInfo&);

}  // namespace unrolled::node

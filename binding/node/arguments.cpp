#include "node/arguments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/parallel/thread_pool.h"

namespace unrolled::node {
namespace {

std::string shown(const Napi::Value& value) {
  if (value.IsObject() && !value.IsFunction()) return "an object";
  if (value.IsString()) return std::string("'").append(value.As<Napi::String>().Utf8Value()).append("'");
  return value.IsSymbol() ? "a symbol" : value.ToString().Utf8Value();
}

Error wrong(const char* code, const char* name, const std::string& expected, const Napi::Value& value) {
  return Error::mustBe(code, name, expected, shown(value));
}

// The elements of a typed array of one type.
template <class T>
std::vector<T> copied(const char* name, const Napi::Value& value, napi_typedarray_type type, const char* expected) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    throw wrongType(name, expected, value);
  }
  const auto array = value.As<Napi::TypedArrayOf<T>>();
  if (array.ElementLength() == 0) return {};
  return std::vector<T>(array.Data(), array.Data() + array.ElementLength());
}

}  // namespace

Error wrongType(const char* name, const std::string& expected, const Napi::Value& value) {
  return wrong("ERR_UNROLLED_OPTION_TYPE", name, expected, value);
}

Error outOfRange(const char* name, const std::string& expected, const Napi::Value& value) {
  return wrong("ERR_UNROLLED_OPTION_RANGE", name, expected, value);
}

void require(bool holds, const char* message) {
  if (!holds) throw Error("ERR_UNROLLED_SHAPE", message);
}

Napi::Object object(const char* name, const Napi::Value& value) {
  if (!value.IsObject() || value.IsFunction()) throw wrongType(name, "an object", value);
  return value.As<Napi::Object>();
}

Index integer(const char* name, const Napi::Value& value, Index least, Index most) {
  const std::string expected = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  if (!value.IsNumber()) throw wrongType(name, expected, value);
  const double given = value.As<Napi::Number>().DoubleValue();
  if (!(given >= static_cast<double>(least)) || !(given <= static_cast<double>(most)) || given != std::floor(given)) {
    throw outOfRange(name, expected, value);
  }
  return static_cast<Index>(given);
}

double number(const char* name, const Napi::Value& value) {
  if (!value.IsNumber()) throw wrongType(name, "a number", value);
  const double given = value.As<Napi::Number>().DoubleValue();
  if (!std::isfinite(given)) throw outOfRange(name, "a finite number", value);
  return given;
}

std::string text(const char* name, const Napi::Value& value) {
  if (!value.IsString()) throw wrongType(name, "a string", value);
  return value.As<Napi::String>().Utf8Value();
}

bool flag(const char* name, const Napi::Value& value, bool otherwise) {
  if (value.IsUndefined()) return otherwise;
  if (!value.IsBoolean()) throw wrongType(name, "true or false", value);
  return value.As<Napi::Boolean>().Value();
}

std::vector<std::string> names(const char* name, const Napi::Value& value) {
  if (value.IsUndefined()) return {};
  if (!value.IsArray()) return {text(name, value)};
  const auto list = value.As<Napi::Array>();
  std::vector<std::string> result;
  for (std::uint32_t index = 0; index < list.Length(); ++index) result.push_back(text(name, list.Get(index)));
  return result;
}

std::vector<Index> integers(const char* name, const Napi::Value& value, Index least, Index most) {
  if (value.IsUndefined()) return {};
  if (!value.IsArray()) throw wrongType(name, "an array", value);
  const auto list = value.As<Napi::Array>();
  std::vector<Index> result;
  result.reserve(list.Length());
  for (std::uint32_t index = 0; index < list.Length(); ++index) {
    const Napi::HandleScope scope(value.Env());  // a vocabulary has many
    result.push_back(integer(name, list.Get(index), least, most));
  }
  return result;
}

int threadCount(const Napi::Value& value) {
  return static_cast<int>(integer("threads", value, 0, ThreadPool::maxThreads));
}

Index shardCount(const Napi::Value& value) {
  if (value.IsUndefined()) return 1;
  const Index shards = integer("shards", value, 1, largestSize);
  if ((shards & (shards - 1)) != 0) throw outOfRange("shards", "a power of two", value);
  return shards;
}

std::uint64_t seed(const Napi::Value& value) {
  return static_cast<std::uint64_t>(integer("seed", value, 0, largestSafeInteger));
}

std::vector<TokenId> ids(const char* name, const Napi::Value& value) {
  return copied<TokenId>(name, value, napi_int32_array, "an Int32Array");
}

std::vector<Index> offsets(const char* name, const Napi::Value& value) {
  const std::vector<TokenId> given = ids(name, value);
  return {given.begin(), given.end()};
}

template <>
std::vector<float> floats(const char* name, const Napi::Value& value, bool optional) {
  if (optional && value.IsUndefined()) return {};
  return copied<float>(name, value, napi_float32_array, "a Float32Array");
}

template <>
std::vector<double> floats(const char* name, const Napi::Value& value, bool optional) {
  if (optional && value.IsUndefined()) return {};
  return copied<double>(name, value, napi_float64_array, "a Float64Array");
}

namespace {

// V8 ends the process where it has no memory for an array: one that matters is tried before.
void requireArrayMemory(std::size_t bytes) {
  constexpr std::size_t leastTried = std::size_t{1} << 20U;
  if (bytes < leastTried) return;
  void* volatile tried = std::malloc(bytes);  // volatile, or the compiler takes it for had and leaves it out
  if (tried == nullptr) {
    throw Error("ERR_UNROLLED_OUT_OF_MEMORY",
                "The system gives this process no " + std::to_string(bytes) + " bytes for an array of results",
                "Raise its limit (ulimit -v, ulimit -d).");
  }
  std::free(tried);
}

}  // namespace

template <class T>
Napi::Value typedArray(Napi::Env env, const T* values, Index count) {
  requireArrayMemory(static_cast<std::size_t>(count) * sizeof(T));
  Napi::TypedArrayOf<T> array = Napi::TypedArrayOf<T>::New(env, static_cast<std::size_t>(count));
  if (count > 0) std::copy_n(values, count, array.Data());
  return array;
}

template Napi::Value typedArray<float>(Napi::Env, const float*, Index);
template Napi::Value typedArray<double>(Napi::Env, const double*, Index);
template Napi::Value typedArray<TokenId>(Napi::Env, const TokenId*, Index);

namespace {

// A number above 0, or 1 where it is absent.
double positive(const char* name, const Napi::Value& value) {
  if (value.IsUndefined()) return 1;
  const double given = number(name, value);
  if (given <= 0) throw outOfRange(name, "a number above 0", value);
  return given;
}

Schedule schedule(const Napi::Value& value) {
  const Napi::Object from = object("schedule", value);
  constexpr std::array<std::pair<const char*, Schedule::Kind>, 5> kinds = {
      {{"constant", Schedule::Kind::constant},
       {"step", Schedule::Kind::step},
       {"exponential", Schedule::Kind::exponential},
       {"linear", Schedule::Kind::linear},
       {"cosine", Schedule::Kind::cosine}}};
  constexpr std::array<std::pair<const char*, bool>, 2> units = {{{"steps", false}, {"epochs", true}}};
  Schedule result;
  result.kind = choice("schedule.kind", from.Get("kind"), kinds);
  result.inEpochs = choice("schedule.unit", from.Get("unit"), units);
  result.warmup = number("schedule.warmup", from.Get("warmup"));
  if (result.warmup < 0) throw outOfRange("schedule.warmup", "0 or more", from.Get("warmup"));
  result.every = positive("schedule.every", from.Get("every"));
  result.factor = positive("schedule.factor", from.Get("factor"));
  result.length = positive("schedule.length", from.Get("length"));
  if (!from.Get("floor").IsUndefined()) result.floor = number("schedule.floor", from.Get("floor"));
  if (result.floor < 0 || result.floor > 1) throw outOfRange("schedule.floor", "from 0 to 1", from.Get("floor"));
  return result;
}

}  // namespace

OptimizerKind optimizerKind(const Napi::Value& value) { return choice("optimizer.kind", value, optimizerNames); }

const char* nameOf(OptimizerKind kind) { return optimizerNames[static_cast<std::size_t>(kind)].first; }

TrainingOptions trainingOptions(const Napi::Object& value) {
  const Napi::Object from = object("optimizer", value.Get("optimizer"));
  TrainingOptions options;
  options.optimizer.kind = optimizerKind(from.Get("kind"));
  options.optimizer.learningRate = number("learningRate", from.Get("learningRate"));
  options.optimizer.weightDecay = number("weightDecay", from.Get("weightDecay"));
  const Napi::Object others = object("hyperparameters", from.Get("hyperparameters"));
  for (const auto& [name, usual] : hyperparametersOf(options.optimizer.kind)) {
    options.optimizer.set(name, number(name, others.Get(name)));
  }
  options.reduction = reduction(value.Get("reduction"));
  for (const auto& [name, figure] : trainingFigures) {
    if (!value.Get(name).IsUndefined()) options.*figure = number(name, value.Get(name));
  }
  options.threads = threadCount(value.Get("threads"));
  options.shards = shardCount(value.Get("shards"));
  options.seed = seed(value.Get("seed"));
  if (!value.Get("schedule").IsUndefined()) options.schedule = schedule(value.Get("schedule"));
  if (!value.Get("sparse").IsUndefined()) {
    constexpr std::array<std::pair<const char*, SparseUpdate>, 3> choices = {
        {{"exact", SparseUpdate::exact}, {"lazy", SparseUpdate::lazy}, {"lazyWhereFew", SparseUpdate::lazyWhereFew}}};
    options.sparse = choice("sparse", value.Get("sparse"), choices);
  }
  if (!value.Get("precision").IsUndefined()) {
    constexpr std::array<std::pair<const char*, Precision>, 2> choices = {
        {{"float32", Precision::full}, {"bf16", Precision::bf16}}};
    options.precision = choice("precision", value.Get("precision"), choices);
  }
  return options;
}

PredictionOptions predictionOptions(const Napi::Object& value) {
  constexpr std::array<std::pair<const char*, bool>, 2> outputs = {{{"raw", false}, {"logProbabilities", true}}};
  return {integer("batch", value.Get("batch"), 1, largestSize), choice("output", value.Get("output"), outputs)};
}

Index leastLength(const Napi::Object& from) {
  const Napi::Value value = from.Get("leastLength");
  return value.IsUndefined() ? 0 : integer("leastLength", value, 0, largestSafeInteger);
}

std::vector<double> bias(const Napi::Object& from) {
  std::vector<double> values = floats<double>("bias", from.Get("bias"), true);
  const bool isSound = std::all_of(values.begin(), values.end(),
                                   [](double value) { return value < std::numeric_limits<double>::infinity(); });
  require(isSound, "bias must have finite numbers and minus infinity alone");
  return values;
}

RowOptions rowOptions(const Napi::Value& from) {
  const Napi::Object value = object("rows", from);
  RowOptions options;
  options.temperature = number("temperature", value.Get("temperature"));
  if (options.temperature < 0) throw outOfRange("temperature", "0 or more", value.Get("temperature"));
  options.topK = integer("topK", value.Get("topK"), 0, largestSafeInteger);
  options.topP = number("topP", value.Get("topP"));
  if (options.topP <= 0 || options.topP > 1) {
    throw outOfRange("topP", "above 0 and at most 1", value.Get("topP"));
  }
  options.position = integer("position", value.Get("position"), 0, largestSafeInteger);
  options.seed = seed(value.Get("seed"));
  options.count = integer("count", value.Get("count"), 0, largestSize);
  options.leastLength = leastLength(value);
  options.bias = bias(value);
  return options;
}

Reduction reduction(const Napi::Value& value) {
  constexpr std::array<std::pair<const char*, Reduction>, 2> reductions = {
      {{"mean", Reduction::mean}, {"sum", Reduction::sum}}};
  return choice("reduction", value, reductions);
}

LossKind lossKind(const Napi::Value& value) {
  return value.IsUndefined() ? LossKind::crossEntropy : choice("loss", value, lossNames);
}

CancellationFlag cancellation(const Napi::Value& value) {
  const Napi::Object from = object("cancellation", value);
  Cancellation* handle = Cancellation::Unwrap(from);
  if (handle == nullptr) throw wrongType("cancellation", "a Cancellation", value);
  return handle->flag();
}

}  // namespace unrolled::node

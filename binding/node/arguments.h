// Arguments from JavaScript, checked and copied. Each throws a core error that names the argument.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <napi.h>

#include "core/inference/generation.h"
#include "core/inference/prediction.h"
#include "core/model/model.h"
#include "core/optimizers/optimizer.h"
#include "core/training/trainer.h"
#include "node/cancellation.h"

namespace unrolled::node {

// Bounds of whole numbers: sizes, and what a JavaScript number holds exactly.
constexpr Index largestSize = (Index{1} << 31U) - 1;
constexpr Index largestSafeInteger = (Index{1} << 53U) - 1;

// Throws ERR_UNROLLED_SHAPE with that message unless it holds.
void require(bool holds, const char* message);

// A property's value with its name, for messages.
Napi::Object object(const char* name, const Napi::Value& value);
Index integer(const char* name, const Napi::Value& value, Index least, Index most);
double number(const char* name, const Napi::Value& value);
std::string text(const char* name, const Napi::Value& value);
// True or false; `otherwise` if it is absent.
bool flag(const char* name, const Napi::Value& value, bool otherwise);
// One name, or a list of them; none if it is absent.
std::vector<std::string> names(const char* name, const Napi::Value& value);
// A list of whole numbers; none if it is absent.
std::vector<Index> integers(const char* name, const Napi::Value& value, Index least, Index most);
// A number of threads: 0 to the pool's most.
int threadCount(const Napi::Value& value);
// Parts of a batch: a power of two, 1 where it is absent.
Index shardCount(const Napi::Value& value);
// A seed: a whole number from 0 to 2^53 - 1.
std::uint64_t seed(const Napi::Value& value);

// A copy of an Int32Array.
std::vector<TokenId> ids(const char* name, const Napi::Value& value);
// The same as offsets.
std::vector<Index> offsets(const char* name, const Napi::Value& value);
// A copy of a Float32Array or Float64Array, as T asks; empty if it is absent and may be.
template <class T>
std::vector<T> floats(const char* name, const Napi::Value& value, bool optional = false);
template <>
std::vector<float> floats(const char* name, const Napi::Value& value, bool optional);
template <>
std::vector<double> floats(const char* name, const Napi::Value& value, bool optional);

// A new typed array with a copy of the values.
template <class T>
Napi::Value typedArray(Napi::Env env, const T* values, Index count);
template <class T>
Napi::Value typedArray(Napi::Env env, const std::vector<T>& values) {
  return typedArray<T>(env, values.data(), static_cast<Index>(values.size()));
}

TrainingOptions trainingOptions(const Napi::Object& value);
OptimizerKind optimizerKind(const Napi::Value& value);
const char* nameOf(OptimizerKind kind);
PredictionOptions predictionOptions(const Napi::Object& value);
// How one row draws: { temperature, topK, topP, seed, position, count }.
RowOptions rowOptions(const Napi::Value& from);
// `leastLength` of an object, 0 if it has none.
Index leastLength(const Napi::Object& from);
// `bias` of an object: numbers, minus infinity among them; empty if it has none.
std::vector<double> bias(const Napi::Object& from);
Reduction reduction(const Napi::Value& value);
// Cross-entropy if it is absent.
LossKind lossKind(const Napi::Value& value);
CancellationFlag cancellation(const Napi::Value& value);

// The errors for arguments that are not what they should be.
Error wrongType(const char* name, const std::string& expected, const Napi::Value& value);
Error outOfRange(const char* name, const std::string& expected, const Napi::Value& value);

// The value of the choice whose name the text is.
template <class Value, std::size_t count>
Value choice(const char* name, const Napi::Value& value,
             const std::array<std::pair<const char*, Value>, count>& choices) {
  const std::string chosen = text(name, value);
  std::string expected = "one of";
  for (const auto& [word, meaning] : choices) {
    if (chosen == word) return meaning;
    expected += std::string(" ") + word;
  }
  throw outOfRange(name, expected, value);
}

}  // namespace unrolled::node

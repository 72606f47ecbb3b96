#include "node/training_state.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "node/arguments.h"

namespace unrolled::node {
namespace {

constexpr std::size_t identityDigits = 16;

std::string toHexadecimal(std::uint64_t value) {
  std::string digits(identityDigits, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, value >>= 4U) {
    *digit = "0123456789abcdef"[value & 15U];
  }
  return digits;
}

std::uint64_t fromHexadecimal(const std::string& digits) {
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, fault] = std::from_chars(digits.data(), end, value, 16);
  if (fault != std::errc{} || stopped != end || digits.size() != identityDigits) {
    throw Error("ERR_UNROLLED_OPTION_RANGE", "resume.source must be 16 hexadecimal digits.")
        .about("resume.source", "16 hexadecimal digits", digits);
  }
  return value;
}

}  // namespace

template <class T>
Napi::Value toJavaScript(Napi::Env env, const Snapshot<T>& snapshot) {
  const auto array = [env](const auto& values) { return typedArray(env, values); };
  const TrainingState<T>& state = snapshot.state;
  const OptimizerState<T>& optimizer = state.optimizer;
  Napi::Array slots = Napi::Array::New(env);
  for (const std::vector<T>* slot : {&optimizer.first, &optimizer.second}) {
    if (!slot->empty()) slots.Set(slots.Length(), array(*slot));
  }
  Napi::Object value = Napi::Object::New(env);
  value.Set("parameters", array(snapshot.parameters));
  value.Set("steps", static_cast<double>(optimizer.steps));
  value.Set("learningRateScale", state.learningRateScale);
  value.Set("source", toHexadecimal(state.identity));
  value.Set("optimizer", nameOf(state.kind));
  value.Set("slots", slots);
  value.Set("bounds", array(std::vector<double>{optimizer.weightBound, optimizer.velocityBound, optimizer.sumBound}));
  value.Set("rows", static_cast<double>(state.rows));
  value.Set("hidden", array(state.hidden));
  return value;
}

template <class T>
TrainingState<T> trainingState(const Napi::Value& value) {
  const Napi::Object from = object("resume", value);
  TrainingState<T> state;
  state.optimizer.steps = integer("resume.steps", from.Get("steps"), 0, largestSafeInteger);
  state.learningRateScale = number("resume.learningRateScale", from.Get("learningRateScale"));
  state.identity = fromHexadecimal(text("resume.source", from.Get("source")));
  state.kind = optimizerKind(from.Get("optimizer"));
  const Napi::Object slots = object("resume.slots", from.Get("slots"));
  state.optimizer.first = floats<T>("resume.slots[0]", slots.Get(0U), true);
  state.optimizer.second = floats<T>("resume.slots[1]", slots.Get(1U), true);
  const std::vector<double> bounds = floats<double>("resume.bounds", from.Get("bounds"));
  requireSize("resume.bounds", 3, static_cast<Index>(bounds.size()));
  state.optimizer.weightBound = bounds[0];
  state.optimizer.velocityBound = bounds[1];
  state.optimizer.sumBound = bounds[2];
  state.rows = integer("resume.rows", from.Get("rows"), 0, largestSize);
  state.hidden = floats<T>("resume.hidden", from.Get("hidden"));
  return state;
}

template Napi::Value toJavaScript<float>(Napi::Env, const Snapshot<float>&);
template Napi::Value toJavaScript<double>(Napi::Env, const Snapshot<double>&);
template TrainingState<float> trainingState<float>(const Napi::Value&);
template TrainingState<double> trainingState<double>(const Napi::Value&);

}  // namespace unrolled::node

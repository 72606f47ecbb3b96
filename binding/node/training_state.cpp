#include "node/training_state.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "node/arguments.h"
#include "node/errors.h"

namespace unrolled::node {
namespace {

constexpr std::size_t identityDigits = 16;

std::uint64_t fromHexadecimal(const std::string& digits) {
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, fault] = std::from_chars(digits.data(), end, value, 16);
  if (fault != std::errc{} || stopped != end || digits.size() != identityDigits) {
    throw Error::of("ERR_UNROLLED_OPTION_RANGE", "resume.source", "must be 16 hexadecimal digits")
        .about("resume.source", "16 hexadecimal digits", digits);
  }
  return value;
}

// copy(part, first, to): elements of a long array from `first` on. The end of the last one frees the snapshot for
// another.
template <class T>
Napi::Function copying(Napi::Env env, const std::shared_ptr<Snapshot<T>>& snapshot) {
  return Napi::Function::New(
      env,
      [snapshot](const Napi::CallbackInfo& info) -> Napi::Value {
        return guarded(info.Env(), [&]() -> Napi::Value {
          if (snapshot->free) throw Error("ERR_UNROLLED_DISPOSED", "The snapshot was copied already");
          const Index number = integer("part", info[0], 0, static_cast<Index>(snapshot->slots));
          const std::vector<T>& part = snapshot->part(static_cast<std::size_t>(number));
          const auto size = static_cast<Index>(part.size());
          const Index first = integer("first", info[1], 0, size);
          if (!info[2].IsTypedArray() || info[2].As<Napi::TypedArray>().ElementSize() != sizeof(T)) {
            throw Error::of("ERR_UNROLLED_OPTION_TYPE", "to", "must be an array of the model's type");
          }
          auto to = info[2].As<Napi::TypedArrayOf<T>>();
          const auto count = static_cast<Index>(to.ElementLength());
          require(count <= size - first, "to must have no more elements than are left");
          std::copy_n(part.data() + first, count, to.Data());
          snapshot->free = first + count == size && number == static_cast<Index>(snapshot->slots);
          return info.Env().Undefined();
        });
      },
      "copy");
}

}  // namespace

std::string toHexadecimal(std::uint64_t value) {
  std::string digits(identityDigits, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, value >>= 4U) {
    *digit = "0123456789abcdef"[value & 15U];
  }
  return digits;
}

template <class T>
void Snapshot<T>::take(const Trainer<T>& trainer, Model<T>& model) {
  trainer.exportProgress(state);
  slots = (state.optimizer.first.empty() ? 0U : 1U) + (state.optimizer.second.empty() ? 0U : 1U);
  parameters.resize(static_cast<std::size_t>(model.buffers().size()));
  model.read(parameters.data());
  finite = std::all_of(parameters.begin(), parameters.end(), [](T value) { return value - value == 0; });
}

template <class T>
const std::vector<T>& Snapshot<T>::part(std::size_t index) const {
  if (index == 0) return parameters;
  const bool isFirst = index == 1 && (slots == 2 || !state.optimizer.first.empty());
  return isFirst ? state.optimizer.first : state.optimizer.second;
}

template <class T>
Napi::Value toJavaScript(Napi::Env env, const std::shared_ptr<Snapshot<T>>& snapshot) {
  const auto array = [env](const auto& values) { return typedArray(env, values); };
  const TrainingState<T>& state = snapshot->state;
  const OptimizerState<T>& optimizer = state.optimizer;
  Napi::Object value = Napi::Object::New(env);
  value.Set("size", static_cast<double>(snapshot->parameters.size()));
  value.Set("slots", static_cast<double>(snapshot->slots));
  value.Set("finite", snapshot->finite);
  value.Set("copy", copying(env, snapshot));
  value.Set("steps", static_cast<double>(optimizer.steps));
  value.Set("learningRateScale", state.learningRateScale);
  value.Set("optimizer", nameOf(state.kind));
  std::vector<double> bounds = {optimizer.weightBound, optimizer.velocityBound, optimizer.sumBound};
  if (carries(state.kind)) bounds.push_back(optimizer.carried);
  value.Set("bounds", array(bounds));
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
  requireSize("resume.bounds", carries(state.kind) ? 4 : 3, static_cast<Index>(bounds.size()));
  state.optimizer.weightBound = bounds[0];
  state.optimizer.velocityBound = bounds[1];
  state.optimizer.sumBound = bounds[2];
  if (carries(state.kind)) state.optimizer.carried = bounds[3];
  state.rows = integer("resume.rows", from.Get("rows"), 0, largestSize);
  state.hidden = floats<T>("resume.hidden", from.Get("hidden"));
  return state;
}

template struct Snapshot<float>;
template struct Snapshot<double>;
template Napi::Value toJavaScript<float>(Napi::Env, const std::shared_ptr<Snapshot<float>>&);
template Napi::Value toJavaScript<double>(Napi::Env, const std::shared_ptr<Snapshot<double>>&);
template TrainingState<float> trainingState<float>(const Napi::Value&);
template TrainingState<double> trainingState<double>(const Napi::Value&);

}  // namespace unrolled::node

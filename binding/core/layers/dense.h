// Linear layer: x·Wᵀ + b at every position.
//
// Memory: P·N output, backward + P·F for the input's gradient.
#pragma once

#include <cmath>

#include "layers/projection.h"

namespace unrolled {

template <class T>
class Dense final : public Layer<T> {
 public:
  Dense(ParameterList& list, const std::string& name, Index features, Index outputs)
      : projection_(list, name + ".weight", features, outputs, false, 0, uniformOf(features)),
        bias_(list.addBias(name + ".bias", outputs, uniformOf(features))) {}

  PassSize layOut(Arena& arena, PassSize size) override {
    projection_.layOut(arena, size);
    output_ = arena.take<T>(size.positions * projection_.outputs());
    if (size.backward) inputGradient_ = arena.take<T>(size.positions * projection_.features());
    return size;
  }

  Sequence<T> forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) override {
    input_ = input;
    projection_.forward(input, pass.parameters.value(bias_), output_, pass);
    Sequence<T> output;
    output.layout = input.layout;
    output.features = projection_.outputs();
    output.data = output_;
    return output;
  }

  T* backward(T* outputGradient, T* /*stateGradients*/, bool wanted, const Pass<T>& pass) override {
    T* const inputGradient = wanted ? inputGradient_ : nullptr;
    projection_.backward(input_, outputGradient, pass.parameters.gradient(bias_), inputGradient, pass);
    return inputGradient;
  }

  [[nodiscard]] std::size_t weight() const { return projection_.weight(); }
  [[nodiscard]] std::size_t bias() const { return bias_; }

 private:
  static DefaultInitialization uniformOf(Index features) {
    return {DefaultInitialization::Kind::uniform, 1 / std::sqrt(static_cast<double>(features))};
  }

  Projection<T> projection_;
  std::size_t bias_;
  Sequence<T> input_;
  T* output_ = nullptr;         // [T, B, N]
  T* inputGradient_ = nullptr;  // [T, B, F]
};

}  // namespace unrolled

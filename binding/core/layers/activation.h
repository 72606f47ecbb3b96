// A function of each value: the nonlinearity after a sum that does not come from a dense layer, such as pooled
// embeddings.
//
// Memory, in elements: P·F output.
#pragma once

#include <algorithm>

#include "kernels/gather.h"
#include "layers/builder.h"
#include "layers/layer.h"
#include "layers/options.h"

namespace unrolled {

template <class T>
class ActivationLayer final : public Layer<T> {
 public:
  // Reads vectors (embedded ids go through a `Gather` first).
  ActivationLayer(Activation activation, Index features) : activation_(activation), features_(features) {}

  PassSize layOut(Arena& arena, PassSize size) override {
    output_ = arena.take<T>(size.positions * features_);
    return size;
  }

  Sequence<T> forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) override {
    elements_ = input.positions() * features_;
    pass.parallel.forRange(elements_, gatherGrain, [&](Index begin, Index end) noexcept {
      std::copy(input.data + begin, input.data + end, output_ + begin);
      kernels<T>().activate(end - begin, activation_, output_ + begin);
    });
    Sequence<T> output;
    output.layout = input.layout;
    output.features = features_;
    output.data = output_;
    return output;
  }

  // Returns `outputGradient`, overwritten; null if nobody wants it.
  T* backward(T* outputGradient, T* /*stateGradients*/, bool wanted, const Pass<T>& pass) override {
    if (!wanted) return nullptr;
    pass.parallel.forRange(elements_, gatherGrain, [&](Index begin, Index end) noexcept {
      kernels<T>().activateBackward(end - begin, activation_, output_ + begin, outputGradient + begin);
    });
    return outputGradient;
  }

 private:
  Activation activation_;
  Index features_;
  Index elements_ = 0;   // of the last forward pass
  T* output_ = nullptr;  // [T, B, F]
};

struct ActivationOptions {
  static constexpr const char* type = "activation";
  static constexpr Reads reads = Reads::vectors;

  Activation activation = Activation::tanh;

  static constexpr auto fields() {
    return std::tuple{needed("activation", &ActivationOptions::activation, anyActivation)};
  }

  template <class T>
  Flow make(Builder<T>& builder, const Flow& input) const {
    return builder.add(std::make_unique<ActivationLayer<T>>(activation, input.features), input, input.likewise());
  }
};

}  // namespace unrolled

// The last time step of a sequence: many-to-one. [T, B, F] becomes [1, B, F].
//
// Memory: P·F for the gradient on its way back.
#pragma once

#include <algorithm>

#include "layers/layer.h"

namespace unrolled {

template <class T>
class Last final : public Layer<T> {
 public:
  explicit Last(Index features) : features_(features) {}

  PassSize layOut(Arena& arena, PassSize size) override {
    if (size.backward) gradient_ = arena.take<T>(size.positions * features_);
    return {size.batch, size.batch, size.backward};
  }

  Sequence<T> forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& /*pass*/) override {
    time_ = input.time;
    batch_ = input.batch;
    Sequence<T> output = input;
    output.time = 1;
    const Index skipped = (input.time - 1) * input.batch;
    if (input.ids != nullptr) {
      output.ids += skipped;
    } else {
      output.data += skipped * features_;
    }
    return output;
  }

  T* backward(T* outputGradient, T* /*stateGradients*/, bool /*wanted*/, const Pass<T>& /*pass*/) override {
    const Index size = batch_ * features_;
    std::fill_n(gradient_, (time_ - 1) * size, T(0));
    std::copy_n(outputGradient, size, gradient_ + (time_ - 1) * size);
    return gradient_;
  }

 private:
  Index features_;
  Index time_ = 0;
  Index batch_ = 0;
  T* gradient_ = nullptr;  // [T, B, F]
};

}  // namespace unrolled

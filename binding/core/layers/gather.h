// Embedded ids to their vectors in memory, for the layers that take nothing else.
//
// Memory, in elements: P·E output.
#pragma once

#include "kernels/gather.h"
#include "layers/layer.h"

namespace unrolled {

template <class T>
class Gather final : public Layer<T> {
 public:
  explicit Gather(Index features) : features_(features) {}

  PassSize layOut(Arena& arena, PassSize size) override {
    output_ = arena.take<T>(size.positions * features_);
    return size;
  }

  Sequence<T> forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) override {
    input_ = input;
    gatherRows<T>(pass.parallel, input.positions(), features_, input.ids, input.table, nullptr, output_);
    Sequence<T> output;
    output.layout = input.layout;
    output.features = features_;
    output.data = output_;
    return output;
  }

  T* backward(T* outputGradient, T* /*stateGradients*/, bool /*wanted*/, const Pass<T>& pass) override {
    scatterRows<T>(pass.parallel, input_.positions(), features_, input_.ids, outputGradient, input_.tableRows,
                   input_.tableGradient, input_.touched);
    return nullptr;
  }

 private:
  Index features_;
  Sequence<T> input_;    // of the last forward pass
  T* output_ = nullptr;  // [T, B, E]
};

}  // namespace unrolled

// Several sequences over the same positions as one: side by side, or added.
//
// Memory, in elements: P·N output; backward P·F for the gradient of each input (F features; N their sum, or F).
#pragma once

#include <utility>

#include "layers/layer.h"

namespace unrolled {

// Features of each input one after another, in the order of the inputs.
template <class T>
class Concatenate final : public JoiningLayer<T> {
 public:
  explicit Concatenate(std::vector<Index> features);

  PassSize layOut(Arena& arena, const std::vector<PassSize>& sizes) override;
  Sequence<T> forward(const std::vector<Sequence<T>>& inputs, const Pass<T>& pass) override;
  void backward(T* outputGradient, const std::vector<bool>& wanted, std::vector<T*>& inputGradients,
                const Pass<T>& pass) override;

  [[nodiscard]] Index outputs() const { return outputs_; }

 private:
  std::vector<Index> features_;
  Index outputs_ = 0;
  SequenceLayout layout_;      // of the last forward pass
  T* output_ = nullptr;        // [T, B, N]
  std::vector<T*> gradients_;  // [T, B, F] of each input
};

// Inputs of the same features, summed in their order.
template <class T>
class Add final : public JoiningLayer<T> {
 public:
  Add(std::size_t inputs, Index features) : features_(features), gradients_(inputs) {}

  PassSize layOut(Arena& arena, const std::vector<PassSize>& sizes) override;
  Sequence<T> forward(const std::vector<Sequence<T>>& inputs, const Pass<T>& pass) override;
  void backward(T* outputGradient, const std::vector<bool>& wanted, std::vector<T*>& inputGradients,
                const Pass<T>& pass) override;

 private:
  Index features_;
  SequenceLayout layout_;      // of the last forward pass
  T* output_ = nullptr;        // [T, B, F]
  std::vector<T*> gradients_;  // [T, B, F] of each input
};

}  // namespace unrolled

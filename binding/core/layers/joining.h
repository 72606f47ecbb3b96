// Several sequences over the same positions as one: side by side, or added.
//
// Memory, in elements: P·N output; backward P·F for the gradient of each input (F features; N their sum, or F).
#pragma once

#include <utility>

#include "layers/builder.h"
#include "layers/layer.h"
#include "layers/options.h"

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

struct ConcatenateOptions {
  static constexpr const char* type = "concatenate";
  static constexpr Reads reads = Reads::several;

  static constexpr auto fields() { return std::tuple{}; }

  template <class T>
  Flow make(Builder<T>& builder, const std::vector<Flow>& inputs) const {
    std::vector<Index> widths;
    widths.reserve(inputs.size());
    for (const Flow& input : inputs) widths.push_back(input.features);
    auto layer = std::make_unique<Concatenate<T>>(std::move(widths));
    const Index outputs = layer->outputs();
    return builder.add(std::move(layer), inputs, inputs.front().vectors(outputs));
  }
};

struct AddOptions {
  static constexpr const char* type = "add";
  static constexpr Reads reads = Reads::several;

  static constexpr auto fields() { return std::tuple{}; }

  template <class T>
  Flow make(Builder<T>& builder, const std::vector<Flow>& inputs) const {
    const Index features = inputs.front().features;
    for (const Flow& input : inputs) {
      if (input.features == features) continue;
      throw impossible(builder.where("from"), "layers of " + std::to_string(features) + " features",
                       inQuotes(input.name));
    }
    return builder.add(std::make_unique<Add<T>>(inputs.size(), features), inputs, inputs.front().vectors(features));
  }
};

}  // namespace unrolled

// f(x·Wᵀ + b) at every position, with or without the bias b and the function f. The weight may be an embedding's table.
//
// Memory, in elements: P·N output, backward P·F for the input's gradient.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/gather.h"
#include "layers/builder.h"
#include "layers/options.h"
#include "layers/projection.h"
#include "layers/rank_table.h"

namespace unrolled {

struct DenseOptions {
  static constexpr const char* type = "dense";
  static constexpr Reads reads = Reads::vectors;

  Index features = 0;  // N
  Activation activation = Activation::linear;
  bool bias = true;
  // The embedding whose table is the weight of this layer; only the bias is its own.
  std::string tiedTo = {};
  // For a last, linear layer: the number of classes that a target competes with in training by cross-entropy, drawn
  // again for each step; all if empty.
  std::optional<Index> samples = {};
  // With samples: the rank of each class by falling frequency; empty if classes are in that order.
  std::vector<TokenId> ranks = {};

  static constexpr auto fields() {
    return std::tuple{needed("features", &DenseOptions::features, WholeNumber{1, largestCount}),
                      option("activation", &DenseOptions::activation, anyActivation),
                      option("bias", &DenseOptions::bias, Flag{}),
                      option("tiedTo", &DenseOptions::tiedTo, LayerName{}),
                      option("samples", &DenseOptions::samples, WholeNumber{1, largestCount}),
                      option("ranks", &DenseOptions::ranks, WholeNumbers{0, largestCount})};
  }

  template <class T>
  Flow make(Builder<T>& builder, const Flow& input) const;
};

template <class T>
class Dense final : public Layer<T> {
 public:
  // Adds NAME.weight [N, F] unless it is `tied`, which is then that weight as `Embedding::share` gives it, and
  // NAME.bias [N] where there is one.
  Dense(ParameterList& list, const std::string& name, Index features, const DenseOptions& options,
        std::optional<Weight<T>> tied = {})
      : projection_(tied.has_value()
                        ? *tied
                        : list.addWeight(name + ".weight", options.features, features, uniformOf(features)),
                    features, options.features, false, 0),
        bias_(options.bias ? list.addBias(name + ".bias", options.features, uniformOf(features)) : noParameter),
        activation_(options.activation) {}

  PassSize layOut(Arena& arena, PassSize size) override {
    projection_.layOut(arena, size);
    output_ = arena.take<T>(size.positions * projection_.outputs());
    if (size.backward) inputGradient_ = arena.take<T>(size.positions * projection_.features());
    return size;
  }

  Sequence<T> forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) override {
    input_ = input;
    beginGradients(pass);
    projection_.forward(input, bias_ == noParameter ? nullptr : pass.parameters.value(bias_), output_, pass);
    if (activation_ != Activation::linear) {
      pass.parallel.forRange(outputElements(), gatherGrain, [&](Index begin, Index end) noexcept {
        kernels<T>().activate(end - begin, activation_, output_ + begin);
      });
    }
    Sequence<T> output;
    output.layout = input.layout;
    output.features = projection_.outputs();
    output.data = output_;
    return output;
  }

  T* backward(T* outputGradient, T* /*stateGradients*/, bool wanted, const Pass<T>& pass) override {
    if (activation_ != Activation::linear) {
      pass.parallel.forRange(outputElements(), gatherGrain, [&](Index begin, Index end) noexcept {
        kernels<T>().activateBackward(end - begin, activation_, output_ + begin, outputGradient + begin);
      });
    }
    T* const inputGradient = wanted ? inputGradient_ : nullptr;
    T* const biasGradient = bias_ == noParameter ? nullptr : pass.parameters.gradient(bias_);
    projection_.backward(input_, outputGradient, biasGradient, inputGradient, pass);
    return inputGradient;
  }

  // Lets a target compete with this many classes in training by cross-entropy, instead of all.
  void sample(Index samples, RankTable ranks) {
    samples_ = samples;
    ranks_ = std::move(ranks);
  }

  // The values that a loss reads instead of the output.
  [[nodiscard]] Activation activation() const { return activation_; }
  [[nodiscard]] Index features() const { return projection_.features(); }
  [[nodiscard]] Index classes() const { return projection_.outputs(); }
  [[nodiscard]] Index samples() const { return samples_; }  // 0 for all
  [[nodiscard]] const std::optional<RankTable>& ranks() const { return ranks_; }
  [[nodiscard]] Weight<T> weight() const { return projection_.weight(); }
  // `noParameter` if there is none.
  [[nodiscard]] std::size_t bias() const { return bias_; }

 private:
  static DefaultInitialization uniformOf(Index features) {
    return {DefaultInitialization::Kind::uniform, 1 / std::sqrt(static_cast<double>(features))};
  }
  // `backward` writes its gradients whole, where a loss over samples may have touched a few rows in the pass before.
  void beginGradients(const Pass<T>& pass) const {
    if (projection_.weight().place == nullptr) pass.parameters.touched(projection_.weight().parameter).begin();
    if (bias_ != noParameter) pass.parameters.touched(bias_).begin();
  }
  [[nodiscard]] Index outputElements() const { return input_.positions() * projection_.outputs(); }

  Projection<T> projection_;
  std::size_t bias_;
  Activation activation_;
  Index samples_ = 0;
  std::optional<RankTable> ranks_ = {};
  Sequence<T> input_;
  T* output_ = nullptr;         // [T, B, N]
  T* inputGradient_ = nullptr;  // [T, B, F]
};

}  // namespace unrolled

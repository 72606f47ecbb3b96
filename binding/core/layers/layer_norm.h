// Layer normalisation (Ba et al. 2016): the features of each position by themselves to mean 0 and variance 1, times
// a trained gain, plus a trained shift.
//
// Memory, in elements: P·F output, and what its RowNormalization takes.
#pragma once

#include <string>

#include "layers/builder.h"
#include "layers/layer.h"
#include "layers/options.h"
#include "layers/row_normalization.h"

namespace unrolled {

template <class T>
class LayerNorm final : public Layer<T> {
 public:
  // Reads vectors (embedded ids go through a `Gather` first). Adds NAME.weight [F], ones, and NAME.bias [F], zeros.
  LayerNorm(ParameterList& list, const std::string& name, Index features, double epsilon)
      : gain_(list.addGain(name + ".weight", features)),
        shift_(list.addShift(name + ".bias", features)),
        features_(features),
        normalization_(1, features, epsilon) {}

  PassSize layOut(Arena& arena, PassSize size) override;
  Sequence<T> forward(const Sequence<T>& input, T* states, const Pass<T>& pass) override;
  // Returns `outputGradient`, overwritten.
  T* backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) override;

 private:
  // Calls body(first position, rows, first row) for the steps of some rows of the batch at a time.
  template <class Body>
  void forRows(const Pass<T>& pass, Body&& body) const;

  std::size_t gain_;
  std::size_t shift_;
  Index features_;
  RowNormalization<T> normalization_;
  SequenceLayout layout_;  // of the last forward pass
  T* output_ = nullptr;    // [T, B, F]
};

struct LayerNormOptions {
  static constexpr const char* type = "layerNorm";
  static constexpr Reads reads = Reads::vectors;

  double epsilon = 1e-5;

  static constexpr auto fields() { return std::tuple{option("epsilon", &LayerNormOptions::epsilon, positive)}; }

  template <class T>
  Flow make(Builder<T>& builder, const Flow& input) const {
    auto layer = std::make_unique<LayerNorm<T>>(builder.parameters(), builder.name(), input.features, epsilon);
    return builder.add(std::move(layer), input, input.likewise());
  }
};

}  // namespace unrolled

// Layer normalisation (Ba et al. 2016): the features of each position by themselves to mean 0 and variance 1, times
// a trained gain, plus a trained shift.
//
// Memory, in elements: P·F output, 2·P means and inverse deviations.
#pragma once

#include "layers/layer.h"

namespace unrolled {

template <class T>
class LayerNorm final : public Layer<T> {
 public:
  // Of vectors (embedded ids go through a `Gather` first). Adds NAME.weight [F], ones, and NAME.bias [F], zeros.
  LayerNorm(ParameterList& list, const std::string& name, Index features, double epsilon)
      : gain_(list.addGain(name + ".weight", features)),
        shift_(list.addBias(name + ".bias", features, {DefaultInitialization::Kind::constant, 0})),
        features_(features),
        epsilon_(static_cast<T>(epsilon)) {}

  PassSize layOut(Arena& arena, PassSize size) override;
  Sequence<T> forward(const Sequence<T>& input, T* states, const Pass<T>& pass) override;
  // Returns `outputGradient`, overwritten.
  T* backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) override;

 private:
  std::size_t gain_;
  std::size_t shift_;
  Index features_;
  T epsilon_;
  Sequence<T> input_;     // of the last forward pass
  T* output_ = nullptr;   // [T, B, F]
  T* mean_ = nullptr;     // [T, B]
  T* inverse_ = nullptr;  // [T, B]: 1 / sqrt(variance + epsilon)
};

}  // namespace unrolled

// Inverted dropout (Srivastava et al. 2014): in a pass that drops, each element is zero with probability `rate`
// and is divided by 1 - rate otherwise; any other pass hands its input on as it is, without a copy.
//
// Which elements go is a matter of the pass's seed and step and of the layer's number alone, so the mask is not
// kept: backward draws it again, in place. A part of a batch takes what the whole would drop at its rows.
//
// Memory, in elements: P·F output.
#pragma once

#include "layers/builder.h"
#include "layers/layer.h"
#include "layers/options.h"

namespace unrolled {

template <class T>
class Dropout final : public Layer<T> {
 public:
  // Of vectors (embedded ids go through a `Gather` first). `rate` in [0, 1). `part` tells the layers of a model apart
  // that drop units: random.h.
  Dropout(double rate, Index features, std::uint32_t part) : rate_(rate), features_(features), part_(part) {}

  PassSize layOut(Arena& arena, PassSize size) override;
  Sequence<T> forward(const Sequence<T>& input, T* states, const Pass<T>& pass) override;
  // Returns `outputGradient`.
  T* backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) override;

 private:
  // to [T, B, F] = from [T, B, F] with the last pass's units dropped; may be in place.
  void drop(const Parallel& parallel, const T* from, T* to) const;

  double rate_;
  Index features_;
  std::uint32_t part_;
  // Of the last forward pass.
  Dropping dropping_;
  SequenceLayout layout_;
  T* output_ = nullptr;  // [T, B, F]
};

struct DropoutOptions {
  static constexpr const char* type = "dropout";
  static constexpr Reads reads = Reads::vectors;

  double rate = 0;

  static constexpr auto fields() { return std::tuple{needed("rate", &DropoutOptions::rate, dropRate)}; }

  template <class T>
  Flow make(Builder<T>& builder, const Flow& input) const {
    return builder.add(std::make_unique<Dropout<T>>(rate, input.features, builder.nextPart()), input, input.likewise());
  }
};

}  // namespace unrolled

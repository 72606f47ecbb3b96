// One vector from a sequence: its last value, what both directions knew at their ends, or the sum, mean or maximum
// over time. [T, B, F] becomes [1, B, F]. Embedded ids are pooled straight from their table.
//
// Memory: B·F output; backward P·F for vectors' gradient, and B·F positions of the maximum.
#pragma once

#include <vector>

#include "layers/builder.h"
#include "layers/layer.h"
#include "layers/options.h"

namespace unrolled {

// `final` is what a recurrent layer knows at its end: of both directions side by side, the first half at the last step
// and the second half at the first.
enum class PoolingKind { last, sum, mean, max, final };

template <class T>
class Pooling final : public Layer<T> {
 public:
  // `ahead`: how many of the features, the first ones, run from the first step to the last; the others run from the
  // last to the first.
  Pooling(PoolingKind kind, Index features, Index ahead) : kind_(kind), features_(features), ahead_(ahead) {}

  PassSize layOut(Arena& arena, PassSize size) override;
  Sequence<T> forward(const Sequence<T>& input, T* states, const Pass<T>& pass) override;
  T* backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) override;

 private:
  // The vector at a position: in memory, or its row of the table.
  [[nodiscard]] Index rowOf(Index position) const {
    return input_.ids == nullptr ? position : static_cast<Index>(input_.ids[position]);
  }
  void poolRow(Index row);
  void unpoolRow(Index row, const T* outputGradient, T* gradient);

  PoolingKind kind_;
  Index features_;
  Index ahead_;
  Sequence<T> input_;
  std::vector<Index> lengths_;      // of the last batch's rows
  T* output_ = nullptr;             // [B, F]
  T* gradient_ = nullptr;           // [T, B, F]
  TokenId* maximumTime_ = nullptr;  // [B, F]: the step that had the maximum
};

struct PoolingOptions {
  static constexpr const char* type = "pooling";
  static constexpr Reads reads = Reads::sequence;

  PoolingKind pooling = PoolingKind::last;

  static constexpr auto fields() {
    return std::tuple{needed("pooling", &PoolingOptions::pooling,
                             oneOf<PoolingKind>({{"last", PoolingKind::last},
                                                 {"sum", PoolingKind::sum},
                                                 {"mean", PoolingKind::mean},
                                                 {"max", PoolingKind::max},
                                                 {"final", PoolingKind::final}}))};
  }

  template <class T>
  Flow make(Builder<T>& builder, const Flow& input) const {
    if (input.form == Flow::Form::oneHot) {
      throw impossible(builder.where(), "after a layer that gives vectors or embedded ids", "after one-hot ids");
    }
    Flow output = input.vectors(input.features);
    output.oneStep = true;
    return builder.add(std::make_unique<Pooling<T>>(pooling, input.features, input.ahead), input, output);
  }
};

}  // namespace unrolled

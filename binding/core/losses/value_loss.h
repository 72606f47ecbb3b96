// A loss of each output separately against a value (all.h). From a model's outputs [P, F] and targets [P, F] to the sum
// and the gradient.
//
// Memory, in elements: P sums in double and P counts; backward P·F for the gradient.
#pragma once

#include "layers/layer.h"
#include "losses/loss.h"

namespace unrolled {

template <class T>
class ValueLoss {
 public:
  explicit ValueLoss(Index features) : features_(features) {}
  virtual ~ValueLoss() = default;
  ValueLoss(const ValueLoss&) = delete;
  ValueLoss& operator=(const ValueLoss&) = delete;
  ValueLoss(ValueLoss&&) = delete;
  ValueLoss& operator=(ValueLoss&&) = delete;

  void layOut(Arena& arena, PassSize size);

  // Σ over positions and outputs, in double and in their order.
  LossResult loss(const T* outputs, Index positions, const T* targets, const Pass<T>& pass);

  // The same, with the gradient of scale·Σ to the outputs [P, F], which lives until the next pass.
  LossResult lossAndGradients(const T* outputs, Index positions, const T* targets, T scale, const Pass<T>& pass,
                              T** outputGradient);

 protected:
  // For one position with `count` outputs; writes the gradient if it is not null.
  virtual LossResult row(Index count, const T* outputs, const T* targets, T scale, T* gradient) const noexcept = 0;

 private:
  LossResult run(const T* outputs, Index positions, const T* targets, T scale, const Pass<T>& pass, T* gradient);

  Index features_;
  LossResult* rows_ = nullptr;  // [P]
  T* gradient_ = nullptr;       // [P, F]
};

}  // namespace unrolled

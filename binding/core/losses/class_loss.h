// Cross-entropy of classes, computed together with the layer that scores them, so that its output never exists as a
// whole.
#pragma once

#include "layers/layer.h"
#include "losses/loss.h"

namespace unrolled {

template <class T>
class ClassLoss {
 public:
  ClassLoss() = default;
  virtual ~ClassLoss() = default;
  ClassLoss(const ClassLoss&) = delete;
  ClassLoss& operator=(const ClassLoss&) = delete;
  ClassLoss(ClassLoss&&) = delete;
  ClassLoss& operator=(ClassLoss&&) = delete;

  virtual void layOut(Arena& arena, PassSize size) = 0;

  // Σ over positions of -log P(target), in nats, over all classes. `input` [P, H] is what the layer reads.
  virtual LossResult loss(const T* input, Index positions, const TokenId* targets, const Pass<T>& pass) = 0;

  // The same, with the gradients of scale·Σ: of the layer's parameters (written), and of the input [P, H], returned.
  virtual LossResult lossAndGradients(const T* input, Index positions, const TokenId* targets, T scale,
                                      const Pass<T>& pass, T** inputGradient) = 0;
};

}  // namespace unrolled

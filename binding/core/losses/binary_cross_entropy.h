// Binary cross-entropy of each output by itself, from logits x and targets t in [0, 1], in nats:
// -t·log σ(x) - (1 - t)·log(1 - σ(x)), taken as max(x, 0) - t·x + log(1 + e^-|x|), which never overflows.
#pragma once

#include "losses/value_loss.h"

namespace unrolled {

// Correct: x > 0 where t > 0.5, x <= 0 elsewhere.
template <class T>
class BinaryCrossEntropy final : public ValueLoss<T> {
 public:
  using ValueLoss<T>::ValueLoss;

 private:
  LossResult row(Index count, const T* outputs, const T* targets, T scale, T* gradient) const noexcept override;
};

}  // namespace unrolled

// (output - target)² of each output by itself; nothing is ever counted as correct.
#pragma once

#include "losses/value_loss.h"

namespace unrolled {

template <class T>
class SquaredError final : public ValueLoss<T> {
 public:
  using ValueLoss<T>::ValueLoss;

 private:
  LossResult row(Index count, const T* outputs, const T* targets, T scale, T* gradient) const noexcept override;
};

}  // namespace unrolled

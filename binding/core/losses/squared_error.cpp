#include "losses/squared_error.h"

namespace unrolled {

template <class T>
LossResult SquaredError<T>::row(Index count, const T* outputs, const T* targets, T scale, T* gradient) const noexcept {
  LossResult result;
  for (Index i = 0; i < count; ++i) {
    const double apart = static_cast<double>(outputs[i]) - static_cast<double>(targets[i]);
    result.sum += apart * apart;
    if (gradient != nullptr) gradient[i] = static_cast<T>(2 * static_cast<double>(scale) * apart);
  }
  return result;
}

template class SquaredError<float>;
template class SquaredError<double>;

}  // namespace unrolled

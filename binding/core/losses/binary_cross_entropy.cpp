#include "losses/binary_cross_entropy.h"

#include <algorithm>
#include <cmath>

namespace unrolled {

template <class T>
LossResult BinaryCrossEntropy<T>::row(Index count, const T* outputs, const T* targets, T scale,
                                      T* gradient) const noexcept {
  LossResult result;
  for (Index i = 0; i < count; ++i) {
    const auto x = static_cast<double>(outputs[i]);
    const auto t = static_cast<double>(targets[i]);
    const double small = std::exp(-std::abs(x));
    result.sum += std::max(x, 0.0) - t * x + std::log1p(small);
    if (std::isfinite(x) && (x > 0) == (t > 0.5)) ++result.correct;
    if (gradient == nullptr) continue;
    const double sigmoid = (x > 0 ? 1 : small) / (1 + small);
    gradient[i] = static_cast<T>(static_cast<double>(scale) * (sigmoid - t));
  }
  return result;
}

template class BinaryCrossEntropy<float>;
template class BinaryCrossEntropy<double>;

}  // namespace unrolled

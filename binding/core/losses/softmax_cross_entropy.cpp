#include "losses/softmax_cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "kernels/gather.h"
#include "layers/pass_product.h"

namespace unrolled {
namespace {

// Size of a chunk's logits: a core's share of the last-level cache.
constexpr Index chunkBytes = Index{4} << 20U;
// Rows that make the products worth their passes over the weights, while they stay in the limit; of narrow weights, as
// a cluster of an adaptive softmax has, fewer.
constexpr Index leastRows = 128;
constexpr Index leastNarrowRows = 16;
constexpr Index mostChunkBytes = Index{32} << 20U;

}  // namespace

template <class T>
Index SoftmaxCrossEntropy<T>::mostRows() const {
  const Index rowBytes = classes_ * static_cast<Index>(sizeof(T));
  const Index wanted = std::clamp(features_, leastNarrowRows, leastRows);
  return std::max(chunkBytes / rowBytes, std::min(wanted, std::max<Index>(1, mostChunkBytes / rowBytes)));
}

template <class T>
void SoftmaxCrossEntropy<T>::layOut(Arena& arena, PassSize size) {
  if (isBlocked(size.positions)) {
    blocked_.layOut(arena, size);
    logits_ = blocked_.smallLogits();
  } else {
    const Index rows = std::min(size.positions, mostRows());
    logits_ = arena.take<T>(rows * classes_);
    if (narrow()) narrowWeight_.layOut(arena, rows, size.backward);
  }
  losses_ = arena.take<double>(size.positions);
  hits_ = arena.take<bool>(size.positions);
  if (!size.backward) return;
  biasSum_ = arena.take<T>(classes_);
  inputGradient_ = arena.take<T>(size.positions * features_);
}

template <class T>
LossResult SoftmaxCrossEntropy<T>::loss(const T* input, Index positions, const TokenId* targets, const Pass<T>& pass) {
  return run(input, positions, targets, false, T(0), pass);
}

template <class T>
LossResult SoftmaxCrossEntropy<T>::lossAndGradients(const T* input, Index positions, const TokenId* targets, T scale,
                                                    const Pass<T>& pass, T** inputGradient) {
  *inputGradient = inputGradient_;
  return run(input, positions, targets, true, scale, pass);
}

template <class T>
LossResult SoftmaxCrossEntropy<T>::run(const T* input, Index positions, const TokenId* targets, bool backward, T scale,
                                       const Pass<T>& pass) {
  if (isBlocked(positions)) {
    blocked_.run({input, targets, losses_, hits_, backward ? inputGradient_ : nullptr}, positions, scale, pass);
  } else {
    runByRows(input, positions, targets, backward, scale, pass);
  }
  LossResult total;
  for (Index position = 0; position < positions; ++position) {
    total.sum += losses_[position];
    if (hits_[position]) ++total.correct;
  }
  return total;
}

template <class T>
void SoftmaxCrossEntropy<T>::runByRows(const T* input, Index positions, const TokenId* targets, bool backward, T scale,
                                       const Pass<T>& pass) {
  const KernelTable<T>& kernel = kernels<T>();
  const Parallel& parallel = pass.parallel;
  const bool biased = bias_ != noParameter;
  const T* weight = weight_.value(pass);
  const T* bias = biased ? pass.parameters.value(bias_) : nullptr;
  T* weightGradient = weight_.gradient(pass);
  T* biasGradient = biased ? pass.parameters.gradient(bias_) : nullptr;

  if (narrow()) narrowWeight_.pack(weight);
  const Index chunks = (positions + mostRows() - 1) / mostRows();
  const Index chunk = (positions + chunks - 1) / chunks;  // equal sizes, so that no chunk is left with only a few rows
  for (Index begin = 0; begin < positions; begin += chunk) {
    const Index rows = std::min(chunk, positions - begin);
    const T* vectors = input + begin * features_;
    if (narrow()) {
      narrowWeight_.multiply(parallel, rows, vectors, logits_);
    } else {
      multiply<T>(pass, rows, classes_, features_, {vectors, features_}, {weight, features_, Transpose::yes}, logits_,
                  classes_, false);
    }

    // From each row's logits to its loss, and in place to the gradient scale·(softmax - one-hot target).
    parallel.forRange(rows, std::max<Index>(1, gatherGrain / classes_), [&](Index first, Index end) noexcept {
      for (Index row = first; row < end; ++row) {
        T* logits = logits_ + row * classes_;
        const Index target = targets[begin + row];
        T inverse = 0;
        T targetLogit = 0;
        const double logSum = kernel.softmaxRow(classes_, bias, target, logits, &inverse, &targetLogit);
        losses_[begin + row] = logSum - static_cast<double>(targetLogit);
        // The largest became exp(0).
        hits_[begin + row] = std::isfinite(logSum) && logits[target] == T(1) &&
                             std::find(logits, logits + target, T(1)) == logits + target;
        if (!backward) continue;
        kernel.scale(classes_, scale * inverse, logits);
        logits[target] -= scale;
      }
    });
    if (!backward) continue;

    const bool more = begin > 0;
    T* vectorGradients = inputGradient_ + begin * features_;
    if (narrow()) {
      narrowWeight_.differentiate(parallel, rows, vectors, logits_, vectorGradients, more);
    } else {
      multiply<T>(pass, rows, features_, classes_, {logits_, classes_}, {weight, features_}, vectorGradients, features_,
                  false);
      multiply<T>(pass, classes_, features_, rows, {logits_, classes_, Transpose::yes}, {vectors, features_},
                  weightGradient, features_, more);
    }
    if (!biased) continue;
    sumColumns<T>(parallel, rows, classes_, logits_, classes_, more ? biasSum_ : biasGradient);
    if (more) kernel.add(classes_, biasSum_, biasGradient);
  }

  if (narrow() && backward && positions > 0) narrowWeight_.unpackGradient(weightGradient);
}

template class SoftmaxCrossEntropy<float>;
template class SoftmaxCrossEntropy<double>;

}  // namespace unrolled

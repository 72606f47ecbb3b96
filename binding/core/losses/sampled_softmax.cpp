#include "losses/sampled_softmax.h"

#include <algorithm>
#include <cmath>

#include "kernels/gather.h"
#include "layers/pass_product.h"

namespace unrolled {
namespace {

// Size of a chunk's scores: a core's share of the last-level cache.
constexpr Index sampleChunkBytes = Index{4} << 20U;

// Below any score: replaces the score of a sample that is the target.
constexpr double nothing = -1e30;

template <class T>
Index mostRows(Index samples) {
  return std::max<Index>(1, sampleChunkBytes / (samples * static_cast<Index>(sizeof(T))));
}

// log(1 + e^x)
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace

template <class T>
void SampledSoftmax<T>::layOut(Arena& arena, PassSize size) {
  exact_.layOut(arena, size);
  if (!size.backward) return;
  sampler_.reserve();
  const Index gathered = size.positions + samples_;
  ids_ = arena.take<TokenId>(gathered);
  rows_ = arena.take<T>(gathered * features_);
  biases_ = arena.take<T>(gathered);
  rowGradients_ = arena.take<T>(gathered * features_);
  biasGradients_ = arena.take<T>(gathered);
  biasSum_ = arena.take<T>(samples_);
  corrections_ = arena.take<T>(samples_);
  scores_ = arena.take<T>(std::min(size.positions, mostRows<T>(samples_)) * samples_);
  inputGradient_ = arena.take<T>(size.positions * features_);
  losses_ = arena.take<double>(size.positions);
  estimates_ = arena.take<double>(size.positions);
  hits_ = arena.take<bool>(size.positions);
}

template <class T>
LossResult SampledSoftmax<T>::loss(const T* input, Index positions, const TokenId* targets, const Pass<T>& pass) {
  return exact_.loss(input, positions, targets, pass);
}

template <class T>
void SampledSoftmax<T>::gather(const TokenId* targets, const Pass<T>& pass) {
  std::copy_n(targets, positions_, ids_);
  std::copy(sampler_.ids().begin(), sampler_.ids().end(), ids_ + positions_);
  const Index gathered = positions_ + samples_;
  gatherRows<T>(pass.parallel, gathered, features_, ids_, weight_.value(pass), nullptr, rows_);
  if (bias_ == noParameter) {
    std::fill_n(biases_, gathered, T(0));
  } else {
    gatherRows<T>(pass.parallel, gathered, 1, ids_, pass.parameters.value(bias_), nullptr, biases_);
  }
  for (Index i = 0; i < samples_; ++i) {
    const double expected = sampler_.logExpectation(ids_[positions_ + i]);
    corrections_[i] = biases_[positions_ + i] - static_cast<T>(expected);
  }
}

template <class T>
void SampledSoftmax<T>::differentiate(const T* input, Index begin, Index rows, T scale, const Pass<T>& pass) {
  const KernelTable<T>& kernel = kernels<T>();
  const T* sampleBiases = biases_ + positions_;
  pass.parallel.forRange(rows, std::max<Index>(1, gatherGrain / samples_), [&](Index first, Index end) noexcept {
    for (Index row = first; row < end; ++row) {
      const Index position = begin + row;
      T* scores = scores_ + row * samples_;
      const T* x = input + position * features_;
      const T* w = rows_ + position * features_;
      auto own = static_cast<double>(biases_[position]);
      for (Index i = 0; i < features_; ++i) own += static_cast<double>(x[i]) * static_cast<double>(w[i]);

      const TokenId target = ids_[position];
      const Index same = sampler_.placeOf(target);
      if (same >= 0) scores[same] = static_cast<T>(nothing);
      bool hit = true;
      for (Index i = 0; hit && i < samples_; ++i) hit = static_cast<double>(scores[i] + sampleBiases[i]) < own;

      T inverse = 0;
      T unused = 0;
      const double others = kernel.softmaxRow(samples_, corrections_, 0, scores, &inverse, &unused);
      const double distance = others - (own - sampler_.logExpectation(target));
      // An infinite score of the target would make a loss of zero.
      losses_[position] = softplus(distance) + own * 0;
      estimates_[position] = softplus(others - own) + own * 0;
      hits_[position] = hit && std::isfinite(losses_[position]);
      const double rest = static_cast<double>(scale) / (1 + std::exp(-distance));  // times the samples' share
      kernel.scale(samples_, static_cast<T>(rest) * inverse, scores);
      if (same >= 0) scores[same] = 0;
      biasGradients_[position] = static_cast<T>(-rest);
    }
  });
}

template <class T>
void SampledSoftmax<T>::differentiateTargets(const T* input, const Pass<T>& pass) {
  pass.parallel.forRange(positions_, std::max<Index>(1, gatherGrain / features_), [&](Index first, Index end) noexcept {
    for (Index position = first; position < end; ++position) {
      const T gradient = biasGradients_[position];
      const T* x = input + position * features_;
      const T* w = rows_ + position * features_;
      T* dx = inputGradient_ + position * features_;
      T* dw = rowGradients_ + position * features_;
      for (Index i = 0; i < features_; ++i) {
        dx[i] += gradient * w[i];
        dw[i] = gradient * x[i];
      }
    }
  });
}

template <class T>
void SampledSoftmax<T>::scatter(const Pass<T>& pass) {
  const bool own = weight_.place == nullptr;
  const Index gathered = positions_ + samples_;
  TouchedRows& touched = pass.parameters.touched(weight_.parameter);
  if (own) touched.begin();
  scatterRows<T>(pass.parallel, gathered, features_, ids_, rowGradients_, classes_, weight_.gradient(pass),
                 own ? &touched : nullptr);
  // A shared gradient is written as a whole; the embedding adds its own rows to the list.
  if (!own && touched.listsAlways()) touched.list(ids_, gathered, classes_);
  if (bias_ == noParameter) return;
  TouchedRows& touchedBiases = pass.parameters.touched(bias_);
  touchedBiases.begin();
  scatterRows<T>(pass.parallel, gathered, 1, ids_, biasGradients_, classes_, pass.parameters.gradient(bias_),
                 &touchedBiases);
}

template <class T>
LossResult SampledSoftmax<T>::exactly(const T* input, Index positions, const TokenId* targets, T scale,
                                      const Pass<T>& pass, T** inputGradient) {
  // Written as a whole, regardless of the rows that the previous step touched.
  if (weight_.place == nullptr) pass.parameters.touched(weight_.parameter).begin();
  if (bias_ != noParameter) pass.parameters.touched(bias_).begin();
  return exact_.lossAndGradients(input, positions, targets, scale, pass, inputGradient);
}

template <class T>
LossResult SampledSoftmax<T>::lossAndGradients(const T* input, Index positions, const TokenId* targets, T scale,
                                               const Pass<T>& pass, T** inputGradient) {
  if (!pass.dropping.active) return exactly(input, positions, targets, scale, pass, inputGradient);
  *inputGradient = inputGradient_;
  positions_ = positions;
  sampler_.draw(pass.dropping.seed, pass.dropping.step);
  gather(targets, pass);

  const Parallel& parallel = pass.parallel;
  const KernelTable<T>& kernel = kernels<T>();
  const T* samples = rows_ + positions * features_;
  T* sampleGradients = rowGradients_ + positions * features_;
  T* sampleBiasGradients = biasGradients_ + positions;
  const Index most = mostRows<T>(samples_);
  const Index chunks = (positions + most - 1) / most;
  const Index chunk = (positions + chunks - 1) / chunks;
  for (Index begin = 0; begin < positions; begin += chunk) {
    const Index rows = std::min(chunk, positions - begin);
    const T* vectors = input + begin * features_;
    multiply<T>(pass, rows, samples_, features_, {vectors, features_}, {samples, features_, Transpose::yes}, scores_,
                samples_, false);
    differentiate(input, begin, rows, scale, pass);
    const bool more = begin > 0;
    multiply<T>(pass, rows, features_, samples_, {scores_, samples_}, {samples, features_},
                inputGradient_ + begin * features_, features_, false);
    multiply<T>(pass, samples_, features_, rows, {scores_, samples_, Transpose::yes}, {vectors, features_},
                sampleGradients, features_, more);
    sumColumns<T>(parallel, rows, samples_, scores_, samples_, more ? biasSum_ : sampleBiasGradients);
    if (more) kernel.add(samples_, biasSum_, sampleBiasGradients);
  }
  differentiateTargets(input, pass);
  scatter(pass);

  LossResult total;
  double estimate = 0;
  for (Index position = 0; position < positions; ++position) {
    total.sum += losses_[position];
    estimate += estimates_[position];
    if (hits_[position]) ++total.correct;
  }
  total.estimate = estimate;
  return total;
}

template class SampledSoftmax<float>;
template class SampledSoftmax<double>;

}  // namespace unrolled

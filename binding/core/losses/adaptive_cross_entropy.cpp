#include "losses/adaptive_cross_entropy.h"

#include <algorithm>

#include "kernels/gather.h"
#include "layers/pass_product.h"

namespace unrolled {

template <class T>
AdaptiveCrossEntropy<T>::AdaptiveCrossEntropy(const AdaptiveSoftmax<T>& layer)
    : layer_(layer),
      head_(layer.headWeight(), layer.headBias(), layer.features(), layer.entries()),
      starts_(layer.clusters().size() + 1) {
  for (const auto& cluster : layer.clusters()) {
    clusters_.push_back(
        std::make_unique<SoftmaxCrossEntropy<T>>(cluster.weight, noParameter, cluster.width, cluster.count));
  }
}

template <class T>
void AdaptiveCrossEntropy<T>::layOut(Arena& arena, PassSize size) {
  head_.layOut(arena, size);
  Index widest = 0;
  for (std::size_t i = 0; i < clusters_.size(); ++i) {
    clusters_[i]->layOut(arena, size);
    widest = std::max(widest, layer_.clusters()[i].width);
  }
  headTargets_ = arena.take<TokenId>(size.positions);
  sorted_ = arena.take<TokenId>(size.positions);
  clusterTargets_ = arena.take<TokenId>(size.positions);
  vectors_ = arena.take<T>(size.positions * layer_.features());
  hidden_ = arena.take<T>(size.positions * widest);
  if (size.backward) vectorGradients_ = arena.take<T>(size.positions * layer_.features());
}

template <class T>
LossResult AdaptiveCrossEntropy<T>::loss(const T* input, Index positions, const TokenId* targets, const Pass<T>& pass) {
  return run(input, positions, targets, false, T(0), pass, nullptr);
}

template <class T>
LossResult AdaptiveCrossEntropy<T>::lossAndGradients(const T* input, Index positions, const TokenId* targets, T scale,
                                                     const Pass<T>& pass, T** inputGradient) {
  return run(input, positions, targets, true, scale, pass, inputGradient);
}

template <class T>
void AdaptiveCrossEntropy<T>::sort(Index positions, const TokenId* targets) {
  const auto& clusters = layer_.clusters();
  const Index frequent = layer_.frequent();
  Index sorted = 0;
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    starts_[i] = sorted;
    const Index begin = clusters[i].begin;
    for (Index position = 0; position < positions; ++position) {
      const Index rank = layer_.ranks().rankOf(targets[position]);
      if (i == 0 && rank < frequent) headTargets_[position] = static_cast<TokenId>(rank);
      if (rank < begin || rank >= begin + clusters[i].count) continue;
      headTargets_[position] = static_cast<TokenId>(frequent + static_cast<Index>(i));
      sorted_[sorted] = static_cast<TokenId>(position);
      clusterTargets_[sorted++] = static_cast<TokenId>(rank - begin);
    }
  }
  starts_.back() = sorted;
}

template <class T>
LossResult AdaptiveCrossEntropy<T>::run(const T* input, Index positions, const TokenId* targets, bool backward, T scale,
                                        const Pass<T>& pass, T** inputGradient) {
  sort(positions, targets);
  LossResult total;
  if (backward) {
    total = head_.lossAndGradients(input, positions, headTargets_, scale, pass, inputGradient);
  } else {
    total = head_.loss(input, positions, headTargets_, pass);
  }
  for (std::size_t i = 0; i < clusters_.size(); ++i) {
    const LossResult within = runCluster(i, input, backward, scale, pass, backward ? *inputGradient : nullptr);
    total.sum += within.sum;
    total.correct += within.correct;
  }
  return total;
}

template <class T>
LossResult AdaptiveCrossEntropy<T>::runCluster(std::size_t number, const T* input, bool backward, T scale,
                                               const Pass<T>& pass, T* inputGradient) {
  const auto& cluster = layer_.clusters()[number];
  const Index first = starts_[number];
  const Index count = starts_[number + 1] - first;
  const Index features = layer_.features();
  T* weightGradient = pass.parameters.gradient(cluster.weight);
  T* projectionGradient = pass.parameters.gradient(cluster.projection);
  LossResult result;
  if (count == 0) {
    if (!backward) return result;
    std::fill_n(weightGradient, cluster.count * cluster.width, T(0));
    std::fill_n(projectionGradient, cluster.width * features, T(0));
    return result;
  }

  const Parallel& parallel = pass.parallel;
  const TokenId* own = sorted_ + first;
  const T* projection = pass.parameters.value(cluster.projection);
  gatherRows<T>(parallel, count, features, own, input, nullptr, vectors_);
  multiply<T>(pass, count, cluster.width, features, {vectors_, features}, {projection, features, Transpose::yes},
              hidden_, cluster.width, false);
  SoftmaxCrossEntropy<T>& within = *clusters_[number];
  T* hiddenGradient = nullptr;
  if (backward) {
    result = within.lossAndGradients(hidden_, count, clusterTargets_ + first, scale, pass, &hiddenGradient);
  } else {
    result = within.loss(hidden_, count, clusterTargets_ + first, pass);
  }
  result.correct = 0;
  for (Index i = 0; i < count; ++i) {
    // Targets whose cluster the head predicted were counted there.
    if (head_.hits()[own[i]] && !within.hits()[i]) --result.correct;
  }
  if (!backward) return result;

  multiply<T>(pass, cluster.width, features, count, {hiddenGradient, cluster.width, Transpose::yes},
              {vectors_, features}, projectionGradient, features, false);
  multiply<T>(pass, count, features, cluster.width, {hiddenGradient, cluster.width}, {projection, features},
              vectorGradients_, features, false);
  for (Index i = 0; i < count; ++i) {
    kernels<T>().add(features, vectorGradients_ + i * features, inputGradient + own[i] * features);
  }
  return result;
}

template class AdaptiveCrossEntropy<float>;
template class AdaptiveCrossEntropy<double>;

}  // namespace unrolled

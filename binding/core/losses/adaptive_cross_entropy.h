// Cross-entropy over an adaptive softmax, in parts: first all positions in the head, where a class of a cluster counts
// as that cluster; then the positions of each cluster within it. Each part is a separate softmax cross-entropy. A
// cluster without a target takes no work except clearing its gradients.
//
// A target is `correct` if its class or cluster is the most likely one in the head, and its class the most likely one
// in its cluster.
//
// Memory, in elements: those of SoftmaxCrossEntropy for the head and for each cluster; for each cluster P·D, and P·H
// positions' vectors and their gradients; 3·P ids.
#pragma once

#include <memory>
#include <vector>

#include "layers/adaptive_softmax.h"
#include "losses/softmax_cross_entropy.h"

namespace unrolled {

template <class T>
class AdaptiveCrossEntropy final : public ClassLoss<T> {
 public:
  // Over a layer's parameters; the layer outlives it.
  explicit AdaptiveCrossEntropy(const AdaptiveSoftmax<T>& layer);

  void layOut(Arena& arena, PassSize size) override;
  LossResult loss(const T* input, Index positions, const TokenId* targets, const Pass<T>& pass) override;
  LossResult lossAndGradients(const T* input, Index positions, const TokenId* targets, T scale, const Pass<T>& pass,
                              T** inputGradient) override;

 private:
  LossResult run(const T* input, Index positions, const TokenId* targets, bool backward, T scale, const Pass<T>& pass,
                 T** inputGradient);
  // Sorts the positions by cluster, in their order.
  void sort(Index positions, const TokenId* targets);
  LossResult runCluster(std::size_t number, const T* input, bool backward, T scale, const Pass<T>& pass,
                        T* inputGradient);

  const AdaptiveSoftmax<T>& layer_;
  SoftmaxCrossEntropy<T> head_;
  std::vector<std::unique_ptr<SoftmaxCrossEntropy<T>>> clusters_;
  std::vector<Index> starts_;  // [C + 1]: of each cluster's positions among the sorted ones

  TokenId* headTargets_ = nullptr;     // [P]
  TokenId* sorted_ = nullptr;          // [P]: positions by cluster
  TokenId* clusterTargets_ = nullptr;  // [P]: by cluster, within it
  T* vectors_ = nullptr;               // [P, H]: what a cluster's positions read
  T* vectorGradients_ = nullptr;       // [P, H]
  T* hidden_ = nullptr;                // [P, D]: projected
};

}  // namespace unrolled

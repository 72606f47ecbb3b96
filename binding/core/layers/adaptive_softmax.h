// Adaptive softmax (Grave et al. 2017): a head has the most frequent classes and one entry for each cluster of rarer
// ones. A cluster has a projection to a smaller width D_i = H / divisorⁱ⁺¹ and its own softmax, so log P(class) = log
// P(cluster) + log P(class | cluster). Its output is the log-probability of every class, by id.
//
// Clusters are ranges of ranks: [0, cutoffs[0]) is the head, [cutoffs[i], cutoffs[i + 1]) cluster i, the last one ends
// at V. Training uses AdaptiveCrossEntropy instead, unless the outputs themselves are differentiated.
//
// Memory, in elements: P·V output and the same again if ids are not their ranks; P·(C + ΣD) for the clusters'
// log-probabilities and projections; backward P·V, P·H and P·ΣD.
#pragma once

#include <string>
#include <vector>

#include "layers/builder.h"
#include "layers/layer.h"
#include "layers/options.h"
#include "layers/rank_table.h"

namespace unrolled {

struct AdaptiveSoftmaxOptions {
  static constexpr const char* type = "adaptiveSoftmax";
  static constexpr Reads reads = Reads::vectors;

  Index features = 0;               // V
  std::vector<Index> cutoffs = {};  // rising, from 1 to V - 1
  double divisor = 4;               // by what the width of each cluster is less than that of the one before
  bool bias = false;                // of the head's entries
  std::vector<TokenId> ranks = {};  // as of DenseOptions

  static constexpr auto fields() {
    return std::tuple{needed("features", &AdaptiveSoftmaxOptions::features, WholeNumber{1, largestCount}),
                      needed("cutoffs", &AdaptiveSoftmaxOptions::cutoffs, WholeNumbers{1, largestCount}),
                      option("divisor", &AdaptiveSoftmaxOptions::divisor, RealNumber{.least = 1.0}),
                      option("bias", &AdaptiveSoftmaxOptions::bias, Flag{}),
                      option("ranks", &AdaptiveSoftmaxOptions::ranks, WholeNumbers{0, largestCount})};
  }

  template <class T>
  Flow make(Builder<T>& builder, const Flow& input) const;
};

template <class T>
class AdaptiveSoftmax final : public Layer<T> {
 public:
  struct Cluster {
    Index begin = 0;  // rank of its first class
    Index count = 0;
    Index width = 0;              // D
    std::size_t projection = 0;   // parameter [D, H]
    std::size_t weight = 0;       // parameter [count, D]
    T* hidden = nullptr;          // [P, D]
    T* hiddenGradient = nullptr;  // [P, D]
  };

  // Adds NAME.head.weight [cutoffs[0] + C, H], NAME.head.bias where there is one, and of each cluster
  // NAME.tail.i.0.weight [D, H] and NAME.tail.i.1.weight [count, D], as PyTorch's AdaptiveLogSoftmaxWithLoss.
  AdaptiveSoftmax(ParameterList& list, const std::string& name, Index features, RankTable ranks,
                  const AdaptiveSoftmaxOptions& options);

  PassSize layOut(Arena& arena, PassSize size) override;
  Sequence<T> forward(const Sequence<T>& input, T* states, const Pass<T>& pass) override;
  T* backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) override;

  [[nodiscard]] const RankTable& ranks() const { return ranks_; }
  [[nodiscard]] Index features() const { return features_; }
  // Classes in the head; its entries are these and one for each cluster.
  [[nodiscard]] Index frequent() const { return frequent_; }
  [[nodiscard]] Index entries() const { return frequent_ + static_cast<Index>(clusters_.size()); }
  [[nodiscard]] std::size_t headWeight() const { return headWeight_; }
  // `noParameter` if there is none.
  [[nodiscard]] std::size_t headBias() const { return headBias_; }
  [[nodiscard]] const std::vector<Cluster>& clusters() const { return clusters_; }

 private:
  // Columns of a row by rank to their places by id, or back.
  void permute(Index positions, const T* from, T* to, bool toIds, const Pass<T>& pass) const;
  // A row of scores by rank, and of the clusters' entries, to log-probabilities.
  void normalize(T* row, T* entries) const noexcept;
  // From the gradients of a row's log-probabilities, by rank, to those of its scores; `sums` become those of the
  // entries.
  void differentiate(const T* row, const T* entries, T* gradient, T* sums) const noexcept;

  RankTable ranks_;
  Index features_;
  Index frequent_;
  std::size_t headWeight_;
  std::size_t headBias_;
  std::vector<Cluster> clusters_;

  Sequence<T> input_;            // of the last forward pass
  T* byRank_ = nullptr;          // [P, V]: scores, then log-probabilities
  T* byId_ = nullptr;            // [P, V]; the same array where ids are ranks
  T* entries_ = nullptr;         // [P, C]: of the clusters
  T* entryGradients_ = nullptr;  // [P, C]
  T* gradient_ = nullptr;        // [P, V]: by rank
  T* inputGradient_ = nullptr;   // [P, H]
};

}  // namespace unrolled

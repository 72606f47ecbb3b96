// Sampled softmax cross-entropy over a linear head (Jean et al. 2015): in training the target competes with K classes,
// drawn again for each step, instead of all V. Each score is lowered by the log of its class's expected count among the
// samples; a sample that is the target is left out. Without draws (in evaluation, and for gradients without a step's
// random numbers) the loss is the exact one.
//
// With s_j = o_j - log E_j for the scores o of the head, differentiated is Σ -log(e^{s_t} / (e^{s_t} + Σ_j e^{s_j}))
// over samples j ≠ t. Reported as estimate is Σ -log(e^{o_t} / (e^{o_t} + Σ_j e^{s_j})): the sum over j is expected to
// be that over all other classes.
//
// If samples and targets are few, only their rows of the gradients of W and b are written: see
// parameters/touched_rows.h.
//
// Memory, in elements: those of SoftmaxCrossEntropy; backward R·K for a chunk's scores, 2·(P + K)·(H + 1) for the
// gathered rows and their gradients, and P + K ids.
#pragma once

#include <utility>

#include "losses/class_sampler.h"
#include "losses/softmax_cross_entropy.h"

namespace unrolled {

template <class T>
class SampledSoftmax final : public ClassLoss<T> {
 public:
  // Like those of SoftmaxCrossEntropy, with the ranks of the classes and K.
  SampledSoftmax(Weight<T> weight, std::size_t bias, Index features, RankTable ranks, Index samples)
      : exact_(weight, bias, features, ranks.classes()),
        weight_(weight),
        bias_(bias),
        features_(features),
        classes_(ranks.classes()),
        samples_(samples),
        sampler_(std::move(ranks), samples) {}

  void layOut(Arena& arena, PassSize size) override;
  LossResult loss(const T* input, Index positions, const TokenId* targets, const Pass<T>& pass) override;
  LossResult lossAndGradients(const T* input, Index positions, const TokenId* targets, T scale, const Pass<T>& pass,
                              T** inputGradient) override;

 private:
  LossResult exactly(const T* input, Index positions, const TokenId* targets, T scale, const Pass<T>& pass,
                     T** inputGradient);
  // Brings the rows of targets and samples together.
  void gather(const TokenId* targets, const Pass<T>& pass);
  // For a chunk, with the products of the samples in `scores_`: computes the losses, and in place the gradients of the
  // scores.
  void differentiate(const T* input, Index begin, Index rows, T scale, const Pass<T>& pass);
  // The targets' part of the input's gradient, and the gradients of the targets' rows.
  void differentiateTargets(const T* input, const Pass<T>& pass);
  // Brings the gradients of the gathered rows back to their places.
  void scatter(const Pass<T>& pass);

  SoftmaxCrossEntropy<T> exact_;
  Weight<T> weight_;
  std::size_t bias_;
  Index features_;
  Index classes_;
  Index samples_;
  ClassSampler sampler_;
  Index positions_ = 0;  // P of the last pass

  // For P targets, then K samples.
  TokenId* ids_ = nullptr;       // [P + K]
  T* rows_ = nullptr;            // [P + K, H]
  T* biases_ = nullptr;          // [P + K]
  T* rowGradients_ = nullptr;    // [P + K, H]
  T* biasGradients_ = nullptr;   // [P + K]
  T* biasSum_ = nullptr;         // [K]
  T* corrections_ = nullptr;     // [K]: b - log E of the samples
  T* scores_ = nullptr;          // [R, K]
  T* inputGradient_ = nullptr;   // [P, H]
  double* losses_ = nullptr;     // [P]
  double* estimates_ = nullptr;  // [P]
  bool* hits_ = nullptr;         // [P]: whether the target's score exceeds those of the samples
};

}  // namespace unrolled

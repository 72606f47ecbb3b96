// A linear head with softmax cross-entropy, fused and in chunks of positions: the logits of a chunk
// become their own gradient in place, so the [P, V] logits are never held, and the backward pass is
// made on the way forward. Large vocabularies go by blocks of classes (blocked_softmax.h) unless the positions are few.
//
// Memory, in elements: R·V for the chunk (R rows, about `chunkBytes`, at least `leastRows`), V for a
// bias's sum, P losses in double and P flags; of few features NarrowWeight's.
#pragma once

#include "layers/weight.h"
#include "losses/blocked_softmax.h"
#include "losses/class_loss.h"
#include "losses/narrow_weight.h"

namespace unrolled {

template <class T>
class SoftmaxCrossEntropy final : public ClassLoss<T> {
 public:
  // Over the parameters of a dense head: weight [V, H], which may be an embedding's table, and bias [V] or
  // `noParameter`.
  SoftmaxCrossEntropy(Weight<T> weight, std::size_t bias, Index features, Index classes)
      : weight_(weight),
        bias_(bias),
        features_(features),
        classes_(classes),
        blocked_(weight, bias, features, classes),
        narrowWeight_(features, classes) {}

  void layOut(Arena& arena, PassSize size) override;
  LossResult loss(const T* input, Index positions, const TokenId* targets, const Pass<T>& pass) override;
  LossResult lossAndGradients(const T* input, Index positions, const TokenId* targets, T scale, const Pass<T>& pass,
                              T** inputGradient) override;

  // For the last pass, [P]: whether the target was the most likely class.
  [[nodiscard]] const bool* hits() const { return hits_; }

 private:
  // Most rows of a chunk; a matter of shape alone.
  [[nodiscard]] Index mostRows() const;
  [[nodiscard]] bool narrow() const { return features_ <= NarrowWeight<T>::mostFeatures; }
  [[nodiscard]] bool isBlocked(Index positions) const { return !narrow() && blocked_.suits(positions); }
  LossResult run(const T* input, Index positions, const TokenId* targets, bool backward, T scale, const Pass<T>& pass);
  // All classes of some positions at once: fills `losses_` and `hits_`, and the gradients.
  void runByRows(const T* input, Index positions, const TokenId* targets, bool backward, T scale, const Pass<T>& pass);

  Weight<T> weight_;
  std::size_t bias_;
  Index features_;
  Index classes_;
  BlockedSoftmax<T> blocked_;  // if the sizes suit it
  NarrowWeight<T> narrowWeight_;

  T* logits_ = nullptr;         // [R, V]
  T* biasSum_ = nullptr;        // [V]
  T* inputGradient_ = nullptr;  // [P, H]
  double* losses_ = nullptr;    // [P]
  bool* hits_ = nullptr;        // [P]
};

}  // namespace unrolled

// Two recurrent layers over the same sequence, one from its first step to its last, one from its last to its first.
// Their outputs are concatenated ([T, B, 2·H]) or added ([T, B, H]).
//
// One-hot ids are read in both orders; embedded ones are gathered once and then are vectors.
//
// Memory in addition to that of the two layers, in elements: P ids, or P·I vectors in reverse order (and P·I gathered
// ones); P·H of the second layer's output; P·N output; backward 2·P·H + P·I gradients.
#pragma once

#include <memory>

#include "layers/recurrent/recurrent_layer.h"
#include "layers/recurrent/recurrent_options.h"

namespace unrolled {

template <class T>
class Bidirectional final : public Layer<T> {
 public:
  // Both layers have the same features and hidden size. The input is one-hot ids, `embedded` ids, or vectors; both
  // layers take embedded ids as vectors.
  Bidirectional(std::unique_ptr<RecurrentLayer<T>> forward, std::unique_ptr<RecurrentLayer<T>> reverse, Merge merge,
                Index features, Index hidden, bool oneHot, bool embedded);

  // The first layer's, then the second's.
  [[nodiscard]] std::vector<StateInfo> states() const override;
  PassSize layOut(Arena& arena, PassSize size) override;
  Sequence<T> forward(const Sequence<T>& input, T* states, const Pass<T>& pass) override;
  T* backward(T* outputGradient, T* stateGradients, bool wanted, const Pass<T>& pass) override;

  [[nodiscard]] Index outputs() const { return merge_ == Merge::concatenate ? 2 * hidden_ : hidden_; }

 private:
  // Copies elements [positions, width] so that the steps of each row are in reverse order.
  template <class Element>
  void reverse(const Pass<T>& pass, Index width, const Element* from, Element* to) const;

  std::unique_ptr<RecurrentLayer<T>> forward_;
  std::unique_ptr<RecurrentLayer<T>> reverse_;
  Merge merge_;
  Index features_;
  Index hidden_;
  bool oneHot_;
  bool embedded_;
  Index forwardStateFeatures_ = 0;  // where the second layer's states begin

  Sequence<T> input_;               // of the last forward pass
  std::vector<Index> lengths_;      // of its rows
  TokenId* reversedIds_ = nullptr;  // [T, B]: one-hot ids in the other order
  T* gathered_ = nullptr;           // [T, B, I]: rows of the table
  T* reversed_ = nullptr;           // [T, B, I]: vectors in the other order; backward, their gradient's
  T* ordered_ = nullptr;            // [T, B, H]: the second layer's output in the sequence's order
  T* output_ = nullptr;             // [T, B, N]
  T* forwardGradient_ = nullptr;    // [T, B, H]: of the first layer's output
  T* reverseGradient_ = nullptr;    // [T, B, H]: of the second's, in its order
};

}  // namespace unrolled

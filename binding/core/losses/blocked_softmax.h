// Softmax cross-entropy over a large vocabulary in blocks of classes: products, softmax and gradient of a block are
// computed while it is in a cache. The plain version is in softmax_cross_entropy.cpp.
//
// Logits are stored with one row per class and one column per position. The logits of a block become exp(logit - the
// block's highest) at once, and each position's highest value and sum are kept. After all blocks, these give the loss,
// and the factors that turn the values of a block into gradients.
//
// Memory, in elements: V + S·H + 2·H + 3·V/F for each position of a chunk, whose number of positions keeps it near
// `mostBytes` (S slices, F classes of a block), and S·C·H + V for the weights' panels and a bias's sum (C classes of a
// backward block).
#pragma once

#include "layers/weight.h"

namespace unrolled {

template <class T>
class BlockedSoftmax {
 public:
  // Like those of SoftmaxCrossEntropy.
  BlockedSoftmax(Weight<T> weight, std::size_t bias, Index features, Index classes);

  // Fewer are not worth the packing.
  static constexpr Index leastPositions = 48;

  // Whether it is the way for that many positions: a matter of shape, unless the environment asks for OpenBLAS.
  [[nodiscard]] bool suits(Index positions) const;

  void layOut(Arena& arena, PassSize size);
  // The limit below which the logits of fewer than `leastPositions` positions stay in memory between its own passes.
  [[nodiscard]] T* smallLogits() const { return values_; }

  // The values at each position.
  struct Positions {
    const T* input = nullptr;          // [P, H]
    const TokenId* targets = nullptr;  // [P]
    double* losses = nullptr;          // [P]: takes -log softmax(input·Wᵀ + b)[target], in nats
    bool* hits = nullptr;              // [P]: takes whether the target was the likeliest class
    T* inputGradient = nullptr;  // [P, H], or null: takes the gradient of scale·Σ loss, as W's and b's do theirs
  };

  void run(const Positions& all, Index positions, T scale, const Pass<T>& pass);

 private:
  // The positions that are worked on at once.
  struct Chunk : Positions {
    Index rows;     // R
    Index columns;  // R filled up to whole panels
    Index stride;   // from class to class in `values_`
  };

  [[nodiscard]] Chunk chunkOf(const Positions& from, Index rows) const;
  // Sizes of a chunk. They are the same for a forward pass alone, which shares the workspace with backward passes.
  [[nodiscard]] Index mostRows() const;
  [[nodiscard]] Index blocks() const { return (classes_ + blockClasses_ - 1) / blockClasses_; }
  [[nodiscard]] Index backwardBlocks() const { return (classes_ + backwardClasses_ - 1) / backwardClasses_; }

  // The logits of each block, their exponentials, and the values kept for each.
  void forward(const Chunk& chunk, const Pass<T>& pass);
  // From the values of all blocks to the losses, and to the factors of the gradient scale·(softmax - one-hot target).
  void join(const Chunk& chunk, T scale, const Pass<T>& pass);
  void backward(const Chunk& chunk, T scale, bool more, const Pass<T>& pass);
  // A slice's blocks, which add up in `inputGradient` [R, H].
  void backwardSlice(const Chunk& chunk, Index slice, T scale, bool more, T* inputGradient,
                     const Pass<T>& pass) noexcept;

  Weight<T> weight_;
  std::size_t bias_;
  Index features_;
  Index classes_;
  Index blockClasses_;     // of a block on the way forward
  Index backwardClasses_;  // of one on the way back: whole forward blocks
  Index slices_;           // slices of the classes, whose gradients of the input are added separately
  bool fitting_;           // there are classes enough

  T* values_ = nullptr;         // [V, R]: logits, then exponentials, then gradients
  T* highest_ = nullptr;        // [blocks, R]: of a block's logits; then the factors
  T* sums_ = nullptr;           // [blocks, R]: of a block's exponentials
  T* which_ = nullptr;          // [blocks, R]: a block's likeliest class, counted in it
  T* targetLogits_ = nullptr;   // [R]
  T* packedForward_ = nullptr;  // the input's panels, for the logits
  T* packedInput_ = nullptr;    // and for the weights' gradient
  T* packedWeight_ = nullptr;   // a backward block's panels, for each slice
  T* partial_ = nullptr;        // [slices - 1, R, H]: the input's gradient from all slices after the first
  T* biasSum_ = nullptr;        // [V]
};

}  // namespace unrolled

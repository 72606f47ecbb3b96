// Softmax cross-entropy over a large vocabulary, by blocks of classes: the products' tiles, the softmax and its
// gradient are taken while a block is in a cache. Its plain counterpart is in softmax_cross_entropy.cpp.
//
// The logits stand with the classes one under another and the positions side by side. A block's become
// exp(logit - the block's highest) at once, beside each position's highest and sum; when all blocks are there, those
// give the loss, and the factors that make the gradient of the block's values.
//
// Memory, in elements: V + S·H + 2·H + 3·V/F for each position of a chunk, so many positions that it stays near
// `mostBytes` (S slices, F classes of a block), and S·C·H + V for the weights' panels and a bias's sum (C classes of a
// backward block).
#pragma once

#include "layers/weight.h"
#include "losses/loss.h"

namespace unrolled {

template <class T>
class BlockedSoftmax {
 public:
  // As of SoftmaxCrossEntropy.
  BlockedSoftmax(Weight<T> weight, std::size_t bias, Index features, Index classes);

  // Fewer are not worth the packing.
  static constexpr Index leastPositions = 48;

  // Whether it is the way for that many positions: a matter of shape, unless the environment asks for OpenBLAS.
  [[nodiscard]] bool suits(Index positions) const;

  void layOut(Arena& arena, PassSize size);
  // Where the logits of fewer than `leastPositions` may stand between its own passes.
  [[nodiscard]] T* smallLogits() const { return values_; }

  // Σ over positions of -log softmax(input·Wᵀ + b)[target], in nats; where `inputGradient` [P, H] is not null, with the
  // gradients of scale·Σ: of W and b (written), and of the input.
  LossResult run(const T* input, Index positions, const TokenId* targets, T scale, T* inputGradient,
                 const Pass<T>& pass);

 private:
  // The positions that are worked on at once.
  struct Chunk {
    const T* input;          // [R, H]
    const TokenId* targets;  // [R]
    Index rows;              // R
    Index columns;           // R filled up to whole panels
    Index stride;            // from class to class in `values_`
  };

  [[nodiscard]] Chunk chunkOf(const T* input, const TokenId* targets, Index rows) const;
  [[nodiscard]] Index mostRows(bool backward) const;
  [[nodiscard]] Index blocks() const { return (classes_ + blockClasses_ - 1) / blockClasses_; }
  [[nodiscard]] Index backwardBlocks() const { return (classes_ + backwardClasses_ - 1) / backwardClasses_; }

  // Each block's logits, their exponentials, and what is kept of each.
  void forward(const Chunk& chunk, const Pass<T>& pass);
  // All blocks' to the losses, and to the factors of the gradient scale·(softmax - one-hot target).
  void join(const Chunk& chunk, T scale, const Pass<T>& pass, LossResult& total);
  void backward(const Chunk& chunk, T scale, bool more, T* inputGradient, const Pass<T>& pass);
  // A slice's blocks, which add up in `inputGradient` [R, H].
  void backwardSlice(const Chunk& chunk, Index slice, T scale, bool more, T* inputGradient,
                     const Pass<T>& pass) noexcept;

  Weight<T> weight_;
  std::size_t bias_;
  Index features_;
  Index classes_;
  Index blockClasses_;     // of a block on the way forward
  Index backwardClasses_;  // of one on the way back: whole forward blocks
  Index slices_;           // parts of the classes whose gradients of the input are added apart
  bool fitting_;           // there are classes enough

  T* values_ = nullptr;         // [V, R]: logits, then exponentials, then gradients
  T* highest_ = nullptr;        // [blocks, R]: of a block's logits; then the factors
  T* sums_ = nullptr;           // [blocks, R]: of a block's exponentials
  T* which_ = nullptr;          // [blocks, R]: a block's likeliest class, counted in it
  T* targetLogits_ = nullptr;   // [R]
  double* losses_ = nullptr;    // [R]
  bool* hits_ = nullptr;        // [R]
  T* packedForward_ = nullptr;  // the input's panels, for the logits
  T* packedInput_ = nullptr;    // and for the weights' gradient
  T* packedWeight_ = nullptr;   // a backward block's panels, for each slice
  T* partial_ = nullptr;        // [slices - 1, R, H]: the input's gradient of the slices behind the first
  T* biasSum_ = nullptr;        // [V]
};

}  // namespace unrolled

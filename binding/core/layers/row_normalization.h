// Layer normalisation of blocks of features, step by step, for cells: every row of [P, blocks·F] is normalised block by
// block to mean 0 and variance 1, then multiplied by a gain and shifted, for each feature.
//
// Gradients of gain and shift are summed for each row of the batch separately and added at the end, so they do not
// depend on the distribution of rows over threads.
//
// Memory, in elements, N = blocks·F: P·N normalised values + P·blocks; backward + B·N of the gain + B·N of the shift.
#pragma once

#include "layers/layer.h"

namespace unrolled {

template <class T>
class RowNormalization {
 public:
  RowNormalization(Index blocks, Index features, double epsilon)
      : blocks_(blocks), features_(features), epsilon_(static_cast<T>(epsilon)) {}

  void layOut(Arena& arena, PassSize size);

  // Gain and shift [N] of a pass; null without a shift.
  void prepare(const T* gain, const T* shift);
  // Before a backward pass over `batch` rows.
  void clearGradients(Index batch);

  // Rows of a step, the first of them at `position`, in arrays whose rows are N wide. In each row only `blocks` blocks
  // are touched: the block `block`, to which the pointers point, and the following ones.
  struct Part {
    Index position;
    Index rows;
    Index block;
    Index blocks;
  };
  // All blocks.
  [[nodiscard]] Part whole(Index position, Index rows) const { return {position, rows, 0, blocks_}; }

  // y = (accumulate ? y : 0) + normalised x; y may be x.
  void forward(const Part& part, const T* x, T* y, bool accumulate) noexcept;
  // From the gradient of y to dx, the gradient of x, which may overwrite it or `normalized`. `row`: the first row's
  // index in the batch.
  void backward(const Part& part, Index row, const T* gradient, T* dx) noexcept;

  // The normalised values, [P, N].
  [[nodiscard]] T* normalized() const { return normalized_; }

  // Writes the gradients of gain and, where there is one, shift, [N].
  void writeGradients(const Pass<T>& pass, Index batch, T* gain, T* shift) const;

 private:
  [[nodiscard]] Index width() const { return blocks_ * features_; }

  Index blocks_;
  Index features_;
  T epsilon_;
  const T* gain_ = nullptr;
  const T* shift_ = nullptr;
  T* normalized_ = nullptr;     // [P, N]
  T* inverse_ = nullptr;        // [P, blocks]: 1 / standard deviation
  T* gainGradient_ = nullptr;   // [B, N]
  T* shiftGradient_ = nullptr;  // [B, N]
};

}  // namespace unrolled

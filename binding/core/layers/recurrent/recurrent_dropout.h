// Dropout of a recurrence (Gal and Ghahramani, "A theoretically grounded application of dropout in recurrent neural
// networks", 2016): h on its way into W_hh times a mask [B, H] of zeros and 1 / (1 - rate), the same mask at every
// step of a pass. What reaches the next state past W_hh (an LSTM's c, a GRU's z∘h) is whole.
//
// The masks of a pass hang on its seed and step and on the layer's own number alone, and belong to rows of the batch; a
// part of a batch has those of its rows.
//
// Memory, where the rate is not 0: P·H dropped states + B·H masks, backward + B·H of a step.
#pragma once

#include <cstdint>

#include "layers/layer.h"

namespace unrolled {

template <class T>
class RecurrentDropout {
 public:
  // `part`: the layer's own number among those of the model that drop units.
  RecurrentDropout(Index hidden, double rate, std::uint32_t part) : hidden_(hidden), rate_(rate), part_(part) {}

  void layOut(Arena& arena, PassSize size);

  // Draws the masks of a pass over `batch` rows, where units are dropped in it.
  void prepare(const Dropping& dropping, Index batch);

  // Whether units are dropped in the pass that was prepared last.
  [[nodiscard]] bool active() const { return active_; }

  // Keeps states [rows, H] at a position, dropped.
  void drop(Index position, Index row, Index rows, const T* state) noexcept;
  // The dropped states [P, H].
  [[nodiscard]] const T* states() const { return states_; }

  // Of some rows of a step: where the gradient of dropped states goes, [B, H], and from there to that of states.
  [[nodiscard]] T* gradient(Index row) const { return gradient_ + row * hidden_; }
  void pass(Index row, Index rows, const T* gradient, T* stateGradient, bool accumulate) const noexcept;

 private:
  Index hidden_;
  double rate_;
  std::uint32_t part_;
  bool active_ = false;
  T* mask_ = nullptr;      // [B, H]
  T* states_ = nullptr;    // [T, B, H]
  T* gradient_ = nullptr;  // [B, H]
};

}  // namespace unrolled

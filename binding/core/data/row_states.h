// The hidden state of the rows of a source, from batch to batch.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "data/batch_source.h"
#include "model/model.h"

namespace unrolled {

template <class T>
class RowStates {
 public:
  RowStates(const Model<T>& model, Index mostRows) : model_(&model) {
    kept_.reserve(static_cast<std::size_t>(model.stateSize(mostRows)));
    next_.reserve(kept_.capacity());
  }

  // The flat initial state of a batch, for a pass to turn into its final one.
  T* begin(const TrainingBatch<T>& batch) {
    nextRows_ = batch.input.batch;
    next_.assign(static_cast<std::size_t>(model_->stateSize(nextRows_)), T(0));
    if (batch.fromZeroState) return next_.data();
    Index from = 0;
    Index to = 0;
    for (const StateInfo& state : model_->states()) {
      for (Index row = 0; row < nextRows_; ++row) {
        const Index before = batch.carriedFrom == nullptr ? row : batch.carriedFrom[row];
        if (before < 0) continue;
        std::copy_n(kept_.data() + from + before * state.features, state.features,
                    next_.data() + to + row * state.features);
      }
      from += rows_ * state.features;
      to += nextRows_ * state.features;
    }
    return next_.data();
  }

  // Takes the state that the last pass left for what the next batch carries on. Until then it is the one before.
  void keep() {
    std::swap(kept_, next_);
    rows_ = nextRows_;
  }

  [[nodiscard]] const std::vector<T>& values() const { return kept_; }
  [[nodiscard]] Index rows() const { return rows_; }
  void restore(Index rows, const std::vector<T>& values) {
    rows_ = rows;
    kept_ = values;
  }

 private:
  const Model<T>* model_;
  std::vector<T> kept_;
  std::vector<T> next_;
  Index rows_ = 0;
  Index nextRows_ = 0;
};

}  // namespace unrolled

// Where training batches come from, and in which order.
#pragma once

#include <cstdint>

#include "base/types.h"
#include "data/row_packer.h"
#include "layers/layer.h"
#include "losses/loss.h"
#include "model/model.h"

namespace unrolled {

// One batch with its targets; the arrays live until the next.
template <class T>
struct TrainingBatch {
  Batch<T> input;
  Targets<T> targets;
  Index targetCount = 0;  // positions of the output, each with a target

  // Where the hidden state of each row comes from: all from zero, or from `carriedFrom` [B]: the row of the batch
  // before whose final state it is, or -1 for zero. Null where rows are the same as before.
  bool fromZeroState = true;
  const Index* carriedFrom = nullptr;

  // By which a batch is cut into parts: how many rows it has with those that are through (0: those that are there), and
  // the pieces that its rows are, which have their numbers among all. Null where rows are in the order of their
  // numbers.
  Index allRows = 0;
  const Piece* pieces = nullptr;
};

template <class T>
class BatchSource {
 public:
  BatchSource() = default;
  virtual ~BatchSource() = default;
  BatchSource(const BatchSource&) = delete;
  BatchSource& operator=(const BatchSource&) = delete;
  BatchSource(BatchSource&&) = delete;
  BatchSource& operator=(BatchSource&&) = delete;

  [[nodiscard]] virtual Index stepsPerEpoch() const = 0;
  // Targets of a whole epoch.
  [[nodiscard]] virtual Index tokensPerEpoch() const = 0;
  // No batch is larger.
  [[nodiscard]] virtual PassSize largestPass() const = 0;
  // What its targets are for.
  [[nodiscard]] virtual LossKind loss() const { return LossKind::crossEntropy; }
  // Of the source of an encoder–decoder.
  [[nodiscard]] virtual PassSize largestSource() const { return {}; }
  // Size of the batch of a step, without making it, once that epoch's examples are in their order; puts them there.
  virtual BatchSize size(Index epoch, Index step) = 0;
  // How many examples that would be: those which the first batch of an epoch has to put in order.
  [[nodiscard]] virtual Index unordered(Index /*epoch*/) const { return 0; }
  // Whether a batch has to be read from a file, for which it may have to wait.
  [[nodiscard]] virtual bool readsFile() const { return false; }
  // The batch of step `step` in [0, stepsPerEpoch) of epoch `epoch`. It does not depend on which were asked for before.
  virtual TrainingBatch<T> batch(Index epoch, Index step) = 0;
  // Of the data, its cut and its order: sources of the same identity give the same batches.
  [[nodiscard]] virtual std::uint64_t identity() const = 0;
};

}  // namespace unrolled

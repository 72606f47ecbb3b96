#include "training/evaluation.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "base/floating_point_mode.h"
#include "data/row_states.h"
#include "data/stream_batches.h"
#include "training/shards.h"

namespace unrolled {
namespace {

// The loss of batches of up to that size, whole or by parts.
template <class T>
class BatchLoss {
 public:
  BatchLoss(Model<T>& model, const BatchSize& largest, Index shards, Group* group, const std::function<bool()>& proceed)
      : model_(model), proceed_(proceed), isShared_(group != nullptr && group->size() > 1) {
    if (shards == 1 && !isShared_) return;
    shards_ = std::make_unique<Shards<T>>(model, largest, shards, Shards<T>::Use::losses, isShared_ ? group : nullptr);
  }

  // Whether the next batch is to be judged. Ranks learn of it with the batch before.
  bool proceeds() { return isShared_ ? going_ : proceed_(); }

  LossResult operator()(const TrainingBatch<T>& batch, T* states, const Parallel& parallel) {
    if (!shards_) return model_.loss(batch.input, batch.targets, states, parallel);
    going_ = !isShared_ || proceed_();
    return shards_->loss(batch, states, parallel, going_);
  }

 private:
  Model<T>& model_;
  const std::function<bool()>& proceed_;
  bool isShared_;
  bool going_ = true;
  std::unique_ptr<Shards<T>> shards_;  // null: whole
};

}  // namespace

template <class T>
Evaluation evaluateStream(Model<T>& model, const IdStream& ids, Index rows, Index window, const Parallel& parallel,
                          const std::function<bool()>& proceed, Index shards, Group* group) {
  const FloatingPointMode mode;
  const auto start = std::chrono::steady_clock::now();
  const Index rowLength = (ids.size() - 1) / rows;
  if (rowLength < 1) {
    throw Error("ERR_UNROLLED_CORPUS_TOO_SHORT", "To evaluate " + std::to_string(rows) + " rows takes at least " +
                                                     std::to_string(rows + 1) + " tokens, but the corpus has " +
                                                     std::to_string(ids.size()))
        .about("batch", "at most " + std::to_string(std::max<Index>(0, ids.size() - 1)), std::to_string(rows));
  }
  const Index longest = std::min(window, rowLength);
  std::vector<TokenId> inputs(static_cast<std::size_t>(longest * rows));
  std::vector<TokenId> targets(inputs.size());
  std::vector<TokenId> row(static_cast<std::size_t>(longest + 1));
  std::vector<T> states(static_cast<std::size_t>(model.stateSize(rows)));
  BatchLoss<T> lossOf(model, {{longest * rows, rows, false, false, longest}}, shards, group, proceed);

  Evaluation result;
  for (Index begin = 0; begin < rowLength; begin += window) {
    if (!lossOf.proceeds()) {
      result.cancelled = true;
      break;
    }
    const Index time = std::min(window, rowLength - begin);
    cutWindow(ids, rows, rowLength, begin, time, inputs.data(), targets.data(), row.data());
    const TrainingBatch<T> batch = {{time, rows, inputs.data()}, targets.data(), time * rows};
    const LossResult loss = lossOf(batch, states.data(), parallel);
    result.lossSum += loss.sum;
    result.correct += loss.correct;
    result.tokens += time * rows;
  }
  result.count = result.tokens;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

template <class T>
Evaluation evaluateSource(Model<T>& model, BatchSource<T>& source, const Parallel& parallel,
                          const std::function<bool()>& proceed, Index shards, Group* group) {
  const FloatingPointMode mode;
  const auto start = std::chrono::steady_clock::now();
  BatchSize size = {source.largestPass(), source.largestSource()};
  size.input.backward = size.source.backward = false;
  model.reserve(model.withLoss(largestPart(size, shards), source.loss()));
  BatchLoss<T> lossOf(model, size, shards, group, proceed);
  RowStates<T> states(model, size.input.batch);
  Evaluation result;
  for (Index step = 0; step < source.stepsPerEpoch(); ++step) {
    if (!lossOf.proceeds()) {
      result.cancelled = true;
      break;
    }
    const TrainingBatch<T> batch = source.batch(0, step);
    const LossResult loss = lossOf(batch, states.begin(batch), parallel);
    states.keep();
    result.lossSum += loss.sum;
    result.correct += loss.correct;
    result.tokens += batch.targetCount;
    result.count += batch.targetCount * (isOfClasses(batch.targets.kind) ? 1 : model.outputFeatures());
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

template Evaluation evaluateStream<float>(Model<float>&, const IdStream&, Index, Index, const Parallel&,
                                          const std::function<bool()>&, Index, Group*);
template Evaluation evaluateStream<double>(Model<double>&, const IdStream&, Index, Index, const Parallel&,
                                           const std::function<bool()>&, Index, Group*);
template Evaluation evaluateSource<float>(Model<float>&, BatchSource<float>&, const Parallel&,
                                          const std::function<bool()>&, Index, Group*);
template Evaluation evaluateSource<double>(Model<double>&, BatchSource<double>&, const Parallel&,
                                           const std::function<bool()>&, Index, Group*);

}  // namespace unrolled

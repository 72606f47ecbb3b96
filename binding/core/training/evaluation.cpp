#include "training/evaluation.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "parallel/floating_point_mode.h"
#include "training/batches.h"

namespace unrolled {

template <class T>
Evaluation evaluateStream(Model<T>& model, const IdStream& ids, Index rows, Index window, const Parallel& parallel,
                          const std::function<bool()>& proceed) {
  const FloatingPointMode mode;
  const auto start = std::chrono::steady_clock::now();
  const Index rowLength = (ids.size() - 1) / rows;
  if (rowLength < 1) {
    throw Error("ERR_UNROLLED_CORPUS_TOO_SHORT", "To evaluate " + std::to_string(rows) + " rows takes at least " +
                                                     std::to_string(rows + 1) + " tokens; the corpus has " +
                                                     std::to_string(ids.size()) + ".")
        .about("batch", "at most " + std::to_string(std::max<Index>(0, ids.size() - 1)), std::to_string(rows));
  }
  const Index longest = std::min(window, rowLength);
  std::vector<TokenId> inputs(static_cast<std::size_t>(longest * rows));
  std::vector<TokenId> targets(inputs.size());
  std::vector<TokenId> row(static_cast<std::size_t>(longest + 1));
  std::vector<T> states(static_cast<std::size_t>(model.stateSize(rows)));

  Evaluation result;
  for (Index begin = 0; begin < rowLength; begin += window) {
    if (!proceed()) {
      result.cancelled = true;
      break;
    }
    const Index time = std::min(window, rowLength - begin);
    cutWindow(ids, rows, rowLength, begin, time, inputs.data(), targets.data(), row.data());
    result.lossSum += model.loss({time, rows, inputs.data(), nullptr}, targets.data(), states.data(), parallel);
    result.tokens += time * rows;
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

template <class T>
std::vector<T> logProbabilities(Model<T>& model, const std::vector<TokenId>& ids, const std::vector<Index>& offsets,
                                const Parallel& parallel) {
  const FloatingPointMode mode;
  const Index classes = model.outputFeatures();
  const Index sequences = static_cast<Index>(offsets.size()) - 1;
  std::vector<T> result(static_cast<std::size_t>(sequences * classes));
  std::vector<T> states(static_cast<std::size_t>(model.stateSize(1)));
  for (Index i = 0; i < sequences; ++i) {
    const Index begin = offsets[static_cast<std::size_t>(i)];
    const Index time = offsets[static_cast<std::size_t>(i) + 1] - begin;
    std::fill(states.begin(), states.end(), T(0));
    const Sequence<T> output = model.forward({time, 1, ids.data() + begin, nullptr}, states.data(), parallel);
    T* row = result.data() + i * classes;
    std::copy_n(output.data + (output.layout.time - 1) * classes, classes, row);
    const T highest = *std::max_element(row, row + classes);
    double sum = 0;
    for (Index c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(row[c] - highest));
    const T shift = highest + static_cast<T>(std::log(sum));
    for (Index c = 0; c < classes; ++c) row[c] -= shift;
  }
  return result;
}

template Evaluation evaluateStream<float>(Model<float>&, const IdStream&, Index, Index, const Parallel&,
                                          const std::function<bool()>&);
template Evaluation evaluateStream<double>(Model<double>&, const IdStream&, Index, Index, const Parallel&,
                                           const std::function<bool()>&);
template std::vector<float> logProbabilities<float>(Model<float>&, const std::vector<TokenId>&,
                                                    const std::vector<Index>&, const Parallel&);
template std::vector<double> logProbabilities<double>(Model<double>&, const std::vector<TokenId>&,
                                                      const std::vector<Index>&, const Parallel&);

}  // namespace unrolled

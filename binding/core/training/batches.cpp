#include "training/batches.h"

#include <algorithm>
#include <string>
#include <utility>

#include "error.h"

namespace unrolled {

template <class T>
StreamBatches<T>::StreamBatches(std::vector<TokenId> ids, Index rows, Index window)
    : ids_(std::move(ids)),
      rows_(rows),
      window_(window),
      rowLength_(std::max<Index>(0, static_cast<Index>(ids_.size()) - 1) / rows),
      inputs_(static_cast<std::size_t>(std::min(window, rowLength_) * rows)),
      targets_(inputs_.size()) {
  if (rowLength_ >= window) return;
  throw Error("ERR_UNROLLED_CORPUS_TOO_SHORT",
              "The corpus has " + std::to_string(ids_.size()) + " tokens: " + std::to_string(rows) + " rows of " +
                  std::to_string(rowLength_) + ", shorter than a window of " + std::to_string(window) + ".")
      .about("window", "at most " + std::to_string(rowLength_), std::to_string(window));
}

template <class T>
TrainingBatch<T> StreamBatches<T>::batch(Index /*epoch*/, Index step) {
  cutWindow(ids_.data(), rows_, rowLength_, step * window_, window_, inputs_.data(), targets_.data());
  return {{window_, rows_, inputs_.data()}, targets_.data(), window_ * rows_, step == 0};
}

void cutWindow(const TokenId* ids, Index rows, Index rowLength, Index begin, Index time, TokenId* inputs,
               TokenId* targets) {
  for (Index row = 0; row < rows; ++row) {
    const TokenId* from = ids + row * rowLength + begin;
    for (Index t = 0; t < time; ++t) {
      inputs[t * rows + row] = from[t];
      targets[t * rows + row] = from[t + 1];
    }
  }
}

template class StreamBatches<float>;
template class StreamBatches<double>;

}  // namespace unrolled

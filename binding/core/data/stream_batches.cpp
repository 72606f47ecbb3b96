#include "data/stream_batches.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace unrolled {

template <class T>
StreamBatches<T>::StreamBatches(std::unique_ptr<IdStream> ids, Index rows, Index window)
    : ids_(std::move(ids)),
      rows_(rows),
      window_(window),
      rowLength_(std::max<Index>(0, ids_->size() - 1) / rows),
      inputs_(static_cast<std::size_t>(std::min(window, rowLength_) * rows)),
      targets_(inputs_.size()),
      row_(static_cast<std::size_t>(std::min(window, rowLength_) + 1)) {
  if (rowLength_ >= window) return;
  throw Error("ERR_UNROLLED_CORPUS_TOO_SHORT",
              "The corpus has " + std::to_string(ids_->size()) + " tokens: " + std::to_string(rows) + " rows of " +
                  std::to_string(rowLength_) + ", shorter than a window of " + std::to_string(window))
      .about("window", "at most " + std::to_string(rowLength_), std::to_string(window));
}

template <class T>
TrainingBatch<T> StreamBatches<T>::batch(Index /*epoch*/, Index step) {
  cutWindow(*ids_, rows_, rowLength_, step * window_, window_, inputs_.data(), targets_.data(), row_.data());
  return {{window_, rows_, inputs_.data()}, targets_.data(), window_ * rows_, step == 0};
}

template <class T>
std::uint64_t StreamBatches<T>::identity() const {
  Hash hash;
  hash.add(ids_->size()).add(rows_).add(window_);
  // A very long stream is not read as a whole for this: pieces spread evenly over it are used.
  constexpr Index piece = Index{1} << 16U;
  constexpr Index mostPieces = 256;
  const Index pieces = (ids_->size() + piece - 1) / piece;
  const Index stride = (pieces + mostPieces - 1) / mostPieces;
  std::vector<TokenId> read;
  for (Index number = 0; number < pieces; number += stride) {
    const Index first = number * piece;
    read.resize(static_cast<std::size_t>(std::min(piece, ids_->size() - first)));
    ids_->read(first, static_cast<Index>(read.size()), read.data());
    hash.add(read);
  }
  return hash.value();
}

void cutWindow(const IdStream& ids, Index rows, Index rowLength, Index begin, Index time, TokenId* inputs,
               TokenId* targets, TokenId* row) {
  for (Index b = 0; b < rows; ++b) {
    ids.read(b * rowLength + begin, time + 1, row);
    for (Index t = 0; t < time; ++t) {
      inputs[t * rows + b] = row[t];
      targets[t * rows + b] = row[t + 1];
    }
  }
}

template class StreamBatches<float>;
template class StreamBatches<double>;

}  // namespace unrolled

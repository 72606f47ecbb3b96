#include "data/paired_sequences.h"

#include <algorithm>

#include "base/error.h"

namespace unrolled {

template <class T>
PairedSequences<T>::PairedSequences(SequenceData<T> source, SequenceData<T> inputs, TargetData<T> targets,
                                    const Batching& batching, std::uint64_t seed)
    : ExampleBatches<T>(std::move(inputs), std::move(targets), true, batching, seed), source_(std::move(source)) {
  source_.check();
  requireSize("source.offsets", this->inputs().count() + 1, source_.count() + 1);
  const Index rows = this->largestPass().batch;
  const Index longest = source_.longest();
  largestSource_ = {std::min(rows * longest, source_.elements()), rows, true, rows > 1, longest};
  sourcePacker_.reserve(rows, longest);
  sourcePieces_.reserve(static_cast<std::size_t>(rows));
  sourceRows_.reserve(static_cast<std::size_t>(rows));
  reserveElements(source_, largestSource_.positions, sourceIds_, sourceFeatures_);
}

template <class T>
std::uint64_t PairedSequences<T>::identity() const {
  Hash hash;
  source_.addTo(hash);
  return hash.add(ExampleBatches<T>::identity()).value();
}

template <class T>
TrainingBatch<T> PairedSequences<T>::batch(Index epoch, Index step) {
  Batch<T> input = this->packInputs(epoch, step);
  const std::vector<Piece>& rows = this->packer().pieces();

  // Numbered by the input's row, so that the source's order says which row of it belongs to which.
  sourcePieces_.clear();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const Index sequence = rows[row].row;
    sourcePieces_.push_back({static_cast<Index>(row), source_.begin(sequence), source_.length(sequence)});
  }
  sourcePacker_.arrange(sourcePieces_);
  sourceRows_.resize(rows.size());
  for (std::size_t place = 0; place < rows.size(); ++place) {
    sourceRows_[static_cast<std::size_t>(sourcePacker_.pieces()[place].row)] = static_cast<Index>(place);
  }

  const SequenceLayout layout = sourcePacker_.layout();
  const auto [ids, features] = packElements(source_, sourcePacker_, sourceIds_, sourceFeatures_);
  input.source = {layout.time, ids, features, layout.starts, sourceRows_.data()};
  return this->withTargets(input, input.layout().positions());
}

template class PairedSequences<float>;
template class PairedSequences<double>;

}  // namespace unrolled

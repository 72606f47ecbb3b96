#include "training/batches.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "error.h"
#include "random.h"

namespace unrolled {

StreamBatches::StreamBatches(std::unique_ptr<IdStream> ids, Index rows, Index window)
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
                  std::to_string(rowLength_) + ", shorter than a window of " + std::to_string(window) + ".")
      .about("window", "at most " + std::to_string(rowLength_), std::to_string(window));
}

TrainingBatch StreamBatches::batch(Index /*epoch*/, Index step) {
  cutWindow(*ids_, rows_, rowLength_, step * window_, window_, inputs_.data(), targets_.data(), row_.data());
  return {window_, rows_, inputs_.data(), targets_.data(), window_ * rows_, step == 0};
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

Index checkOffsets(const std::vector<Index>& offsets, Index ids) {
  const auto wrong = [](const std::string& expected, const std::string& received) {
    return Error("ERR_UNROLLED_SHAPE", "offsets must " + expected + ", not " + received + ".")
        .about("offsets", expected, received);
  };
  if (offsets.size() < 2 || offsets.front() != 0 || offsets.back() != ids) {
    throw wrong("start at 0 and end at the number of ids, " + std::to_string(ids),
                std::to_string(offsets.size()) + " numbers that do not");
  }
  Index longest = 0;
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    const Index length = offsets[i] - offsets[i - 1];
    if (length < 1) throw wrong("rise, each sequence having an id", "an empty one, number " + std::to_string(i - 1));
    longest = std::max(longest, length);
  }
  return longest;
}

LabelledSequences::LabelledSequences(std::vector<TokenId> ids, std::vector<Index> offsets, std::vector<TokenId> labels,
                                     bool shuffle, std::uint64_t seed)
    : ids_(std::move(ids)),
      offsets_(std::move(offsets)),
      labels_(std::move(labels)),
      shuffle_(shuffle),
      seed_(seed),
      largestTime_(checkOffsets(offsets_, static_cast<Index>(ids_.size()))),
      order_(labels_.size()) {
  requireSize("labels", static_cast<Index>(offsets_.size()) - 1, static_cast<Index>(labels_.size()));
  std::iota(order_.begin(), order_.end(), Index{0});
}

TrainingBatch LabelledSequences::batch(Index epoch, Index step) {
  if (shuffle_ && epoch != orderedEpoch_) {
    std::iota(order_.begin(), order_.end(), Index{0});
    Random random(seed_, RandomUse::shuffle, static_cast<std::uint64_t>(epoch));
    for (std::size_t i = order_.size(); i > 1; --i) {
      std::swap(order_[i - 1], order_[random.below(static_cast<std::uint32_t>(i))]);
    }
    orderedEpoch_ = epoch;
  }
  const auto index = static_cast<std::size_t>(order_[static_cast<std::size_t>(step)]);
  const Index begin = offsets_[index];
  return {offsets_[index + 1] - begin, 1, ids_.data() + begin, labels_.data() + index, 1, true};
}

}  // namespace unrolled

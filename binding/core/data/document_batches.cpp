#include "data/document_batches.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/random.h"

namespace unrolled {

template <class T>
DocumentBatches<T>::DocumentBatches(std::vector<TokenId> ids, std::vector<Index> offsets, Index rows, Index window,
                                    bool shuffle, std::uint64_t seed)
    : data_{std::move(ids), {}, 0, std::move(offsets)}, window_(window), shuffle_(shuffle), seed_(seed) {
  data_.check();
  for (Index document = 0; document < data_.count(); ++document) {
    if (data_.length(document) > 1) continue;
    throw Error("ERR_UNROLLED_CORPUS_TOO_SHORT",
                "Document " + std::to_string(document) + " has one token: there is nothing to predict from it")
        .about("offsets", "documents of at least 2 tokens", "one of 1");
  }

  std::vector<std::pair<Index, Index>> documents;  // minus the windows, and the number, of each: the longest first
  documents.reserve(static_cast<std::size_t>(data_.count()));
  for (Index document = 0; document < data_.count(); ++document) documents.emplace_back(-windowsOf(document), document);
  std::sort(documents.begin(), documents.end());
  const auto count = static_cast<std::size_t>(std::min(rows, data_.count()));
  rows_.resize(count);
  using Load = std::pair<Index, std::size_t>;  // windows, row
  std::priority_queue<Load, std::vector<Load>, std::greater<>> least;
  for (std::size_t row = 0; row < count; ++row) least.emplace(0, row);
  for (const auto& [minusWindows, document] : documents) {
    const auto [windows, row] = least.top();
    least.pop();
    rows_[row].documents.push_back(document);
    least.emplace(windows - minusWindows, row);
    steps_ = std::max(steps_, windows - minusWindows);
  }
}

template <class T>
PassSize DocumentBatches<T>::largestPass() const {
  const auto rows = static_cast<Index>(rows_.size());
  return {rows * window_, rows, true, rows > 1, window_};
}

template <class T>
std::uint64_t DocumentBatches<T>::identity() const {
  Hash hash;
  data_.addTo(hash);
  hash.add(static_cast<Index>(rows_.size())).add(window_).add(Index{shuffle_}).add(shuffle_ ? seed_ : 0);
  return hash.value();
}

template <class T>
void DocumentBatches<T>::order(Index epoch) {
  Random random(seed_, RandomUse::shuffle, static_cast<std::uint64_t>(epoch));
  for (Row& row : rows_) {
    std::sort(row.documents.begin(), row.documents.end());
    for (std::size_t i = row.documents.size(); shuffle_ && i > 1; --i) {
      std::swap(row.documents[i - 1], row.documents[random.below(static_cast<std::uint32_t>(i))]);
    }
    row.ends.clear();
    Index windows = 0;
    for (const Index document : row.documents) row.ends.push_back(windows += windowsOf(document));
  }
  orderedEpoch_ = epoch;
}

template <class T>
void DocumentBatches<T>::cut(Index step, std::vector<char>& begins) {
  pieces_.clear();
  begins.assign(rows_.size(), 0);
  for (std::size_t number = 0; number < rows_.size(); ++number) {
    const Row& row = rows_[number];
    const auto place = std::upper_bound(row.ends.begin(), row.ends.end(), step) - row.ends.begin();
    if (place == static_cast<std::ptrdiff_t>(row.ends.size())) continue;  // it is through
    const Index document = row.documents[static_cast<std::size_t>(place)];
    const Index first = place == 0 ? 0 : row.ends[static_cast<std::size_t>(place) - 1];
    const Index begin = (step - first) * window_;
    begins[number] = begin == 0 ? 1 : 0;
    const Index length = std::min(window_, data_.length(document) - 1 - begin);
    const auto index = static_cast<Index>(number);
    pieces_.push_back({index, data_.begin(document) + begin, length, index});
  }
}

template <class T>
void DocumentBatches<T>::arrange(Index step, RowPacker& packer, std::vector<char>& begins) {
  cut(step, begins);
  packer.arrange(pieces_);
}

template <class T>
BatchSize DocumentBatches<T>::size(Index epoch, Index step) {
  if (epoch != orderedEpoch_) order(epoch);
  cut(step, begins_);
  PassSize size{0, static_cast<Index>(pieces_.size()), true, true};
  for (const Piece& piece : pieces_) {
    size.time = std::max(size.time, piece.length);
    size.positions += piece.length;
  }
  return {size};
}

template <class T>
TrainingBatch<T> DocumentBatches<T>::batch(Index epoch, Index step) {
  if (epoch != orderedEpoch_) order(epoch);
  placeBefore_.assign(rows_.size(), -1);
  if (step > 0) {
    arrange(step - 1, packerBefore_, beginsBefore_);
    Index place = 0;
    for (const Piece& piece : packerBefore_.pieces()) placeBefore_[static_cast<std::size_t>(piece.row)] = place++;
  }
  arrange(step, packer_, begins_);
  carriedFrom_.clear();
  for (const Piece& piece : packer_.pieces()) {
    const auto row = static_cast<std::size_t>(piece.row);
    carriedFrom_.push_back(begins_[row] != 0 ? -1 : placeBefore_[row]);
  }
  const SequenceLayout layout = packer_.layout();
  const TokenId* inputs = packer_.pack(data_.ids, 1, inputs_);
  const TokenId* targets = packer_.pack(data_.ids, 1, targets_, 1);
  return {{layout.time, layout.batch, inputs, nullptr, layout.starts},
          targets,
          layout.positions(),
          step == 0,
          carriedFrom_.data(),
          static_cast<Index>(rows_.size()),
          packer_.pieces().data()};
}

template class DocumentBatches<float>;
template class DocumentBatches<double>;

}  // namespace unrolled

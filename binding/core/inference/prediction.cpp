#include "inference/prediction.h"

#include <algorithm>
#include <cmath>

#include "base/floating_point_mode.h"
#include "data/example_batches.h"
#include "data/row_packer.h"

namespace unrolled {
namespace {

// Positions a batch holds at most, unless one sequence alone has more: memory is theirs.
constexpr Index mostPositions = Index{1} << 15U;

template <class T>
void toLogProbabilities(Index rows, Index classes, T* logits) {
  for (T* row = logits; row != logits + rows * classes; row += classes) {
    const T highest = *std::max_element(row, row + classes);
    double sum = 0;
    T poison = 0;  // not-a-number where a logit is not finite
    for (Index c = 0; c < classes; ++c) {
      sum += std::exp(static_cast<double>(row[c] - highest));
      poison += row[c] * 0;
    }
    const T shift = highest + static_cast<T>(std::log(sum)) + poison;
    for (Index c = 0; c < classes; ++c) row[c] -= shift;
  }
}

}  // namespace

template <class T>
Prediction<T> predict(Model<T>& model, const SequenceData<T>& sequences, const PredictionOptions& options,
                      const Parallel& parallel, const std::function<bool()>& proceed) {
  sequences.check();
  const FloatingPointMode mode;
  std::vector<Piece> pieces;
  for (Index i = 0; i < sequences.count(); ++i) pieces.push_back({i, sequences.begin(i), sequences.length(i)});
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.length > b.length; });

  const Index features = model.outputFeatures();
  Prediction<T> result;
  result.output.resize(
      static_cast<std::size_t>((model.manyToOne() ? sequences.count() : sequences.elements()) * features));
  RowPacker packer;
  std::vector<TokenId> ids;
  std::vector<T> vectors;
  std::vector<T> states;
  std::vector<Piece> rows;
  for (auto piece = pieces.begin(); piece != pieces.end();) {
    if (!proceed()) {
      result.cancelled = true;
      break;
    }
    const Index most = std::clamp<Index>(mostPositions / piece->length, 1, options.batch);
    const auto end = piece + std::min<Index>(most, pieces.end() - piece);
    rows.assign(piece, end);
    piece = end;

    packer.arrange(rows);
    const SequenceLayout layout = packer.layout();
    const auto [packedIds, packedVectors] = packElements(sequences, packer, ids, vectors);
    states.assign(static_cast<std::size_t>(model.stateSize(layout.batch)), T(0));
    const Sequence<T> output =
        model.forward({layout.time, layout.batch, packedIds, packedVectors, layout.starts}, states.data(), parallel);
    if (!model.manyToOne()) {
      packer.unpack(output.data, features, result.output);
      continue;
    }
    for (std::size_t row = 0; row < rows.size(); ++row) {
      std::copy_n(output.data + static_cast<Index>(row) * features, features,
                  result.output.data() + packer.pieces()[row].row * features);
    }
  }
  if (options.logProbabilities) {
    toLogProbabilities(static_cast<Index>(result.output.size()) / features, features, result.output.data());
  }
  return result;
}

template Prediction<float> predict<float>(Model<float>&, const SequenceData<float>&, const PredictionOptions&,
                                          const Parallel&, const std::function<bool()>&);
template Prediction<double> predict<double>(Model<double>&, const SequenceData<double>&, const PredictionOptions&,
                                            const Parallel&, const std::function<bool()>&);

}  // namespace unrolled

#include "optimizers/gradient_tiles.h"

#include <algorithm>

namespace unrolled {
namespace {

// Elements of a tile.
constexpr Index grain = Index{1} << 15U;

}  // namespace

template <class T>
void GradientTiles::lay(const ParameterBuffers<T>& buffers, bool touchedOnly) {
  tiles_.clear();
  elements_ = 0;
  // As many as there can ever be.
  tiles_.reserve(static_cast<std::size_t>(2 * (buffers.size() / grain + 1)) + 2 * buffers.parameters().size());
  Index begin = 0;  // of the dense parameters gathered so far
  Index end = 0;
  for (std::size_t index = 0; index < buffers.parameters().size(); ++index) {
    const Parameter& parameter = buffers.parameters()[index];
    const TouchedRows& touched = buffers.touched(index);
    const bool sparse = touchedOnly && touched.known();
    if (parameter.trainable && !sparse) {
      end = parameter.offset + parameter.count();
      continue;
    }
    addRun(begin, end);
    begin = end = parameter.offset + parameter.count();
    if (parameter.trainable) addRows(parameter.offset, parameter.columns(), touched.rows());
  }
  addRun(begin, end);
}

void GradientTiles::addRun(Index begin, Index end) {
  elements_ += end - begin;
  for (; begin < end; begin += grain) tiles_.push_back({begin, std::min(grain, end - begin), nullptr, 1});
}

void GradientTiles::addRows(Index begin, Index columns, const std::vector<TokenId>& rows) {
  const auto count = static_cast<Index>(rows.size());
  const Index most = std::max<Index>(1, grain / columns);
  elements_ += count * columns;
  for (Index row = 0; row < count; row += most) {
    tiles_.push_back({begin, columns, rows.data() + row, std::min(most, count - row)});
  }
}

template void GradientTiles::lay<float>(const ParameterBuffers<float>&, bool);
template void GradientTiles::lay<double>(const ParameterBuffers<double>&, bool);

}  // namespace unrolled

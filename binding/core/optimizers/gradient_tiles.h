// The parts of the flat parameters that a step has to do with, cut for threads: all of the trainable ones,
// or of large tables only the rows that the batch touched. How they are cut depends on no number of threads.
#pragma once

#include <vector>

#include "base/types.h"
#include "parameters/parameters.h"

namespace unrolled {

struct GradientTile {
  Index begin = 0;
  Index count = 0;                // elements from `begin` on; with rows: of each row
  const TokenId* rows = nullptr;  // numbers of rows of a table that begins at `begin`
  Index rowCount = 1;

  // visit(begin, count) for every run of elements.
  template <class Visit>
  void forRuns(Visit&& visit) const {
    for (Index row = 0; row < rowCount; ++row) visit(begin + (rows == nullptr ? 0 : rows[row] * count), count);
  }
};

class GradientTiles {
 public:
  GradientTiles() = default;
  // So many parameters, all dense.
  explicit GradientTiles(Index parameters) { addRun(0, parameters); }

  // Lays the tiles of a model's trainable parameters; `touchedOnly`: without the rows whose gradient is known as zero.
  // Valid until the next backward pass.
  template <class T>
  void lay(const ParameterBuffers<T>& buffers, bool touchedOnly);

  [[nodiscard]] const std::vector<GradientTile>& all() const { return tiles_; }
  [[nodiscard]] Index count() const { return static_cast<Index>(tiles_.size()); }
  [[nodiscard]] Index elements() const { return elements_; }

 private:
  void addRun(Index begin, Index end);
  void addRows(Index begin, Index columns, const std::vector<TokenId>& rows);

  std::vector<GradientTile> tiles_;
  Index elements_ = 0;
};

}  // namespace unrolled

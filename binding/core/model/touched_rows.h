// Which rows of a large table's gradient the last batch wrote, all others being zero: so that neither clearing
// the gradient nor reading it takes more than the batch's own rows.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "types.h"

namespace unrolled {

class TouchedRows {
 public:
  // Whether so few positions of a table of that many rows are worth a list; a matter of shape alone.
  static bool areFew(Index rows, Index positions) { return rows > positions; }

  // A pass begins, behind which somebody may write the gradient whole without saying so here.
  void begin() {
    zeroElsewhere_ = zeroElsewhere_ && known_;
    known_ = false;
  }

  // Makes the gradient [rows, columns] zero, and lists the rows of `ids`, to which alone the pass may add.
  template <class T>
  void clear(const TokenId* ids, Index positions, Index rows, Index columns, T* gradient) {
    const auto bytes = static_cast<std::size_t>(columns) * sizeof(T);
    if (zeroElsewhere_) {
      for (const TokenId row : rows_) std::memset(gradient + row * columns, 0, bytes);
    } else {
      std::memset(gradient, 0, static_cast<std::size_t>(rows) * bytes);
    }
    rows_.reserve(static_cast<std::size_t>(rows));  // once and for all
    rows_.assign(ids, ids + positions);
    std::sort(rows_.begin(), rows_.end());
    rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
    known_ = zeroElsewhere_ = true;
  }

  // Whether all other rows are zero; else any may be anything.
  [[nodiscard]] bool known() const { return known_; }
  // Each once, in rising order.
  [[nodiscard]] const std::vector<TokenId>& rows() const { return rows_; }

 private:
  std::vector<TokenId> rows_;
  bool known_ = false;
  bool zeroElsewhere_ = false;  // all but `rows_`, whatever came after them
};

}  // namespace unrolled

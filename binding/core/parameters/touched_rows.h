// Which rows of a large table's gradient the last batch wrote, all others being zero: so that neither clearing
// the gradient nor reading it takes more than the batch's own rows.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/types.h"

namespace unrolled {

class TouchedRows {
 public:
  // Whether rows are listed whatever the number of positions is, for an update that leaves all others alone; else only
  // where a list saves work.
  void listAlways(bool always) { always_ = always; }
  [[nodiscard]] bool listsAlways() const { return always_; }

  // Whether a pass of that many positions lists the rows of a table of that many; a matter of shape alone.
  [[nodiscard]] bool lists(Index rows, Index positions) const { return always_ || rows > positions; }

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
    list(ids, positions, rows);
  }

  // Lists the rows of `ids` of a gradient that the pass wrote whole, with zeros in all others; beside those that
  // another writer of the same pass has listed.
  void list(const TokenId* ids, Index positions, Index rows) {
    if (!known_) rows_.clear();
    // Each row once, before the list could outgrow the table: nothing is allocated but in the first pass.
    rows_.reserve(static_cast<std::size_t>(rows));
    isListed_.resize(static_cast<std::size_t>(rows));
    for (const TokenId row : rows_) isListed_[static_cast<std::size_t>(row)] = true;
    for (Index position = 0; position < positions; ++position) {
      const TokenId row = ids[position];
      if (isListed_[static_cast<std::size_t>(row)]) continue;
      isListed_[static_cast<std::size_t>(row)] = true;
      rows_.push_back(row);
    }
    for (const TokenId row : rows_) isListed_[static_cast<std::size_t>(row)] = false;
    std::sort(rows_.begin(), rows_.end());
    known_ = zeroElsewhere_ = true;
  }

  // The gradient is zero but for these rows, which rise.
  void take(const std::vector<TokenId>& rows) {
    rows_ = rows;
    known_ = zeroElsewhere_ = true;
  }
  // Any row may be anything.
  void forget() { known_ = zeroElsewhere_ = false; }

  // Whether all other rows are zero; else any may be anything.
  [[nodiscard]] bool known() const { return known_; }
  // Each once, in rising order.
  [[nodiscard]] const std::vector<TokenId>& rows() const { return rows_; }

 private:
  std::vector<TokenId> rows_;
  std::vector<bool> isListed_;  // of each row of the table, while a list is made
  bool always_ = false;
  bool known_ = false;
  bool zeroElsewhere_ = false;  // all but `rows_`, whatever came after them
};

}  // namespace unrolled

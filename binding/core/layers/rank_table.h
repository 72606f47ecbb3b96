// The classes of a head by falling frequency. Ids never change; a head that needs their order keeps the rank of each.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/types.h"
#include "layers/option_errors.h"

namespace unrolled {

class RankTable {
 public:
  // `ranks`: of each id, 0 for the most frequent, each rank once; empty if ids are their ranks.
  RankTable(Index classes, std::vector<TokenId> ranks)
      : classes_(classes), ranks_(std::move(ranks)), ids_(ranks_.size()) {
    for (std::size_t id = 0; id < ranks_.size(); ++id) {
      ids_[static_cast<std::size_t>(ranks_[id])] = static_cast<TokenId>(id);
    }
  }

  [[nodiscard]] Index classes() const { return classes_; }
  // Whether ids are their ranks.
  [[nodiscard]] bool same() const { return ranks_.empty(); }
  [[nodiscard]] TokenId rankOf(TokenId id) const { return same() ? id : ranks_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] TokenId idOf(TokenId rank) const { return same() ? rank : ids_[static_cast<std::size_t>(rank)]; }

  // Whether a list of this length contains each rank once.
  static bool isPermutation(const std::vector<TokenId>& ranks, Index classes) {
    if (static_cast<Index>(ranks.size()) != classes) return false;
    std::vector<bool> seen(ranks.size());
    for (const TokenId rank : ranks) {
      if (rank < 0 || rank >= classes || seen[static_cast<std::size_t>(rank)]) return false;
      seen[static_cast<std::size_t>(rank)] = true;
    }
    return true;
  }

 private:
  Index classes_;
  std::vector<TokenId> ranks_;
  std::vector<TokenId> ids_;  // by rank
};

// The table of the ranks in the option, or an empty one. Throws ERR_UNROLLED_OPTION_RANGE.
inline RankTable rankTable(const std::string& option, Index classes, const std::vector<TokenId>& ranks) {
  if (!ranks.empty() && !RankTable::isPermutation(ranks, classes)) {
    throw impossible(option, "each whole number from 0 to " + std::to_string(classes - 1) + " once",
                     std::to_string(ranks.size()) + " others");
  }
  return {classes, ranks};
}

}  // namespace unrolled

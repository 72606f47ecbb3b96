// Draws distinct classes from a log-uniform (Zipfian) distribution of their ranks, P(r) = log((r + 2) / (r + 1)) /
// log(V + 1), and computes how often each was expected. Ranks are drawn one after another until there are K distinct
// ones (n draws), so a class is among them with probability 1 - (1 - P)ⁿ. With K = V all classes are taken, and nothing
// is drawn.
#pragma once

#include <cstdint>
#include <vector>

#include "base/types.h"
#include "layers/rank_table.h"

namespace unrolled {

class ClassSampler {
 public:
  // `samples` K from 1 to the table's V.
  ClassSampler(RankTable ranks, Index samples);

  // Takes the arrays of a draw; the first one does it else.
  void reserve();

  // Draws with the random numbers of that step, which are the same for every caller.
  void draw(std::uint64_t seed, std::uint64_t step);

  // Result of the last draw: K ids, ascending.
  [[nodiscard]] const std::vector<TokenId>& ids() const { return ids_; }
  // The position of an id among them; -1 if it is not there.
  [[nodiscard]] Index placeOf(TokenId id) const { return places_[static_cast<std::size_t>(id)]; }
  // The log of how often that id was to be expected among them, at most 0.
  [[nodiscard]] double logExpectation(TokenId id) const;

 private:
  RankTable ranks_;
  Index samples_;
  double logClasses_;            // log(V + 1)
  double draws_ = 0;             // n of the last draw; 0 if all are taken
  std::vector<TokenId> ids_;     // [K]
  std::vector<TokenId> places_;  // [V]
};

}  // namespace unrolled

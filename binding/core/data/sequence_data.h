// Sequences one after another in flat arrays, and their targets.
#pragma once

#include <algorithm>
#include <vector>

#include "base/hash.h"
#include "base/types.h"
#include "losses/loss.h"

namespace unrolled {

// Sequence i is made of elements offsets[i] to offsets[i + 1]: ids, or vectors of `width` features.
template <class T>
struct SequenceData {
  std::vector<TokenId> ids;
  std::vector<T> features;  // [Σ lengths, width]
  Index width = 0;          // 0: ids
  std::vector<Index> offsets;

  [[nodiscard]] Index count() const { return static_cast<Index>(offsets.size()) - 1; }
  [[nodiscard]] Index begin(Index sequence) const { return offsets[static_cast<std::size_t>(sequence)]; }
  [[nodiscard]] Index length(Index sequence) const { return begin(sequence + 1) - begin(sequence); }
  [[nodiscard]] Index elements() const { return offsets.back(); }
  [[nodiscard]] Index longest() const {
    Index most = 0;
    for (Index sequence = 0; sequence < count(); ++sequence) most = std::max(most, length(sequence));
    return most;
  }
  // Throws ERR_UNROLLED_SHAPE if the offsets do not match the ids or vectors, or for an empty sequence.
  void check() const;
  // Puts one more id before each sequence of ids.
  void putBefore(TokenId id);
  void addTo(Hash& hash) const { hash.add(ids).add(features).add(width).add(offsets); }
};

// A class or `width` values for each sequence, or for each element of the sequences.
template <class T>
struct TargetData {
  LossKind loss = LossKind::crossEntropy;
  std::vector<TokenId> ids;
  std::vector<T> values;
  Index width = 1;

  // Throws ERR_UNROLLED_SHAPE if they are not `count`.
  void check(Index count) const;
  void addTo(Hash& hash) const { hash.add(static_cast<Index>(loss)).add(ids).add(values).add(width); }
};

// Checks offsets of this many elements: they must rise from 0 to that number, and no sequence may be empty.
void checkOffsets(const std::vector<Index>& offsets, Index elements);

}  // namespace unrolled

// The training objective of a model: sets of losses, their targets, and their result.
#pragma once

#include <cstdint>
#include <optional>

#include "base/types.h"
#include "losses/all.h"

namespace unrolled {

// Some kinds of losses.
class LossSet {
 public:
  LossSet() = default;
  explicit LossSet(LossKind only) : bits_(std::uint32_t{1} << static_cast<unsigned>(only)) {}

  [[nodiscard]] bool has(LossKind kind) const { return LossSet(kind).isWithin(*this); }
  [[nodiscard]] bool isWithin(LossSet other) const { return (bits_ & ~other.bits_) == 0; }
  friend LossSet operator|(LossSet a, LossSet b) {
    a.bits_ |= b.bits_;
    return a;
  }

 private:
  std::uint32_t bits_ = 0;
};

// Targets at the P' positions of a model's output: class ids, or a value for each of its F outputs.
template <class T>
struct Targets {
  Targets(const TokenId* classes) : ids(classes) {}  // NOLINT(google-explicit-constructor): what most have
  Targets(LossKind of, const T* wanted) : kind(of), values(wanted) {}

  LossKind kind = LossKind::crossEntropy;
  const TokenId* ids = nullptr;  // [P']
  const T* values = nullptr;     // [P', F]
};

// Over all positions (and, except for cross-entropy, all outputs of each).
struct LossResult {
  double sum = 0;  // the value whose gradients are computed
  // Positions whose likeliest class is the target (the first of equals); outputs on the target's side, of a loss of
  // values that knows sides.
  Index correct = 0;
  // For a loss over samples of the classes: an estimate of the exact Σ.
  std::optional<double> estimate = {};

  [[nodiscard]] double reported() const { return estimate.value_or(sum); }
};

}  // namespace unrolled

// Optimisers over the flat parameters: one pass that clips, decays and updates. With g the gradient
// times the factor of clipping by norm, plus weightDecay·w (AdamW: none), all as PyTorch has them:
//   sgd            w -= lr·g
//   momentum       v = momentum·v + g;  w -= lr·v
//   adagrad        s += g²;  w -= lr·g / (√s + ε)
//   adagrad-abs    s += |g|;  w -= lr·g / √(s + ε)                 (the from-scratch tutorials')
//   rmsprop        s = α·s + (1-α)·g²;  v = momentum·v + g / (√s + ε);  w -= lr·v
//   adam           m = β₁·m + (1-β₁)·g;  s = β₂·s + (1-β₂)·g²
//                  w -= lr/(1-β₁ᵗ)·m / (√s/√(1-β₂ᵗ) + ε)
//   adamw          w *= 1 - lr·weightDecay first, then as adam
//
// Memory, in elements of P parameters: sgd 0, momentum and both Adagrads P, the others 2·P.
#pragma once

#include <vector>

#include "kernels/kernel_table.h"
#include "parallel/thread_pool.h"
#include "types.h"

namespace unrolled {

enum class OptimizerKind { sgd, momentum, adagrad, adagradAbsolute, rmsprop, adam, adamw };

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::sgd;
  double learningRate = 0;
  double momentum = 0;
  double weightDecay = 0;
  double beta1 = 0;
  double beta2 = 0;
  double alpha = 0;
  double epsilon = 0;
};

template <class T>
class Optimizer {
 public:
  Optimizer(const OptimizerOptions& options, Index parameters);

  // Whether one more step of gradients of that norm (after scaling) keeps every weight and state a
  // finite number. Asked before `step`, since a step cannot be taken back. Exact enough to refuse only
  // what is within a factor √P of overflow.
  bool staysFinite(const T* weights, double gradientNorm);

  // Updates all weights from their gradients times `gradientScale`.
  void step(T* weights, const T* gradients, double gradientScale, const Parallel& parallel);

 private:
  // Bounds of |update| and of the velocity's elements for a gradient of that norm.
  [[nodiscard]] double largestUpdate(double gradientNorm, double velocity) const;
  [[nodiscard]] double nextVelocity(double gradientNorm) const;

  OptimizerOptions options_;
  Index parameters_;
  Index steps_ = 0;
  double weightBound_ = 0;    // no weight is larger in size; 0 before the first step
  double velocityBound_ = 0;  // nor any velocity of momentum or RMSprop
  std::vector<T> first_;      // v, s or m
  std::vector<T> second_;     // v of RMSprop, s of Adam
};

// Clips each gradient to [-limit, limit].
template <class T>
void clipByValue(T* gradients, Index count, double limit, const Parallel& parallel);

// √Σg², summed in tiles of a fixed size in a fixed order. `partials` has room for normTiles(count).
template <class T>
double gradientNorm(const T* gradients, Index count, double* partials, const Parallel& parallel);
Index normTiles(Index count);

}  // namespace unrolled

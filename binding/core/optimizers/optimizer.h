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
#include "optimizers/gradient_tiles.h"
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

// What an optimiser carries from step to step.
template <class T>
struct OptimizerState {
  Index steps = 0;
  double weightBound = 0;    // no weight is larger in size; 0 before the first step
  double velocityBound = 0;  // nor any velocity of momentum or RMSprop
  double sumBound = 0;       // nor any sum of an Adagrad
  std::vector<T> first;      // v, s or m
  std::vector<T> second;     // v of RMSprop, s of Adam
};

template <class T>
class Optimizer {
 public:
  Optimizer(const OptimizerOptions& options, Index parameters);

  // Whether one more step of gradients of that norm (after scaling) keeps every weight and state a
  // finite number. Asked before `step`, since a step cannot be taken back. Exact enough to refuse only
  // what is within a factor √P of overflow.
  bool staysFinite(const T* weights, double gradientNorm);

  // Updates the weights in the tiles from their gradients times `gradientScale`.
  void step(const GradientTiles& tiles, T* weights, const T* gradients, double gradientScale, const Parallel& parallel);

  // Whether a step leaves a weight whose gradient is zero, and its state, as they are.
  [[nodiscard]] bool keepsUntouched() const;

  // Somebody else changed the weights: they are to be looked at again before the next step.
  void forgetWeights() { state_.weightBound = 0; }

  void setLearningRate(double learningRate) { options_.learningRate = learningRate; }

  // The bound of those weights, measured.
  [[nodiscard]] double measured(const T* weights) const;

  [[nodiscard]] const OptimizerState<T>& state() const { return state_; }
  // Throws ERR_UNROLLED_MODEL_MISMATCH where it is not of this kind of optimiser over as many parameters,
  // ERR_UNROLLED_OPTION_RANGE where an array is beyond its bound.
  void restore(OptimizerState<T> state);

  // The weights that a restored state is for: where they are beyond their bound, they are looked at again.
  void restoreWeights(const T* weights);

 private:
  // Throw ERR_UNROLLED_OPTION_RANGE where an array of the state is beyond its bound: a number, or the other moment.
  void requireBounds() const;
  void requireMoments() const;
  // What a step multiplies the bound of the weights by.
  [[nodiscard]] double growth() const;
  // Bounds of |update| and of the velocity's elements for a gradient of that norm.
  [[nodiscard]] double largestUpdate(double gradientNorm, double velocity) const;
  [[nodiscard]] double nextVelocity(double gradientNorm) const;

  OptimizerOptions options_;
  Index parameters_;
  OptimizerState<T> state_;
};

// Clips each gradient in the tiles to [-limit, limit].
template <class T>
void clipByValue(const GradientTiles& tiles, T* gradients, double limit, const Parallel& parallel);

// √Σg² over the tiles, summed tile by tile in a fixed order. `partials` are for its own use.
template <class T>
double gradientNorm(const GradientTiles& tiles, const T* gradients, std::vector<double>& partials,
                    const Parallel& parallel);

}  // namespace unrolled

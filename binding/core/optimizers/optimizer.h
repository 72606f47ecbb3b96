// The step of any optimiser over the flat parameters: one pass that decays and updates, and what keeps it finite. The
// formulas are in a file for each (all.h), and PyTorch's but where it says otherwise.
#pragma once

#include <vector>

#include "base/types.h"
#include "optimizers/all.h"
#include "optimizers/gradient_tiles.h"
#include "parallel/thread_pool.h"

namespace unrolled {

struct OptimizerOptions : OptimizerSettings {
  OptimizerOptions() = default;
  // With the usual hyper-parameters of that one, but no learning rate yet.
  explicit OptimizerOptions(OptimizerKind of) : kind(of) {
    for (const auto& [name, usual] : hyperparametersOf(of)) set(name, usual);
  }

  OptimizerKind kind = OptimizerKind::sgd;
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

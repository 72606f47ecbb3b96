// What every optimiser is told, and what it carries from step to step.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/types.h"

namespace unrolled {

// The learning rate and the weight decay, which every optimiser has, and further hyper-parameters by name.
class OptimizerSettings {
 public:
  double learningRate = 0;
  double weightDecay = 0;

  // Throws std::out_of_range for a name that has no value.
  [[nodiscard]] double get(std::string_view name) const;
  void set(std::string_view name, double value);

 private:
  std::vector<std::pair<std::string, double>> others_;
};

// One step, from which an optimiser computes what all weights share.
struct OptimizerStep {
  const OptimizerSettings& settings;
  double number = 1;         // 1 at the first step
  double carried = 1;        // OptimizerTraits::carried after this step
  double gradientScale = 1;  // multiplies every gradient first: the factor of clipping by norm
};

// What the update of every weight reads, in the precision of the weights.
template <class T>
struct UpdateConstants {
  explicit UpdateConstants(const OptimizerStep& step)
      : gradientScale(static_cast<T>(step.gradientScale)),
        learningRate(static_cast<T>(step.settings.learningRate)),
        weightDecay(static_cast<T>(step.settings.weightDecay)) {}

  T gradientScale;
  T learningRate;
  T weightDecay;
};

template <class T>
struct OptimizerState {
  Index steps = 0;
  double carried = 1;        // OptimizerTraits::carried after the last step
  double weightBound = 0;    // no weight is larger in size; 0 before the first step
  double velocityBound = 0;  // nor any velocity of momentum or RMSprop
  double sumBound = 0;       // nor any sum of an Adagrad
  std::vector<T> first;      // the first slot: v, s or m
  std::vector<T> second;     // the second: v of RMSprop, s of Adam
};

// By how much a sound array may be beyond its bound: a sum in T may be rounded up at each step, by as much again.
constexpr double stateRounding = 4;

// Throws ERR_UNROLLED_OPTION_RANGE where an array has a larger number than its bound allows.
template <class T>
void requireWithin(const std::vector<T>& values, double bound);

// Throws it where a first moment of Adam is larger than the second allows.
template <class T>
void requireMoments(const OptimizerSettings& settings, const OptimizerState<T>& state);

// The largest size of some numbers, or not-a-number where one is.
template <class T>
double largestSize(const T* values, Index count);

}  // namespace unrolled

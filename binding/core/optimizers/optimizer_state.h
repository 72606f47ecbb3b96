// What every optimiser is told, and what it carries from step to step.
#pragma once

#include <vector>

#include "base/types.h"

namespace unrolled {

// Each optimiser reads those that its formulas name.
struct OptimizerSettings {
  double learningRate = 0;
  double momentum = 0;
  double weightDecay = 0;
  double beta1 = 0;
  double beta2 = 0;
  double alpha = 0;
  double epsilon = 0;
};

// The same for one step, in the precision of the weights.
template <class T>
struct UpdateConstants {
  T gradientScale;  // multiplies every gradient first: the factor of clipping by norm
  T learningRate;
  T weightDecay;
  T momentum;
  T alpha;
  T beta1;
  T beta2;
  T alphaRest;  // 1 - alpha, and so on, taken in double: in float it would lose its digits
  T beta1Rest;
  T beta2Rest;
  T epsilon;
  T correction1;  // 1 - beta1^t
  T correction2;  // sqrt(1 - beta2^t)
};

template <class T>
struct OptimizerState {
  Index steps = 0;
  double weightBound = 0;    // no weight is larger in size; 0 before the first step
  double velocityBound = 0;  // nor any velocity of momentum or RMSprop
  double sumBound = 0;       // nor any sum of an Adagrad
  std::vector<T> first;      // the first slot: v, s or m
  std::vector<T> second;     // the second: v of RMSprop, s of Adam
};

// By how much a sound array may be beyond its bound: a sum in T may be rounded up at each step, by as much again.
constexpr double stateRounding = 4;

// Throws ERR_UNROLLED_OPTION_RANGE if an array has a larger number than its bound allows.
template <class T>
void requireWithin(const std::vector<T>& values, double bound);

// Throws it where a first moment of Adam is larger than the second allows.
template <class T>
void requireMoments(const OptimizerSettings& settings, const OptimizerState<T>& state);

// The largest size of some numbers, or not-a-number where one is.
template <class T>
double largestSize(const T* values, Index count);

}  // namespace unrolled

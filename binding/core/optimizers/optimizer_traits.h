// What the file of an optimiser declares: a struct derived from this one that has
//
//   static constexpr const char* name            what people call it by
//   static constexpr Index slots                 arrays of state, 0 to 2
//   static double largestUpdate(settings, gradientNorm, velocity)
//                                                how far a gradient of that norm moves a weight at most, where no
//                                                velocity is larger than `velocity` after the step
//   template <class T> static void update(constants, gradient, weight, slots…)
//                                                one step of one weight
//
// and whichever of the following differs.
#pragma once

#include <array>

#include "optimizers/optimizer_state.h"

namespace unrolled {

struct Hyperparameter {
  const char* name;
  double usual;
};

struct OptimizerTraits {
  // What it reads beside the learning rate and the weight decay.
  static constexpr std::array<Hyperparameter, 0> hyperparameters = {};

  // What `update` reads. An optimiser that reads more declares a struct of this name, derived from UpdateConstants<T>,
  // whose constructor takes an OptimizerStep and computes in double.
  template <class T>
  using Constants = UpdateConstants<T>;

  // A number from 0 on that goes from step to step beside the arrays, such as a product over all steps: what it is
  // after a step, 1 before the first. Checkpoints have it if `carries` is true.
  static constexpr bool carries = false;
  static double carried(const OptimizerSettings& /*settings*/, double before, double /*step*/) { return before; }

  // Whether it takes the square of a gradient.
  static constexpr bool squaresGradient = false;
  // Whether its slot is a sum that only grows, of the gradients' squares or sizes.
  static constexpr bool sums = false;
  // Whether a step without decay leaves a weight whose gradient is zero, and its slots, as they are.
  static constexpr bool keepsUntouched = false;

  // The largest number by which a step multiplies a gradient, before it divides by anything.
  static double largestRate(const OptimizerSettings& settings) { return settings.learningRate; }

  // What no velocity is larger than after a step, if none was larger than `before`.
  static double velocityBound(const OptimizerSettings& /*settings*/, double /*before*/, double gradientNorm) {
    return gradientNorm;
  }

  // What a step multiplies the bound of the weights by.
  static double growth(const OptimizerSettings& /*settings*/) { return 1; }

  // Throws ERR_UNROLLED_OPTION_RANGE for a state that no training leaves.
  template <class T>
  static void requireSound(const OptimizerSettings& /*settings*/, const OptimizerState<T>& /*state*/) {}
};

// Always inlined: the kernels of every instruction set have it of their own.
#define UNROLLED_UPDATE \
  template <class T>    \
  __attribute__((always_inline)) static inline

// The gradient that a step takes: scaled, and with the decay's.
template <class T>
__attribute__((always_inline)) inline T decayed(const UpdateConstants<T>& k, T gradient, T weight) {
  return gradient * k.gradientScale + k.weightDecay * weight;
}

}  // namespace unrolled

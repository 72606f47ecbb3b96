// What the file of an optimiser declares: a struct over this one that has
//
//   static constexpr const char* name            what people call it by
//   static constexpr Index slots                 arrays of state, 0 to 2
//   static double largestUpdate(settings, gradientNorm, velocity)
//                                                how far a gradient of that norm moves a weight at most, with what
//                                                bounds the velocities after it
//   template <class T> static void update(constants, gradient, weight, slots…)
//                                                one step of one weight
//
// and of what follows all that is not as here.
#pragma once

#include "optimizers/optimizer_state.h"

namespace unrolled {

struct OptimizerTraits {
  // Whether it takes the square of a gradient.
  static constexpr bool squaresGradient = false;
  // Whether its slot is a sum that only grows, of the gradients' squares or sizes.
  static constexpr bool sums = false;
  // Whether its slots are moments that begin at zero and are corrected for it.
  static constexpr bool correctsBias = false;
  // Whether a step without decay leaves a weight whose gradient is zero, and its slots, as they are.
  static constexpr bool keepsUntouched = false;

  // What a gradient of that norm adds to the bound of the velocities.
  static double freshVelocity(const OptimizerSettings& /*settings*/, double gradientNorm) { return gradientNorm; }

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

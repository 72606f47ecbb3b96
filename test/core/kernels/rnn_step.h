// The plain step of a vanilla RNN, forward and then backward.
#pragma once

#include "activations.h"
#include "base/types.h"
#include "kernels/kernel_table.h"

namespace unrolled::reference {

// state is [H].
template <class T>
void rnnForward(Index hidden, Activation activation, const T* gates, T* state) {
  for (Index j = 0; j < hidden; ++j) state[j] = activate(activation, gates[j]);
}

// gates is [H].
template <class T>
void rnnBackward(Index hidden, Activation activation, const T* state, const T* gradient, const T* outputGradient,
                 T* gates) {
  for (Index j = 0; j < hidden; ++j) gates[j] = total(gradient, outputGradient, j) * slope(activation, state[j]);
}

}  // namespace unrolled::reference

// The plain step of a GRU, forward and then backward. Arrays are rows of [gates, H].
#pragma once

#include "activations.h"
#include "base/types.h"
#include "kernels/kernel_table.h"

namespace unrolled::reference {

// gates and products are [3, H] in the order r, z, n; candidate and state are [H].
template <class T>
void gruForward(Index hidden, const CellActivations& f, T* gates, const T* products, const T* previous, T* candidate,
                T* state) {
  for (Index j = 0; j < hidden; ++j) {
    const T r = activate(f.gate, gates[j] + products[j]);
    const T z = activate(f.gate, gates[hidden + j] + products[hidden + j]);
    const T product = products[2 * hidden + j];
    const T n = activate(f.candidate, gates[2 * hidden + j] + r * product);
    gates[j] = r;
    gates[hidden + j] = z;
    gates[2 * hidden + j] = n;
    candidate[j] = product;
    state[j] = (1 - z) * n + z * previous[j];
  }
}

// gates and products are [3, H]; candidate and gradient are [H].
template <class T>
void gruBackward(Index hidden, const CellActivations& f, T* gates, const T* previous, T* candidate, T* gradient,
                 const T* outputGradient, T* products) {
  for (Index j = 0; j < hidden; ++j) {
    const T r = gates[j];
    const T z = gates[hidden + j];
    const T n = gates[2 * hidden + j];
    const T dh = total(gradient, outputGradient, j);
    const T dzInput = dh * (previous[j] - n) * slope(f.gate, z);
    const T dnInput = dh * (1 - z) * slope(f.candidate, n);
    const T drInput = dnInput * candidate[j] * slope(f.gate, r);
    gates[j] = drInput;
    gates[hidden + j] = dzInput;
    gates[2 * hidden + j] = dnInput;
    products[j] = drInput;
    products[hidden + j] = dzInput;
    products[2 * hidden + j] = dnInput * r;
    candidate[j] = dnInput * r;
    gradient[j] = dh * z;
  }
}

// gates is [3, H], of which r and z change; resetState is [H].
template <class T>
void gruResetForward(Index hidden, const CellActivations& f, T* gates, const T* input, T* resetState) {
  for (Index j = 0; j < hidden; ++j) {
    gates[j] = activate(f.gate, gates[j]);
    gates[hidden + j] = activate(f.gate, gates[hidden + j]);
    resetState[j] = gates[j] * input[j];
  }
}

// gates is [3, H], of which n changes; state is [H].
template <class T>
void gruCandidateForward(Index hidden, const CellActivations& f, T* gates, const T* previous, T* state) {
  for (Index j = 0; j < hidden; ++j) {
    const T z = gates[hidden + j];
    const T n = activate(f.candidate, gates[2 * hidden + j]);
    gates[2 * hidden + j] = n;
    state[j] = (1 - z) * n + z * previous[j];
  }
}

// gates is [3, H], of which z and n change; gradient is [H].
template <class T>
void gruCandidateBackward(Index hidden, const CellActivations& f, T* gates, const T* previous, T* gradient,
                          const T* outputGradient) {
  for (Index j = 0; j < hidden; ++j) {
    const T z = gates[hidden + j];
    const T n = gates[2 * hidden + j];
    const T dh = total(gradient, outputGradient, j);
    gates[hidden + j] = dh * (previous[j] - n) * slope(f.gate, z);
    gates[2 * hidden + j] = dh * (1 - z) * slope(f.candidate, n);
    gradient[j] = dh * z;
  }
}

// gates is [3, H], of which r changes; resetGradient is [H].
template <class T>
void gruResetBackward(Index hidden, const CellActivations& f, T* gates, const T* input, T* resetGradient) {
  for (Index j = 0; j < hidden; ++j) {
    const T r = gates[j];
    gates[j] = resetGradient[j] * input[j] * slope(f.gate, r);
    resetGradient[j] *= r;
  }
}

}  // namespace unrolled::reference

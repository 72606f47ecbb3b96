// The plain counterparts of the cells' steps: reference.h has the other kernels'. Arrays are rows of [gates, H].
#pragma once

#include <cmath>

#include "kernels/kernel_table.h"
#include "types.h"

namespace unrolled::reference {

template <class T>
T logistic(T x) {
  return 1 / (1 + std::exp(-x));
}

template <class T>
T activate(Activation activation, T x) {
  switch (activation) {
    case Activation::tanh:
      return std::tanh(x);
    case Activation::relu:
      return x < 0 ? T(0) : x;
    case Activation::sigmoid:
      return logistic(x);
    default:
      return x;
  }
}

// The slope of a function where its value is y.
template <class T>
T slope(Activation activation, T y) {
  switch (activation) {
    case Activation::tanh:
      return 1 - y * y;
    case Activation::relu:
      return y > 0 ? T(1) : y;  // of a value that is not a number, as it is
    case Activation::sigmoid:
      return y * (1 - y);
    default:
      return 1;
  }
}

// The gradient of a new state; outputGradient may be null.
template <class T>
T total(const T* gradient, const T* outputGradient, Index j) {
  return gradient[j] + (outputGradient == nullptr ? T(0) : outputGradient[j]);
}

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

// gates is [4, H] in the order i, f, g, o; cell is [H].
template <class T>
void lstmCellForward(Index hidden, const CellActivations& f, T* gates, const T* previousCell, T* cell) {
  for (Index j = 0; j < hidden; ++j) {
    gates[j] = activate(f.gate, gates[j]);
    gates[hidden + j] = activate(f.gate, gates[hidden + j]);
    gates[2 * hidden + j] = activate(f.candidate, gates[2 * hidden + j]);
    gates[3 * hidden + j] = activate(f.gate, gates[3 * hidden + j]);
    cell[j] = gates[hidden + j] * previousCell[j] + gates[j] * gates[2 * hidden + j];
  }
}

// gates is [4, H]; cellOutput and state are [H].
template <class T>
void lstmOutputForward(Index hidden, const CellActivations& f, const T* gates, T* cellOutput, T* state) {
  for (Index j = 0; j < hidden; ++j) {
    cellOutput[j] = activate(f.candidate, cellOutput[j]);
    state[j] = gates[3 * hidden + j] * cellOutput[j];
  }
}

// gates is [4, H]; cell, cellOutput and state are [H].
template <class T>
void lstmForward(Index hidden, const CellActivations& f, T* gates, const T* previousCell, T* cell, T* cellOutput,
                 T* state) {
  lstmCellForward(hidden, f, gates, previousCell, cell);
  for (Index j = 0; j < hidden; ++j) cellOutput[j] = cell[j];
  lstmOutputForward(hidden, f, gates, cellOutput, state);
}

// gates is [4, H], of which o changes; cellOutput is [H].
template <class T>
void lstmOutputBackward(Index hidden, const CellActivations& f, T* gates, T* cellOutput, const T* gradient,
                        const T* outputGradient) {
  for (Index j = 0; j < hidden; ++j) {
    const T o = gates[3 * hidden + j];
    const T dh = total(gradient, outputGradient, j);
    gates[3 * hidden + j] = dh * cellOutput[j] * slope(f.gate, o);
    cellOutput[j] = dh * o * slope(f.candidate, cellOutput[j]);
  }
}

// gates is [4, H], of which i, f and g change; cellGradient is [H].
template <class T>
void lstmCellBackward(Index hidden, const CellActivations& f, T* gates, const T* previousCell, T* cellGradient) {
  for (Index j = 0; j < hidden; ++j) {
    const T input = gates[j];
    const T forget = gates[hidden + j];
    const T candidate = gates[2 * hidden + j];
    const T dc = cellGradient[j];
    gates[j] = dc * candidate * slope(f.gate, input);
    gates[hidden + j] = dc * previousCell[j] * slope(f.gate, forget);
    gates[2 * hidden + j] = dc * input * slope(f.candidate, candidate);
    cellGradient[j] = dc * forget;
  }
}

// gates is [4, H]; cellGradient is [H].
template <class T>
void lstmBackward(Index hidden, const CellActivations& f, T* gates, const T* previousCell, const T* cellOutput,
                  const T* gradient, const T* outputGradient, T* cellGradient) {
  for (Index j = 0; j < hidden; ++j) {
    const T o = gates[3 * hidden + j];
    const T dh = total(gradient, outputGradient, j);
    gates[3 * hidden + j] = dh * cellOutput[j] * slope(f.gate, o);
    cellGradient[j] += dh * o * slope(f.candidate, cellOutput[j]);
  }
  lstmCellBackward(hidden, f, gates, previousCell, cellGradient);
}

}  // namespace unrolled::reference

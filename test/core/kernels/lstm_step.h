// The plain step of an LSTM, forward and then backward. Arrays are rows of [gates, H].
#pragma once

#include "activations.h"
#include "base/types.h"
#include "kernels/kernel_table.h"

namespace unrolled::reference {

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

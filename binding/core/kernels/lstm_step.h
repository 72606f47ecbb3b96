// The element-wise part of a time step of an LSTM, one row at a time, forward and under it backward; then the same in
// parts, for a cell with something between c and the output. A row's gates lie one after another, [H] each: i, f, g, o.
// Plain reference: test/core/kernels/lstm_step.h.
#pragma once

#include "kernels/activations.h"

namespace unrolled::UNROLLED_ISA {

template <class T>
void lstmForward(Index hidden, const CellActivations& activations, T* gates, const T* previousCell, T* cell,
                 T* cellOutput, T* state) {
  T* const input = gates;
  T* const forget = gates + hidden;
  T* const candidate = gates + 2 * hidden;
  T* const output = gates + 3 * hidden;
  withActivations(activations, [&](auto function, auto gate) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> i = gate.value(loadSome(input + at, count));
      const Vector<T> f = gate.value(loadSome(forget + at, count));
      const Vector<T> g = function.value(loadSome(candidate + at, count));
      const Vector<T> o = gate.value(loadSome(output + at, count));
      const Vector<T> c = f * loadSome(previousCell + at, count) + i * g;
      const Vector<T> t = function.value(c);
      storeSome(i, input + at, count);
      storeSome(f, forget + at, count);
      storeSome(g, candidate + at, count);
      storeSome(o, output + at, count);
      storeSome(c, cell + at, count);
      storeSome(t, cellOutput + at, count);
      storeSome(Vector<T>(o * t), state + at, count);
    }
  });
}

template <class T>
void lstmBackward(Index hidden, const CellActivations& activations, T* gates, const T* previousCell,
                  const T* cellOutput, const T* gradient, const T* outputGradient, T* cellGradient) {
  T* const input = gates;
  T* const forget = gates + hidden;
  T* const candidate = gates + 2 * hidden;
  T* const output = gates + 3 * hidden;
  withActivations(activations, [&](auto function, auto gate) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> i = loadSome(input + at, count);
      const Vector<T> f = loadSome(forget + at, count);
      const Vector<T> g = loadSome(candidate + at, count);
      const Vector<T> o = loadSome(output + at, count);
      const Vector<T> t = loadSome(cellOutput + at, count);
      const Vector<T> dh = totalGradient(gradient, outputGradient, at, count);
      const Vector<T> dc = loadSome(cellGradient + at, count) + function.back(Vector<T>(dh * o), t);
      storeSome(gate.back(Vector<T>(dc * g), i), input + at, count);
      storeSome(gate.back(Vector<T>(dc * loadSome(previousCell + at, count)), f), forget + at, count);
      storeSome(function.back(Vector<T>(dc * i), g), candidate + at, count);
      storeSome(gate.back(Vector<T>(dh * t), o), output + at, count);
      storeSome(Vector<T>(dc * f), cellGradient + at, count);
    }
  });
}

// The part up to c.
template <class T>
void lstmCellForward(Index hidden, const CellActivations& activations, T* gates, const T* previousCell, T* cell) {
  T* const input = gates;
  T* const forget = gates + hidden;
  T* const candidate = gates + 2 * hidden;
  T* const output = gates + 3 * hidden;
  withActivations(activations, [&](auto function, auto gate) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> i = gate.value(loadSome(input + at, count));
      const Vector<T> f = gate.value(loadSome(forget + at, count));
      const Vector<T> g = function.value(loadSome(candidate + at, count));
      storeSome(i, input + at, count);
      storeSome(f, forget + at, count);
      storeSome(g, candidate + at, count);
      storeSome(gate.value(loadSome(output + at, count)), output + at, count);
      storeSome(Vector<T>(f * loadSome(previousCell + at, count) + i * g), cell + at, count);
    }
  });
}

// The part from c to the output.
template <class T>
void lstmOutputForward(Index hidden, const CellActivations& activations, const T* gates, T* cellOutput, T* state) {
  const T* const output = gates + 3 * hidden;
  withActivations(activations, [&](auto function, auto /*gate*/) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> t = function.value(loadSome(cellOutput + at, count));
      storeSome(t, cellOutput + at, count);
      storeSome(Vector<T>(loadSome(output + at, count) * t), state + at, count);
    }
  });
}

template <class T>
void lstmOutputBackward(Index hidden, const CellActivations& activations, T* gates, T* cellOutput, const T* gradient,
                        const T* outputGradient) {
  T* const output = gates + 3 * hidden;
  withActivations(activations, [&](auto function, auto gate) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> o = loadSome(output + at, count);
      const Vector<T> t = loadSome(cellOutput + at, count);
      const Vector<T> dh = totalGradient(gradient, outputGradient, at, count);
      storeSome(gate.back(Vector<T>(dh * t), o), output + at, count);
      storeSome(function.back(Vector<T>(dh * o), t), cellOutput + at, count);
    }
  });
}

template <class T>
void lstmCellBackward(Index hidden, const CellActivations& activations, T* gates, const T* previousCell,
                      T* cellGradient) {
  T* const input = gates;
  T* const forget = gates + hidden;
  T* const candidate = gates + 2 * hidden;
  withActivations(activations, [&](auto function, auto gate) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> i = loadSome(input + at, count);
      const Vector<T> f = loadSome(forget + at, count);
      const Vector<T> g = loadSome(candidate + at, count);
      const Vector<T> dc = loadSome(cellGradient + at, count);
      storeSome(gate.back(Vector<T>(dc * g), i), input + at, count);
      storeSome(gate.back(Vector<T>(dc * loadSome(previousCell + at, count)), f), forget + at, count);
      storeSome(function.back(Vector<T>(dc * i), g), candidate + at, count);
      storeSome(Vector<T>(dc * f), cellGradient + at, count);
    }
  });
}

}  // namespace unrolled::UNROLLED_ISA

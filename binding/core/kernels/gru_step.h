// The element-wise part of a time step of a GRU, one row at a time: with the reset gate after the product, forward and
// under it backward; then with the reset gate before the product, which parts each way in two.
// A row's gates lie one after another, [H] each: r, z, n.
// Plain reference: test/core/kernels/gru_step.h.
#pragma once

#include "kernels/activations.h"

namespace unrolled::UNROLLED_ISA {

template <class T>
void gruForward(Index hidden, const CellActivations& activations, T* gates, const T* products, const T* previous,
                T* candidate, T* state) {
  T* const reset = gates;
  T* const update = gates + hidden;
  T* const fresh = gates + 2 * hidden;
  withActivations(activations, [&](auto function, auto gate) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> r = gate.value(Vector<T>(loadSome(reset + at, count) + loadSome(products + at, count)));
      const Vector<T> z = gate.value(Vector<T>(loadSome(update + at, count) + loadSome(products + hidden + at, count)));
      const Vector<T> product = loadSome(products + 2 * hidden + at, count);
      const Vector<T> n = function.value(Vector<T>(loadSome(fresh + at, count) + r * product));
      const Vector<T> h = n + z * (loadSome(previous + at, count) - n);
      storeSome(r, reset + at, count);
      storeSome(z, update + at, count);
      storeSome(n, fresh + at, count);
      storeSome(product, candidate + at, count);
      storeSome(h, state + at, count);
    }
  });
}

template <class T>
void gruBackward(Index hidden, const CellActivations& activations, T* gates, const T* previous, T* candidate,
                 T* gradient, const T* outputGradient, T* products) {
  T* const reset = gates;
  T* const update = gates + hidden;
  T* const fresh = gates + 2 * hidden;
  withActivations(activations, [&](auto function, auto gate) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> r = loadSome(reset + at, count);
      const Vector<T> z = loadSome(update + at, count);
      const Vector<T> n = loadSome(fresh + at, count);
      const Vector<T> product = loadSome(candidate + at, count);
      const Vector<T> dh = totalGradient(gradient, outputGradient, at, count);
      const Vector<T> dz = gate.back(Vector<T>(dh * (loadSome(previous + at, count) - n)), z);
      const Vector<T> dn = function.back(Vector<T>(dh * (1 - z)), n);
      const Vector<T> dr = gate.back(Vector<T>(dn * product), r);
      const Vector<T> dProduct = dn * r;
      storeSome(dr, reset + at, count);
      storeSome(dz, update + at, count);
      storeSome(dn, fresh + at, count);
      storeSome(dr, products + at, count);
      storeSome(dz, products + hidden + at, count);
      storeSome(dProduct, products + 2 * hidden + at, count);
      storeSome(dProduct, candidate + at, count);
      storeSome(Vector<T>(dh * z), gradient + at, count);
    }
  });
}

// The part before the candidate's product, which uses `resetState`.
template <class T>
void gruResetForward(Index hidden, const CellActivations& activations, T* gates, const T* input, T* resetState) {
  T* const reset = gates;
  T* const update = gates + hidden;
  withActivations(activations, [&](auto /*function*/, auto gate) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> r = gate.value(loadSome(reset + at, count));
      storeSome(r, reset + at, count);
      storeSome(gate.value(loadSome(update + at, count)), update + at, count);
      storeSome(Vector<T>(r * loadSome(input + at, count)), resetState + at, count);
    }
  });
}

// Behind the candidate's product.
template <class T>
void gruCandidateForward(Index hidden, const CellActivations& activations, T* gates, const T* previous, T* state) {
  const T* const update = gates + hidden;
  T* const fresh = gates + 2 * hidden;
  withActivations(activations, [&](auto function, auto /*gate*/) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> n = function.value(loadSome(fresh + at, count));
      const Vector<T> h = n + loadSome(update + at, count) * (loadSome(previous + at, count) - n);
      storeSome(n, fresh + at, count);
      storeSome(h, state + at, count);
    }
  });
}

template <class T>
void gruCandidateBackward(Index hidden, const CellActivations& activations, T* gates, const T* previous, T* gradient,
                          const T* outputGradient) {
  T* const update = gates + hidden;
  T* const fresh = gates + 2 * hidden;
  withActivations(activations, [&](auto function, auto gate) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> z = loadSome(update + at, count);
      const Vector<T> n = loadSome(fresh + at, count);
      const Vector<T> dh = totalGradient(gradient, outputGradient, at, count);
      storeSome(gate.back(Vector<T>(dh * (loadSome(previous + at, count) - n)), z), update + at, count);
      storeSome(function.back(Vector<T>(dh * (1 - z)), n), fresh + at, count);
      storeSome(Vector<T>(dh * z), gradient + at, count);
    }
  });
}

template <class T>
void gruResetBackward(Index hidden, const CellActivations& activations, T* gates, const T* input, T* resetGradient) {
  withActivations(activations, [&](auto /*function*/, auto gate) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Index count = hidden - at;
      const Vector<T> r = loadSome(gates + at, count);
      const Vector<T> dProduct = loadSome(resetGradient + at, count);
      storeSome(gate.back(Vector<T>(dProduct * loadSome(input + at, count)), r), gates + at, count);
      storeSome(Vector<T>(dProduct * r), resetGradient + at, count);
    }
  });
}

}  // namespace unrolled::UNROLLED_ISA

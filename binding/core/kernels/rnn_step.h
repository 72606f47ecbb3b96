// The element-wise part of a time step of a vanilla RNN, forward and backward.
// Plain reference: test/core/kernels/rnn_step.h.
#pragma once

#include "kernels/activations.h"

namespace unrolled::UNROLLED_ISA {

template <class T>
void rnnForward(Index hidden, Activation activation, const T* gates, T* state) {
  withActivation(activation, [&](auto function) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      storeSome(function.value(loadSome(gates + at, hidden - at)), state + at, hidden - at);
    }
  });
}

template <class T>
void rnnBackward(Index hidden, Activation activation, const T* state, const T* gradient, const T* outputGradient,
                 T* gates) {
  withActivation(activation, [&](auto function) {
    for (Index at = 0; at < hidden; at += lanes<T>) {
      const Vector<T> dh = totalGradient(gradient, outputGradient, at, hidden - at);
      storeSome(function.back(dh, loadSome(state + at, hidden - at)), gates + at, hidden - at);
    }
  });
}

}  // namespace unrolled::UNROLLED_ISA

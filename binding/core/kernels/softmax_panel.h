// The softmax with the classes one under another and the positions side by side, a position a lane: what a block of
// the classes of a large vocabulary needs while it is in the first cache.
#pragma once

#include "kernels/packed_product.h"
#include "kernels/vector_math.h"

namespace unrolled::UNROLLED_ISA {

template <class T>
void softmaxPanel(Index classes, const T* bias, T* logits, Index stride, T* highest, T* sum, T* which) {
  Vector<T> top[panelVectors];
  Vector<T> first[panelVectors];
  Vector<T> poison[panelVectors];  // keeps what is not finite, which a comparison would drop
#pragma GCC unroll 2
  for (int v = 0; v < panelVectors; ++v) {
    top[v] = load(logits + v * lanes<T>) + (bias == nullptr ? T(0) : bias[0]);
    first[v] = Vector<T>{};
    poison[v] = Vector<T>{};
  }
  for (Index c = 0; c < classes; ++c) {
    const T shift = bias == nullptr ? T(0) : bias[c];
    const Vector<T> number = broadcast(static_cast<T>(c));
#pragma GCC unroll 2
    for (int v = 0; v < panelVectors; ++v) {
      const Vector<T> x = load(logits + c * stride + v * lanes<T>) + shift;
      first[v] = x > top[v] ? number : first[v];
      top[v] = x > top[v] ? x : top[v];
      poison[v] += x * 0;
    }
  }
  Vector<T> total[panelVectors] = {};
  for (Index c = 0; c < classes; ++c) {
    const T shift = bias == nullptr ? T(0) : bias[c];
#pragma GCC unroll 2
    for (int v = 0; v < panelVectors; ++v) {
      T* at = logits + c * stride + v * lanes<T>;
      const Vector<T> e = exponential(Vector<T>(load(at) + shift - top[v]));
      store(e, at);
      total[v] += e;
    }
  }
#pragma GCC unroll 2
  for (int v = 0; v < panelVectors; ++v) {
    store(top[v], highest + v * lanes<T>);
    store(Vector<T>(total[v] + poison[v]), sum + v * lanes<T>);
    store(first[v], which + v * lanes<T>);
  }
}

template <class T>
void scaleColumns(Index classes, Index positions, const T* factors, T* values, Index stride, T* sums) {
  for (Index c = 0; c < classes; ++c) {
    Vector<T> total[panelVectors] = {};
    T* row = values + c * stride;
    for (Index at = 0; at < positions; at += panelColumns<T>) {
#pragma GCC unroll 2
      for (int v = 0; v < panelVectors; ++v) {
        const Vector<T> scaled = load(row + at + v * lanes<T>) * load(factors + at + v * lanes<T>);
        store(scaled, row + at + v * lanes<T>);
        total[v] += scaled;
      }
    }
    if (sums != nullptr) sums[c] = sumOfLanes<T>(total[0] + total[1]);
  }
}

}  // namespace unrolled::UNROLLED_ISA

// The element-wise part of a time step of each cell, one row at a time: forward, and under it its
// backward. A row's gates lie one after another, [H] each.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/vector_math.h"

namespace unrolled::UNROLLED_ISA {

template <class T>
UNROLLED_INLINE Vector<T> totalGradient(const T* gradient, const T* outputGradient, Index at, Index count) {
  Vector<T> total = loadSome(gradient + at, count);
  if (outputGradient != nullptr) total += loadSome(outputGradient + at, count);
  return total;
}

template <class T>
void rnnForward(Index hidden, Activation activation, const T* gates, T* state) {
  const Vector<T> zero{};
  for (Index at = 0; at < hidden; at += lanes<T>) {
    const Vector<T> x = loadSome(gates + at, hidden - at);
    // Written so that not-a-number passes through relu.
    const Vector<T> h = activation == Activation::tanh ? hyperbolicTangent(x) : (x < zero ? zero : x);
    storeSome(h, state + at, hidden - at);
  }
}

template <class T>
void rnnBackward(Index hidden, Activation activation, const T* state, const T* gradient, const T* outputGradient,
                 T* gates) {
  const Vector<T> zero{};
  for (Index at = 0; at < hidden; at += lanes<T>) {
    const Vector<T> h = loadSome(state + at, hidden - at);
    const Vector<T> dh = totalGradient(gradient, outputGradient, at, hidden - at);
    const Vector<T> dx = activation == Activation::tanh ? dh * (1 - h * h) : (h > zero ? dh : zero);
    storeSome(dx, gates + at, hidden - at);
  }
}

template <class T>
void gruForward(Index hidden, T* gates, const T* products, const T* previous, T* candidate, T* state) {
  T* const reset = gates;
  T* const update = gates + hidden;
  T* const fresh = gates + 2 * hidden;
  for (Index at = 0; at < hidden; at += lanes<T>) {
    const Index count = hidden - at;
    const Vector<T> r = logistic(loadSome(reset + at, count) + loadSome(products + at, count));
    const Vector<T> z = logistic(loadSome(update + at, count) + loadSome(products + hidden + at, count));
    const Vector<T> product = loadSome(products + 2 * hidden + at, count);
    const Vector<T> n = hyperbolicTangent(loadSome(fresh + at, count) + r * product);
    const Vector<T> h = n + z * (loadSome(previous + at, count) - n);
    storeSome(r, reset + at, count);
    storeSome(z, update + at, count);
    storeSome(n, fresh + at, count);
    storeSome(product, candidate + at, count);
    storeSome(h, state + at, count);
  }
}

template <class T>
void gruBackward(Index hidden, T* gates, const T* previous, T* candidate, T* gradient, const T* outputGradient,
                 T* products) {
  T* const reset = gates;
  T* const update = gates + hidden;
  T* const fresh = gates + 2 * hidden;
  for (Index at = 0; at < hidden; at += lanes<T>) {
    const Index count = hidden - at;
    const Vector<T> r = loadSome(reset + at, count);
    const Vector<T> z = loadSome(update + at, count);
    const Vector<T> n = loadSome(fresh + at, count);
    const Vector<T> product = loadSome(candidate + at, count);
    const Vector<T> dh = totalGradient(gradient, outputGradient, at, count);
    const Vector<T> dz = dh * (loadSome(previous + at, count) - n) * z * (1 - z);
    const Vector<T> dn = dh * (1 - z) * (1 - n * n);
    const Vector<T> dr = dn * product * r * (1 - r);
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
}

template <class T>
void lstmForward(Index hidden, T* gates, const T* previousCell, T* cell, T* cellTanh, T* state) {
  T* const input = gates;
  T* const forget = gates + hidden;
  T* const candidate = gates + 2 * hidden;
  T* const output = gates + 3 * hidden;
  for (Index at = 0; at < hidden; at += lanes<T>) {
    const Index count = hidden - at;
    const Vector<T> i = logistic(loadSome(input + at, count));
    const Vector<T> f = logistic(loadSome(forget + at, count));
    const Vector<T> g = hyperbolicTangent(loadSome(candidate + at, count));
    const Vector<T> o = logistic(loadSome(output + at, count));
    const Vector<T> c = f * loadSome(previousCell + at, count) + i * g;
    const Vector<T> t = hyperbolicTangent(c);
    storeSome(i, input + at, count);
    storeSome(f, forget + at, count);
    storeSome(g, candidate + at, count);
    storeSome(o, output + at, count);
    storeSome(c, cell + at, count);
    storeSome(t, cellTanh + at, count);
    storeSome(Vector<T>(o * t), state + at, count);
  }
}

template <class T>
void lstmBackward(Index hidden, T* gates, const T* previousCell, const T* cellTanh, const T* gradient,
                  const T* outputGradient, T* cellGradient) {
  T* const input = gates;
  T* const forget = gates + hidden;
  T* const candidate = gates + 2 * hidden;
  T* const output = gates + 3 * hidden;
  for (Index at = 0; at < hidden; at += lanes<T>) {
    const Index count = hidden - at;
    const Vector<T> i = loadSome(input + at, count);
    const Vector<T> f = loadSome(forget + at, count);
    const Vector<T> g = loadSome(candidate + at, count);
    const Vector<T> o = loadSome(output + at, count);
    const Vector<T> t = loadSome(cellTanh + at, count);
    const Vector<T> dh = totalGradient(gradient, outputGradient, at, count);
    const Vector<T> dc = loadSome(cellGradient + at, count) + dh * o * (1 - t * t);
    storeSome(Vector<T>(dc * g * i * (1 - i)), input + at, count);
    storeSome(Vector<T>(dc * loadSome(previousCell + at, count) * f * (1 - f)), forget + at, count);
    storeSome(Vector<T>(dc * i * (1 - g * g)), candidate + at, count);
    storeSome(Vector<T>(dh * t * o * (1 - o)), output + at, count);
    storeSome(Vector<T>(dc * f), cellGradient + at, count);
  }
}

}  // namespace unrolled::UNROLLED_ISA

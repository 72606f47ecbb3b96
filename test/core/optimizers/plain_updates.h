// The plain step of each optimiser.
#pragma once

#include <cmath>

#include "base/types.h"
#include "optimizers/optimizer_state.h"

namespace unrolled::reference {

// The gradient an optimiser works with, g.
template <class T>
T effectiveGradient(const UpdateConstants<T>& k, T gradient, T weight) {
  return gradient * k.gradientScale + k.weightDecay * weight;
}

template <class K, class T>
void sgd(Index count, const K& k, const T* gradient, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    weights[i] -= k.learningRate * g;
  }
}

template <class K, class T>
void momentum(Index count, const K& k, const T* gradient, T* velocity, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    velocity[i] = k.momentum * velocity[i] + g;
    weights[i] -= k.learningRate * velocity[i];
  }
}

template <class K, class T>
void adagrad(Index count, const K& k, const T* gradient, T* sum, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    sum[i] += g * g;
    weights[i] -= k.learningRate * g / (std::sqrt(sum[i]) + k.epsilon);
  }
}

template <class K, class T>
void adagradAbsolute(Index count, const K& k, const T* gradient, T* sum, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    sum[i] += std::abs(g);
    weights[i] -= k.learningRate * g / std::sqrt(sum[i] + k.epsilon);
  }
}

template <class K, class T>
void rmsprop(Index count, const K& k, const T* gradient, T* square, T* velocity, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    square[i] = k.alpha * square[i] + k.alphaRest * g * g;
    velocity[i] = k.momentum * velocity[i] + g / (std::sqrt(square[i]) + k.epsilon);
    weights[i] -= k.learningRate * velocity[i];
  }
}

template <class K, class T>
void adam(Index count, const K& k, const T* gradient, T* mean, T* square, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    mean[i] = k.beta1 * mean[i] + k.beta1Rest * g;
    square[i] = k.beta2 * square[i] + k.beta2Rest * g * g;
    const T denominator = std::sqrt(square[i]) / k.correction2 + k.epsilon;
    weights[i] -= k.learningRate / k.correction1 * mean[i] / denominator;
  }
}

template <class K, class T>
void adamw(Index count, const K& k, const T* gradient, T* mean, T* square, T* weights) {
  K withoutDecay = k;
  withoutDecay.weightDecay = 0;
  for (Index i = 0; i < count; ++i) weights[i] *= 1 - k.learningRate * k.weightDecay;
  adam(count, withoutDecay, gradient, mean, square, weights);
}

}  // namespace unrolled::reference

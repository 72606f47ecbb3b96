// One step of each optimiser over a range of parameters. The formulas are PyTorch's; what each does
// stands in optimizers/optimizer.h.
// Plain reference: test/core/kernels/updates.h.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd.h"

namespace unrolled::UNROLLED_ISA {

template <class T>
void sgd(Index count, const UpdateConstants<T>& k, const T* __restrict gradient, T* __restrict weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = gradient[i] * k.gradientScale + k.weightDecay * weights[i];
    weights[i] -= k.learningRate * g;
  }
}

template <class T>
void momentum(Index count, const UpdateConstants<T>& k, const T* __restrict gradient, T* __restrict velocity,
              T* __restrict weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = gradient[i] * k.gradientScale + k.weightDecay * weights[i];
    velocity[i] = k.momentum * velocity[i] + g;
    weights[i] -= k.learningRate * velocity[i];
  }
}

template <class T>
void adagrad(Index count, const UpdateConstants<T>& k, const T* __restrict gradient, T* __restrict sum,
             T* __restrict weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = gradient[i] * k.gradientScale + k.weightDecay * weights[i];
    sum[i] += g * g;
    weights[i] -= k.learningRate * g / (squareRoot(sum[i]) + k.epsilon);
  }
}

template <class T>
void adagradAbsolute(Index count, const UpdateConstants<T>& k, const T* __restrict gradient, T* __restrict sum,
                     T* __restrict weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = gradient[i] * k.gradientScale + k.weightDecay * weights[i];
    sum[i] += g < 0 ? -g : g;
    weights[i] -= k.learningRate * g / squareRoot(sum[i] + k.epsilon);
  }
}

template <class T>
void rmsprop(Index count, const UpdateConstants<T>& k, const T* __restrict gradient, T* __restrict square,
             T* __restrict velocity, T* __restrict weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = gradient[i] * k.gradientScale + k.weightDecay * weights[i];
    square[i] = k.alpha * square[i] + k.alphaRest * g * g;
    velocity[i] = k.momentum * velocity[i] + g / (squareRoot(square[i]) + k.epsilon);
    weights[i] -= k.learningRate * velocity[i];
  }
}

template <class T>
UNROLLED_INLINE T adamStep(const UpdateConstants<T>& k, T g, T& mean, T& square) {
  mean = k.beta1 * mean + k.beta1Rest * g;
  square = k.beta2 * square + k.beta2Rest * g * g;
  return k.learningRate / k.correction1 * mean / (squareRoot(square) / k.correction2 + k.epsilon);
}

template <class T>
void adam(Index count, const UpdateConstants<T>& k, const T* __restrict gradient, T* __restrict mean,
          T* __restrict square, T* __restrict weights) {
  for (Index i = 0; i < count; ++i) {
    weights[i] -= adamStep(k, gradient[i] * k.gradientScale + k.weightDecay * weights[i], mean[i], square[i]);
  }
}

template <class T>
void adamw(Index count, const UpdateConstants<T>& k, const T* __restrict gradient, T* __restrict mean,
           T* __restrict square, T* __restrict weights) {
  for (Index i = 0; i < count; ++i) {
    const T kept = weights[i] * (1 - k.learningRate * k.weightDecay);
    weights[i] = kept - adamStep(k, gradient[i] * k.gradientScale, mean[i], square[i]);
  }
}

}  // namespace unrolled::UNROLLED_ISA

// The plain counterpart of every kernel of the table: the simplest loops that say what is meant, for
// the tests to compare with. Arrays are row-major, "out is [rows, columns]"; sums of products are
// taken in double.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/kernel_table.h"
#include "random.h"
#include "types.h"

namespace unrolled::reference {

// out is [panels, depth, panelColumns], of a matrix [depth, columns]; zeros behind the last column.
template <class T>
void pack(Index depth, Index columns, Index panelColumns, const T* matrix, Index stride, T* out) {
  const Index panels = (columns + panelColumns - 1) / panelColumns;
  for (Index panel = 0; panel < panels; ++panel) {
    for (Index k = 0; k < depth; ++k) {
      for (Index c = 0; c < panelColumns; ++c) {
        const Index column = panel * panelColumns + c;
        out[(panel * depth + k) * panelColumns + c] = column < columns ? matrix[k * stride + column] : T(0);
      }
    }
  }
}

// The same of the transpose of a matrix [columns, depth].
template <class T>
void packTransposed(Index depth, Index columns, Index panelColumns, const T* matrix, Index stride, T* out) {
  const Index panels = (columns + panelColumns - 1) / panelColumns;
  for (Index panel = 0; panel < panels; ++panel) {
    for (Index k = 0; k < depth; ++k) {
      for (Index c = 0; c < panelColumns; ++c) {
        const Index column = panel * panelColumns + c;
        out[(panel * depth + k) * panelColumns + c] = column < columns ? matrix[column * stride + k] : T(0);
      }
    }
  }
}

// out is [rows, columns]; a is [rows, depth], b is [depth, columns].
template <class T>
void product(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* out,
             Index outStride, bool accumulate) {
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < columns; ++column) {
      double sum = accumulate ? static_cast<double>(out[row * outStride + column]) : 0;
      for (Index k = 0; k < depth; ++k) {
        sum += static_cast<double>(a[row * aStride + k]) * static_cast<double>(b[k * bStride + column]);
      }
      out[row * outStride + column] = static_cast<T>(sum);
    }
  }
}

// Of c = x · matrix, with x [rows, width] and a matrix [width, columns], from the gradient of c: dx [rows, width] and
// the gradient of the matrix.
template <class T>
void narrowBackward(Index rows, Index columns, Index width, const T* x, const T* gradient, Index stride,
                    const T* matrix, T* matrixGradient, T* dx, bool accumulate) {
  for (Index d = 0; d < width; ++d) {
    for (Index column = 0; column < columns; ++column) {
      double sum = accumulate ? static_cast<double>(matrixGradient[d * columns + column]) : 0;
      for (Index row = 0; row < rows; ++row) {
        sum += static_cast<double>(x[row * width + d]) * static_cast<double>(gradient[row * stride + column]);
      }
      matrixGradient[d * columns + column] = static_cast<T>(sum);
    }
    for (Index row = 0; row < rows; ++row) {
      double sum = 0;
      for (Index column = 0; column < columns; ++column) {
        sum += static_cast<double>(gradient[row * stride + column]) * static_cast<double>(matrix[d * columns + column]);
      }
      dx[row * width + d] = static_cast<T>(sum);
    }
  }
}

// out is [rows, columns]; a is [rows, depth], b is [columns, depth].
template <class T>
void rowProduct(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* out,
                Index outStride, bool accumulate) {
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < columns; ++column) {
      double sum = accumulate ? static_cast<double>(out[row * outStride + column]) : 0;
      for (Index k = 0; k < depth; ++k) {
        sum += static_cast<double>(a[row * aStride + k]) * static_cast<double>(b[column * bStride + k]);
      }
      out[row * outStride + column] = static_cast<T>(sum);
    }
  }
}

// 0, or not-a-number for what is not finite.
template <class T>
T zeroIfFinite(T x) {
  return x - x;
}

// logits is [V] and becomes exp(logits + bias - max).
template <class T>
double softmaxRow(Index classes, const T* bias, Index target, T* logits, T* scale, T* targetLogit) {
  for (Index v = 0; v < classes; ++v) logits[v] += bias == nullptr ? T(0) : bias[v];
  *targetLogit = logits[target];
  T highest = logits[0];
  double sum = 0;
  for (Index v = 0; v < classes; ++v) {
    highest = std::max(highest, logits[v]);
    sum += static_cast<double>(zeroIfFinite(logits[v]));
  }
  for (Index v = 0; v < classes; ++v) {
    logits[v] = std::exp(logits[v] - highest);
    sum += static_cast<double>(logits[v]);
  }
  *scale = static_cast<T>(1 / sum);
  return static_cast<double>(highest) + std::log(sum);
}

// y is [count].
template <class T>
void add(Index count, const T* x, T* y) {
  for (Index i = 0; i < count; ++i) y[i] += x[i];
}

// y is [count].
template <class T>
void multiply(Index count, const T* a, const T* b, T* y) {
  for (Index i = 0; i < count; ++i) y[i] = a[i] * b[i];
}

// y is [count].
template <class T>
void multiplyAdd(Index count, const T* a, const T* b, T* y) {
  for (Index i = 0; i < count; ++i) y[i] += a[i] * b[i];
}

// y is [count].
template <class T>
void scale(Index count, T factor, T* y) {
  for (Index i = 0; i < count; ++i) y[i] *= factor;
}

// sums is [columns]; added in T, in the order of the rows.
template <class T>
void columnSums(Index rows, Index columns, const T* matrix, Index stride, T* sums) {
  for (Index column = 0; column < columns; ++column) {
    sums[column] = 0;
    for (Index row = 0; row < rows; ++row) sums[column] += matrix[row * stride + column];
  }
}

// normalized and y are [count]; the mean and the variance are taken in double.
template <class T>
T normalize(Index count, T epsilon, const T* gain, const T* shift, const T* x, T* normalized, T* y, bool accumulate) {
  double mean = 0;
  for (Index i = 0; i < count; ++i) mean += static_cast<double>(x[i]) / static_cast<double>(count);
  double variance = 0;
  for (Index i = 0; i < count; ++i) {
    const double distance = static_cast<double>(x[i]) - mean;
    variance += distance * distance / static_cast<double>(count);
  }
  const double inverse = 1 / std::sqrt(variance + static_cast<double>(epsilon)) + zeroIfFinite(variance);
  for (Index i = 0; i < count; ++i) {
    normalized[i] = static_cast<T>((static_cast<double>(x[i]) - mean) * inverse);
    y[i] = (accumulate ? y[i] : T(0)) + gain[i] * normalized[i] + (shift == nullptr ? T(0) : shift[i]);
  }
  return static_cast<T>(inverse);
}

// dx is [count]; so are the gradients of gain and shift, which are added to. What is the same for all elements moves
// none of them, since the normalised ones add up to zero.
template <class T>
void normalizeBackward(Index count, T inverse, const T* gain, const T* gradient, const T* normalized, T* gainGradient,
                       T* shiftGradient, T* dx) {
  double mean = 0;
  double correlation = 0;
  bool same = true;
  for (Index i = 0; i < count; ++i) {
    const double scaled = static_cast<double>(gain[i]) * static_cast<double>(gradient[i]);
    same = same && (i == 0 || gain[i] * gradient[i] == gain[0] * gradient[0]);
    mean += scaled / static_cast<double>(count);
    correlation += scaled * static_cast<double>(normalized[i]) / static_cast<double>(count);
    gainGradient[i] += gradient[i] * normalized[i];
    if (shiftGradient != nullptr) shiftGradient[i] += gradient[i];
  }
  for (Index i = 0; i < count; ++i) {
    const double scaled = static_cast<double>(gain[i]) * static_cast<double>(gradient[i]);
    const double moved = same ? 0 : scaled - mean - static_cast<double>(normalized[i]) * correlation;
    dx[i] = static_cast<T>(moved * static_cast<double>(inverse)) + zeroIfFinite(static_cast<T>(scaled));
  }
}

template <class T>
double sumOfSquares(Index count, const T* x) {
  double sum = 0;
  for (Index i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

// x is [count].
template <class T>
void clamp(Index count, T limit, T* x) {
  for (Index i = 0; i < count; ++i) {
    if (std::isfinite(x[i])) x[i] = std::clamp(x[i], -limit, limit);
  }
}

// The gradient an optimiser works with, g.
template <class T>
T effectiveGradient(const UpdateConstants<T>& k, T gradient, T weight) {
  return gradient * k.gradientScale + k.weightDecay * weight;
}

template <class T>
void sgd(Index count, const UpdateConstants<T>& k, const T* gradient, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    weights[i] -= k.learningRate * g;
  }
}

template <class T>
void momentum(Index count, const UpdateConstants<T>& k, const T* gradient, T* velocity, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    velocity[i] = k.momentum * velocity[i] + g;
    weights[i] -= k.learningRate * velocity[i];
  }
}

template <class T>
void adagrad(Index count, const UpdateConstants<T>& k, const T* gradient, T* sum, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    sum[i] += g * g;
    weights[i] -= k.learningRate * g / (std::sqrt(sum[i]) + k.epsilon);
  }
}

template <class T>
void adagradAbsolute(Index count, const UpdateConstants<T>& k, const T* gradient, T* sum, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    sum[i] += std::abs(g);
    weights[i] -= k.learningRate * g / std::sqrt(sum[i] + k.epsilon);
  }
}

template <class T>
void rmsprop(Index count, const UpdateConstants<T>& k, const T* gradient, T* square, T* velocity, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    square[i] = k.alpha * square[i] + k.alphaRest * g * g;
    velocity[i] = k.momentum * velocity[i] + g / (std::sqrt(square[i]) + k.epsilon);
    weights[i] -= k.learningRate * velocity[i];
  }
}

template <class T>
void adam(Index count, const UpdateConstants<T>& k, const T* gradient, T* mean, T* square, T* weights) {
  for (Index i = 0; i < count; ++i) {
    const T g = effectiveGradient(k, gradient[i], weights[i]);
    mean[i] = k.beta1 * mean[i] + k.beta1Rest * g;
    square[i] = k.beta2 * square[i] + k.beta2Rest * g * g;
    const T denominator = std::sqrt(square[i]) / k.correction2 + k.epsilon;
    weights[i] -= k.learningRate / k.correction1 * mean[i] / denominator;
  }
}

template <class T>
void adamw(Index count, const UpdateConstants<T>& k, const T* gradient, T* mean, T* square, T* weights) {
  UpdateConstants<T> withoutDecay = k;
  withoutDecay.weightDecay = 0;
  for (Index i = 0; i < count; ++i) weights[i] *= 1 - k.learningRate * k.weightDecay;
  adam(count, withoutDecay, gradient, mean, square, weights);
}

template <class T>
void drop(Index count, const RandomStream& stream, Index first, std::uint32_t threshold, T scale, const T* x, T* y) {
  for (Index i = 0; i < count; ++i) {
    const Index element = first + i;
    const auto block = static_cast<std::uint32_t>(element / 64 * 16 + element % 16);
    const Random::Block words = Random::philox({block, stream.counter[0], stream.counter[1], stream.counter[2]},
                                               {stream.key[0], stream.key[1]});
    y[i] = words[static_cast<std::size_t>(element % 64 / 16)] >= threshold ? x[i] * scale : zeroIfFinite(x[i]);
  }
}

template <class T>
void activate(Index count, Activation activation, T* y) {
  for (Index i = 0; i < count; ++i) {
    if (activation == Activation::tanh) y[i] = std::tanh(y[i]);
    if (activation == Activation::sigmoid) y[i] = 1 / (1 + std::exp(-y[i]));
    if (activation == Activation::relu) y[i] = y[i] < 0 ? 0 : y[i];
  }
}

template <class T>
void activateBackward(Index count, Activation activation, const T* y, T* gradient) {
  for (Index i = 0; i < count; ++i) {
    if (activation == Activation::tanh) gradient[i] *= 1 - y[i] * y[i];
    if (activation == Activation::sigmoid) gradient[i] *= y[i] * (1 - y[i]);
    if (activation == Activation::relu) gradient[i] = y[i] > 0 ? gradient[i] : zeroIfFinite(gradient[i]) + y[i];
  }
}

}  // namespace unrolled::reference

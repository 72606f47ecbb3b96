// The plain backward pass of a product with a matrix of few columns, sums taken in double.
#pragma once

#include "base/types.h"

namespace unrolled::reference {

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

}  // namespace unrolled::reference

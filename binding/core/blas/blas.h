// Matrix products by OpenBLAS, one thread a call. `reserveBlasMemory` comes before (blas_memory.h).
#pragma once

#include <string>

#include "base/types.h"

namespace unrolled {

enum class Transpose { no, yes };

// A row-major matrix as a product reads it: `stride` elements from row to row as stored.
template <class T>
struct Operand {
  const T* data;
  Index stride;
  Transpose transpose = Transpose::no;
};

// c [m, n] (cStride) = a [m, k] · b [k, n] + beta·c.
void blasProduct(Index m, Index n, Index k, Operand<float> a, Operand<float> b, float* c, Index cStride, float beta);

// y [n] = x [k] · b [k, n] + beta·y; the elements of x are `step` apart.
void blasRowProduct(Index n, Index k, const float* x, Index step, Operand<float> b, float* y, float beta);

#ifdef UNROLLED_FLOAT64_BLAS
void blasProduct(Index m, Index n, Index k, Operand<double> a, Operand<double> b, double* c, Index cStride,
                 double beta);
void blasRowProduct(Index n, Index k, const double* x, Index step, Operand<double> b, double* y, double beta);
#endif

// OpenBLAS's words for its build and for the kernels it chose.
std::string blasConfiguration();
std::string blasCore();

}  // namespace unrolled

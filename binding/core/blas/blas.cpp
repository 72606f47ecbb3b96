#include "blas/blas.h"

#include <cblas.h>

#include "blas/blas_call.h"

namespace unrolled {
namespace {

CBLAS_TRANSPOSE blasTranspose(Transpose transpose) { return transpose == Transpose::yes ? CblasTrans : CblasNoTrans; }

blasint size(Index value) { return static_cast<blasint>(value); }

}  // namespace

void blasProduct(Index m, Index n, Index k, Operand<float> a, Operand<float> b, float* c, Index cStride, float beta) {
  const BlasCall call;
  cblas_sgemm(CblasRowMajor, blasTranspose(a.transpose), blasTranspose(b.transpose), size(m), size(n), size(k), 1.0F,
              a.data, size(a.stride), b.data, size(b.stride), beta, c, size(cStride));
}

// y [n] = x [k] · b [k, n] + beta·y: b transposed is a matrix [n, k] as stored.
void blasRowProduct(Index n, Index k, const float* x, Index step, Operand<float> b, float* y, float beta) {
  const bool stored = b.transpose == Transpose::no;
  const BlasCall call;
  cblas_sgemv(CblasRowMajor, stored ? CblasTrans : CblasNoTrans, size(stored ? k : n), size(stored ? n : k), 1.0F,
              b.data, size(b.stride), x, size(step), beta, y, 1);
}

#ifdef UNROLLED_FLOAT64_BLAS

void blasProduct(Index m, Index n, Index k, Operand<double> a, Operand<double> b, double* c, Index cStride,
                 double beta) {
  const BlasCall call;
  cblas_dgemm(CblasRowMajor, blasTranspose(a.transpose), blasTranspose(b.transpose), size(m), size(n), size(k), 1.0,
              a.data, size(a.stride), b.data, size(b.stride), beta, c, size(cStride));
}

void blasRowProduct(Index n, Index k, const double* x, Index step, Operand<double> b, double* y, double beta) {
  const bool stored = b.transpose == Transpose::no;
  const BlasCall call;
  cblas_dgemv(CblasRowMajor, stored ? CblasTrans : CblasNoTrans, size(stored ? k : n), size(stored ? n : k), 1.0,
              b.data, size(b.stride), x, size(step), beta, y, 1);
}

#endif

std::string blasConfiguration() { return openblas_get_config(); }

std::string blasCore() { return openblas_get_corename(); }

}  // namespace unrolled

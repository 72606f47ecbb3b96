// Matrix products: by OpenBLAS, cut into tiles by shape; small ones by a kernel of our own, unless the environment asks
// for OpenBLAS alone.
#pragma once

#include "base/types.h"
#include "blas/blas.h"
#include "parallel/thread_pool.h"

namespace unrolled {

// c [m, n] (cStride) = a [m, k] · b [k, n] + (accumulate ? c : 0), by one single-threaded call. `reserveBlasMemory`
// comes before (blas_memory.h).
template <class T>
void multiply(Index m, Index n, Index k, Operand<T> a, Operand<T> b, T* c, Index cStride, bool accumulate);

// The same in tiles over m and n, each with the whole sum over k, on the pool's threads. How it is
// cut depends on m, n and k alone. Throws ERR_UNROLLED_OUT_OF_MEMORY.
template <class T>
void multiply(const Parallel& parallel, Index m, Index n, Index k, Operand<T> a, Operand<T> b, T* c, Index cStride,
              bool accumulate);

}  // namespace unrolled

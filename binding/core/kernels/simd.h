// Vectors of the instruction set a file is compiled for, by the compiler's vector extension.
//
// Included by instruction_set.cpp only, which is compiled once for each set with its own
// UNROLLED_ISA (a namespace) and UNROLLED_VECTOR_BYTES. Nothing here may be an inline function of
// a standard header: the linker could keep the copy that other processors cannot run.
#pragma once

#if defined(__FMA__) || defined(__AVX512F__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include <type_traits>

#include "types.h"

namespace unrolled::UNROLLED_ISA {

#define UNROLLED_INLINE __attribute__((always_inline)) inline

template <class T>
struct VectorTypes;

template <>
struct VectorTypes<float> {
  using Floats = float __attribute__((vector_size(UNROLLED_VECTOR_BYTES)));
  using Integers = std::int32_t __attribute__((vector_size(UNROLLED_VECTOR_BYTES)));
};

template <>
struct VectorTypes<double> {
  using Floats = double __attribute__((vector_size(UNROLLED_VECTOR_BYTES)));
  using Integers = std::int64_t __attribute__((vector_size(UNROLLED_VECTOR_BYTES)));
};

template <class T>
using Vector = typename VectorTypes<T>::Floats;

// Elements of a vector.
template <class T>
constexpr Index lanes = UNROLLED_VECTOR_BYTES / static_cast<Index>(sizeof(T));

template <class T>
UNROLLED_INLINE Vector<T> load(const T* from) {
  Vector<T> vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

template <class T>
UNROLLED_INLINE void store(const Vector<T>& vector, T* to) {
  __builtin_memcpy(to, &vector, sizeof vector);
}

template <class T>
UNROLLED_INLINE Vector<T> broadcast(T value) {
  return Vector<T>{} + value;
}

// The first `count` elements (1 to lanes), zeros behind them.
// a · b + c, rounded once where the instruction set can: an expression is left to the compiler, which may take the one
// instruction in one place and two in another, so that sums in the same order differ in their last bits.
template <class T>
UNROLLED_INLINE Vector<T> multiplyAdd(const Vector<T>& a, const Vector<T>& b, const Vector<T>& c) {
  [[maybe_unused]] constexpr bool isFloat = std::is_same_v<T, float>;
#if defined(__AVX512F__)
  if constexpr (UNROLLED_VECTOR_BYTES == 64 && isFloat)
    return (Vector<T>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
  if constexpr (UNROLLED_VECTOR_BYTES == 64 && !isFloat)
    return (Vector<T>)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__FMA__)
  if constexpr (UNROLLED_VECTOR_BYTES == 32 && isFloat)
    return (Vector<T>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
  if constexpr (UNROLLED_VECTOR_BYTES == 32 && !isFloat)
    return (Vector<T>)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__aarch64__)
  if constexpr (UNROLLED_VECTOR_BYTES == 16 && isFloat)
    return (Vector<T>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
  if constexpr (UNROLLED_VECTOR_BYTES == 16 && !isFloat)
    return (Vector<T>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#endif
  return a * b + c;
}

template <class T>
UNROLLED_INLINE Vector<T> loadSome(const T* from, Index count) {
  if (count >= lanes<T>) return load(from);
  Vector<T> vector{};
  for (Index lane = 0; lane < count; ++lane) vector[lane] = from[lane];
  return vector;
}

template <class T>
UNROLLED_INLINE void storeSome(const Vector<T>& vector, T* to, Index count) {
  if (count >= lanes<T>) {
    store(vector, to);
    return;
  }
  for (Index lane = 0; lane < count; ++lane) to[lane] = vector[lane];
}

template <class T>
UNROLLED_INLINE T sumOfLanes(const Vector<T>& vector) {
  T sum = vector[0];
  for (Index lane = 1; lane < lanes<T>; ++lane) sum += vector[lane];
  return sum;
}

template <class T>
UNROLLED_INLINE Vector<T> maximum(const Vector<T>& a, const Vector<T>& b) {
  return a > b ? a : b;
}

UNROLLED_INLINE float squareRoot(float x) { return __builtin_sqrtf(x); }
UNROLLED_INLINE double squareRoot(double x) { return __builtin_sqrt(x); }

}  // namespace unrolled::UNROLLED_ISA

// Vectors of the instruction set a file is compiled for, by the compiler's vector extension.
//
// Included by instruction_set.cpp only, which is compiled once for each set with its own
// UNROLLED_ISA (a namespace) and UNROLLED_VECTOR_BYTES. Nothing here may be an inline function of
// a standard header: the linker could keep the copy that other processors cannot run.
#pragma once

#include "base/types.h"

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

// The first `count` elements (1 to lanes), followed by zeros.
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

// exp, tanh and the logistic function over vectors.
//
// For float: polynomials that are accurate to a few units in the last place (relative), so that small states keep their
// digits. For double, the exact reference: the C library's functions lane by lane, by the compiler's names for them,
// because C libraries declare them differently.
#pragma once

#include "kernels/simd.h"

namespace unrolled::UNROLLED_ISA {

// e^x for x in [-87.3, 88.4], held at the ends outside; not-a-number stays.
UNROLLED_INLINE Vector<float> exponential(Vector<float> x) {
  using Integers = VectorTypes<float>::Integers;
  const Vector<float> low = broadcast(-87.3F);
  const Vector<float> high = broadcast(88.4F);
  x = x < low ? low : x;
  x = x > high ? high : x;
  // x = n·ln 2 + r with |r| <= ln 2 / 2. Adding 1.5·2^23 rounds to the nearest whole number n and
  // leaves it in the low bits.
  const Vector<float> shifted = x * 1.44269504088896341F + 12582912.0F;
  const Vector<float> n = shifted - 12582912.0F;
  const Vector<float> r = (x - n * 0.693145751953125F) - n * 1.42860682030941723e-6F;
  Vector<float> p = r * 1.3950478362643078e-3F + 8.368882281626203e-3F;
  p = p * r + 4.166620599275378e-2F;
  p = p * r + 0.16666518898301524F;
  p = p * r + 0.5000000095126719F;
  p = (p * r) * r + r + 1.0F;
  const Integers exponent = (Integers)shifted << 23;
  const auto y = (Vector<float>)((Integers)p + exponent);
  // e^x is above x, so this is y except for not-a-number, whose low bits are not an exponent; it takes one instruction.
  return y > x ? y : x;
}

// A rational function in x², relative error 3e-7; beyond 8.5 the result is 1 to float's precision.
UNROLLED_INLINE Vector<float> hyperbolicTangent(Vector<float> x) {
  const Vector<float> limit = broadcast(8.5F);
  x = x < -limit ? -limit : x;
  x = x > limit ? limit : x;
  const Vector<float> u = x * x;
  Vector<float> p = u * 1.4269190273807908e-8F + 2.1251014914014377e-5F;
  p = p * u + 3.5340250469744205e-3F;
  p = p * u + 0.13413245975971222F;
  p = p * u + 1.0F;
  Vector<float> q = u * 8.145107130985707e-7F + 3.348861646372825e-4F;
  q = q * u + 2.6022743433713913e-2F;
  q = q * u + 0.46746566891670227F;
  q = q * u + 1.0F;
  const Vector<float> one = broadcast(1.0F);
  Vector<float> y = x * p / q;
  y = y > one ? one : y;
  return y < -one ? -one : y;
}

UNROLLED_INLINE Vector<double> exponential(const Vector<double>& x) {
  Vector<double> y{};
  for (Index lane = 0; lane < lanes<double>; ++lane) y[lane] = __builtin_exp(x[lane]);
  return y;
}

UNROLLED_INLINE Vector<double> hyperbolicTangent(const Vector<double>& x) {
  Vector<double> y{};
  for (Index lane = 0; lane < lanes<double>; ++lane) y[lane] = __builtin_tanh(x[lane]);
  return y;
}

template <class V>
UNROLLED_INLINE V logistic(const V& x) {
  return 1 / (1 + exponential(-x));
}

}  // namespace unrolled::UNROLLED_ISA

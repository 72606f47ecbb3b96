#include "model/initializers.h"

#include <algorithm>
#include <cmath>

#include "blas/blas_memory.h"
#include "kernels/product.h"

namespace unrolled {
namespace {

using Kind = Initializer::Kind;

// Vectors made orthogonal together: enough that most of the work is products of matrices.
constexpr Index panelVectors = 32;

double dot(Index count, const double* a, const double* b) {
  double sum = 0;
  for (Index i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// vectors [count, size], count <= size: orthonormal from the first to the last, by Gram and Schmidt over panels. Each
// projection is done twice, which brings the error down to rounding.
void orthonormalize(Index count, Index size, double* vectors) {
  std::vector<double> products(static_cast<std::size_t>(panelVectors * count));
  if (count > panelVectors) reserveBlasMemory();
  for (Index begin = 0; begin < count; begin += panelVectors) {
    const Index panel = std::min(panelVectors, count - begin);
    double* const rows = vectors + begin * size;
    for (int pass = 0; pass < 2 && begin > 0; ++pass) {
      multiply<double>(panel, begin, size, {rows, size}, {vectors, size, Transpose::yes}, products.data(), begin,
                       false);
      for (Index i = 0; i < panel * begin; ++i) products[static_cast<std::size_t>(i)] *= -1;
      multiply<double>(panel, size, begin, {products.data(), begin}, {vectors, size}, rows, size, true);
    }
    for (Index row = 0; row < panel; ++row) {
      double* const vector = rows + row * size;
      for (int pass = 0; pass < 2; ++pass) {
        for (Index earlier = 0; earlier < row; ++earlier) {
          const double* other = rows + earlier * size;
          const double along = dot(size, vector, other);
          for (Index i = 0; i < size; ++i) vector[i] -= along * other[i];
        }
      }
      const double length = std::sqrt(dot(size, vector, vector));
      for (Index i = 0; i < size; ++i) vector[i] /= length;
    }
  }
}

// A block [rows, columns] times `gain`, from the Q of a normal matrix's QR with R's diagonal positive, which makes
// every orthogonal matrix as likely (Mezzadri 2007).
template <class T>
void fillOrthogonal(Index rows, Index columns, double gain, Random& random, T* values) {
  const bool wide = rows < columns;
  const Index count = wide ? rows : columns;
  const Index size = wide ? columns : rows;
  std::vector<double> vectors(static_cast<std::size_t>(rows * columns));
  for (double& value : vectors) value = random.normal();
  orthonormalize(count, size, vectors.data());
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < columns; ++column) {
      const Index from = wide ? row * columns + column : column * rows + row;
      values[row * columns + column] = static_cast<T>(gain * vectors[static_cast<std::size_t>(from)]);
    }
  }
}

template <class T>
void fillNormal(double deviation, Random& random, std::vector<T>& values) {
  for (T& value : values) value = static_cast<T>(deviation == 0 ? 0 : deviation * random.normal());
}

template <class T>
void fillUniform(double bound, Random& random, std::vector<T>& values) {
  for (T& value : values) value = static_cast<T>(bound == 0 ? 0 : bound * (2 * random.uniform() - 1));
}

template <class T>
void fillByDefault(const DefaultInitialization& law, Random& random, std::vector<T>& values) {
  switch (law.kind) {
    case DefaultInitialization::Kind::normal:
      return fillNormal(law.scale, random, values);
    case DefaultInitialization::Kind::uniform:
      return fillUniform(law.scale, random, values);
    case DefaultInitialization::Kind::constant:
      std::fill(values.begin(), values.end(), static_cast<T>(law.scale));
  }
}

}  // namespace

template <class T>
void fill(const Parameter& parameter, const Initializer& initializer, Random& random, std::vector<T>& values) {
  values.resize(static_cast<std::size_t>(parameter.count()));
  const double scale = initializer.scale;
  if (initializer.kind == Kind::byDefault) return fillByDefault(parameter.initialization, random, values);
  if (initializer.kind == Kind::constant) {
    std::fill(values.begin(), values.end(), static_cast<T>(scale));
    return;
  }
  if (parameter.isBias || initializer.kind == Kind::zeros) {
    std::fill(values.begin(), values.end(), T(0));
    return;
  }
  if (parameter.shape.size() == 1) return fillByDefault(parameter.initialization, random, values);

  const Index rows = parameter.shape[0] / parameter.gates;
  const Index columns = parameter.shape[1];
  const auto fanIn = static_cast<double>(columns);
  const double fans = fanIn + static_cast<double>(rows);
  switch (initializer.kind) {
    case Kind::normal:
      return fillNormal(scale, random, values);
    case Kind::uniform:
      return fillUniform(scale, random, values);
    case Kind::identity:
      for (Index row = 0; row < parameter.shape[0]; ++row) {
        for (Index column = 0; column < columns; ++column) {
          values[static_cast<std::size_t>(row * columns + column)] = static_cast<T>(row % rows == column ? scale : 0);
        }
      }
      return;
    case Kind::orthogonal:
      for (Index gate = 0; gate < parameter.gates; ++gate) {
        fillOrthogonal(rows, columns, scale, random, values.data() + gate * rows * columns);
      }
      return;
    case Kind::xavierUniform:
      return fillUniform(scale * std::sqrt(6 / fans), random, values);
    case Kind::xavierNormal:
      return fillNormal(scale * std::sqrt(2 / fans), random, values);
    case Kind::kaimingUniform:
      return fillUniform(scale * std::sqrt(6 / fanIn), random, values);
    case Kind::kaimingNormal:
      return fillNormal(scale * std::sqrt(2 / fanIn), random, values);
    case Kind::byDefault:
    case Kind::constant:
    case Kind::zeros:
      return;  // done above
  }
}

template void fill<float>(const Parameter&, const Initializer&, Random&, std::vector<float>&);
template void fill<double>(const Parameter&, const Initializer&, Random&, std::vector<double>&);

}  // namespace unrolled

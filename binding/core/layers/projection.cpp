#include "layers/projection.h"

#include <algorithm>
#include <cstring>

#include "blas.h"
#include "kernels/gather.h"

namespace unrolled {

template <class T>
void Projection<T>::layOut(Arena& arena, PassSize size) {
  if (oneHot_ || tableRows_ == 0) return;
  const Index products = projectsTable(size.positions) ? tableRows_ * outputs_ : 0;
  const Index gathered = std::min(size.positions, 2 * tableRows_) * features_;
  products_ = arena.take<T>(products);
  gathered_ = arena.take<T>(gathered);
  if (!size.backward) return;
  productGradients_ = arena.take<T>(products);
  gatheredGradients_ = arena.take<T>(gathered);
}

template <class T>
void Projection<T>::forward(const Sequence<T>& input, const T* bias, T* output, const Pass<T>& pass) {
  const Parallel& parallel = pass.parallel;
  const T* weight = weight_.value(pass);
  const Index positions = input.positions();

  // rows [count, outputs] = vectors [count, features] · Wᵀ + bias
  const auto project = [&](Index count, const T* vectors, T* rows) {
    for (Index row = 0; bias != nullptr && row < count; ++row) {
      std::memcpy(rows + row * outputs_, bias, static_cast<std::size_t>(outputs_) * sizeof(T));
    }
    multiply<T>(parallel, count, outputs_, features_, {vectors, features_}, {weight, features_, Transpose::yes}, rows,
                outputs_, bias != nullptr);
  };

  if (input.ids == nullptr) {
    project(positions, input.data, output);
  } else if (input.table == nullptr) {
    gatherRows<T>(parallel, positions, outputs_, input.ids, weight, bias, output);
  } else if (projectsTable(positions)) {
    project(input.tableRows, input.table, products_);
    gatherRows<T>(parallel, positions, outputs_, input.ids, products_, nullptr, output);
  } else {
    gatherRows<T>(parallel, positions, features_, input.ids, input.table, nullptr, gathered_);
    project(positions, gathered_, output);
  }
}

template <class T>
void Projection<T>::backward(const Sequence<T>& input, const T* outputGradient, T* biasGradient, T* inputGradient,
                             const Pass<T>& pass) {
  const Parallel& parallel = pass.parallel;
  const T* weight = weight_.value(pass);
  T* weightGradient = weight_.gradient(pass);
  const Index positions = input.positions();

  // From gradients of rows [count, outputs] to those of W, b and the vectors [count, features].
  const auto differentiate = [&](Index count, const T* vectors, const T* rows, T* vectorGradients) {
    if (biasGradient != nullptr) sumColumns<T>(parallel, count, outputs_, rows, outputs_, biasGradient);
    multiply<T>(parallel, outputs_, features_, count, {rows, outputs_, Transpose::yes}, {vectors, features_},
                weightGradient, features_, false);
    if (vectorGradients == nullptr) return;
    multiply<T>(parallel, count, features_, outputs_, {rows, outputs_}, {weight, features_}, vectorGradients, features_,
                false);
  };

  if (input.ids == nullptr) {
    differentiate(positions, input.data, outputGradient, inputGradient);
  } else if (input.table == nullptr) {
    if (biasGradient != nullptr) sumColumns<T>(parallel, positions, outputs_, outputGradient, outputs_, biasGradient);
    scatterRows<T>(parallel, positions, outputs_, input.ids, outputGradient, features_, weightGradient);
  } else if (projectsTable(positions)) {
    scatterRows<T>(parallel, positions, outputs_, input.ids, outputGradient, input.tableRows, productGradients_);
    differentiate(input.tableRows, input.table, productGradients_, input.tableGradient);
  } else {
    differentiate(positions, gathered_, outputGradient, gatheredGradients_);
    scatterRows<T>(parallel, positions, features_, input.ids, gatheredGradients_, input.tableRows, input.tableGradient);
  }
}

template class Projection<float>;
template class Projection<double>;

}  // namespace unrolled

#include "layers/projection.h"

#include <algorithm>

#include "kernels/gather.h"
#include "layers/pass_product.h"

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
void Projection<T>::project(Index count, const T* vectors, const T* bias, T* rows, const Pass<T>& pass) const {
  const T* weight = weight_.value(pass);
  if (bias != nullptr) {
    for (Index row = 0; row < count; ++row) std::copy_n(bias, outputs_, rows + row * outputs_);
  }
  multiplyWeight<T>(pass, count, outputs_, features_, vectors, weight, rows, outputs_, bias != nullptr);
}

template <class T>
const T* Projection<T>::keptProducts(Index positions, const TokenId* ids, const T* table, const T* bias,
                                     const Pass<T>& pass) {
  kept_.resize(static_cast<std::size_t>(tableRows_ * outputs_));
  if (keptVersion_ != pass.parameters.version()) {
    isKept_.assign(static_cast<std::size_t>(tableRows_), 0);
    keptVersion_ = pass.parameters.version();
  }
  for (Index position = 0; position < positions; ++position) {
    const Index id = ids[position];
    char& isKept = isKept_[static_cast<std::size_t>(id)];
    if (isKept == 0) project(1, table + id * features_, bias, kept_.data() + id * outputs_, pass);
    isKept = 1;
  }
  return kept_.data();
}

template <class T>
void Projection<T>::forward(const Sequence<T>& input, const T* bias, T* output, const Pass<T>& pass) {
  const Parallel& parallel = pass.parallel;
  const T* weight = weight_.value(pass);
  const Index positions = input.positions();

  if (input.ids == nullptr) {
    project(positions, input.data, bias, output, pass);
  } else if (input.table == nullptr) {
    pass.parameters.touched(weight_.parameter).begin();
    gatherRows<T>(parallel, positions, outputs_, input.ids, weight, bias, output);
  } else if (pass.rowsApart && keepsProducts()) {
    const T* products = keptProducts(positions, input.ids, input.table, bias, pass);
    gatherRows<T>(parallel, positions, outputs_, input.ids, products, nullptr, output);
  } else if (projectsTable(positions)) {
    project(input.tableRows, input.table, bias, products_, pass);
    gatherRows<T>(parallel, positions, outputs_, input.ids, products_, nullptr, output);
  } else {
    gatherRows<T>(parallel, positions, features_, input.ids, input.table, nullptr, gathered_);
    project(positions, gathered_, bias, output, pass);
  }
}

template <class T>
void Projection<T>::backward(const Sequence<T>& input, const T* outputGradient, T* biasGradient, T* inputGradient,
                             const Pass<T>& pass) {
  const Parallel& parallel = pass.parallel;
  const T* weight = weight_.value(pass);
  T* weightGradient = weight_.gradient(pass);
  const Index positions = input.positions();

  const auto sumRows = [&](Index count, const T* rows) {
    if (biasGradient != nullptr) sumColumns<T>(parallel, count, outputs_, rows, outputs_, biasGradient);
  };
  // From the gradients of rows [count, outputs] to those of W, b and the vectors [count, features].
  const auto differentiate = [&](Index count, const T* vectors, const T* rows, T* vectorGradients) {
    sumRows(count, rows);
    multiply<T>(pass, outputs_, features_, count, {rows, outputs_, Transpose::yes}, {vectors, features_},
                weightGradient, features_, false);
    if (vectorGradients == nullptr) return;
    multiply<T>(pass, count, features_, outputs_, {rows, outputs_}, {weight, features_}, vectorGradients, features_,
                false);
  };

  if (input.ids == nullptr) {
    differentiate(positions, input.data, outputGradient, inputGradient);
  } else if (input.table == nullptr) {
    sumRows(positions, outputGradient);
    scatterRows<T>(parallel, positions, outputs_, input.ids, outputGradient, features_, weightGradient,
                   &pass.parameters.touched(weight_.parameter));
  } else if (projectsTable(positions)) {
    scatterRows<T>(parallel, positions, outputs_, input.ids, outputGradient, input.tableRows, productGradients_);
    differentiate(input.tableRows, input.table, productGradients_, input.tableGradient);
    if (input.touched != nullptr && input.touched->lists(input.tableRows, positions)) {
      input.touched->list(input.ids, positions, input.tableRows);
    }
  } else {
    differentiate(positions, gathered_, outputGradient, gatheredGradients_);
    scatterRows<T>(parallel, positions, features_, input.ids, gatheredGradients_, input.tableRows, input.tableGradient,
                   input.touched);
  }
}

template class Projection<float>;
template class Projection<double>;

}  // namespace unrolled

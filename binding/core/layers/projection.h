// x·Wᵀ + b over every position at once: the input side of a recurrent layer, and a dense layer.
//
// Vectors take one matrix product. Ids do not: one-hot vectors select rows of Wᵀ, which is stored transposed for this.
// Embedded ids are gathered first; or, if the table has fewer rows than the batch has positions, the whole table is
// projected and its products are gathered.
//
// If rows must give the same bits regardless of other rows (`Pass::rowsApart`), our own kernel computes the product,
// and the products of a small table's rows are kept between passes until a parameter changes.
//
// Memory, in elements: with a table of V rows the smaller of V·N and P·F, and the same again for the backward pass (P
// positions, F features, N outputs); none for vectors and one-hot. V·N for the products that are kept.
#pragma once

#include <string>
#include <vector>

#include "layers/weight.h"

namespace unrolled {

template <class T>
class Projection {
 public:
  // Adds the parameter `weightName` [outputs, features]. `tableRows` is 0 for vectors.
  Projection(ParameterList& list, const std::string& weightName, Index features, Index outputs, bool oneHot,
             Index tableRows, DefaultInitialization initialization)
      : Projection(list.addWeight(weightName, outputs, features, initialization, oneHot), features, outputs, oneHot,
                   tableRows) {}

  // Over a weight that is there already.
  Projection(Weight<T> weight, Index features, Index outputs, bool oneHot, Index tableRows)
      : weight_(weight), features_(features), outputs_(outputs), oneHot_(oneHot), tableRows_(tableRows) {}

  void layOut(Arena& arena, PassSize size);

  // output [T, B, outputs] = input · Wᵀ + bias [outputs] (null: none).
  void forward(const Sequence<T>& input, const T* bias, T* output, const Pass<T>& pass);

  // For the same input: writes the gradients of the weight and of the ids' table and, if not null, of the bias
  // [outputs] and of the input vectors [T, B, features].
  void backward(const Sequence<T>& input, const T* outputGradient, T* biasGradient, T* inputGradient,
                const Pass<T>& pass);

  [[nodiscard]] Weight<T> weight() const { return weight_; }
  [[nodiscard]] Index features() const { return features_; }
  [[nodiscard]] Index outputs() const { return outputs_; }
  // Whether the input is vectors, whose gradient somebody may want.
  [[nodiscard]] bool takesVectors() const { return !oneHot_ && tableRows_ == 0; }

 private:
  // Whether a pass of that many positions projects the table and gathers its products.
  [[nodiscard]] bool projectsTable(Index positions) const { return 2 * tableRows_ <= positions; }

  // Whether the products of the table's rows are few enough to be kept.
  [[nodiscard]] bool keepsProducts() const {
    return tableRows_ > 0 && tableRows_ * outputs_ * static_cast<Index>(sizeof(T)) <= mostKeptBytes;
  }
  // rows [count, outputs] = vectors [count, features] · Wᵀ + bias.
  void project(Index count, const T* vectors, const T* bias, T* rows, const Pass<T>& pass) const;
  // The products [V, outputs] of the table, at least for these ids.
  const T* keptProducts(Index positions, const TokenId* ids, const T* table, const T* bias, const Pass<T>& pass);

  static constexpr Index mostKeptBytes = Index{8} << 20;

  Weight<T> weight_;
  Index features_;
  Index outputs_;
  bool oneHot_;
  Index tableRows_;

  std::vector<T> kept_;       // [V, N], allocated at its first use
  std::vector<char> isKept_;  // [V]: whether a row of them has been computed
  Index keptVersion_ = 0;     // of the parameters they were computed from

  T* products_ = nullptr;           // [V, N]
  T* productGradients_ = nullptr;   // [V, N]
  T* gathered_ = nullptr;           // [P, F]
  T* gatheredGradients_ = nullptr;  // [P, F]
};

}  // namespace unrolled

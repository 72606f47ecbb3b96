// A weight that a product reads, and where its gradient goes.
#pragma once

#include "layers/layer.h"

namespace unrolled {

template <class T>
struct Weight {
  Weight(std::size_t number) : parameter(number) {}  // NOLINT(google-explicit-constructor): what most are
  Weight(std::size_t number, T* const* shared) : parameter(number), place(shared) {}

  [[nodiscard]] const T* value(const Pass<T>& pass) const { return pass.parameters.value(parameter); }
  // The reader of the weight writes it as a whole.
  [[nodiscard]] T* gradient(const Pass<T>& pass) const {
    return place == nullptr ? pass.parameters.gradient(parameter) : *place;
  }

  std::size_t parameter;
  // For an embedding's table with other readers: the array that the embedding laid out for this reader's gradient,
  // which it adds to its own. Null: the parameter's own gradient.
  T* const* place = nullptr;
};

}  // namespace unrolled

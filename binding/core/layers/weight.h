// A weight that a product reads, and where its gradient goes.
#pragma once

#include "layers/layer.h"

namespace unrolled {

template <class T>
struct Weight {
  Weight(std::size_t number) : parameter(number) {}  // NOLINT(google-explicit-constructor): what most are
  Weight(std::size_t number, T* const* shared) : parameter(number), place(shared) {}

  [[nodiscard]] const T* value(const Pass<T>& pass) const { return pass.parameters.value(parameter); }
  // Written whole by whoever reads the weight.
  [[nodiscard]] T* gradient(const Pass<T>& pass) const {
    return place == nullptr ? pass.parameters.gradient(parameter) : *place;
  }

  std::size_t parameter;
  // Of an embedding's table that others read as well: where the embedding laid out an array for this reader's
  // gradient, which it adds to its own. Null: the parameter's own place.
  T* const* place = nullptr;
};

}  // namespace unrolled

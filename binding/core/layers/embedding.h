// Ids to rows of a trained table [V, E]. Nothing is copied: whoever reads the sequence gathers rows,
// or works on the table, and writes the table's gradient.
#pragma once

#include "layers/layer.h"

namespace unrolled {

template <class T>
class Embedding final : public Layer<T> {
 public:
  Embedding(ParameterList& list, const std::string& name, Index vocabulary, Index features)
      : weight_(list.addWeight(name + ".weight", vocabulary, features, {DefaultInitialization::Kind::normal, 1})),
        vocabulary_(vocabulary),
        features_(features) {}

  PassSize layOut(Arena& /*arena*/, PassSize size) override { return size; }

  Sequence<T> forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) override {
    Sequence<T> output = input;
    output.features = features_;
    output.table = pass.parameters.value(weight_);
    output.tableGradient = pass.parameters.gradient(weight_);
    output.tableRows = vocabulary_;
    output.touched = &pass.parameters.touched(weight_);
    output.touched->begin();
    return output;
  }

  // The reader of the sequence wrote the table's gradient.
  T* backward(T* /*outputGradient*/, T* /*stateGradients*/, bool /*wanted*/, const Pass<T>& /*pass*/) override {
    return nullptr;
  }

 private:
  std::size_t weight_;
  Index vocabulary_;
  Index features_;
};

// Ids to one-hot vectors [V], which are never made: the sequence says that its table is the identity.
template <class T>
class OneHot final : public Layer<T> {
 public:
  PassSize layOut(Arena& /*arena*/, PassSize size) override { return size; }

  Sequence<T> forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& /*pass*/) override { return input; }

  T* backward(T* /*outputGradient*/, T* /*stateGradients*/, bool /*wanted*/, const Pass<T>& /*pass*/) override {
    return nullptr;
  }
};

}  // namespace unrolled

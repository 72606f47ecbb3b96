// Ids to rows of a trained table [V, E]. Nothing is copied: the layer that reads the sequence gathers rows, or works on
// the table, and writes the table's gradient.
//
// A table can also be the weight of dense layers (Press and Wolf 2017). Each of them writes its gradient into its own
// array, and the embedding, which is last in a backward pass, adds them to that of the table.
//
// Memory, in elements: backward V·E for each dense layer that shares the table.
#pragma once

#include <deque>

#include "kernels/gather.h"
#include "layers/builder.h"
#include "layers/gather.h"
#include "layers/options.h"
#include "layers/weight.h"

namespace unrolled {

template <class T>
class Embedding final : public Layer<T> {
 public:
  Embedding(ParameterList& list, const std::string& name, Index vocabulary, Index features)
      : weight_(list.addWeight(name + ".weight", vocabulary, features, {DefaultInitialization::Kind::normal, 1})),
        vocabulary_(vocabulary),
        features_(features) {}

  // The table as the weight [V, E] of one other reader, which must write its gradient in every backward pass, before
  // this layer's `backward`. Before the first `layOut`.
  Weight<T> share() {
    shared_.push_back(nullptr);
    return {weight_, &shared_.back()};
  }

  [[nodiscard]] Index vocabulary() const { return vocabulary_; }
  [[nodiscard]] Index features() const { return features_; }

  PassSize layOut(Arena& arena, PassSize size) override {
    if (!size.backward) return size;
    for (T*& gradient : shared_) gradient = arena.take<T>(vocabulary_ * features_);
    return size;
  }

  Sequence<T> forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) override {
    Sequence<T> output = input;
    output.features = features_;
    output.table = pass.parameters.value(weight_);
    output.tableGradient = pass.parameters.gradient(weight_);
    output.tableRows = vocabulary_;
    TouchedRows& touched = pass.parameters.touched(weight_);
    touched.begin();
    if (shared_.empty()) output.touched = &touched;  // else all rows are written
    ids_ = input.ids;
    positions_ = input.positions();
    return output;
  }

  // The reader of the sequence wrote the table's gradient.
  T* backward(T* /*outputGradient*/, T* /*stateGradients*/, bool /*wanted*/, const Pass<T>& pass) override {
    T* const total = pass.parameters.gradient(weight_);
    for (const T* gradient : shared_) {
      pass.parallel.forRange(vocabulary_ * features_, gatherGrain, [&](Index begin, Index end) noexcept {
        kernels<T>().add(end - begin, gradient + begin, total + begin);
      });
    }
    // A loss over samples is the only one to list the rows of what it shares.
    TouchedRows& touched = pass.parameters.touched(weight_);
    if (shared_.size() == 1 && touched.known()) touched.list(ids_, positions_, vocabulary_);
    return nullptr;
  }

 private:
  std::size_t weight_;
  Index vocabulary_;
  Index features_;
  std::deque<T*> shared_;  // [V, E] each: gradients of the other readers, at addresses that stay
  // From the last forward pass.
  const TokenId* ids_ = nullptr;
  Index positions_ = 0;
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

struct EmbeddingOptions {
  static constexpr const char* type = "embedding";
  static constexpr Reads reads = Reads::ids;

  Index features = 0;  // E

  static constexpr auto fields() {
    return std::tuple{needed("features", &EmbeddingOptions::features, WholeNumber{1, largestWidth})};
  }

  // If several layers read it, the vectors are looked up only once.
  template <class T>
  Flow make(Builder<T>& builder, const Flow& ids) const {
    Flow table = ids.vectors(features);
    table.form = Flow::Form::table;
    table.tableRows = ids.features;
    table = builder.add(std::make_unique<Embedding<T>>(builder.parameters(), builder.name(), ids.features, features),
                        ids, table);
    if (builder.readers() == 1) return table;
    return builder.add(std::make_unique<Gather<T>>(features), table, table.vectors(features));
  }
};

struct OneHotOptions {
  static constexpr const char* type = "oneHot";
  static constexpr Reads reads = Reads::ids;

  static constexpr auto fields() { return std::tuple{}; }

  template <class T>
  Flow make(Builder<T>& builder, const Flow& ids) const {
    Flow output = ids.vectors(ids.features);
    output.form = Flow::Form::oneHot;
    return builder.add(std::make_unique<OneHot<T>>(), ids, output);
  }
};

}  // namespace unrolled

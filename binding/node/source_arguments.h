// Training data from JavaScript, checked against the model and copied.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <napi.h>

#include "core/data/batch_source.h"
#include "core/data/sequence_data.h"
#include "core/model/model.h"

namespace unrolled::node {

// Sequences that a model with an input of that kind and size takes. `name` is what messages call them.
template <class T>
SequenceData<T> sequenceData(const char* name, const Napi::Value& value, InputKind kind, Index size);

// A source whose arguments are copied. What takes long to lay out, as a million documents do, is made by `take`, which
// may run on any thread.
template <class T>
class SourceArguments {
 public:
  using Make = std::function<std::unique_ptr<BatchSource<T>>()>;

  explicit SourceArguments(std::unique_ptr<BatchSource<T>> source) : source_(std::move(source)) {}
  explicit SourceArguments(Make make) : make_(std::move(make)) {}

  [[nodiscard]] bool takesLong() const { return !source_; }

  // The source, once.
  [[nodiscard]] std::unique_ptr<BatchSource<T>> take() { return source_ ? std::move(source_) : make_(); }

 private:
  std::unique_ptr<BatchSource<T>> source_;
  Make make_;
};

template <class T>
SourceArguments<T> batchSource(const Model<T>& model, const Napi::Value& value, std::uint64_t seed);

// The same to be judged on, in its own order: every source but a stream.
template <class T>
SourceArguments<T> exampleSource(const Model<T>& model, const Napi::Value& value);

}  // namespace unrolled::node

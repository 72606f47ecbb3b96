// Training data from JavaScript, checked against the model and copied.
#pragma once

#include <cstdint>
#include <memory>

#include <napi.h>

#include "core/model/model.h"
#include "core/training/batch_source.h"
#include "core/training/sequence_data.h"

namespace unrolled::node {

// Sequences that a model with an input of that kind and size takes. `name` is what messages call them.
template <class T>
SequenceData<T> sequenceData(const char* name, const Napi::Value& value, InputKind kind, Index size);

template <class T>
std::unique_ptr<BatchSource<T>> batchSource(const Model<T>& model, const Napi::Value& value, std::uint64_t seed);

// The same to be judged on, in its own order: every source but a stream.
template <class T>
std::unique_ptr<BatchSource<T>> exampleSource(const Model<T>& model, const Napi::Value& value);

}  // namespace unrolled::node

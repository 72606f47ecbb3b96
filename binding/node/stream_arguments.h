// A stream of ids from JavaScript: an array, which is checked and copied, or a range of a file.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <napi.h>

#include "core/model/model.h"
#include "core/training/id_file.h"
#include "node/arguments.h"

namespace unrolled::node {

inline IdFileRange idFileRange(const Napi::Object& from) {
  IdFileRange range;
  range.path = text("file", from.Get("file"));
  range.total = integer("total", from.Get("total"), 0, largestSafeInteger / 4);
  range.first = integer("first", from.Get("first"), 0, range.total);
  range.count = integer("count", from.Get("count"), 0, range.total);
  return range;
}

// A stream that the model can learn from or be judged on: its ids are inputs and targets alike.
template <class T>
std::unique_ptr<IdStream> idStream(const Model<T>& model, const Napi::Value& value) {
  require(model.hasHead() && !model.manyToOne() && model.description().input == InputKind::ids,
          "A stream of ids needs a model from ids to a dense layer at every step.");
  if (value.IsObject() && !value.IsTypedArray()) {
    const Index vocabulary = std::min(model.description().inputSize, model.outputFeatures());
    return std::make_unique<FileIds>(idFileRange(value.As<Napi::Object>()), vocabulary);
  }
  std::vector<TokenId> stream = ids("ids", value);
  model.checkIds(stream.data(), static_cast<Index>(stream.size()));
  model.checkTargets(stream.data(), static_cast<Index>(stream.size()));
  return std::make_unique<MemoryIds>(std::move(stream));
}

}  // namespace unrolled::node

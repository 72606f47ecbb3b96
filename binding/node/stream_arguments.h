// Text as ids from JavaScript: a stream to learn from or be judged on, an array or a range of a file; and prompts.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <napi.h>

#include "core/data/id_file.h"
#include "core/inference/prompts.h"
#include "core/model/model.h"
#include "node/arguments.h"

namespace unrolled::node {

template <class T>
void requireStreamModel(const Model<T>& model) {
  require(model.hasHead() && !model.manyToOne() && !model.hasSource() && model.description().input == InputKind::ids,
          "A stream of ids needs a model with one input, from ids to a dense layer at every step");
}

// Ids in an array that a model can learn from, continue or be judged on: they are inputs and targets alike.
template <class T>
std::vector<TokenId> streamIds(const Model<T>& model, const Napi::Value& value) {
  requireStreamModel(model);
  std::vector<TokenId> stream = ids("ids", value);
  model.checkIds(stream.data(), static_cast<Index>(stream.size()));
  model.checkTargets(stream.data(), static_cast<Index>(stream.size()));
  return stream;
}

inline IdFileRange idFileRange(const Napi::Object& from) {
  IdFileRange range;
  range.path = text("file", from.Get("file"));
  range.total = integer("total", from.Get("total"), 0, largestSafeInteger / 4);
  range.first = integer("first", from.Get("first"), 0, range.total);
  range.count = integer("count", from.Get("count"), 0, range.total);
  return range;
}

// `before` of an object: the id that precedes its ids, -1 for none.
template <class T>
TokenId idBefore(const Model<T>& model, const Napi::Object& from) {
  const Napi::Value value = from.Get("before");
  if (value.IsUndefined()) return -1;
  const Index vocabulary = std::min(model.description().inputSize, model.outputFeatures());
  return static_cast<TokenId>(integer("before", value, 0, vocabulary - 1));
}

// `ids` of an object, an array or a range of a file, with `before` ahead of them.
template <class T>
std::unique_ptr<IdStream> idStream(const Model<T>& model, const Napi::Object& from) {
  const Napi::Value value = from.Get("ids");
  std::unique_ptr<IdStream> stream;
  if (!value.IsObject() || value.IsTypedArray()) {
    stream = std::make_unique<MemoryIds>(streamIds(model, value));
  } else {
    requireStreamModel(model);
    const Index vocabulary = std::min(model.description().inputSize, model.outputFeatures());
    const auto file = value.As<Napi::Object>();
    const Napi::Value state = file.Get("state");
    stream = std::make_unique<FileIds>(idFileRange(file), vocabulary, state.IsUndefined() ? "" : text("state", state));
  }
  const TokenId before = idBefore(model, from);
  if (before < 0) return stream;
  return std::make_unique<PrecededIds>(before, std::move(stream));
}

// Ids of text to continue from, which is not empty.
template <class T>
std::vector<TokenId> promptIds(const Model<T>& model, const Napi::Value& value) {
  std::vector<TokenId> prompt = streamIds(model, value);
  require(!prompt.empty(), "ids must have at least one id to continue from");
  return prompt;
}

// Several of them, one after another.
template <class T>
Prompts promptsOf(const Model<T>& model, const Napi::Value& idsValue, const Napi::Value& offsetsValue) {
  Prompts prompts{promptIds(model, idsValue), offsets("offsets", offsetsValue)};
  require(prompts.offsets.size() > 1 && prompts.offsets.front() == 0 &&
              prompts.offsets.back() == static_cast<Index>(prompts.ids.size()),
          "offsets must go from 0 to the number of ids");
  for (Index row = 0; row < prompts.count(); ++row) require(prompts.length(row) > 0, "Every prompt must have an id");
  return prompts;
}

// An id that ends a text, or -1 for none.
inline TokenId endId(const Napi::Value& value) { return static_cast<TokenId>(integer("end", value, -1, largestSize)); }

}  // namespace unrolled::node

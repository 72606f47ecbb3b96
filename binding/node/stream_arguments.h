// Text as ids from JavaScript, for what continues it or judges it.
#pragma once

#include <utility>
#include <vector>

#include <napi.h>

#include "core/model/model.h"
#include "core/training/prompts.h"
#include "node/arguments.h"

namespace unrolled::node {

// The ids of a stream that a model can learn from, continue or be judged on.
template <class T>
std::vector<TokenId> streamIds(const Model<T>& model, const Napi::Value& value) {
  require(model.hasHead() && !model.manyToOne() && !model.hasSource() && model.description().input == InputKind::ids,
          "A stream of ids needs a model with one input, from ids to a dense layer at every step.");
  std::vector<TokenId> stream = ids("ids", value);
  model.checkIds(stream.data(), static_cast<Index>(stream.size()));
  model.checkTargets(stream.data(), static_cast<Index>(stream.size()));
  return stream;
}

// The same of text to go on from, which is not empty.
template <class T>
std::vector<TokenId> promptIds(const Model<T>& model, const Napi::Value& value) {
  std::vector<TokenId> prompt = streamIds(model, value);
  require(!prompt.empty(), "ids must have at least one id to go on from.");
  return prompt;
}

// Several of them, one behind another.
template <class T>
Prompts promptsOf(const Model<T>& model, const Napi::Value& idsValue, const Napi::Value& offsetsValue) {
  Prompts prompts{promptIds(model, idsValue), offsets("offsets", offsetsValue)};
  require(prompts.offsets.size() > 1 && prompts.offsets.front() == 0 &&
              prompts.offsets.back() == static_cast<Index>(prompts.ids.size()),
          "offsets must go from 0 to the number of ids.");
  for (Index row = 0; row < prompts.count(); ++row) require(prompts.length(row) > 0, "Every prompt must have an id.");
  return prompts;
}

// An id that ends a text, or -1 for none.
inline TokenId endId(const Napi::Value& value) { return static_cast<TokenId>(integer("end", value, -1, largestSize)); }

}  // namespace unrolled::node

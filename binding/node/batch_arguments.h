// A batch from JavaScript, and what is to be differentiated over it: checked, copied, and without the
// padding of rows that differ in length.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <napi.h>

#include "core/model/model.h"
#include "core/model/packing.h"
#include "node/arguments.h"

namespace unrolled::node {

// One batch's arrays, copied; of rows that differ in length, without their padding and in the order of
// their lengths.
template <class T>
struct BatchArguments {
  Index time = 0;
  Index rows = 0;
  std::vector<TokenId> ids;
  std::vector<T> features;
  std::vector<T> state;
  std::optional<Packing> packing;

  BatchArguments(const Model<T>& model, const Napi::Value& value) {
    const Napi::Object from = object("batch", value);
    time = integer("time", from.Get("time"), 1, largestSize);
    rows = integer("batch", from.Get("batch"), 1, largestSize);
    if (!from.Get("lengths").IsUndefined()) {
      std::vector<Index> lengths = offsets("lengths", from.Get("lengths"));
      requireSize("lengths", rows, static_cast<Index>(lengths.size()));
      packing.emplace(time, std::move(lengths));
    }
    const Index width = model.description().inputSize;
    if (model.description().input == InputKind::ids) {
      ids = node::ids("ids", from.Get("ids"));
      requireSize("ids", time * rows, static_cast<Index>(ids.size()));
      if (packing) ids = packing->pack(ids, 1);
      model.checkIds(ids.data(), static_cast<Index>(ids.size()));
    } else {
      features = floats<T>("features", from.Get("features"));
      require(time <= static_cast<Index>(features.size()) && rows <= static_cast<Index>(features.size()),
              "features must have time · batch vectors.");
      requireSize("features", time * rows * width, static_cast<Index>(features.size()));
      if (packing) features = packing->pack(features, width);
    }
    state = floats<T>("state", from.Get("state"), true);
    if (state.empty()) state.resize(static_cast<std::size_t>(model.stateSize(rows)));
    requireSize("state", model.stateSize(rows), static_cast<Index>(state.size()));
    state = reorderState(model, std::move(state), true);
  }

  [[nodiscard]] Batch<T> batch() const {
    const SequenceLayout layout = packing ? packing->layout() : SequenceLayout{time, rows, nullptr};
    return {layout.time, rows, ids.empty() ? nullptr : ids.data(), features.empty() ? nullptr : features.data(),
            layout.starts};
  }

  // A flat state's rows in the order of their lengths, or back in the caller's.
  [[nodiscard]] std::vector<T> reorderState(const Model<T>& model, std::vector<T> given, bool packed) const {
    if (!packing) return given;
    std::vector<T> ordered(given.size());
    Index offset = 0;
    for (const StateInfo& info : model.states()) {
      if (packed) {
        packing->packRows(given.data() + offset, info.features, ordered.data() + offset);
      } else {
        packing->unpackRows(given.data() + offset, info.features, ordered.data() + offset);
      }
      offset += rows * info.features;
    }
    return ordered;
  }

  // A sequence [T, B, width] as the caller sees it, or one vector a row where `manyToOne`.
  [[nodiscard]] std::vector<T> unpack(const T* values, Index width, bool manyToOne) const {
    if (packing && !manyToOne) return packing->unpack(values, width);
    const Index count = (manyToOne ? 1 : time) * rows * width;
    std::vector<T> result(values, values + count);
    if (packing) packing->unpackRows(values, width, result.data());
    return result;
  }

  // What stands at each position of the output, from the caller's padded order.
  template <class Element>
  [[nodiscard]] std::vector<Element> pack(std::vector<Element> padded, Index width, bool manyToOne) const {
    if (!packing) return padded;
    if (!manyToOne) return packing->pack(padded, width);
    std::vector<Element> ordered(padded.size());
    packing->packRows(padded.data(), width, ordered.data());
    return ordered;
  }
};

// What the gradients are of: softmax cross-entropy against targets, or a given output gradient.
template <class T>
struct Objective {
  std::vector<TokenId> targets;
  std::vector<T> outputGradient;
  Reduction reduction = Reduction::mean;

  Objective(const Model<T>& model, const Napi::Value& value, const BatchArguments<T>& batch) {
    const Napi::Object from = object("objective", value);
    const bool manyToOne = model.manyToOne();
    const Index positions = (manyToOne ? 1 : batch.time) * batch.rows;
    if (from.Get("targets").IsUndefined()) {
      outputGradient = floats<T>("gradOutput", from.Get("gradOutput"));
      requireSize("gradOutput", positions * model.outputFeatures(), static_cast<Index>(outputGradient.size()));
      outputGradient = batch.pack(std::move(outputGradient), model.outputFeatures(), manyToOne);
      return;
    }
    require(model.hasHead(), "targets need a model that ends in a dense layer.");
    targets = ids("targets", from.Get("targets"));
    requireSize("targets", positions, static_cast<Index>(targets.size()));
    targets = batch.pack(std::move(targets), 1, manyToOne);
    model.checkTargets(targets.data(), static_cast<Index>(targets.size()));
    reduction = node::reduction(from.Get("reduction"));
  }
};

}  // namespace unrolled::node

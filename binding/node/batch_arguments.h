// A batch from JavaScript, and what must be differentiated over it: checked, copied, and without the
// padding of rows that differ in length.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <napi.h>

#include "core/model/model.h"
#include "core/model/packing.h"
#include "node/arguments.h"

namespace unrolled::node {

// One input's arrays, copied; of rows that differ in length, without their padding and in the order of
// their lengths.
template <class T>
struct InputArguments {
  Index time = 0;
  Index rows = 0;
  std::vector<TokenId> ids;
  std::vector<T> features;
  std::optional<Packing> packing;

  InputArguments() = default;
  InputArguments(InputKind kind, Index width, Index batch, const Napi::Object& from) : rows(batch) {
    time = integer("time", from.Get("time"), 1, largestSize);
    if (!from.Get("lengths").IsUndefined()) {
      std::vector<Index> lengths = offsets("lengths", from.Get("lengths"));
      requireSize("lengths", rows, static_cast<Index>(lengths.size()));
      packing.emplace(time, std::move(lengths));
    }
    if (kind == InputKind::ids) {
      ids = node::ids("ids", from.Get("ids"));
      requireSize("ids", time * rows, static_cast<Index>(ids.size()));
      if (packing) ids = packing->pack(ids, 1);
    } else {
      features = floats<T>("features", from.Get("features"));
      require(time <= static_cast<Index>(features.size()) && rows <= static_cast<Index>(features.size()),
              "features must have time · batch vectors");
      requireSize("features", time * rows * width, static_cast<Index>(features.size()));
      if (packing) features = packing->pack(features, width);
    }
  }

  [[nodiscard]] SequenceLayout layout() const {
    return packing ? packing->layout() : SequenceLayout{time, rows, nullptr};
  }

  // A sequence [T, B, width] in the caller's order, or one vector per row if it has one step.
  [[nodiscard]] std::vector<T> unpack(const T* values, Index width, bool oneStep) const {
    if (packing && !oneStep) return packing->unpack(values, width);
    const Index count = (oneStep ? 1 : time) * rows * width;
    std::vector<T> result(values, values + count);
    if (packing) packing->unpackRows(values, width, result.data());
    return result;
  }

  // The values at each position of a sequence, from the caller's padded order.
  template <class Element>
  [[nodiscard]] std::vector<Element> pack(std::vector<Element> padded, Index width, bool oneStep) const {
    if (!packing) return padded;
    if (!oneStep) return packing->pack(padded, width);
    std::vector<Element> ordered(padded.size());
    packing->packRows(padded.data(), width, ordered.data());
    return ordered;
  }
};

// A batch: the input, the source of a model that has one, and the initial states.
template <class T>
struct BatchArguments {
  InputArguments<T> input;
  InputArguments<T> source;
  std::vector<Index> sourceRows;  // the source's row of each row of the input, where one of them was reordered
  std::vector<T> state;

  BatchArguments(const Model<T>& model, const Napi::Value& value) {
    const Napi::Object from = object("batch", value);
    const Index rows = integer("batch", from.Get("batch"), 1, largestSize);
    const ModelDescription& description = model.description();
    input = InputArguments<T>(description.input, description.inputSize, rows, from);
    model.checkIds(input.ids.data(), static_cast<Index>(input.ids.size()));
    if (model.hasSource()) {
      source =
          InputArguments<T>(description.source, description.sourceSize, rows, object("source", from.Get("source")));
      model.checkSourceIds(source.ids.data(), static_cast<Index>(source.ids.size()));
      if (input.packing || source.packing) mapRows(rows);
    } else {
      require(from.Get("source").IsUndefined(), "The model has no source, but the batch has one");
    }
    state = floats<T>("state", from.Get("state"), true);
    if (state.empty()) state.resize(static_cast<std::size_t>(model.stateSize(rows)));
    requireSize("state", model.stateSize(rows), static_cast<Index>(state.size()));
    state = reorderState(model, std::move(state), true);
  }

  [[nodiscard]] Batch<T> batch() const {
    const SequenceLayout layout = input.layout();
    Batch<T> result{layout.time, input.rows, input.ids.empty() ? nullptr : input.ids.data(),
                    input.features.empty() ? nullptr : input.features.data(), layout.starts};
    if (source.time > 0) {
      const SequenceLayout other = source.layout();
      result.source = {other.time, source.ids.empty() ? nullptr : source.ids.data(),
                       source.features.empty() ? nullptr : source.features.data(), other.starts,
                       sourceRows.empty() ? nullptr : sourceRows.data()};
    }
    return result;
  }

  // A flat state's rows in the order of their lengths, or back in the caller's.
  [[nodiscard]] std::vector<T> reorderState(const Model<T>& model, std::vector<T> given, bool packed) const {
    if (!input.packing && !source.packing) return given;
    std::vector<T> ordered(given.size());
    Index offset = 0;
    for (const StateInfo& info : model.states()) {
      const std::optional<Packing>& packing = info.ofSource ? source.packing : input.packing;
      if (!packing) {
        std::copy_n(given.data() + offset, input.rows * info.features, ordered.data() + offset);
      } else if (packed) {
        packing->packRows(given.data() + offset, info.features, ordered.data() + offset);
      } else {
        packing->unpackRows(given.data() + offset, info.features, ordered.data() + offset);
      }
      offset += input.rows * info.features;
    }
    return ordered;
  }

 private:
  void mapRows(Index rows) {
    for (Index row = 0; row < rows; ++row) {
      sourceRows.push_back(input.packing ? input.packing->order()[static_cast<std::size_t>(row)] : row);
    }
    if (!source.packing) return;
    const std::vector<Index> places = source.packing->places();
    for (Index& row : sourceRows) row = places[static_cast<std::size_t>(row)];
  }
};

// The value to differentiate: a loss against targets, or a given output gradient.
template <class T>
struct Objective {
  bool hasLoss = true;
  LossKind loss = LossKind::crossEntropy;
  std::vector<TokenId> targets;
  std::vector<T> values;  // targets of the other losses, or the given gradient
  Reduction reduction = Reduction::mean;

  Objective(const Model<T>& model, const Napi::Value& value, const BatchArguments<T>& batch) {
    const Napi::Object from = object("objective", value);
    const bool oneStep = model.manyToOne();
    const Index positions = (oneStep ? 1 : batch.input.time) * batch.input.rows;
    const auto outputs = [&](const char* name) {
      std::vector<T> given = floats<T>(name, from.Get(name));
      requireSize(name, positions * model.outputFeatures(), static_cast<Index>(given.size()));
      return batch.input.pack(std::move(given), model.outputFeatures(), oneStep);
    };
    hasLoss = from.Get("gradOutput").IsUndefined();
    if (!hasLoss) {
      values = outputs("gradOutput");
      return;
    }
    loss = lossKind(from.Get("loss"));
    reduction = node::reduction(from.Get("reduction"));
    if (!isOfClasses(loss)) {
      values = outputs("values");
      return;
    }
    require(model.hasHead(), "Cross-entropy needs a model that ends in a linear dense layer or an adaptive softmax");
    targets = ids("targets", from.Get("targets"));
    requireSize("targets", positions, static_cast<Index>(targets.size()));
    targets = batch.input.pack(std::move(targets), 1, oneStep);
    model.checkTargets(targets.data(), static_cast<Index>(targets.size()));
  }

  [[nodiscard]] Targets<T> wanted() const {
    return isOfClasses(loss) ? Targets<T>(targets.data()) : Targets<T>(loss, values.data());
  }

  // The divisor of the loss: the number of targets, one per output except for cross-entropy.
  [[nodiscard]] Index count() const { return static_cast<Index>(isOfClasses(loss) ? targets.size() : values.size()); }
};

}  // namespace unrolled::node

#include "node/source_arguments.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/data/document_batches.h"
#include "core/data/labelled_sequences.h"
#include "core/data/paired_sequences.h"
#include "core/data/stream_batches.h"
#include "core/data/tagged_sequences.h"
#include "core/losses/value_losses.h"
#include "node/arguments.h"
#include "node/stream_arguments.h"

namespace unrolled::node {
namespace {

void requireOutputs(bool manyToOne, bool wanted) {
  require(manyToOne == wanted, wanted ? "Labelled sequences need a model with one output per sequence"
                                      : "Targets at every position need a model with an output at every step");
}

template <class T>
TargetData<T> targetData(const Model<T>& model, const Napi::Value& value) {
  const Napi::Object from = object("targets", value);
  TargetData<T> targets;
  targets.loss = choice("targets.loss", from.Get("loss"), lossNames);
  if (isOfClasses(targets.loss)) {
    require(model.hasHead(), "Cross-entropy needs a model that ends in a linear dense layer or an adaptive softmax");
    targets.ids = ids("targets.ids", from.Get("ids"));
    model.checkTargets(targets.ids.data(), static_cast<Index>(targets.ids.size()));
    return targets;
  }
  targets.width = model.outputFeatures();
  targets.values = floats<T>("targets.values", from.Get("values"));
  const auto [least, most] = targetRange(targets.loss);
  for (const T target : targets.values) {
    if (static_cast<double>(target) >= least && static_cast<double>(target) <= most) continue;
    const std::string expected = least == 0 ? "numbers from 0 to 1" : "finite numbers";
    throw Error::mustBe("ERR_UNROLLED_OPTION_RANGE", "targets.values", expected, std::to_string(target));
  }
  return targets;
}

Batching batching(const Napi::Object& from) {
  return {integer("batch", from.Get("batch"), 1, largestSize), flag("shuffle", from.Get("shuffle"), true),
          integer("bucketing", from.Get("bucketing"), 0, largestSize)};
}

template <class T>
SequenceData<T> inputData(const Model<T>& model, const char* name, const Napi::Value& value) {
  return sequenceData<T>(name, value, model.description().input, model.description().inputSize);
}

template <class T>
SourceArguments<T> documents(const Model<T>& model, const Napi::Object& from, bool shuffle, std::uint64_t seed) {
  // Moved on when the source is made; shared, since a function can be copied.
  const auto data = std::make_shared<SequenceData<T>>();
  requireStreamModel(model);
  data->ids = ids("ids", from.Get("ids"));
  data->offsets = offsets("offsets", from.Get("offsets"));
  const TokenId before = idBefore(model, from);
  const Index batch = integer("batch", from.Get("batch"), 1, largestSize);
  const Index window = integer("window", from.Get("window"), 1, largestSize);
  // The maker is called by a job of the model's, which keeps that.
  return SourceArguments<T>([=, &model]() -> std::unique_ptr<BatchSource<T>> {
    const auto count = static_cast<Index>(data->ids.size());
    model.checkIds(data->ids.data(), count);
    model.checkTargets(data->ids.data(), count);
    data->check();
    if (before >= 0) data->putBefore(before);
    return std::make_unique<DocumentBatches<T>>(std::move(data->ids), std::move(data->offsets), batch, window, shuffle,
                                                seed);
  });
}

template <class T>
std::unique_ptr<BatchSource<T>> examples(const Model<T>& model, const Napi::Object& from, const std::string& kind,
                                         const Batching& batching, std::uint64_t seed) {
  const bool paired = kind == "paired";
  require(paired == (model.description().source != InputKind::none),
          "Paired sequences need a model with a second input");
  const bool labelled = kind == "labelled";
  requireOutputs(model.manyToOne(), labelled);
  TargetData<T> targets = targetData(model, from.Get("targets"));
  if (paired) {
    const ModelDescription& description = model.description();
    return std::make_unique<PairedSequences<T>>(
        sequenceData<T>("source", from.Get("source"), description.source, description.sourceSize),
        inputData(model, "inputs", from.Get("inputs")), std::move(targets), batching, seed);
  }
  SequenceData<T> sequences = inputData(model, "sequences", from.Get("sequences"));
  if (labelled) {
    return std::make_unique<LabelledSequences<T>>(std::move(sequences), std::move(targets), batching, seed);
  }
  return std::make_unique<TaggedSequences<T>>(std::move(sequences), std::move(targets), batching, seed);
}

// Its name, from the list of kinds.
std::string kindOf(const Napi::Object& from, bool streams) {
  std::string kind = text("source.kind", from.Get("kind"));
  for (const char* known : {"labelled", "tagged", "paired", "documents"}) {
    if (kind == known) return kind;
  }
  if (streams && kind == "stream") return kind;
  const std::string expected = std::string("one of") + (streams ? " stream" : "") + " labelled tagged paired documents";
  throw Error::mustBe("ERR_UNROLLED_OPTION_RANGE", "source.kind", expected, "'" + kind + "'");
}

}  // namespace

template <class T>
SequenceData<T> sequenceData(const char* name, const Napi::Value& value, InputKind kind, Index size) {
  const Napi::Object from = object(name, value);
  const std::string prefix = std::string(name) + ".";
  SequenceData<T> data;
  data.offsets = offsets((prefix + "offsets").c_str(), from.Get("offsets"));
  if (kind == InputKind::ids) {
    data.ids = ids((prefix + "ids").c_str(), from.Get("ids"));
    for (const TokenId id : data.ids) {
      if (id >= 0 && id < size) continue;
      const std::string option = prefix + "ids";
      const std::string expected = "ids from 0 to " + std::to_string(size - 1);
      const std::string received = std::to_string(id);
      throw Error::mustBe("ERR_UNROLLED_OPTION_RANGE", option, expected, received);
    }
  } else {
    data.width = size;
    data.features = floats<T>((prefix + "features").c_str(), from.Get("features"));
  }
  data.check();
  return data;
}

template <class T>
SourceArguments<T> batchSource(const Model<T>& model, const Napi::Value& value, std::uint64_t seed) {
  const Napi::Object from = object("source", value);
  const std::string kind = kindOf(from, true);
  if (kind == "stream") {
    std::unique_ptr<IdStream> all = idStream(model, from);
    const Index rows = integer("batch", from.Get("batch"), 1, largestSize);
    const Index window = integer("window", from.Get("window"), 1, largestSize);
    return SourceArguments<T>(std::make_unique<StreamBatches<T>>(std::move(all), rows, window));
  }
  if (kind == "documents") return documents(model, from, flag("shuffle", from.Get("shuffle"), true), seed);
  return SourceArguments<T>(examples(model, from, kind, batching(from), seed));
}

template <class T>
SourceArguments<T> exampleSource(const Model<T>& model, const Napi::Value& value) {
  const Napi::Object from = object("source", value);
  const std::string kind = kindOf(from, false);
  if (kind == "documents") return documents(model, from, false, 0);
  // Sequences of similar length together, because the order is not fixed.
  Batching cut = batching(from);
  cut.shuffle = false;
  if (cut.bucketing == 0) cut.bucketing = largestSize;
  return SourceArguments<T>(examples(model, from, kind, cut, 0));
}

template SequenceData<float> sequenceData<float>(const char*, const Napi::Value&, InputKind, Index);
template SequenceData<double> sequenceData<double>(const char*, const Napi::Value&, InputKind, Index);
template SourceArguments<float> batchSource<float>(const Model<float>&, const Napi::Value&, std::uint64_t);
template SourceArguments<double> batchSource<double>(const Model<double>&, const Napi::Value&, std::uint64_t);
template SourceArguments<float> exampleSource<float>(const Model<float>&, const Napi::Value&);
template SourceArguments<double> exampleSource<double>(const Model<double>&, const Napi::Value&);

}  // namespace unrolled::node

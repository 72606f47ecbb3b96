// Layers built by hand, without a model: their gradients against central differences in float64, float32 against
// float64, and the bits of several threads against those of one.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/workspace.h"
#include "layers/layer.h"
#include "model/packing.h"
#include "support.h"

namespace unrolled::test {

// What a pass over layers gives: the output, and the gradients of Σ factor·output.
template <class T>
struct LayerResult {
  std::vector<T> output;
  std::vector<T> parameterGradients;
  std::vector<std::vector<T>> inputGradients;  // of each input of vectors
};

// Inputs, a layer that joins them where there is one, and a chain of layers behind.
template <class T>
class LayerHarness {
 public:
  ParameterList list;
  std::unique_ptr<JoiningLayer<T>> joining;
  Dropping dropping;

  template <class Made, class... Arguments>
  Made& add(Arguments&&... arguments) {
    auto layer = std::make_unique<Made>(std::forward<Arguments>(arguments)...);
    Made& made = *layer;
    layers_.push_back(std::move(layer));
    return made;
  }

  // Inputs of rows of those lengths: normal vectors, or ids.
  void addVectors(const std::vector<Index>& lengths, Index features) {
    Input& input = addInput(lengths);
    input.features = features;
    input.values = normals<T>(input.packing.layout().positions() * features, 100 + inputs_.size());
  }
  void addIds(const std::vector<Index>& lengths, Index vocabulary) {
    Input& input = addInput(lengths);
    input.features = vocabulary;
    input.ids = randomIds(input.packing.layout().positions(), vocabulary, 100 + inputs_.size());
  }

  // Once all is added: draws the parameters and lays out the memory.
  void prepare(bool backward = true) {
    buffers_ = std::make_unique<ParameterBuffers<T>>(list);
    const std::vector<T> drawn = normals<T>(list.size(), 77, 0.7);
    std::copy(drawn.begin(), drawn.end(), buffers_->change());
    workspace_.bind([&](Arena& arena) {
      std::vector<PassSize> sizes;
      for (const Input& input : inputs_) {
        const SequenceLayout layout = input.layout();
        sizes.push_back({layout.positions(), layout.batch, backward, layout.starts != nullptr, layout.time});
      }
      PassSize size = joining == nullptr ? sizes[0] : joining->layOut(arena, sizes);
      for (const auto& layer : layers_) size = layer->layOut(arena, size);
    });
  }

  Sequence<T> forward(int threadCount) {
    const Parallel parallel = threads(threadCount);
    const Pass<T> pass{*buffers_, parallel, dropping};
    std::vector<Sequence<T>> sequences;
    for (const Input& input : inputs_) {
      Sequence<T> sequence;
      sequence.layout = input.layout();
      sequence.features = input.features;
      sequence.ids = input.ids.empty() ? nullptr : input.ids.data();
      sequence.data = input.ids.empty() ? input.values.data() : nullptr;
      sequences.push_back(sequence);
    }
    Sequence<T> sequence = joining == nullptr ? sequences[0] : joining->forward(sequences, pass);
    for (const auto& layer : layers_) sequence = layer->forward(sequence, nullptr, pass);
    return sequence;
  }

  LayerResult<T> run(int threadCount) {
    const Sequence<T> sequence = forward(threadCount);
    LayerResult<T> result;
    result.output.assign(sequence.data, sequence.data + sequence.positions() * sequence.features);
    std::fill_n(buffers_->gradients(), buffers_->size(), std::numeric_limits<T>::quiet_NaN());

    const Parallel parallel = threads(threadCount);
    const Pass<T> pass{*buffers_, parallel, dropping};
    std::vector<T> outputGradient = factors(result.output.size());
    T* gradient = outputGradient.data();
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
      gradient =
          (*layer)->backward(gradient, nullptr, joining != nullptr || *layer != layers_.front() || hasVectors(), pass);
    }
    std::vector<T*> inputGradients(inputs_.size(), gradient);
    if (joining != nullptr) joining->backward(gradient, std::vector<bool>(inputs_.size(), true), inputGradients, pass);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].ids.empty()) {
        result.inputGradients.emplace_back(inputGradients[i], inputGradients[i] + inputs_[i].values.size());
      }
    }
    result.parameterGradients.assign(buffers_->gradients(), buffers_->gradients() + buffers_->size());
    return result;
  }

  // Σ factor·output.
  double objective() {
    const Sequence<T> sequence = forward(1);
    const auto count = asSize(sequence.positions() * sequence.features);
    const std::vector<T> factor = factors(count);
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(factor[i] * sequence.data[i]);
    return sum;
  }

  [[nodiscard]] ParameterBuffers<T>& buffers() { return *buffers_; }
  // Of the vectors among the inputs.
  std::vector<std::vector<T>*> vectors() {
    std::vector<std::vector<T>*> all;
    for (Input& input : inputs_) {
      if (input.ids.empty()) all.push_back(&input.values);
    }
    return all;
  }
  [[nodiscard]] SequenceLayout layout(std::size_t input) const { return inputs_[input].layout(); }

 private:
  struct Input {
    Packing packing;
    bool ragged = false;
    Index features = 0;
    std::vector<T> values = {};
    std::vector<TokenId> ids = {};

    [[nodiscard]] SequenceLayout layout() const {
      SequenceLayout layout = packing.layout();
      if (!ragged) layout.starts = nullptr;
      return layout;
    }
  };

  Input& addInput(const std::vector<Index>& lengths) {
    const Index longest = *std::max_element(lengths.begin(), lengths.end());
    const bool ragged = std::any_of(lengths.begin(), lengths.end(), [=](Index length) { return length != longest; });
    inputs_.push_back({Packing(longest, lengths), ragged});
    return inputs_.back();
  }
  [[nodiscard]] bool hasVectors() const { return inputs_.front().ids.empty(); }
  static std::vector<T> factors(std::size_t count) { return normals<T>(static_cast<Index>(count), 55); }

  std::vector<std::unique_ptr<Layer<T>>> layers_;
  std::vector<Input> inputs_;
  std::unique_ptr<ParameterBuffers<T>> buffers_;
  Workspace workspace_;
};

// Compares each derivative with the difference that moving its value makes.
inline void checkDifferences(LayerHarness<double>& harness, double* values, const std::vector<double>& derivatives) {
  constexpr double step = 1e-5;
  double largest = 0;
  double worst = 0;
  for (std::size_t i = 0; i < derivatives.size(); ++i) {
    const double kept = values[i];
    values[i] = kept + step;
    const double above = harness.objective();
    values[i] = kept - step;
    const double below = harness.objective();
    values[i] = kept;
    const double measured = (above - below) / (2 * step);
    const double error = std::abs(derivatives[i] - measured) / std::max(0.1, std::abs(measured));
    worst = error <= worst ? worst : error;  // not-a-number is the worst
    largest = std::max(largest, std::abs(derivatives[i]));
  }
  CHECK(worst <= 1e-7);
  CHECK(largest > 0);  // else the check says nothing
}

// `build(harness)` adds inputs and layers; it is called for both types of elements.
template <class Build>
void checkLayer(Build&& build) {
  LayerHarness<double> harness;
  build(harness);
  harness.prepare();
  const LayerResult<double> result = harness.run(1);
  for (const Parameter& parameter : harness.list.all()) {
    CAPTURE(parameter.name);
    const auto begin = result.parameterGradients.begin() + parameter.offset;
    checkDifferences(harness, harness.buffers().change() + parameter.offset, {begin, begin + parameter.count()});
  }
  const std::vector<std::vector<double>*> vectors = harness.vectors();
  REQUIRE(vectors.size() == result.inputGradients.size());
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    CAPTURE(i);
    checkDifferences(harness, vectors[i]->data(), result.inputGradients[i]);
  }

  LayerHarness<float> single;
  build(single);
  single.prepare();
  const auto narrowed = [](const std::vector<double>& values) {
    return std::vector<float>(values.begin(), values.end());
  };
  const LayerResult<float> rounded = single.run(1);
  CHECK(largestError(rounded.output, narrowed(result.output)) <= 2e-5);
  CHECK(largestError(rounded.parameterGradients, narrowed(result.parameterGradients)) <= 2e-5);
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    CHECK(largestError(rounded.inputGradients[i], narrowed(result.inputGradients[i])) <= 2e-5);
  }
}

// The same bits with one thread and with three; for layers of a size that is cut into several tiles.
template <class T, class Build>
void checkThreads(Build&& build) {
  LayerHarness<T> harness;
  build(harness);
  harness.prepare();
  const LayerResult<T> one = harness.run(1);
  const LayerResult<T> three = harness.run(3);
  CHECK(sameBits(one.output, three.output));
  CHECK(sameBits(one.parameterGradients, three.parameterGradients));
  for (std::size_t i = 0; i < one.inputGradients.size(); ++i) {
    CHECK(sameBits(one.inputGradients[i], three.inputGradients[i]));
  }
}

}  // namespace unrolled::test

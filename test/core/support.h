// What the tests of the core share: random arrays, guarded arrays, comparisons, small models.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "data/labelled_sequences.h"
#include "model/model.h"
#include "parallel/thread_pool.h"

namespace unrolled::test {

inline std::size_t asSize(Index count) { return static_cast<std::size_t>(count); }

// Normal numbers times `scale`.
template <class T>
std::vector<T> normals(Index count, std::uint64_t seed, double scale = 1) {
  Random random(seed, RandomUse::sampling, 0);
  std::vector<T> values(asSize(count));
  for (T& value : values) value = static_cast<T>(scale * random.normal());
  return values;
}

// `count` numbers from `first` to `last` in even steps.
template <class T>
std::vector<T> evenly(double first, double last, Index count) {
  std::vector<T> values(asSize(count));
  for (Index i = 0; i < count; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(count - 1);
    values[asSize(i)] = static_cast<T>(first + part * (last - first));
  }
  return values;
}

// Ids in [0, bound).
inline std::vector<TokenId> randomIds(Index count, Index bound, std::uint64_t seed) {
  Random random(seed, RandomUse::sampling, 1);
  std::vector<TokenId> ids(asSize(count));
  for (TokenId& id : ids) id = static_cast<TokenId>(random.below(static_cast<std::uint32_t>(bound)));
  return ids;
}

// The largest |a - b| / max(1, |b|); infinite where one is not a number or the lengths differ.
template <class T>
double largestError(const std::vector<T>& actual, const std::vector<T>& expected) {
  if (actual.size() != expected.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const auto a = static_cast<double>(actual[i]);
    const auto b = static_cast<double>(expected[i]);
    const double error = std::abs(a - b) / std::max(1.0, std::abs(b));
    if (!(error <= largest)) largest = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  }
  return largest;
}

// Compares bits, which tells one not-a-number and one zero from the other.
template <class T>
bool sameBits(const T* a, const T* b, std::size_t count) {
  const void* first = a;
  const void* second = b;
  return count == 0 || std::memcmp(first, second, count * sizeof(T)) == 0;
}

template <class T>
bool sameBits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && sameBits(a.data(), b.data(), a.size());
}

// The code of the error that `action` throws, or "none".
template <class Action>
std::string codeOf(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

// An array with a margin on both sides that nobody may write into. The margins hold not-a-number, so
// that whoever reads them and lets it count is found as well.
template <class T>
class Guarded {
 public:
  explicit Guarded(const std::vector<T>& values) : count_(values.size()) {
    cells_.assign(count_ + 2 * margin, std::numeric_limits<T>::quiet_NaN());
    untouched_ = cells_;
    std::copy(values.begin(), values.end(), cells_.begin() + margin);
  }

  // Not-a-number throughout: for results that must not depend on what was there.
  explicit Guarded(Index count) : Guarded(std::vector<T>(asSize(count), std::numeric_limits<T>::quiet_NaN())) {}

  [[nodiscard]] T* data() { return cells_.data() + margin; }
  [[nodiscard]] std::vector<T> values() const {
    return {cells_.begin() + margin, cells_.begin() + margin + static_cast<std::ptrdiff_t>(count_)};
  }
  [[nodiscard]] bool intact() const {
    const std::size_t after = margin + count_;
    return sameBits(cells_.data(), untouched_.data(), margin) &&
           sameBits(cells_.data() + after, untouched_.data() + after, margin);
  }

 private:
  static constexpr std::ptrdiff_t margin = 80;
  std::size_t count_;
  std::vector<T> cells_;
  std::vector<T> untouched_;
};

// The types of the recurrent layers.
inline std::vector<std::string> cells() {
  std::vector<std::string> types;
  forEachLayer([&](const auto& options) {
    if constexpr (isRecurrent<std::decay_t<decltype(options)>>) types.emplace_back(options.type);
  });
  return types;
}

// A layer by its type, of that many features where it has any to say.
inline LayerDescription layer(const std::string& type, const std::string& name, Index features = 0,
                              std::vector<std::string> from = {}) {
  LayerDescription result = {name, layerOfType("type", type), std::move(from)};
  std::visit(
      [&](auto& options) {
        if constexpr (requires { options.features; }) options.features = features;
      },
      result.options);
  return result;
}

// The options of a layer that is of that type.
template <class Options>
Options& as(LayerDescription& layer) {
  return std::get<Options>(layer.options);
}

// What a layer of any cell is told.
inline RecurrentOptions& recurrent(LayerDescription& layer) {
  RecurrentOptions* found = nullptr;
  std::visit(
      [&](auto& options) {
        if constexpr (isRecurrent<std::decay_t<decltype(options)>>) found = &options;
      },
      layer.options);
  return *found;
}

// A chain: input, one recurrent layer of any kind, and what stands behind it.
struct Chain {
  std::string input = "embedding";  // or oneHot; of no use to vectors
  InputKind inputKind = InputKind::ids;
  Index inputSize = 7;
  Index embedding = 5;
  std::string cell = "rnn";
  Activation activation = Activation::tanh;
  Index hidden = 6;
  Index layers = 1;
  bool singleBias = false;
  bool bidirectional = false;
  Merge merge = Merge::concatenate;
  bool last = false;  // one vector a sequence, by `pooling`
  PoolingKind pooling = PoolingKind::last;
  Index classes = 7;  // 0: no head
  // Of the recurrent layer, as its options have them; what a cell has not is left out.
  Activation gateActivation = Activation::sigmoid;
  bool resetAfter = true;
  bool bias = true;
  double recurrentDropout = 0;
  bool layerNorm = false;
  double epsilon = 1e-5;
  // Of the head: an adaptive softmax where there are cutoffs, a sampled one where there are samples.
  std::vector<Index> cutoffs = {};
  Index samples = 0;
  std::vector<TokenId> ranks = {};

  [[nodiscard]] ModelDescription description() const {
    ModelDescription model;
    model.input = inputKind;
    model.inputSize = inputSize;
    if (inputKind == InputKind::ids) model.layers.push_back(layer(input, "embedding", embedding));
    model.layers.push_back(layer(cell, "rnn", hidden));
    RecurrentOptions& stack = recurrent(model.layers.back());
    stack.layers = layers;
    stack.activation = activation;
    stack.bias = bias;
    stack.singleBias = singleBias;
    stack.bidirectional = bidirectional;
    stack.merge = merge;
    stack.recurrentDropout = recurrentDropout;
    stack.layerNorm = layerNorm;
    stack.epsilon = epsilon;
    std::visit(
        [&](auto& options) {
          if constexpr (requires { options.gateActivation; }) options.gateActivation = gateActivation;
          if constexpr (requires { options.resetAfter; }) options.resetAfter = resetAfter;
        },
        model.layers.back().options);
    if (last) model.layers.push_back({"last", PoolingOptions{pooling}});
    if (classes > 0 && cutoffs.empty()) {
      model.layers.push_back({"head", DenseOptions{.features = classes, .ranks = ranks}});
      if (samples > 0) as<DenseOptions>(model.layers.back()).samples = samples;
    } else if (classes > 0) {
      model.layers.push_back({"head", AdaptiveSoftmaxOptions{.features = classes, .cutoffs = cutoffs, .ranks = ranks}});
    }
    return model;
  }
};

inline Parallel threads(int count) {
  static const std::shared_ptr<ThreadPool> pool = ThreadPool::shared();
  return {*pool, count};
}

template <class T>
std::vector<T> weightsOf(const Model<T>& model) {
  Index count = 0;
  for (const Parameter& parameter : model.parameters()) count += parameter.count();
  std::vector<T> values(asSize(count));
  model.read(values.data());
  return values;
}

template <class T>
std::vector<T> gradientsOf(Model<T>& model) {
  std::vector<T> gradients(asSize(model.buffers().size()));
  model.readGradients(gradients.data());
  return gradients;
}

template <class T = float>
TargetData<T> classes(std::vector<TokenId> ids) {
  return {LossKind::crossEntropy, std::move(ids), {}, 1};
}

// Sequences of ids with a class each.
template <class T>
std::unique_ptr<LabelledSequences<T>> labelled(std::vector<TokenId> ids, std::vector<Index> offsets,
                                               std::vector<TokenId> labels, const Batching& batching,
                                               std::uint64_t seed) {
  return std::make_unique<LabelledSequences<T>>(SequenceData<T>{std::move(ids), {}, 0, std::move(offsets)},
                                                classes<T>(std::move(labels)), batching, seed);
}

// Asks for OpenBLAS in the place of our own products while it lives.
class BlasAlone {
 public:
  BlasAlone() {
    setenv("UNROLLED_KERNELS", "blas", 1);
    readKernelChoice();
  }
  ~BlasAlone() {
    unsetenv("UNROLLED_KERNELS");
    readKernelChoice();
  }
  BlasAlone(const BlasAlone&) = delete;
  BlasAlone& operator=(const BlasAlone&) = delete;
  BlasAlone(BlasAlone&&) = delete;
  BlasAlone& operator=(BlasAlone&&) = delete;
};

}  // namespace unrolled::test

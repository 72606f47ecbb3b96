// What recurrent layers compute, against plain loops over one row after another that follow the formulas; and what
// dropout's masks hang on.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/unreachable.h"
#include "kernels/activations.h"
#include "layers/recurrent/gru.h"
#include "layers/recurrent/normalized_lstm.h"
#include "layers/recurrent/reset_first_gru.h"
#include "layers/recurrent/rnn.h"
#include "model/packing.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

enum class Cell { rnn, gru, resetFirst, lstm };

using Vector = std::vector<double>;

// One layer's parameters by name, and the formulas.
class PlainCell {
 public:
  template <class T>
  PlainCell(Cell cell, const LevelOptions& options, const ParameterList& list, const ParameterBuffers<T>& buffers)
      : cell_(cell), options_(options) {
    for (std::size_t i = 0; i < list.all().size(); ++i) {
      const T* values = buffers.value(i);
      parameters_.emplace_back(list.all()[i].name, Vector(values, values + list.all()[i].count()));
    }
  }

  // A step of one row: x [I], mask [H] (1 where nothing is dropped); h and c [H] become the next.
  void step(const Vector& x, const Vector& mask, Vector& h, Vector& c) const {
    const auto H = asSize(options_.hidden);
    Vector dropped = h;
    for (std::size_t j = 0; j < H; ++j) dropped[j] *= mask[j];
    const Vector input = normalized(product("rnn.weight_ih_l0", x), "rnn.norm_ih_l0.weight");
    const Vector state = normalized(product("rnn.weight_hh_l0", dropped), "rnn.norm_hh_l0.weight");
    const Vector inputBias = parameter("rnn.bias_ih_l0", input.size());
    const Vector stateBias = parameter("rnn.bias_hh_l0", input.size());
    const auto fromInput = [&](std::size_t gate, std::size_t j) {
      return input[gate * H + j] + inputBias[gate * H + j];
    };
    const auto fromState = [&](std::size_t gate, std::size_t j) {
      return state[gate * H + j] + stateBias[gate * H + j];
    };
    const auto gate = [&](std::size_t g, std::size_t j) {
      return reference::activate(options_.activations.gate, fromInput(g, j) + fromState(g, j));
    };
    const auto function = [&](double value) { return reference::activate(options_.activations.candidate, value); };

    Vector reset = dropped;
    if (cell_ == Cell::resetFirst) {
      for (std::size_t j = 0; j < H; ++j) reset[j] *= gate(0, j);
    }
    const Vector ofReset = normalized(product("rnn.weight_hh_l0", reset), "rnn.norm_hh_l0.weight");
    Vector outputs(H);
    for (std::size_t j = 0; j < H; ++j) {
      switch (cell_) {
        case Cell::rnn:
          h[j] = function(fromInput(0, j) + fromState(0, j));
          break;
        case Cell::gru:
          h[j] = (1 - gate(1, j)) * function(fromInput(2, j) + gate(0, j) * fromState(2, j)) + gate(1, j) * h[j];
          break;
        case Cell::resetFirst:
          h[j] = (1 - gate(1, j)) * function(fromInput(2, j) + ofReset[2 * H + j] + stateBias[2 * H + j]) +
                 gate(1, j) * h[j];
          break;
        case Cell::lstm:
          c[j] = gate(1, j) * c[j] + gate(0, j) * function(fromInput(2, j) + fromState(2, j));
          outputs[j] = gate(3, j);
      }
    }
    if (cell_ != Cell::lstm) return;
    const Vector cell = normalized(c, "rnn.norm_c_l0.weight");
    const Vector shift = parameter("rnn.norm_c_l0.bias", H);
    for (std::size_t j = 0; j < H; ++j) h[j] = outputs[j] * function(cell[j] + shift[j]);
  }

 private:
  // Zeros where the layer has no such parameter.
  [[nodiscard]] Vector parameter(const std::string& name, std::size_t count) const {
    for (const auto& [known, values] : parameters_) {
      if (known == name) return values;
    }
    return Vector(count);
  }

  [[nodiscard]] Vector product(const std::string& name, const Vector& x) const {
    const Vector weights = parameter(name, 0);
    Vector y(weights.size() / x.size());
    for (std::size_t i = 0; i < weights.size(); ++i) y[i / x.size()] += weights[i] * x[i % x.size()];
    return y;
  }

  // Block by block, where the layer is one that does so.
  [[nodiscard]] Vector normalized(Vector x, const std::string& gainName) const {
    if (!options_.layerNorm) return x;
    const auto H = asSize(options_.hidden);
    const Vector gain = parameter(gainName, 0);
    for (std::size_t block = 0; block < x.size(); block += H) {
      double mean = 0;
      double variance = 0;
      for (std::size_t j = 0; j < H; ++j) mean += x[block + j] / static_cast<double>(H);
      for (std::size_t j = 0; j < H; ++j) variance += std::pow(x[block + j] - mean, 2) / static_cast<double>(H);
      for (std::size_t j = 0; j < H; ++j) {
        x[block + j] = gain.at(block + j) * (x[block + j] - mean) / std::sqrt(variance + options_.epsilon);
      }
    }
    return x;
  }

  Cell cell_;
  LevelOptions options_;
  std::vector<std::pair<std::string, Vector>> parameters_;
};

template <class T>
std::unique_ptr<RecurrentLayer<T>> make(Cell cell, ParameterList& list, const LevelOptions& options) {
  switch (cell) {
    case Cell::rnn:
      return std::make_unique<Rnn<T>>(list, options);
    case Cell::gru:
      return std::make_unique<Gru<T>>(list, options);
    case Cell::resetFirst:
      return std::make_unique<ResetFirstGru<T>>(list, options);
    case Cell::lstm:
      if (options.layerNorm) return std::make_unique<NormalizedLstm<T>>(list, options);
      return std::make_unique<Lstm<T>>(list, options);
  }
  unreachable();
}

// The masks as recurrent_dropout.h promises them, [B, H].
std::vector<Vector> masksOf(const LevelOptions& options, const Dropping& dropping, Index batch) {
  std::vector<Vector> masks(asSize(batch), Vector(asSize(options.hidden), 1));
  if (!dropping.active || options.recurrentDropout == 0) return masks;
  Random random(dropping.seed, RandomUse::dropout, dropping.step, options.part);
  for (Vector& mask : masks) {
    for (double& factor : mask) {
      const bool dropped = static_cast<double>(random.next()) < options.recurrentDropout * 4294967296.0;
      factor = dropped ? 0 : 1 / (1 - options.recurrentDropout);
    }
  }
  return masks;
}

// A layer over rows of those lengths: its outputs and its final states against the formulas.
template <class T>
void compare(Cell cell, const LevelOptions& options, const std::vector<Index>& lengths, const Dropping& dropping) {
  const Packing packing(*std::max_element(lengths.begin(), lengths.end()), lengths);
  const SequenceLayout layout = packing.layout();
  const Index batch = layout.batch;
  const Index hidden = options.hidden;

  ParameterList list;
  const auto layer = make<T>(cell, list, options);
  ParameterBuffers<T> buffers(list);
  const std::vector<T> weights = normals<T>(list.size(), 1, 0.5);
  std::copy(weights.begin(), weights.end(), buffers.change());
  Workspace workspace;
  workspace.bind([&](Arena& arena) { layer->layOut(arena, {layout.positions(), batch, false, true}); });

  const std::vector<T> x = normals<T>(layout.positions() * options.features, 2);
  const Index states = static_cast<Index>(layer->states().size());
  std::vector<T> state = normals<T>(states * batch * hidden, 3, 0.5);
  const std::vector<T> initial = state;
  Sequence<T> input;
  input.layout = layout;
  input.features = options.features;
  input.data = x.data();
  const Parallel parallel = threads(2);
  const Sequence<T> output = layer->forward(input, state.data(), {buffers, parallel, dropping});

  const PlainCell plain(cell, options, list, buffers);
  const std::vector<Vector> masks = masksOf(options, dropping, batch);
  std::vector<T> expected(asSize(layout.positions() * hidden));
  std::vector<T> expectedStates(state.size());
  for (Index row = 0; row < batch; ++row) {
    const T* start = initial.data() + row * hidden;
    Vector h(start, start + hidden);
    Vector c(h.size());
    if (states == 2) c.assign(start + batch * hidden, start + (batch + 1) * hidden);
    for (Index t = 0; t < layout.time && row < layout.rowsAt(t); ++t) {
      const Index position = layout.start(t) + row;
      const T* values = x.data() + position * options.features;
      plain.step(Vector(values, values + options.features), masks[asSize(row)], h, c);
      for (Index j = 0; j < hidden; ++j) expected[asSize(position * hidden + j)] = static_cast<T>(h[asSize(j)]);
    }
    for (Index j = 0; j < hidden; ++j) {
      expectedStates[asSize(row * hidden + j)] = static_cast<T>(h[asSize(j)]);
      if (states == 2) expectedStates[asSize((batch + row) * hidden + j)] = static_cast<T>(c[asSize(j)]);
    }
  }
  const double tolerance = sizeof(T) == 4 ? 3e-4 : 1e-11;
  CHECK(largestError(std::vector<T>(output.data, output.data + expected.size()), expected) <= tolerance);
  CHECK(largestError(state, expectedStates) <= tolerance);
}

constexpr Cell everyCell[] = {Cell::rnn, Cell::gru, Cell::resetFirst, Cell::lstm};

LevelOptions optionsOf(Index hidden) {
  LevelOptions options;
  options.name = "rnn";
  options.suffix = "_l0";
  options.features = 5;
  options.hidden = hidden;
  options.part = 6;
  options.epsilon = 0.01;
  return options;
}

}  // namespace

TEST_CASE_TEMPLATE("recurrent layers compute their formulas, row by row", T, float, double) {
  for (const Cell cell : everyCell) {
    const int number = static_cast<int>(cell);
    CAPTURE(number);
    for (const Index hidden : {Index{1}, Index{7}, Index{16}, Index{33}}) {
      CAPTURE(hidden);
      LevelOptions options = optionsOf(hidden);
      for (const bool layerNorm : {false, true}) {
        CAPTURE(layerNorm);
        options.layerNorm = layerNorm;
        for (const bool bias : {false, true}) {
          options.bias = bias;
          for (const double rate : {0.0, 0.4}) {
            CAPTURE(rate);
            options.recurrentDropout = rate;
            compare<T>(cell, options, {3, 3, 3}, {rate > 0, 5, 9});
            compare<T>(cell, options, {2, 4, 1, 4, 3}, {rate > 0, 5, 9});
            compare<T>(cell, options, {2}, {});  // nothing is dropped where the pass does not ask for it
          }
        }
      }
      compare<T>(cell, optionsOf(hidden), std::vector<Index>(50, 2), {});
    }
  }
}

TEST_CASE("and with every activation") {
  constexpr Activation activations[] = {Activation::tanh, Activation::relu, Activation::sigmoid, Activation::linear};
  for (const Cell cell : everyCell) {
    for (const Activation candidate : activations) {
      for (const Activation gate : activations) {
        LevelOptions options = optionsOf(6);
        options.activations = {candidate, gate};
        compare<double>(cell, options, {2, 3}, {});
      }
    }
  }
}

TEST_CASE("a linear recurrence with the identity and without a bias is a sum over the words") {
  Chain chain;
  chain.inputSize = 6;
  chain.embedding = 4;
  chain.hidden = 4;
  chain.classes = 0;
  chain.activation = Activation::linear;
  chain.bias = false;
  Model<double> model(chain.description());
  REQUIRE(model.parameters().size() == 3);
  model.initialize({}, 3);
  Vector weights = weightsOf(model);
  const Vector table(weights.begin(), weights.begin() + 24);
  for (std::size_t parameter = 1; parameter < 3; ++parameter) {
    for (Index i = 0; i < 16; ++i) {
      weights[asSize(model.parameters()[parameter].offset + i)] = i % 5 == 0 ? 1 : 0;
    }
  }
  model.write(weights.data());
  const std::vector<TokenId> words = {4, 1, 3, 0, 1};
  Vector state(4);
  model.forward({5, 1, words.data(), nullptr}, state.data(), threads(1));
  Vector sum(4);
  for (const TokenId word : words) {
    for (std::size_t j = 0; j < 4; ++j) sum[j] += table[asSize(word) * 4 + j];
  }
  CHECK(largestError(state, sum) <= 1e-15);
}

TEST_CASE_TEMPLATE("dropped and normalised recurrences give the same bits with any number of threads", T, float,
                   double) {
  for (const std::string& cell : cells()) {
    for (const bool resetAfter : {true, false}) {
      Chain chain;
      chain.cell = cell;
      chain.resetAfter = resetAfter;
      chain.hidden = 40;
      chain.layers = 2;
      chain.bidirectional = true;
      chain.recurrentDropout = 0.3;
      chain.layerNorm = !resetAfter || cell == "lstm";
      Model<T> model(chain.description());
      model.initialize({}, 1);
      constexpr Index rows = 50;
      const std::vector<TokenId> ids = randomIds(rows * 5, chain.inputSize, 2);
      const auto gradients = [&](int threadCount, const Dropping& dropping) {
        std::vector<T> states(asSize(model.stateSize(rows)));
        std::vector<T> stateGradients(states.size());
        model.lossAndGradients({5, rows, ids.data(), nullptr}, ids.data(), 1, states.data(), stateGradients.data(),
                               threads(threadCount), dropping);
        return gradientsOf(model);
      };
      const std::vector<T> single = gradients(1, {true, 7, 8});
      CHECK(sameBits(gradients(2, {true, 7, 8}), single));
      CHECK(sameBits(gradients(5, {true, 7, 8}), single));
      CHECK_FALSE(sameBits(gradients(1, {true, 8, 8}), single));
      CHECK_FALSE(sameBits(gradients(1, {true, 7, 9}), single));
      CHECK_FALSE(sameBits(gradients(1, {}), single));
    }
  }
}

TEST_CASE("every layer of a model drops by masks of its own") {
  const auto maskOf = [](std::uint32_t part) {
    LevelOptions options = optionsOf(64);
    options.recurrentDropout = 0.5;
    options.part = part;
    return masksOf(options, {true, 1, 1}, 4);
  };
  CHECK(maskOf(0) != maskOf(1));
  CHECK(maskOf(0) != maskOf(2));

  // Two directions of the same weights over a palindrome: equal but for their masks.
  Chain chain;
  chain.bidirectional = true;
  chain.recurrentDropout = 0.5;
  chain.hidden = 8;
  Model<double> model(chain.description());
  model.initialize({}, 1);
  Vector weights = weightsOf(model);
  std::vector<Parameter> all = model.parameters();
  for (std::size_t i = 1; i <= 4; ++i) {
    REQUIRE(all[i + 4].name == all[i].name + "_reverse");
    std::copy_n(weights.begin() + all[i].offset, all[i].count(), weights.begin() + all[i + 4].offset);
  }
  model.write(weights.data());
  const std::vector<TokenId> ids = {1, 2, 3, 2, 1};
  const auto finalStates = [&](const Dropping& dropping) {
    Vector states(asSize(model.stateSize(1)));
    Vector gradients(states.size());
    model.lossAndGradients({5, 1, ids.data(), nullptr}, ids.data(), 1, states.data(), gradients.data(), threads(1),
                           dropping);
    return std::pair(Vector(states.begin(), states.begin() + 8), Vector(states.begin() + 8, states.end()));
  };
  const auto [whole, wholeReverse] = finalStates({});
  CHECK(largestError(whole, wholeReverse) <= 1e-15);
  const auto [dropped, droppedReverse] = finalStates({true, 1, 1});
  CHECK(largestError(dropped, droppedReverse) > 1e-3);
}

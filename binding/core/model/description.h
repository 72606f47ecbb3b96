// A model as data: what front ends hand in, and what the core builds and checks.
//
// Layers stand in an order in which each comes behind what it reads. A layer reads the one before it
// unless `from` names others: layers, or the model's inputs "input" and "source". So a chain needs no
// `from` at all, and an encoder–decoder needs it twice: where the encoder reads the source, and where
// the decoder reads the input.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "types.h"

namespace unrolled {

// `none`: only the source of a model with one input has it.
enum class InputKind { ids, features, none };

enum class LayerKind {
  embedding,
  oneHot,
  rnn,
  gru,
  lstm,
  pooling,
  dense,
  activation,
  dropout,
  layerNorm,
  attention,       // from two: queries, then memory
  concatenate,     // from two or more over the same positions: side by side
  add,             // from two or more over the same positions
  adaptiveSoftmax  // the last one: log-probabilities of classes
};

// How a sequence becomes one vector. `final` is what a recurrent layer knows at its end: of both
// directions side by side, the first half at the last step and the second half at the first.
enum class PoolingKind { last, sum, mean, max, final };

// How the outputs of both directions become one.
enum class Merge { concatenate, sum };

struct LayerDescription {
  LayerKind kind = LayerKind::embedding;
  // Prefix of its parameters' and states' names; what `from` and `initialState` name it by.
  std::string name;
  // Features of its output: E, H or the number of classes. Of no use to kinds that keep their input's.
  Index features = 0;
  // Stacked layers of a recurrent kind.
  Index layers = 1;
  // Of `rnn`; of the candidate of `gru`; of the candidate and the cell's output of `lstm`: tanh where it is not said.
  // Of `dense`: linear then. Of `activation`: what it is.
  std::optional<Activation> activation = {};
  // One trained bias a layer; the second does not exist.
  bool singleBias = false;
  // Whether a recurrent kind runs in both directions, and how its outputs are merged.
  bool bidirectional = false;
  Merge merge = Merge::concatenate;
  PoolingKind pooling = PoolingKind::last;
  // Of `rnn`: step back through time with W_hh untransposed, a published error kept for comparison.
  bool untransposedGradient = false;

  // What it reads; empty: the layer before it, or "input" where there is none.
  std::vector<std::string> from = {};
  // Of a recurrent kind: the layer whose final states are its initial ones (a recurrent stack with the same states),
  // or whose output of one step is its initial h (one layer, h alone; c of an LSTM starts at zero). Empty: given from
  // outside.
  std::string initialState = {};
  // Of `gru`, `lstm`: of the gates.
  Activation gateActivation = Activation::sigmoid;
  // Of `gru`: whether the reset gate comes after the product with W_hn (PyTorch, cuDNN, Keras) or before it (Cho et al.
  // 2014: n = f(W_in·x + b_in + W_hn·(r∘h) + b_hn), in which b_hn joins the input's bias).
  bool resetAfter = true;
  // Whether a recurrent or dense layer has biases at all.
  bool bias = true;
  // Rate of a `dropout` layer; of a recurrent kind, between its stacked layers (as PyTorch's `dropout`).
  double dropout = 0;
  // Of a recurrent kind: of h[t] on its way into W_hh, with one mask for all steps of a row (Gal and Ghahramani 2016).
  double recurrentDropout = 0;
  // Of a recurrent kind: layer normalisation inside the cell (Ba et al. 2016): of W_ih·x and of W_hh·h, each gate by
  // itself, with a gain and a shift, and of an LSTM's cell on its way to the output.
  bool layerNorm = false;
  // Of `layerNorm` and inside cells.
  double epsilon = 1e-5;
  // Of `dense`: the embedding whose table is its weight; it has only a bias of its own.
  std::string tiedTo = {};
  [[nodiscard]] Activation activationOrDefault() const {
    return activation.value_or(kind == LayerKind::dense ? Activation::linear : Activation::tanh);
  }

  // Of a last, linear `dense` layer: how many classes a target competes with in training by cross-entropy, drawn anew
  // for each step; 0: all.
  Index samples = 0;
  // Of `dense` with samples and of `adaptiveSoftmax`: the rank of each class by falling frequency; empty where classes
  // are in that order.
  std::vector<TokenId> ranks = {};
  // Of `adaptiveSoftmax`: the ranks at which its clusters begin, and by what the width of each is less than that of the
  // one before.
  std::vector<Index> cutoffs = {};
  double divisor = 4;

  // Of `attention`: whether queries meet the memory through a trained matrix (Luong et al. 2015, "general"), else
  // directly ("dot").
  bool general = true;
};

// Layers over ids in [0, inputSize) or vectors of inputSize features; encoder–decoders have a second
// input, the source.
struct ModelDescription {
  InputKind input = InputKind::ids;
  Index inputSize = 0;
  std::vector<LayerDescription> layers = {};
  InputKind source = InputKind::none;
  Index sourceSize = 0;
};

}  // namespace unrolled

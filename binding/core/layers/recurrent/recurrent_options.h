// Options of every recurrent layer. The options of a cell are a struct derived from these, in its own file.
#pragma once

#include <string>
#include <tuple>

#include "layers/options.h"

namespace unrolled {

// How the outputs of both directions become one.
enum class Merge { concatenate, sum };

struct RecurrentOptions {
  Index features = 0;  // H
  // Stacked layers.
  Index layers = 1;
  // The function of a vanilla cell, of the candidate of a gated cell, and of the cell output of an LSTM.
  Activation activation = Activation::tanh;
  // Whether there are biases at all; and one trained bias a layer, the second of which does not exist.
  bool bias = true;
  bool singleBias = false;
  // Whether it runs in both directions.
  bool bidirectional = false;
  Merge merge = Merge::concatenate;
  // The rate at which values between two stacked layers are dropped, as PyTorch's `dropout`; and that of h[t] on its
  // way into W_hh, with one mask for all steps of a row (Gal and Ghahramani 2016).
  double dropout = 0;
  double recurrentDropout = 0;
  // Layer normalisation inside the cell (Ba et al. 2016): of W_ih·x and of W_hh·h, each gate separately, with a gain
  // and a shift, and of an LSTM's cell on its way to the output.
  bool layerNorm = false;
  double epsilon = 1e-5;
  // The layer whose final states are its initial ones (a recurrent stack with the same states), or whose output of one
  // step is its initial h (one layer, h alone; c of an LSTM starts at zero). Empty: given from outside.
  std::string initialState = {};

  static constexpr auto fields() {
    return std::tuple{
        needed("features", &RecurrentOptions::features, WholeNumber{1, largestWidth}),
        needed("layers", &RecurrentOptions::layers, WholeNumber{1, mostLevels}),
        option("activation", &RecurrentOptions::activation, anyActivation),
        option("bias", &RecurrentOptions::bias, Flag{}),
        option("singleBias", &RecurrentOptions::singleBias, Flag{}),
        option("bidirectional", &RecurrentOptions::bidirectional, Flag{}),
        option("merge", &RecurrentOptions::merge, oneOf<Merge>({{"concat", Merge::concatenate}, {"sum", Merge::sum}})),
        option("dropout", &RecurrentOptions::dropout, dropRate),
        option("recurrentDropout", &RecurrentOptions::recurrentDropout, dropRate),
        option("layerNorm", &RecurrentOptions::layerNorm, Flag{}),
        option("epsilon", &RecurrentOptions::epsilon, positive),
        option("initialState", &RecurrentOptions::initialState, LayerName{})};
  }
};

}  // namespace unrolled

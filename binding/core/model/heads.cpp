#include "model/heads.h"

#include "losses/sampled_softmax.h"
#include "losses/softmax_cross_entropy.h"
#include "model/graph.h"
#include "model/graph_errors.h"

namespace unrolled {
namespace {

RankTable ranksOf(const LayerDescription& layer, const std::string& option) {
  if (!layer.ranks.empty() && !RankTable::isPermutation(layer.ranks, layer.features)) {
    throw impossible(option + ".ranks", "each whole number from 0 to " + std::to_string(layer.features - 1) + " once",
                     std::to_string(layer.ranks.size()) + " others");
  }
  return {layer.features, layer.ranks};
}

bool rises(const std::vector<Index>& cutoffs, Index classes) {
  Index before = 0;
  for (const Index cutoff : cutoffs) {
    if (cutoff <= before || cutoff >= classes) return false;
    before = cutoff;
  }
  return before > 0;
}

}  // namespace

void checkHead(const LayerDescription& layer, bool last, const std::string& option) {
  if (layer.kind == LayerKind::adaptiveSoftmax) {
    if (!last) throw impossible(option, "the last layer", "an adaptive softmax before others");
    return;
  }
  const bool linear = layer.kind == LayerKind::dense && layer.activationOrDefault() == Activation::linear;
  if (layer.samples != 0 && !(last && linear)) {
    throw impossible(option + ".samples", "left out but for a last, linear dense layer", std::to_string(layer.samples));
  }
  if (layer.samples == 0 && !layer.ranks.empty()) {
    throw impossible(option + ".ranks", "left out without samples", std::to_string(layer.ranks.size()) + " ranks");
  }
}

template <class T>
std::unique_ptr<ClassLoss<T>> crossEntropyOver(const Dense<T>& dense, const LayerDescription& layer, Index features,
                                               const std::string& option) {
  if (layer.samples == 0) {
    return std::make_unique<SoftmaxCrossEntropy<T>>(dense.weight(), dense.bias(), features, layer.features);
  }
  if (layer.samples < 0 || layer.samples > layer.features) {
    throw impossible(option + ".samples", "a whole number from 1 to " + std::to_string(layer.features),
                     std::to_string(layer.samples));
  }
  return std::make_unique<SampledSoftmax<T>>(dense.weight(), dense.bias(), features, ranksOf(layer, option),
                                             layer.samples);
}

template <class T>
std::unique_ptr<AdaptiveSoftmax<T>> makeAdaptiveSoftmax(ParameterList& parameters, const LayerDescription& layer,
                                                        Index features, const std::string& option) {
  if (!rises(layer.cutoffs, layer.features)) {
    throw impossible(option + ".cutoffs", "rising whole numbers from 1 to " + std::to_string(layer.features - 1),
                     std::to_string(layer.cutoffs.size()) + " that are not");
  }
  if (!(layer.divisor >= 1)) {
    throw impossible(option + ".divisor", "a number of at least 1", std::to_string(layer.divisor));
  }
  return std::make_unique<AdaptiveSoftmax<T>>(parameters, layer.name, features, ranksOf(layer, option),
                                              AdaptiveOptions{layer.cutoffs, layer.divisor, layer.bias});
}

template std::unique_ptr<ClassLoss<float>> crossEntropyOver<float>(const Dense<float>&, const LayerDescription&, Index,
                                                                   const std::string&);
template std::unique_ptr<ClassLoss<double>> crossEntropyOver<double>(const Dense<double>&, const LayerDescription&,
                                                                     Index, const std::string&);
template std::unique_ptr<AdaptiveSoftmax<float>> makeAdaptiveSoftmax<float>(ParameterList&, const LayerDescription&,
                                                                            Index, const std::string&);
template std::unique_ptr<AdaptiveSoftmax<double>> makeAdaptiveSoftmax<double>(ParameterList&, const LayerDescription&,
                                                                              Index, const std::string&);

}  // namespace unrolled

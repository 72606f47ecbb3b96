#include "losses/class_losses.h"

#include "layers/adaptive_softmax.h"
#include "layers/dense.h"
#include "losses/adaptive_cross_entropy.h"
#include "losses/sampled_softmax.h"
#include "losses/softmax_cross_entropy.h"

namespace unrolled {
namespace {

template <class T>
std::unique_ptr<ClassLoss<T>> crossEntropyOver(const Dense<T>& dense) {
  if (dense.activation() != Activation::linear) return nullptr;
  if (dense.ranks().has_value()) {
    return std::make_unique<SampledSoftmax<T>>(dense.weight(), dense.bias(), dense.features(), *dense.ranks(),
                                               dense.samples());
  }
  return std::make_unique<SoftmaxCrossEntropy<T>>(dense.weight(), dense.bias(), dense.features(), dense.classes());
}

}  // namespace

template <class T>
std::unique_ptr<ClassLoss<T>> crossEntropyOver(Layer<T>& layer) {
  if (const auto* const dense = dynamic_cast<const Dense<T>*>(&layer)) return crossEntropyOver(*dense);
  if (auto* const softmax = dynamic_cast<AdaptiveSoftmax<T>*>(&layer)) {
    return std::make_unique<AdaptiveCrossEntropy<T>>(*softmax);
  }
  return nullptr;
}

template std::unique_ptr<ClassLoss<float>> crossEntropyOver<float>(Layer<float>&);
template std::unique_ptr<ClassLoss<double>> crossEntropyOver<double>(Layer<double>&);

}  // namespace unrolled

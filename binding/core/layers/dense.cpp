#include "layers/dense.h"

#include <utility>

#include "layers/embedding.h"
#include "losses/sampled_softmax.h"
#include "losses/softmax_cross_entropy.h"

namespace unrolled {
namespace {

// What is only for a last, linear layer, or goes with another.
template <class T>
void requireHead(const Builder<T>& builder, const DenseOptions& options) {
  const std::optional<Index>& samples = options.samples;
  if (samples.has_value() && !(builder.last() && options.activation == Activation::linear)) {
    throw impossible(builder.where("samples"), "left out but for a last, linear dense layer", std::to_string(*samples));
  }
  if (samples.has_value() && *samples > options.features) {
    throw impossible(builder.where("samples"), "a whole number from 1 to " + std::to_string(options.features),
                     std::to_string(*samples));
  }
  if (!samples.has_value() && !options.ranks.empty()) {
    throw impossible(builder.where("ranks"), "left out without samples",
                     std::to_string(options.ranks.size()) + " ranks");
  }
}

template <class T>
std::optional<Weight<T>> sharedTable(const Builder<T>& builder, const DenseOptions& options, Index features) {
  if (options.tiedTo.empty()) return {};
  auto& embedding = builder.template require<Embedding>("tiedTo", "an embedding", options.tiedTo);
  if (embedding.vocabulary() != options.features || embedding.features() != features) {
    throw impossible(
        builder.where("tiedTo"),
        "an embedding of " + std::to_string(options.features) + " ids as vectors of " + std::to_string(features),
        inQuotes(options.tiedTo) + ", of " + std::to_string(embedding.vocabulary()) + " as " +
            std::to_string(embedding.features()));
  }
  return embedding.share();
}

// Exact, or of samples.
template <class T>
std::unique_ptr<ClassLoss<T>> crossEntropyOver(const Builder<T>& builder, const Dense<T>& dense,
                                               const DenseOptions& options, Index features) {
  if (!options.samples.has_value()) {
    return std::make_unique<SoftmaxCrossEntropy<T>>(dense.weight(), dense.bias(), features, options.features);
  }
  return std::make_unique<SampledSoftmax<T>>(dense.weight(), dense.bias(), features,
                                             rankTable(builder.where("ranks"), options.features, options.ranks),
                                             *options.samples);
}

}  // namespace

template <class T>
Flow DenseOptions::make(Builder<T>& builder, const Flow& input) const {
  requireHead(builder, *this);
  auto dense = std::make_unique<Dense<T>>(builder.parameters(), builder.name(), input.features, *this,
                                          sharedTable(builder, *this, input.features));
  if (activation == Activation::linear) {
    builder.setCrossEntropy(crossEntropyOver(builder, *dense, *this, input.features));
  }
  return builder.add(std::move(dense), input, input.vectors(features));
}

template Flow DenseOptions::make<float>(Builder<float>&, const Flow&) const;
template Flow DenseOptions::make<double>(Builder<double>&, const Flow&) const;

}  // namespace unrolled

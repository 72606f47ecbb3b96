#include "layers/dense.h"

#include <utility>

#include "layers/embedding.h"

namespace unrolled {
namespace {

// Checks options that are only for a last, linear layer, or that need another option.
template <class T>
void requireHead(const Builder<T>& builder, const DenseOptions& options) {
  const std::optional<Index>& samples = options.samples;
  if (samples.has_value() && !(builder.last() && options.activation == Activation::linear)) {
    throw impossible(builder.where("samples"), "left out unless the layer is dense, linear and the last",
                     std::to_string(*samples));
  }
  if (samples.has_value() && *samples > options.features) {
    throw impossible(builder.where("samples"), "a whole number from 1 to " + std::to_string(options.features),
                     std::to_string(*samples));
  }
  if (!samples.has_value() && !options.ranks.empty()) {
    throw impossible(builder.where("ranks"), "left out unless samples is given",
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

}  // namespace

template <class T>
Flow DenseOptions::make(Builder<T>& builder, const Flow& input) const {
  requireHead(builder, *this);
  auto dense = std::make_unique<Dense<T>>(builder.parameters(), builder.name(), input.features, *this,
                                          sharedTable(builder, *this, input.features));
  if (samples.has_value()) dense->sample(*samples, rankTable(builder.where("ranks"), features, ranks));
  return builder.add(std::move(dense), input, input.vectors(features));
}

template Flow DenseOptions::make<float>(Builder<float>&, const Flow&) const;
template Flow DenseOptions::make<double>(Builder<double>&, const Flow&) const;

}  // namespace unrolled

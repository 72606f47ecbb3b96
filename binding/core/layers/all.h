// The list of layers. A new layer is a new file, included here, and one entry of this list.
#pragma once

#include <string>
#include <tuple>
#include <variant>

#include "layers/activation.h"
#include "layers/adaptive_softmax.h"
#include "layers/attention.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/joining.h"
#include "layers/layer_norm.h"
#include "layers/pooling.h"
#include "layers/recurrent/gru.h"
#include "layers/recurrent/lstm.h"
#include "layers/recurrent/rnn.h"

namespace unrolled {

// In the order in which errors list their types.
using LayerList = std::tuple<EmbeddingOptions, OneHotOptions, RnnOptions, GruOptions, LstmOptions, PoolingOptions,
                             DenseOptions, ActivationOptions, DropoutOptions, LayerNormOptions, AttentionOptions,
                             ConcatenateOptions, AddOptions, AdaptiveSoftmaxOptions>;

template <class List>
struct VariantOf;
template <class... Options>
struct VariantOf<std::tuple<Options...>> {
  using Type = std::variant<Options...>;
};

// The options of any layer.
using LayerOptions = VariantOf<LayerList>::Type;

// Calls visit(options) for each layer, with its defaults.
template <class Visit>
void forEachLayer(Visit&& visit) {
  std::apply([&](const auto&... layer) { (visit(layer), ...); }, LayerList());
}

template <class Options>
constexpr bool isRecurrent = std::is_base_of_v<RecurrentOptions, Options>;

inline const char* typeOf(const LayerOptions& layer) {
  return std::visit([](const auto& options) { return options.type; }, layer);
}

// The layer of that type, with its defaults. Throws ERR_UNROLLED_OPTION_RANGE naming `option` if there is none.
LayerOptions layerOfType(const std::string& option, const std::string& type);

}  // namespace unrolled

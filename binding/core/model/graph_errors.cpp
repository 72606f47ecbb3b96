#include "model/graph_errors.h"

#include "layers/option_errors.h"

namespace unrolled {
namespace {

template <class Options>
std::string described(const std::string& name, const Options& options) {
  std::string text = inQuotes(name) + " (";
  if constexpr (isRecurrent<Options>) text += options.bidirectional ? "bidirectional " : "";
  text += Options::type;
  if constexpr (isRecurrent<Options>) {
    if (options.layers > 1) text += ", " + std::to_string(options.layers) + " layers";
  }
  if constexpr (requires { options.features; }) {
    if (options.features > 0) text += ", " + counted(options.features, "feature");
  }
  return text + ")";
}

}  // namespace

std::string described(const LayerDescription& layer) {
  return std::visit([&](const auto& options) { return described(layer.name, options); }, layer.options);
}

}  // namespace unrolled

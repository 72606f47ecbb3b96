#include "layers/all.h"

#include <optional>

#include "layers/option_errors.h"

namespace unrolled {

LayerOptions layerOfType(const std::string& option, const std::string& type) {
  std::optional<LayerOptions> found;
  std::string expected = "one of";
  forEachLayer([&](const auto& layer) {
    if (type == layer.type) found = layer;
    expected += std::string(" ") + layer.type;
  });
  if (!found.has_value()) throw impossible(option, expected, type);
  return *found;
}

}  // namespace unrolled

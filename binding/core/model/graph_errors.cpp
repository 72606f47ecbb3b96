#include "model/graph_errors.h"

#include <algorithm>
#include <cstddef>

#include "unreachable.h"

namespace unrolled {
namespace {

// More names than these are not read.
constexpr std::size_t mostNames = 24;

const char* kindOf(const LayerDescription& layer) {
  switch (layer.kind) {
    case LayerKind::embedding:
      return "embedding";
    case LayerKind::oneHot:
      return "oneHot";
    case LayerKind::rnn:
      return "rnn";
    case LayerKind::gru:
      return "gru";
    case LayerKind::lstm:
      return "lstm";
    case LayerKind::pooling:
      return "pooling";
    case LayerKind::dense:
      return "dense";
    case LayerKind::adaptiveSoftmax:
      return "adaptiveSoftmax";
    case LayerKind::activation:
      return "activation";
    case LayerKind::dropout:
      return "dropout";
    case LayerKind::layerNorm:
      return "layerNorm";
    case LayerKind::attention:
      return "attention";
    case LayerKind::concatenate:
      return "concatenate";
    case LayerKind::add:
      return "add";
  }
  unreachable();
}

// "1 feature", "2 features".
std::string counted(Index count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

// "a", "a and b", "a, b and c".
std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " and " : ", ";
    text += parts[i];
  }
  return text;
}

// The last of them, which stand the nearest.
std::string listed(const std::vector<std::string>& names) {
  const std::size_t first = names.size() > mostNames ? names.size() - mostNames : 0;
  std::string text = first > 0 ? "…, " : "";
  for (std::size_t i = first; i < names.size(); ++i) text += (i > first ? ", " : "") + inQuotes(names[i]);
  return text;
}

Error cannotStart(const std::string& option, const LayerDescription& layer, const std::string& from,
                  const std::string& why) {
  std::string expected = "a recurrent layer of its own kind, features, layers and directions";
  if (layer.layers == 1 && !layer.bidirectional) {
    expected += ", or from a layer with one step of " + counted(layer.features, "feature") +
                ": a pooling layer, with a dense one behind it where it has others";
  }
  return Error("ERR_UNROLLED_OPTION_RANGE",
               option + ": layer " + described(layer) + " cannot start from " + from + ": " + why,
               "It starts from " + expected + ".")
      .about(option, expected, from);
}

}  // namespace

Error impossible(const std::string& option, const std::string& expected, const std::string& received) {
  return Error::mustBe("ERR_UNROLLED_OPTION_RANGE", option, expected, received);
}

std::string inQuotes(const std::string& name) { return "\"" + name + "\""; }

std::string described(const LayerDescription& layer) {
  std::string text = inQuotes(layer.name) + " (" + (layer.bidirectional ? "bidirectional " : "") + kindOf(layer);
  if (layer.layers > 1) text += ", " + std::to_string(layer.layers) + " layers";
  if (layer.features > 0) text += ", " + counted(layer.features, "feature");
  return text + ")";
}

Error unknownName(const std::string& option, const std::string& expected, const std::string& name,
                  const std::string& remark, const std::vector<std::string>& there) {
  const std::string choice =
      there.empty() ? "There is none" : "There " + std::string(there.size() == 1 ? "is " : "are ");
  return Error::of("ERR_UNROLLED_OPTION_RANGE", option,
                   "must be " + expected + ", not " + inQuotes(name) + (remark.empty() ? "" : ", " + remark),
                   choice + listed(there) + ".")
      .about(option, expected, inQuotes(name));
}

Error otherStates(const std::string& option, const LayerDescription& layer, const LayerDescription& from) {
  std::vector<std::string> differing;
  const auto compare = [&](const char* what, const std::string& own, const std::string& other) {
    if (own != other) differing.push_back(std::string(what) + " (" + own + " and " + other + ")");
  };
  compare("kind", kindOf(layer), kindOf(from));
  compare("features", std::to_string(layer.features), std::to_string(from.features));
  compare("layers", std::to_string(layer.layers), std::to_string(from.layers));
  compare("directions", layer.bidirectional ? "both" : "one", from.bidirectional ? "both" : "one");
  return cannotStart(option, layer, described(from), "they differ in " + joined(differing));
}

Error otherStart(const std::string& option, const LayerDescription& layer, const std::string& from, Index features,
                 bool oneStep) {
  std::vector<std::string> faults;
  if (layer.layers != 1 || layer.bidirectional) {
    faults.emplace_back("an output starts only a single layer in one direction");
  }
  if (!oneStep) faults.emplace_back("that has an output at every step");
  if (oneStep && features != layer.features) {
    faults.push_back("that has " + counted(features, "feature") + " and not " + std::to_string(layer.features));
  }
  return cannotStart(option, layer, from, joined(faults));
}

}  // namespace unrolled

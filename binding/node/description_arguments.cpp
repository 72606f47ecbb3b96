#include "node/description_arguments.h"

#include <array>
#include <string>
#include <tuple>
#include <utility>

#include "node/arguments.h"

namespace unrolled::node {
namespace {

constexpr std::array<std::pair<const char*, LayerKind>, 14> layerKinds = {
    {{"embedding", LayerKind::embedding},
     {"oneHot", LayerKind::oneHot},
     {"rnn", LayerKind::rnn},
     {"gru", LayerKind::gru},
     {"lstm", LayerKind::lstm},
     {"pooling", LayerKind::pooling},
     {"dense", LayerKind::dense},
     {"activation", LayerKind::activation},
     {"dropout", LayerKind::dropout},
     {"layerNorm", LayerKind::layerNorm},
     {"attention", LayerKind::attention},
     {"concatenate", LayerKind::concatenate},
     {"add", LayerKind::add},
     {"adaptiveSoftmax", LayerKind::adaptiveSoftmax}}};

constexpr std::array<std::pair<const char*, PoolingKind>, 5> poolings = {{{"last", PoolingKind::last},
                                                                          {"sum", PoolingKind::sum},
                                                                          {"mean", PoolingKind::mean},
                                                                          {"max", PoolingKind::max},
                                                                          {"final", PoolingKind::final}}};

constexpr std::array<std::pair<const char*, Merge>, 2> merges = {{{"concat", Merge::concatenate}, {"sum", Merge::sum}}};

constexpr std::array<std::pair<const char*, Activation>, 4> activations = {{{"tanh", Activation::tanh},
                                                                            {"relu", Activation::relu},
                                                                            {"sigmoid", Activation::sigmoid},
                                                                            {"linear", Activation::linear}}};

constexpr std::array<std::pair<const char*, bool>, 2> scores = {{{"general", true}, {"dot", false}}};

template <class Value, std::size_t count>
Value choiceOr(Value otherwise, const char* name, const Napi::Value& value,
               const std::array<std::pair<const char*, Value>, count>& choices) {
  return value.IsUndefined() ? otherwise : choice(name, value, choices);
}

double numberOr(double otherwise, const char* name, const Napi::Value& value) {
  return value.IsUndefined() ? otherwise : number(name, value);
}

std::string textOrNone(const char* name, const Napi::Value& value) {
  return value.IsUndefined() ? std::string() : text(name, value);
}

void readRecurrent(const Napi::Object& from, LayerDescription& layer) {
  layer.layers = integer("layers", from.Get("layers"), 1, largestSafeInteger);
  layer.singleBias = flag("singleBias", from.Get("singleBias"), false);
  layer.bidirectional = flag("bidirectional", from.Get("bidirectional"), false);
  layer.merge = choiceOr(Merge::concatenate, "merge", from.Get("merge"), merges);
  layer.gateActivation = choiceOr(Activation::sigmoid, "gateActivation", from.Get("gateActivation"), activations);
  layer.resetAfter = flag("resetAfter", from.Get("resetAfter"), true);
  layer.dropout = numberOr(0, "dropout", from.Get("dropout"));
  layer.recurrentDropout = numberOr(0, "recurrentDropout", from.Get("recurrentDropout"));
  layer.layerNorm = flag("layerNorm", from.Get("layerNorm"), false);
  layer.initialState = textOrNone("initialState", from.Get("initialState"));
  layer.untransposedGradient = flag("untransposedGradient", from.Get("untransposedGradient"), false);
}

std::vector<TokenId> ranks(const Napi::Object& from) {
  const std::vector<Index> given = integers("ranks", from.Get("ranks"), 0, largestSize);
  std::vector<TokenId> result;
  result.reserve(given.size());
  for (const Index rank : given) result.push_back(static_cast<TokenId>(rank));
  return result;
}

LayerDescription layerDescription(const Napi::Value& value) {
  const Napi::Object from = object("layers", value);
  LayerDescription layer;
  layer.kind = choice("type", from.Get("type"), layerKinds);
  layer.name = text("name", from.Get("name"));
  layer.from = names("from", from.Get("from"));
  layer.bias = flag("bias", from.Get("bias"), true);
  if (!from.Get("activation").IsUndefined()) {
    layer.activation = choice("activation", from.Get("activation"), activations);
  }
  layer.epsilon = numberOr(layer.epsilon, "epsilon", from.Get("epsilon"));
  const auto features = [&] { return integer("features", from.Get("features"), 1, largestSafeInteger); };
  switch (layer.kind) {
    case LayerKind::embedding:
      layer.features = features();
      break;
    case LayerKind::rnn:
    case LayerKind::gru:
    case LayerKind::lstm:
      layer.features = features();
      readRecurrent(from, layer);
      break;
    case LayerKind::pooling:
      layer.pooling = choice("pooling", from.Get("pooling"), poolings);
      break;
    case LayerKind::dense:
      layer.features = features();
      layer.tiedTo = textOrNone("tiedTo", from.Get("tiedTo"));
      if (!from.Get("samples").IsUndefined()) layer.samples = integer("samples", from.Get("samples"), 1, largestSize);
      layer.ranks = ranks(from);
      break;
    case LayerKind::adaptiveSoftmax:
      layer.features = features();
      layer.bias = flag("bias", from.Get("bias"), false);
      layer.cutoffs = integers("cutoffs", from.Get("cutoffs"), 1, largestSize);
      layer.divisor = numberOr(layer.divisor, "divisor", from.Get("divisor"));
      layer.ranks = ranks(from);
      break;
    case LayerKind::activation:
      layer.activation = choice("activation", from.Get("activation"), activations);
      break;
    case LayerKind::dropout:
      layer.dropout = number("rate", from.Get("rate"));
      break;
    case LayerKind::attention:
      layer.general = choiceOr(true, "score", from.Get("score"), scores);
      break;
    case LayerKind::oneHot:
    case LayerKind::layerNorm:
    case LayerKind::concatenate:
    case LayerKind::add:
      break;  // no options of their own
  }
  return layer;
}

// The kind and the size of an input.
std::pair<InputKind, Index> inputDescription(const char* name, const Napi::Value& value) {
  constexpr std::array<std::pair<const char*, InputKind>, 2> kinds = {
      {{"ids", InputKind::ids}, {"features", InputKind::features}}};
  const Napi::Object from = object(name, value);
  const InputKind kind = choice("input.kind", from.Get("kind"), kinds);
  return {kind, kind == InputKind::ids ? integer("input.vocabulary", from.Get("vocabulary"), 1, largestSafeInteger)
                                       : integer("input.features", from.Get("features"), 1, largestSafeInteger)};
}

Initializer initializer(const Napi::Value& value) {
  using Kind = Initializer::Kind;
  constexpr std::array<std::pair<const char*, Kind>, 10> kinds = {{{"default", Kind::byDefault},
                                                                   {"normal", Kind::normal},
                                                                   {"uniform", Kind::uniform},
                                                                   {"constant", Kind::constant},
                                                                   {"identity", Kind::identity},
                                                                   {"orthogonal", Kind::orthogonal},
                                                                   {"xavier-uniform", Kind::xavierUniform},
                                                                   {"xavier-normal", Kind::xavierNormal},
                                                                   {"kaiming-uniform", Kind::kaimingUniform},
                                                                   {"kaiming-normal", Kind::kaimingNormal}}};
  const Napi::Object from = object("initializer", value);
  Initializer result;
  result.kind = choice("initializer.kind", from.Get("kind"), kinds);
  if (result.kind != Kind::byDefault) result.scale = number("initializer.scale", from.Get("scale"));
  return result;
}

}  // namespace

ModelDescription modelDescription(const Napi::Value& value) {
  const Napi::Object from = object("description", value);
  ModelDescription description;
  std::tie(description.input, description.inputSize) = inputDescription("input", from.Get("input"));
  if (!from.Get("source").IsUndefined()) {
    std::tie(description.source, description.sourceSize) = inputDescription("source", from.Get("source"));
  }
  const Napi::Value layers = from.Get("layers");
  if (!layers.IsArray()) throw wrongType("layers", "an array", layers);
  const auto list = layers.As<Napi::Array>();
  for (std::uint32_t index = 0; index < list.Length(); ++index) {
    description.layers.push_back(layerDescription(list.Get(index)));
  }
  return description;
}

std::vector<Initializer> initializers(const Napi::Value& value, Index parameters) {
  if (!value.IsArray()) {
    std::vector<Initializer> same(static_cast<std::size_t>(parameters), initializer(value));
    return same;
  }
  const auto list = value.As<Napi::Array>();
  requireSize("initializers", parameters, list.Length());
  std::vector<Initializer> result;
  result.reserve(list.Length());
  for (std::uint32_t index = 0; index < list.Length(); ++index) result.push_back(initializer(list.Get(index)));
  return result;
}

}  // namespace unrolled::node

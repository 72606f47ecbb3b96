#include "node/description_arguments.h"

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "node/arguments.h"

namespace unrolled::node {
namespace {

// The value of an option that is there. Whether it may be that value the core says, which knows the layer.
void read(const char* name, const Napi::Value& value, const WholeNumber& /*kind*/, Index& into) {
  into = integer(name, value, -largestSafeInteger, largestSafeInteger);
}

void read(const char* name, const Napi::Value& value, const WholeNumber& kind, std::optional<Index>& into) {
  read(name, value, kind, into.emplace());
}

void read(const char* name, const Napi::Value& value, const RealNumber& /*kind*/, double& into) {
  into = number(name, value);
}

void read(const char* name, const Napi::Value& value, const Flag& /*kind*/, bool& into) {
  into = flag(name, value, into);
}

template <class Value, std::size_t count>
void read(const char* name, const Napi::Value& value, const Choice<Value, count>& kind, Value& into) {
  into = choice(name, value, kind.choices);
}

void read(const char* name, const Napi::Value& value, const LayerName& /*kind*/, std::string& into) {
  into = text(name, value);
}

template <class Number>
void read(const char* name, const Napi::Value& value, const WholeNumbers& kind, std::vector<Number>& into) {
  for (const Index given : integers(name, value, kind.least, kind.most)) into.push_back(static_cast<Number>(given));
}

template <class Options>
void readOptions(const Napi::Object& from, Options& options) {
  forEachField<Options>([&](const auto& field) {
    const Napi::Value value = from.Get(field.name);
    if (field.needed || !value.IsUndefined()) read(field.name, value, field.kind, options.*field.member);
  });
}

LayerDescription layerDescription(const Napi::Value& value) {
  const Napi::Object from = object("layers", value);
  LayerDescription layer;
  layer.name = text("name", from.Get("name"));
  layer.from = names("from", from.Get("from"));
  layer.options = layerOfType("type", text("type", from.Get("type")));
  std::visit([&](auto& options) { readOptions(from, options); }, layer.options);
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

#include "node/schema.h"

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/base/unreachable.h"
#include "core/layers/all.h"
#include "core/optimizers/all.h"

namespace unrolled::node {
namespace {

const char* nameOf(Reads reads) {
  switch (reads) {
    case Reads::ids:
      return "ids";
    case Reads::sequence:
      return "sequence";
    case Reads::vectors:
      return "vectors";
    case Reads::pair:
      return "pair";
    case Reads::several:
      return "several";
  }
  unreachable();
}

void setBound(Napi::Object& option, const char* name, const std::optional<double>& bound) {
  if (bound.has_value()) option.Set(name, *bound);
}

// The kind of an option's values, its bounds, and what it is where nobody says it.
void describe(Napi::Object& option, const WholeNumber& kind) {
  option.Set("kind", "integer");
  option.Set("min", static_cast<double>(kind.least));
  option.Set("max", static_cast<double>(kind.most));
}

void describe(Napi::Object& option, const WholeNumber& kind, Index otherwise) {
  describe(option, kind);
  option.Set("default", static_cast<double>(otherwise));
}

void describe(Napi::Object& option, const WholeNumber& kind, const std::optional<Index>& /*otherwise*/) {
  describe(option, kind);
}

void describe(Napi::Object& option, const RealNumber& kind, double otherwise) {
  option.Set("kind", "number");
  setBound(option, "min", kind.least);
  setBound(option, "above", kind.above);
  setBound(option, "below", kind.below);
  option.Set("default", otherwise);
}

void describe(Napi::Object& option, const Flag& /*kind*/, bool otherwise) {
  option.Set("kind", "flag");
  option.Set("default", otherwise);
}

template <class Value, std::size_t count>
void describe(Napi::Object& option, const Choice<Value, count>& kind, Value otherwise) {
  option.Set("kind", "choice");
  Napi::Array names = Napi::Array::New(option.Env());
  for (const auto& [name, value] : kind.choices) {
    names.Set(names.Length(), name);
    if (value == otherwise) option.Set("default", name);
  }
  option.Set("choices", names);
}

void describe(Napi::Object& option, const LayerName& /*kind*/, const std::string& /*otherwise*/) {
  option.Set("kind", "layer");
}

template <class Number>
void describe(Napi::Object& option, const WholeNumbers& kind, const std::vector<Number>& /*otherwise*/) {
  describe(option, WholeNumber{kind.least, kind.most});
  option.Set("kind", "integers");
}

template <class Options>
Napi::Object layerType(Napi::Env env, const Options& options) {
  Napi::Object layer = Napi::Object::New(env);
  layer.Set("type", Options::type);
  layer.Set("reads", nameOf(Options::reads));
  if constexpr (isRecurrent<Options>) layer.Set("gates", static_cast<double>(Options::gates));
  Napi::Array fields = Napi::Array::New(env);
  forEachField<Options>([&](const auto& field) {
    Napi::Object option = Napi::Object::New(env);
    option.Set("name", field.name);
    option.Set("needed", field.needed);
    describe(option, field.kind, options.*field.member);
    if (field.needed) option.Delete("default");
    fields.Set(fields.Length(), option);
  });
  layer.Set("options", fields);
  return layer;
}

}  // namespace

Napi::Value layerSchema(Napi::Env env) {
  Napi::Array layers = Napi::Array::New(env);
  forEachLayer([&](const auto& options) { layers.Set(layers.Length(), layerType(env, options)); });
  return layers;
}

Napi::Value optimizerSchema(Napi::Env env) {
  Napi::Array optimizers = Napi::Array::New(env);
  const auto slots = forEachOptimizer([](auto optimizer) { return decltype(optimizer)::slots; });
  for (const auto& [name, kind] : optimizerNames) {
    Napi::Object optimizer = Napi::Object::New(env);
    optimizer.Set("kind", name);
    optimizer.Set("slots", static_cast<double>(slots[static_cast<std::size_t>(kind)]));
    Napi::Object hyperparameters = Napi::Object::New(env);
    for (const auto& [hyperparameter, usual] : hyperparametersOf(kind)) hyperparameters.Set(hyperparameter, usual);
    optimizer.Set("hyperparameters", hyperparameters);
    optimizers.Set(optimizers.Length(), optimizer);
  }
  return optimizers;
}

}  // namespace unrolled::node

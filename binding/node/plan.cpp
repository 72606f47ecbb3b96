#include "node/plan.h"

namespace unrolled::node {
namespace {

// A list of what `entry` makes of each element, from the first of a part on.
template <class Element, class Entry>
Napi::Array listOf(Napi::Env env, const std::vector<Element>& elements, const ListPart& part, Entry&& entry) {
  Napi::Array list = Napi::Array::New(env, part.count);
  for (std::size_t i = 0; i < part.count; ++i) {
    list.Set(static_cast<std::uint32_t>(i), entry(elements[part.first + i]));
  }
  return list;
}

template <class Element, class Entry>
Napi::Array listOf(Napi::Env env, const std::vector<Element>& elements, Entry&& entry) {
  return listOf(env, elements, {0, elements.size()}, entry);
}

Napi::Value layerToJavaScript(Napi::Env env, const ModelPlan& plan, const LayerPlan& layer) {
  const auto name = [&](const std::string& text) { return Napi::String::New(env, text); };
  const auto size = [&](Index value) { return Napi::Number::New(env, static_cast<double>(value)); };
  Napi::Object value = Napi::Object::New(env);
  value.Set("name", layer.name);
  value.Set("from", listOf(env, layer.from, name));
  value.Set("inputs", listOf(env, layer.inputs, size));
  value.Set("features", size(layer.features));
  value.Set("once", layer.once);
  value.Set("ofSource", layer.ofSource);
  value.Set("parameters", listOf(env, plan.parameters, layer.parameters, [&](const Parameter& parameter) {
              Napi::Object entry = Napi::Object::New(env);
              entry.Set("name", parameter.name);
              entry.Set("shape", listOf(env, parameter.shape, size));
              return entry;
            }));
  value.Set("states", listOf(env, plan.states, layer.states, [&](const StateInfo& state) {
              Napi::Object entry = Napi::Object::New(env);
              entry.Set("name", state.name);
              entry.Set("features", size(state.features));
              return entry;
            }));
  return value;
}

}  // namespace

Napi::Value planToJavaScript(Napi::Env env, const ModelPlan& plan) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("layers",
            listOf(env, plan.layers, [&](const LayerPlan& layer) { return layerToJavaScript(env, plan, layer); }));
  value.Set("features", static_cast<double>(plan.features));
  value.Set("once", plan.once);
  return value;
}

}  // namespace unrolled::node

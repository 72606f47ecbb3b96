#include "model/plan.h"

#include <utility>

#include "model/graph.h"

namespace unrolled {

ModelPlan planOf(const ModelDescription& description) {
  ParameterList parameters;
  Graph<float> graph = buildGraph<float>(description, parameters);
  ModelPlan plan;
  plan.layers = std::move(graph.layers);
  plan.parameters = parameters.all();
  plan.states = std::move(graph.states);
  plan.features = graph.outputFeatures;
  plan.once = plan.layers.back().once;
  return plan;
}

}  // namespace unrolled

// A loss of values: its gradients against central differences, and its result with and without them.
#pragma once

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "../support.h"
#include "base/workspace.h"
#include "losses/value_losses.h"

namespace unrolled::test {

template <class T>
struct LossOutcome {
  LossResult result;
  std::vector<T> gradient;
};

template <class T>
LossOutcome<T> evaluateLoss(LossKind kind, const std::vector<T>& outputs, const std::vector<T>& targets, Index features,
                            double scale = 1, int threadCount = 1) {
  const Index positions = static_cast<Index>(outputs.size()) / features;
  const ValueLosses<T> losses(features);
  ValueLoss<T>& loss = losses.of(kind);
  Workspace workspace;
  workspace.bind([&](Arena& arena) { loss.layOut(arena, {positions, 1, true}); });
  const ParameterList none;
  ParameterBuffers<T> buffers(none);
  const Parallel parallel = threads(threadCount);
  const Pass<T> pass{buffers, parallel, {}};
  T* gradient = nullptr;
  LossOutcome<T> outcome;
  outcome.result =
      loss.lossAndGradients(outputs.data(), positions, targets.data(), static_cast<T>(scale), pass, &gradient);
  outcome.gradient.assign(gradient, gradient + outputs.size());
  const LossResult alone = loss.loss(outputs.data(), positions, targets.data(), pass);
  CHECK(sameBits(&alone.sum, &outcome.result.sum, 1));
  CHECK(alone.correct == outcome.result.correct);
  return outcome;
}

// The gradient of float64 against central differences, and that of float32 against it.
inline void checkLossGradient(LossKind kind, const std::vector<double>& targets, Index features) {
  std::vector<double> outputs = normals<double>(static_cast<Index>(targets.size()), 1, 2);
  const double scale = 0.3;
  const std::vector<double> gradient = evaluateLoss(kind, outputs, targets, features, scale).gradient;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const double kept = outputs[i];
    outputs[i] = kept + 1e-5;
    const double above = evaluateLoss(kind, outputs, targets, features).result.sum;
    outputs[i] = kept - 1e-5;
    const double below = evaluateLoss(kind, outputs, targets, features).result.sum;
    outputs[i] = kept;
    CHECK(std::abs(gradient[i] - scale * (above - below) / 2e-5) < 1e-8);
  }
  const std::vector<float> narrowOutputs(outputs.begin(), outputs.end());
  const std::vector<float> narrowTargets(targets.begin(), targets.end());
  const LossOutcome<float> narrow = evaluateLoss(kind, narrowOutputs, narrowTargets, features, scale);
  CHECK(largestError(narrow.gradient, std::vector<float>(gradient.begin(), gradient.end())) < 1e-6);
}

}  // namespace unrolled::test

// The fused, chunked head against the plain computation that holds all logits.

#include "losses/softmax_cross_entropy.h"

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/reference.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

struct Plain {
  double loss = 0;
  std::vector<double> inputGradient;   // [P, F]
  std::vector<double> weightGradient;  // [V, F]
  std::vector<double> biasGradient;    // [V]
};

// Of scale·Σ over positions, from weight [V, F] and bias [V], all in float64.
Plain plainly(Index positions, Index features, Index classes, const std::vector<double>& input,
              const std::vector<double>& weight, const std::vector<double>& bias, const std::vector<TokenId>& targets,
              double scale) {
  Plain result;
  result.inputGradient.resize(asSize(positions * features));
  result.weightGradient.resize(asSize(classes * features));
  result.biasGradient.resize(asSize(classes));
  std::vector<double> logits(asSize(classes));
  for (Index p = 0; p < positions; ++p) {
    const double* x = input.data() + p * features;
    for (Index v = 0; v < classes; ++v) {
      logits[asSize(v)] = bias[asSize(v)];
      for (Index f = 0; f < features; ++f) logits[asSize(v)] += x[f] * weight[asSize(v * features + f)];
    }
    double highest = logits[0];
    for (const double logit : logits) highest = std::max(highest, logit);
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit - highest);
    const TokenId target = targets[asSize(p)];
    result.loss += std::log(sum) + highest - logits[static_cast<std::size_t>(target)];
    for (Index v = 0; v < classes; ++v) {
      const double gradient = scale * (std::exp(logits[asSize(v)] - highest) / sum - (v == target ? 1 : 0));
      result.biasGradient[asSize(v)] += gradient;
      for (Index f = 0; f < features; ++f) {
        result.weightGradient[asSize(v * features + f)] += gradient * x[f];
        result.inputGradient[asSize(p * features + f)] += gradient * weight[asSize(v * features + f)];
      }
    }
  }
  return result;
}

template <class T>
std::vector<double> widened(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE_TEMPLATE("the chunked head equals the plain one", T, float, double) {
  struct Shape {
    Index positions;
    Index classes;
    Index features;
  };
  // One chunk; several, of unequal length too (18000 float64 logits are 144 kB a row); by narrow products and by GEMM.
  for (const Shape shape : {Shape{12, 5, 3}, Shape{1, 9000, 3}, Shape{300, 18000, 3}, Shape{257, 18000, 3},
                            Shape{9, 5, 20}, Shape{1, 9000, 17}, Shape{150, 18000, 17}}) {
    CAPTURE(shape.positions);
    CAPTURE(shape.classes);
    const Index features = shape.features;
    const double scale = 1.5;
    ModelDescription description;
    description.input = InputKind::features;
    description.inputSize = features;
    description.layers.push_back({LayerKind::dense, "head", shape.classes});
    Model<T> model(description);
    model.initialize({}, 3);

    const std::vector<T> input = normals<T>(shape.positions * features, 1);
    const std::vector<TokenId> targets = randomIds(shape.positions, shape.classes, 2);
    InputGradients<T> inputs;
    const Batch<T> batch{shape.positions, 1, nullptr, input.data()};
    const double loss =
        model.lossAndGradients(batch, targets.data(), static_cast<T>(scale), nullptr, nullptr, threads(2), {}, &inputs)
            .sum;

    const std::vector<double> weights = widened(weightsOf(model));
    const std::ptrdiff_t split = shape.classes * features;
    const Plain expected =
        plainly(shape.positions, features, shape.classes, widened(input), {weights.begin(), weights.begin() + split},
                {weights.begin() + split, weights.end()}, targets, scale);
    const double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-13;  // sums of up to 300 terms in T
    CHECK(std::abs(loss / expected.loss - 1) <= tolerance);
    CHECK(model.loss(batch, targets.data(), nullptr, threads(1)).sum == loss);
    const std::vector<double> gradients = widened(gradientsOf(model));
    CHECK(largestError<double>({gradients.begin(), gradients.begin() + split}, expected.weightGradient) <= tolerance);
    CHECK(largestError<double>({gradients.begin() + split, gradients.end()}, expected.biasGradient) <= tolerance);
    CHECK(largestError<double>({inputs.input, inputs.input + input.size()}, expected.inputGradient) <= tolerance);
  }
}

TEST_CASE("chunks keep the memory of the logits bounded") {
  constexpr Index positions = 4096;
  constexpr Index classes = 20000;
  ModelDescription description;
  description.input = InputKind::features;
  description.inputSize = 2;
  description.layers.push_back({LayerKind::dense, "head", classes});
  Model<float> model(description);
  SoftmaxCrossEntropy<float> crossEntropy(0, 1, 2, classes);
  Arena arena(nullptr);
  crossEntropy.layOut(arena, {positions, 1, true});
  CHECK(arena.used() < positions * classes * sizeof(float) / 20);
}

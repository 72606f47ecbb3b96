// The fused, chunked head against the plain computation that holds all logits.

#include "losses/softmax_cross_entropy.h"

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/row_math.h"
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

// A model that is a head alone.
ModelDescription headOf(Index features, Index classes) {
  ModelDescription description;
  description.input = InputKind::features;
  description.inputSize = features;
  description.layers.push_back(layer("dense", "head", classes));
  return description;
}

// [positions, features]: the first feature 1, the others 0.
std::vector<float> firstFeatures(Index positions, Index features) {
  std::vector<float> input(asSize(positions * features));
  for (Index position = 0; position < positions; ++position) input[asSize(position * features)] = 1;
  return input;
}

// Loss and gradients of such a model.
template <class T>
struct HeadPass {
  HeadPass(Index positions, Index features, Index classes, bool bias, int threadCount)
      : input(normals<T>(positions * features, 1)), targets(randomIds(positions, classes, 2)) {
    ModelDescription description = headOf(features, classes);
    as<DenseOptions>(description.layers.back()).bias = bias;
    Model<T> model(description);
    model.initialize({}, 3);
    InputGradients<T> gradients;
    const Batch<T> batch{positions, 1, nullptr, input.data()};
    loss =
        model.lossAndGradients(batch, targets.data(), T(1.5), nullptr, nullptr, threads(threadCount), {}, &gradients);
    lossAlone = model.loss(batch, targets.data(), nullptr, threads(1));
    weights = weightsOf(model);
    gradient = gradientsOf(model);
    inputGradient.assign(gradients.input, gradients.input + input.size());
  }

  std::vector<T> input;
  std::vector<TokenId> targets;
  std::vector<T> weights;
  LossResult loss;
  LossResult lossAlone;
  std::vector<T> gradient;       // of weight and bias
  std::vector<T> inputGradient;  // [P, F]
};

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
  // One chunk; several, of unequal length too (18000 float64 logits are 144 kB a row); by narrow products and by rows.
  // By blocks of classes: the least; around the bounds of blocks, panels and slices; with several chunks.
  for (const Shape shape : {Shape{12, 5, 3}, Shape{1, 9000, 3}, Shape{300, 18000, 3}, Shape{257, 18000, 3},
                            Shape{9, 5, 20}, Shape{1, 9000, 17}, Shape{47, 1024, 17}, Shape{48, 1024, 17},
                            Shape{49, 1025, 17}, Shape{97, 2001, 33}, Shape{64, 4321, 130}, Shape{700, 18001, 17}}) {
    CAPTURE(shape.positions);
    CAPTURE(shape.classes);
    const Index features = shape.features;
    const double scale = 1.5;
    const HeadPass<T> pass(shape.positions, features, shape.classes, true, 2);

    const std::vector<double> weights = widened(pass.weights);
    const std::ptrdiff_t split = shape.classes * features;
    const Plain expected = plainly(shape.positions, features, shape.classes, widened(pass.input),
                                   {weights.begin(), weights.begin() + split}, {weights.begin() + split, weights.end()},
                                   pass.targets, scale);
    const double tolerance = sizeof(T) == 4 ? 4e-6 : 1e-13;
    CHECK(std::abs(pass.loss.sum / expected.loss - 1) <= tolerance);
    CHECK(pass.lossAlone.sum == pass.loss.sum);
    CHECK(pass.lossAlone.correct == pass.loss.correct);
    const std::vector<double> gradients = widened(pass.gradient);
    CHECK(largestError<double>({gradients.begin(), gradients.begin() + split}, expected.weightGradient) <= tolerance);
    CHECK(largestError<double>({gradients.begin() + split, gradients.end()}, expected.biasGradient) <= tolerance);
    CHECK(largestError<double>(widened(pass.inputGradient), expected.inputGradient) <= tolerance);
  }
}

TEST_CASE_TEMPLATE("a head by blocks of classes is that by OpenBLAS, with the same bits for any number of threads", T,
                   float, double) {
  struct Shape {
    Index positions;
    Index classes;
    Index features;
  };
  for (const Shape shape : {Shape{50, 1100, 27}, Shape{333, 8005, 70}, Shape{100, 2500, 600}}) {
    CAPTURE(shape.classes);
    for (const bool bias : {false, true}) {
      const HeadPass<T> pass(shape.positions, shape.features, shape.classes, bias, 1);
      const auto byBlas = [&] {
        const BlasAlone blas;
        return HeadPass<T>(shape.positions, shape.features, shape.classes, bias, 1);
      }();
      const double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-13;
      CHECK(std::abs(pass.loss.sum / byBlas.loss.sum - 1) <= tolerance);
      CHECK(pass.loss.correct == byBlas.loss.correct);
      CHECK(pass.lossAlone.sum == pass.loss.sum);
      CHECK(largestError(pass.gradient, byBlas.gradient) <= tolerance);
      CHECK(largestError(pass.inputGradient, byBlas.inputGradient) <= tolerance);
      CHECK_FALSE(sameBits(pass.gradient, byBlas.gradient));  // another order of the sums: it is another way
      for (const int threadCount : {2, 3, 8}) {
        const HeadPass<T> other(shape.positions, shape.features, shape.classes, bias, threadCount);
        CHECK(other.loss.sum == pass.loss.sum);
        CHECK(sameBits(other.gradient, pass.gradient));
        CHECK(sameBits(other.inputGradient, pass.inputGradient));
      }
    }
  }
}

TEST_CASE_TEMPLATE("a loss alone after one with gradients stays in the same workspace", T, float, double) {
  // Of so many positions, either would be cut into another number of chunks by its own needs.
  const HeadPass<T> pass(12400, 17, 1024, true, 1);
  CHECK(std::isfinite(pass.loss.sum));
  CHECK(pass.lossAlone.sum == pass.loss.sum);
  CHECK(pass.lossAlone.correct == pass.loss.correct);
}

TEST_CASE("of equal logits the first is the likeliest, in whichever block it stands") {
  constexpr Index features = 17;  // not narrow
  constexpr Index classes = 3000;
  Model<float> model(headOf(features, classes));
  const std::vector<float> input = firstFeatures(64, features);
  for (const Index first : {Index{0}, Index{1}, Index{479}, Index{480}, Index{2500}}) {
    CAPTURE(first);
    float* weights = model.buffers().change();
    std::fill_n(weights, (features + 1) * classes, 0.0F);
    for (const Index at : {first, first + 7, Index{2600}}) weights[at * features] = 2;
    const auto correct = [&](Index target) {
      const std::vector<TokenId> targets(64, static_cast<TokenId>(target));
      return model.loss({64, 1, nullptr, input.data()}, targets.data(), nullptr, threads(1)).correct;
    };
    CHECK(correct(first) == 64);
    CHECK(correct(first + 7) == 0);
    CHECK(correct(2600) == 0);
  }
}

TEST_CASE("a weight that is not finite shows in the loss of a head by blocks") {
  constexpr Index features = 17;  // not narrow
  constexpr Index classes = 2000;
  Model<float> model(headOf(features, classes));
  const std::vector<float> input = firstFeatures(64, features);
  const std::vector<TokenId> targets(64, 3);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    for (const Index at : {Index{0}, Index{7}, Index{1999}}) {
      model.initialize({}, 1);
      model.buffers().change()[at * features] = bad;
      CHECK_FALSE(std::isfinite(model.loss({64, 1, nullptr, input.data()}, targets.data(), nullptr, threads(1)).sum));
    }
  }
}

TEST_CASE("a head's memory is bounded, however large the logits") {
  struct Shape {
    Index positions;
    Index classes;
    Index features;
  };
  for (const Shape shape : {Shape{2048, 8000, 512}, Shape{512, 74000, 128}, Shape{512, 74000, 512},
                            Shape{50000, 2000, 64}, Shape{40000, 65, 128}}) {
    CAPTURE(shape.classes);
    CAPTURE(shape.features);
    SoftmaxCrossEntropy<float> crossEntropy(0, 1, shape.features, shape.classes);
    Arena arena(nullptr);
    crossEntropy.layOut(arena, {shape.positions, 1, true});
    const auto inputGradient = static_cast<std::size_t>(shape.positions * shape.features) * sizeof(float);
    CHECK(arena.used() - inputGradient < std::size_t{64} << 20U);
  }
}

TEST_CASE("a head takes one position at least, however many the classes") {
  for (const Index classes : {Index{1} << 24U, Index{1} << 27U}) {
    SoftmaxCrossEntropy<float> crossEntropy(0, 1, 64, classes);
    Arena arena(nullptr);
    crossEntropy.layOut(arena, {1, 1, false});
    CHECK(arena.used() >= static_cast<std::size_t>(classes) * sizeof(float));
  }
}

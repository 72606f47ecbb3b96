#include "optimizers/optimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "error.h"

namespace unrolled {
namespace {

// By how much a sound array may be beyond its bound: a sum in T may be rounded up at each step, by as much again.
constexpr double rounding = 4;

// The largest size, or not-a-number where one is.
template <class T>
double largest(const T* values, Index count) {
  double size = 0;
  for (Index i = 0; i < count; ++i) {
    const double other = std::abs(static_cast<double>(values[i]));
    size = other <= size || std::isnan(size) ? size : other;
  }
  return size;
}

template <class T>
double largest(const std::vector<T>& values) {
  return largest(values.data(), static_cast<Index>(values.size()));
}

}  // namespace

template <class T>
Optimizer<T>::Optimizer(const OptimizerOptions& options, Index parameters)
    : options_(options), parameters_(parameters) {
  const auto size = static_cast<std::size_t>(parameters);
  if (options.kind != OptimizerKind::sgd) state_.first.resize(size);
  if (options.kind == OptimizerKind::rmsprop || options.kind == OptimizerKind::adam ||
      options.kind == OptimizerKind::adamw) {
    state_.second.resize(size);
  }
}

template <class T>
double Optimizer<T>::nextVelocity(double gradientNorm) const {
  const double fresh = options_.kind == OptimizerKind::rmsprop ? 1 / std::sqrt(1 - options_.alpha) : gradientNorm;
  return options_.momentum * state_.velocityBound + fresh;
}

template <class T>
double Optimizer<T>::largestUpdate(double gradientNorm, double velocity) const {
  switch (options_.kind) {
    case OptimizerKind::sgd:
      return options_.learningRate * gradientNorm;
    case OptimizerKind::momentum:
    case OptimizerKind::rmsprop:
      return options_.learningRate * velocity;
    case OptimizerKind::adagrad:
      return options_.learningRate;
    case OptimizerKind::adagradAbsolute:
      return options_.learningRate * std::sqrt(gradientNorm);
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      break;
  }
  // |m| / √s is at most √Σ(weights of m)² / (weights of s), by Cauchy and Schwarz, and 1 at the first step.
  return options_.learningRate / (1 - options_.beta1) / std::sqrt(1 - options_.beta2);
}

template <class T>
double Optimizer<T>::growth() const {
  // A decay so large that weights change their sign, and may grow.
  return options_.kind == OptimizerKind::adamw
             ? std::max(1.0, std::abs(1 - options_.learningRate * options_.weightDecay))
             : 1.0;
}

template <class T>
double Optimizer<T>::measured(const T* weights) const {
  return std::sqrt(kernels<T>().sumOfSquares(parameters_, weights));
}

template <class T>
bool Optimizer<T>::staysFinite(const T* weights, double gradientNorm) {
  constexpr double largest = std::numeric_limits<T>::max();
  // The adaptive kinds square it.
  const bool squares = options_.kind != OptimizerKind::sgd && options_.kind != OptimizerKind::momentum &&
                       options_.kind != OptimizerKind::adagradAbsolute;
  const bool sums = options_.kind == OptimizerKind::adagrad || options_.kind == OptimizerKind::adagradAbsolute;
  // Before anything divides it, the kernels take the rate, corrected for Adam, times the gradient.
  const bool corrected = options_.kind == OptimizerKind::adam || options_.kind == OptimizerKind::adamw;
  const double rate = corrected ? options_.learningRate / (1 - options_.beta1) : options_.learningRate;
  const auto bounded = [&] {
    const double gradient = gradientNorm + options_.weightDecay * state_.weightBound;
    const double velocity = nextVelocity(gradient);
    const double weight = growth() * state_.weightBound + largestUpdate(gradient, velocity);
    // Sums only grow, by the gradient's size or its square.
    const double sum = sums ? state_.sumBound + (squares ? gradient * gradient : gradient) : 0;
    const bool finite = weight < largest && velocity < largest && sum < largest && rate < largest &&
                        rate * gradient < largest && (squares ? gradient * gradient : gradient) < largest;
    if (finite) {
      state_.weightBound = weight;
      state_.velocityBound = velocity;
      state_.sumBound = sum;
    }
    return finite;
  };
  const auto measure = [&] { state_.weightBound = measured(weights); };
  if (state_.weightBound == 0) measure();
  if (bounded()) return true;
  // The bounds only grow from step to step: look at the weights and the sums themselves.
  measure();
  if (sums) state_.sumBound = unrolled::largest(state_.first);
  return bounded();
}

template <class T>
bool Optimizer<T>::keepsUntouched() const {
  return options_.weightDecay == 0 && (options_.kind == OptimizerKind::sgd || options_.kind == OptimizerKind::adagrad ||
                                       options_.kind == OptimizerKind::adagradAbsolute);
}

template <class T>
void Optimizer<T>::restore(OptimizerState<T> state) {
  if (state.first.size() != state_.first.size() || state.second.size() != state_.second.size()) {
    throw Error("ERR_UNROLLED_MODEL_MISMATCH",
                "The state to go on from has optimiser arrays of " + std::to_string(state.first.size()) + " and " +
                    std::to_string(state.second.size()) + " elements; this training's have " +
                    std::to_string(state_.first.size()) + " and " + std::to_string(state_.second.size()) + ".")
        .about("resume", "the state of a training of the same model and optimiser", "another");
  }
  state_ = std::move(state);
  requireBounds();
}

template <class T>
void Optimizer<T>::requireBounds() const {
  const auto require = [](const std::vector<T>& values, double bound) {
    if (largest(values) <= rounding * bound) return;
    throw Error("ERR_UNROLLED_OPTION_RANGE", "resume.bounds must not be below what the optimiser's arrays have.")
        .about("resume.bounds", "at least " + std::to_string(largest(values)), std::to_string(bound));
  };
  switch (options_.kind) {
    case OptimizerKind::sgd:
      return;
    case OptimizerKind::momentum:
      return require(state_.first, state_.velocityBound);
    case OptimizerKind::rmsprop:
      return require(state_.second, state_.velocityBound);
    case OptimizerKind::adagrad:
    case OptimizerKind::adagradAbsolute:
      return require(state_.first, state_.sumBound);
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      return requireMoments();
  }
}

template <class T>
void Optimizer<T>::requireMoments() const {
  const double beta1 = options_.beta1;
  const double beta2 = options_.beta2;
  // Else the first moment may outlive the second.
  if (beta1 * beta1 >= beta2) return;
  // By Cauchy and Schwarz, as both are sums over the same gradients.
  const double most = rounding * (1 - beta1) / std::sqrt((1 - beta2) * (1 - beta1 * beta1 / beta2));
  // The square of a gradient below it may have been no number of T.
  const double least = std::sqrt(static_cast<double>(std::numeric_limits<T>::min()) / (1 - beta2));
  for (std::size_t i = 0; i < state_.first.size(); ++i) {
    const double first = std::abs(static_cast<double>(state_.first[i]));
    if (first <= most * std::sqrt(static_cast<double>(state_.second[i])) + least) continue;
    throw Error("ERR_UNROLLED_OPTION_RANGE", "resume.slots[1] must have second moments that go with the first.")
        .about("resume.slots[1]", "moments of the same gradients", std::to_string(state_.second[i]));
  }
}

template <class T>
void Optimizer<T>::restoreWeights(const T* weights) {
  if (state_.weightBound == 0) return;  // a new training looks at them anyway
  if (!(largest(weights, parameters_) <= rounding * state_.weightBound)) forgetWeights();
}

template <class T>
void Optimizer<T>::step(const GradientTiles& tiles, T* weights, const T* gradients, double gradientScale,
                        const Parallel& parallel) {
  ++state_.steps;
  const auto time = static_cast<double>(state_.steps);
  UpdateConstants<T> constants;
  constants.gradientScale = static_cast<T>(gradientScale);
  constants.learningRate = static_cast<T>(options_.learningRate);
  constants.weightDecay = static_cast<T>(options_.weightDecay);
  constants.momentum = static_cast<T>(options_.momentum);
  constants.alpha = static_cast<T>(options_.alpha);
  constants.beta1 = static_cast<T>(options_.beta1);
  constants.beta2 = static_cast<T>(options_.beta2);
  constants.alphaRest = static_cast<T>(1 - options_.alpha);
  constants.beta1Rest = static_cast<T>(1 - options_.beta1);
  constants.beta2Rest = static_cast<T>(1 - options_.beta2);
  constants.epsilon = static_cast<T>(options_.epsilon);
  const bool corrected = options_.kind == OptimizerKind::adam || options_.kind == OptimizerKind::adamw;
  constants.correction1 = corrected ? static_cast<T>(1 - std::pow(options_.beta1, time)) : T(1);
  constants.correction2 = corrected ? static_cast<T>(std::sqrt(1 - std::pow(options_.beta2, time))) : T(1);

  const KernelTable<T>& kernel = kernels<T>();
  const auto update = [&](Index begin, Index count) {
    const T* g = gradients + begin;
    T* w = weights + begin;
    // Null where the kind keeps none.
    T* first = state_.first.empty() ? nullptr : state_.first.data() + begin;
    T* second = state_.second.empty() ? nullptr : state_.second.data() + begin;
    switch (options_.kind) {
      case OptimizerKind::sgd:
        return kernel.sgd(count, constants, g, w);
      case OptimizerKind::momentum:
        return kernel.momentum(count, constants, g, first, w);
      case OptimizerKind::adagrad:
        return kernel.adagrad(count, constants, g, first, w);
      case OptimizerKind::adagradAbsolute:
        return kernel.adagradAbsolute(count, constants, g, first, w);
      case OptimizerKind::rmsprop:
        return kernel.rmsprop(count, constants, g, first, second, w);
      case OptimizerKind::adam:
        return kernel.adam(count, constants, g, first, second, w);
      case OptimizerKind::adamw:
        return kernel.adamw(count, constants, g, first, second, w);
    }
  };
  parallel.forEach(tiles.count(),
                   [&](Index index) noexcept { tiles.all()[static_cast<std::size_t>(index)].forRuns(update); });
}

template <class T>
void clipByValue(const GradientTiles& tiles, T* gradients, double limit, const Parallel& parallel) {
  parallel.forEach(tiles.count(), [&](Index index) noexcept {
    tiles.all()[static_cast<std::size_t>(index)].forRuns(
        [&](Index begin, Index count) { kernels<T>().clamp(count, static_cast<T>(limit), gradients + begin); });
  });
}

template <class T>
double gradientNorm(const GradientTiles& tiles, const T* gradients, std::vector<double>& partials,
                    const Parallel& parallel) {
  partials.reserve(tiles.all().capacity());
  partials.assign(tiles.all().size(), 0);
  parallel.forEach(tiles.count(), [&](Index index) noexcept {
    const auto tile = static_cast<std::size_t>(index);
    tiles.all()[tile].forRuns(
        [&](Index begin, Index count) { partials[tile] += kernels<T>().sumOfSquares(count, gradients + begin); });
  });
  double sum = 0;
  for (const double partial : partials) sum += partial;
  return std::sqrt(sum);
}

template class Optimizer<float>;
template class Optimizer<double>;
template void clipByValue<float>(const GradientTiles&, float*, double, const Parallel&);
template void clipByValue<double>(const GradientTiles&, double*, double, const Parallel&);
template double gradientNorm<float>(const GradientTiles&, const float*, std::vector<double>&, const Parallel&);
template double gradientNorm<double>(const GradientTiles&, const double*, std::vector<double>&, const Parallel&);

}  // namespace unrolled

#include "optimizers/optimizer.h"

#include <cmath>
#include <limits>

namespace unrolled {
namespace {

// Parameters of a tile.
constexpr Index grain = Index{1} << 15U;

}  // namespace

template <class T>
Optimizer<T>::Optimizer(const OptimizerOptions& options, Index parameters)
    : options_(options), parameters_(parameters) {
  const auto size = static_cast<std::size_t>(parameters);
  if (options.kind != OptimizerKind::sgd) first_.resize(size);
  if (options.kind == OptimizerKind::rmsprop || options.kind == OptimizerKind::adam ||
      options.kind == OptimizerKind::adamw) {
    second_.resize(size);
  }
}

template <class T>
double Optimizer<T>::nextVelocity(double gradientNorm) const {
  const double fresh = options_.kind == OptimizerKind::rmsprop ? 1 / std::sqrt(1 - options_.alpha) : gradientNorm;
  return options_.momentum * velocityBound_ + fresh;
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
bool Optimizer<T>::staysFinite(const T* weights, double gradientNorm) {
  constexpr double largest = std::numeric_limits<T>::max();
  // The adaptive kinds square it.
  const bool squares = options_.kind != OptimizerKind::sgd && options_.kind != OptimizerKind::momentum &&
                       options_.kind != OptimizerKind::adagradAbsolute;
  // Before anything divides it, the kernels take the rate, corrected for Adam, times the gradient.
  const bool corrected = options_.kind == OptimizerKind::adam || options_.kind == OptimizerKind::adamw;
  const double rate = corrected ? options_.learningRate / (1 - options_.beta1) : options_.learningRate;
  const auto bounded = [&] {
    const double gradient = gradientNorm + options_.weightDecay * weightBound_;
    const double velocity = nextVelocity(gradient);
    const double weight = weightBound_ + largestUpdate(gradient, velocity);
    const bool finite = weight < largest && velocity < largest && rate < largest && rate * gradient < largest &&
                        (squares ? gradient * gradient : gradient) < largest;
    if (finite) {
      weightBound_ = weight;
      velocityBound_ = velocity;
    }
    return finite;
  };
  const auto measure = [&] { weightBound_ = std::sqrt(kernels<T>().sumOfSquares(parameters_, weights)); };
  if (weightBound_ == 0) measure();
  if (bounded()) return true;
  // The bound only grows from step to step: look at the weights themselves.
  measure();
  return bounded();
}

template <class T>
void Optimizer<T>::step(T* weights, const T* gradients, double gradientScale, const Parallel& parallel) {
  ++steps_;
  const auto time = static_cast<double>(steps_);
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
  constants.correction1 = static_cast<T>(1 - std::pow(options_.beta1, time));
  constants.correction2 = static_cast<T>(std::sqrt(1 - std::pow(options_.beta2, time)));

  const KernelTable<T>& kernel = kernels<T>();
  parallel.forRange(parameters_, grain, [&](Index begin, Index end) noexcept {
    const Index count = end - begin;
    const T* g = gradients + begin;
    T* w = weights + begin;
    T* first = first_.data() + begin;
    T* second = second_.data() + begin;
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
  });
}

template <class T>
void clipByValue(T* gradients, Index count, double limit, const Parallel& parallel) {
  parallel.forRange(count, grain, [&](Index begin, Index end) noexcept {
    kernels<T>().clamp(end - begin, static_cast<T>(limit), gradients + begin);
  });
}

Index normTiles(Index count) { return (count + grain - 1) / grain; }

template <class T>
double gradientNorm(const T* gradients, Index count, double* partials, const Parallel& parallel) {
  parallel.forRange(count, grain, [&](Index begin, Index end) noexcept {
    partials[begin / grain] = kernels<T>().sumOfSquares(end - begin, gradients + begin);
  });
  double sum = 0;
  for (Index tile = 0; tile < normTiles(count); ++tile) sum += partials[tile];
  return std::sqrt(sum);
}

template class Optimizer<float>;
template class Optimizer<double>;
template void clipByValue<float>(float*, Index, double, const Parallel&);
template void clipByValue<double>(double*, Index, double, const Parallel&);
template double gradientNorm<float>(const float*, Index, double*, const Parallel&);
template double gradientNorm<double>(const double*, Index, double*, const Parallel&);

}  // namespace unrolled

#include "optimizers/optimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "kernels/kernel_table.h"
#include "optimizers/updates.h"

namespace unrolled {
namespace {

template <class T>
struct StepArrays {
  const GradientTiles& tiles;
  const Parallel& parallel;
  const T* gradients;
  T* weights;
  T* first;  // null where the optimiser has no such slot
  T* second;
};

template <class T>
void updateAll(Update<T> update, const void* constants, const StepArrays<T>& arrays) {
  const auto updateRun = [&](Index begin, Index count) {
    T* first = arrays.first == nullptr ? nullptr : arrays.first + begin;
    T* second = arrays.second == nullptr ? nullptr : arrays.second + begin;
    update(count, constants, arrays.gradients + begin, arrays.weights + begin, first, second);
  };
  const std::vector<GradientTile>& tiles = arrays.tiles.all();
  arrays.parallel.forEach(arrays.tiles.count(),
                          [&](Index index) noexcept { tiles[static_cast<std::size_t>(index)].forRuns(updateRun); });
}

template <class T, class Kind>
void stepOf(const OptimizerStep& step, Update<T> update, const StepArrays<T>& arrays) {
  const typename Kind::template Constants<T> constants(step);
  updateAll(update, &constants, arrays);
}

// What the file of an optimiser says of it.
template <class T>
struct Facts {
  Index slots;
  bool squaresGradient;
  bool sums;
  bool keepsUntouched;
  double (*largestRate)(const OptimizerSettings& settings);
  double (*velocityBound)(const OptimizerSettings& settings, double before, double gradientNorm);
  double (*largestUpdate)(const OptimizerSettings& settings, double gradientNorm, double velocity);
  double (*growth)(const OptimizerSettings& settings);
  void (*requireSound)(const OptimizerSettings& settings, const OptimizerState<T>& state);
  double (*carried)(const OptimizerSettings& settings, double before, double step);
  void (*step)(const OptimizerStep& step, Update<T> update, const StepArrays<T>& arrays);
};

template <class T>
const Facts<T>& factsOf(OptimizerKind kind) {
  static constexpr auto facts = forEachOptimizer([](auto optimizer) {
    using Kind = decltype(optimizer);
    return Facts<T>{.slots = Kind::slots,
                    .squaresGradient = Kind::squaresGradient,
                    .sums = Kind::sums,
                    .keepsUntouched = Kind::keepsUntouched,
                    .largestRate = Kind::largestRate,
                    .velocityBound = Kind::velocityBound,
                    .largestUpdate = Kind::largestUpdate,
                    .growth = Kind::growth,
                    .requireSound = Kind::template requireSound<T>,
                    .carried = Kind::carried,
                    .step = stepOf<T, Kind>};
  });
  return facts[static_cast<std::size_t>(kind)];
}

}  // namespace

template <class T>
Optimizer<T>::Optimizer(const OptimizerOptions& options, Index parameters)
    : options_(options), parameters_(parameters) {
  const auto size = static_cast<std::size_t>(parameters);
  const Index slots = factsOf<T>(options.kind).slots;
  if (slots > 0) state_.first.resize(size);
  if (slots > 1) state_.second.resize(size);
}

template <class T>
double Optimizer<T>::measured(const T* weights) const {
  return std::sqrt(kernels<T>().sumOfSquares(parameters_, weights));
}

template <class T>
bool Optimizer<T>::staysFinite(const T* weights, double gradientNorm) {
  constexpr double largest = std::numeric_limits<T>::max();
  const Facts<T>& facts = factsOf<T>(options_.kind);
  const double rate = facts.largestRate(options_);
  const auto bounded = [&] {
    const double gradient = gradientNorm + options_.weightDecay * state_.weightBound;
    const double velocity = facts.velocityBound(options_, state_.velocityBound, gradient);
    const double weight =
        facts.growth(options_) * state_.weightBound + facts.largestUpdate(options_, gradient, velocity);
    const double taken = facts.squaresGradient ? gradient * gradient : gradient;
    const double sum = facts.sums ? state_.sumBound + taken : 0;
    const bool finite = weight < largest && velocity < largest && sum < largest && rate < largest &&
                        rate * gradient < largest && taken < largest;
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
  if (facts.sums) state_.sumBound = largestSize(state_.first.data(), parameters_);
  return bounded();
}

template <class T>
bool Optimizer<T>::keepsUntouched() const {
  return options_.weightDecay == 0 && factsOf<T>(options_.kind).keepsUntouched;
}

template <class T>
void Optimizer<T>::restore(OptimizerState<T> state) {
  if (state.first.size() != state_.first.size() || state.second.size() != state_.second.size()) {
    throw Error("ERR_UNROLLED_MODEL_MISMATCH",
                "The state to go on from has optimiser arrays of " + std::to_string(state.first.size()) + " and " +
                    std::to_string(state.second.size()) + " elements; this training's have " +
                    std::to_string(state_.first.size()) + " and " + std::to_string(state_.second.size()))
        .about("resume", "the state of a training of the same model and optimiser", "another");
  }
  state_ = std::move(state);
  factsOf<T>(options_.kind).requireSound(options_, state_);
}

template <class T>
void Optimizer<T>::restoreWeights(const T* weights) {
  if (state_.weightBound == 0) return;  // a new training looks at them anyway
  if (!(largestSize(weights, parameters_) <= stateRounding * state_.weightBound)) forgetWeights();
}

template <class T>
void Optimizer<T>::step(const GradientTiles& tiles, T* weights, const T* gradients, double gradientScale,
                        const Parallel& parallel) {
  const Facts<T>& facts = factsOf<T>(options_.kind);
  const auto number = static_cast<double>(++state_.steps);
  state_.carried = facts.carried(options_, state_.carried, number);
  const OptimizerStep step{
      .settings = options_, .number = number, .carried = state_.carried, .gradientScale = gradientScale};
  const auto slot = [](std::vector<T>& values) { return values.empty() ? nullptr : values.data(); };
  facts.step(step, updates<T>()[static_cast<std::size_t>(options_.kind)],
             {.tiles = tiles,
              .parallel = parallel,
              .gradients = gradients,
              .weights = weights,
              .first = slot(state_.first),
              .second = slot(state_.second)});
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

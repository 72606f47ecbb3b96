#include "optimizers/optimizer_state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "base/error.h"

namespace unrolled {
namespace {

template <class Values>
auto find(Values& values, std::string_view name) {
  return std::find_if(values.begin(), values.end(), [name](const auto& entry) { return entry.first == name; });
}

}  // namespace

double OptimizerSettings::get(std::string_view name) const {
  const auto found = find(others_, name);
  if (found == others_.end()) throw std::out_of_range("the optimiser has no value of " + std::string(name));
  return found->second;
}

void OptimizerSettings::set(std::string_view name, double value) {
  const auto found = find(others_, name);
  if (found == others_.end()) {
    others_.emplace_back(name, value);
  } else {
    found->second = value;
  }
}

template <class T>
double largestSize(const T* values, Index count) {
  double size = 0;
  for (Index i = 0; i < count; ++i) {
    const double other = std::abs(static_cast<double>(values[i]));
    size = other <= size || std::isnan(size) ? size : other;
  }
  return size;
}

template <class T>
void requireWithin(const std::vector<T>& values, double bound) {
  const double size = largestSize(values.data(), static_cast<Index>(values.size()));
  if (size <= stateRounding * bound) return;
  throw Error::of("ERR_UNROLLED_OPTION_RANGE", "resume.bounds", "must not be below what the optimiser's arrays have")
      .about("resume.bounds", "at least " + std::to_string(size), std::to_string(bound));
}

template <class T>
void requireMoments(const OptimizerSettings& settings, const OptimizerState<T>& state) {
  const double beta1 = settings.get("beta1");
  const double beta2 = settings.get("beta2");
  // Else the first moment may outlive the second.
  if (beta1 * beta1 >= beta2) return;
  // By Cauchy and Schwarz, as both are sums over the same gradients.
  const double most = stateRounding * (1 - beta1) / std::sqrt((1 - beta2) * (1 - beta1 * beta1 / beta2));
  // The square of a gradient below it may have been no number of T.
  const double least = std::sqrt(static_cast<double>(std::numeric_limits<T>::min()) / (1 - beta2));
  for (std::size_t i = 0; i < state.first.size(); ++i) {
    const double first = std::abs(static_cast<double>(state.first[i]));
    if (first <= most * std::sqrt(static_cast<double>(state.second[i])) + least) continue;
    throw Error::of("ERR_UNROLLED_OPTION_RANGE", "resume.slots[1]", "must have second moments that go with the first")
        .about("resume.slots[1]", "moments of the same gradients", std::to_string(state.second[i]));
  }
}

template double largestSize<float>(const float*, Index);
template double largestSize<double>(const double*, Index);
template void requireWithin<float>(const std::vector<float>&, double);
template void requireWithin<double>(const std::vector<double>&, double);
template void requireMoments<float>(const OptimizerSettings&, const OptimizerState<float>&);
template void requireMoments<double>(const OptimizerSettings&, const OptimizerState<double>&);

}  // namespace unrolled

#include "inference/scoring.h"

#include <algorithm>
#include <numeric>

#include "base/floating_point_mode.h"
#include "inference/log_softmax.h"
#include "inference/prompts.h"

namespace unrolled {
namespace {

// Logits of a window, and its time steps.
constexpr Index windowLogits = Index{1} << 20U;
constexpr Index longestWindow = 128;

// Logits whose exponentials make a task worth handing out.
constexpr Index grainLogits = 4096;

}  // namespace

template <class T>
Scoring scoreStream(Model<T>& model, const std::vector<TokenId>& ids, Index first, const Parallel& parallel,
                    const std::function<bool()>& proceed) {
  const FloatingPointMode mode;
  const Index classes = model.outputFeatures();
  const Index window = std::clamp(windowLogits / classes, Index{1}, longestWindow);
  const Index inputs = static_cast<Index>(ids.size()) - 1;
  std::vector<T> states(static_cast<std::size_t>(model.stateSize(1)));
  Scoring result;
  result.logProbabilities.resize(static_cast<std::size_t>(std::max<Index>(0, inputs + 1 - first)));
  for (Index begin = 0; begin < inputs; begin += window) {
    result.cancelled = !proceed();
    if (result.cancelled) break;
    const Index time = std::min(window, inputs - begin);
    const Sequence<T> output = model.forward({time, 1, ids.data() + begin, nullptr}, states.data(), parallel);

    // Step t of the window predicts token begin + t + 1; those before `first` are fed alone.
    const Index unscored = std::clamp(first - 1 - begin, Index{0}, time);
    const Index count = time - unscored;
    if (count == 0) continue;
    double* scores = result.logProbabilities.data() + (begin + unscored + 1 - first);
    parallel.forRange(count, std::max<Index>(1, grainLogits / classes), [&](Index from, Index end) noexcept {
      for (Index i = from; i < end; ++i) {
        const T* logits = output.data + (unscored + i) * classes;
        const TokenId target = ids[static_cast<std::size_t>(begin + unscored + i + 1)];
        scores[i] = static_cast<double>(logits[target]) - logSumExp(logits, classes);
      }
    });
    std::for_each(scores, scores + count, requireFiniteOutput);
  }
  return result;
}

template <class T>
NextTokens likeliestNext(Model<T>& model, const std::vector<TokenId>& ids, Index count, const Parallel& parallel,
                         const std::function<bool()>& proceed) {
  const FloatingPointMode mode;
  const Index classes = model.outputFeatures();
  std::vector<T> state(static_cast<std::size_t>(model.stateSize(1)));
  std::vector<T> logits(static_cast<std::size_t>(classes));
  const Prompts prompts{ids, {0, static_cast<Index>(ids.size())}};
  NextTokens result;
  result.cancelled = !feedPrompts(model, prompts, state.data(), logits.data(), parallel, proceed);
  if (result.cancelled) return result;
  const double logSum = logSumExp(logits.data(), classes);
  requireFiniteOutput(logSum);

  result.ids.resize(static_cast<std::size_t>(classes));
  std::iota(result.ids.begin(), result.ids.end(), TokenId{0});
  const Index kept = std::min(count, classes);
  std::partial_sort(result.ids.begin(), result.ids.begin() + kept, result.ids.end(), [&logits](TokenId a, TokenId b) {
    const T first = logits[static_cast<std::size_t>(a)];
    const T second = logits[static_cast<std::size_t>(b)];
    return first > second || (first == second && a < b);
  });
  result.ids.resize(static_cast<std::size_t>(kept));
  for (const TokenId id : result.ids) {
    result.logProbabilities.push_back(static_cast<double>(logits[static_cast<std::size_t>(id)]) - logSum);
  }
  return result;
}

template Scoring scoreStream<float>(Model<float>&, const std::vector<TokenId>&, Index, const Parallel&,
                                    const std::function<bool()>&);
template Scoring scoreStream<double>(Model<double>&, const std::vector<TokenId>&, Index, const Parallel&,
                                     const std::function<bool()>&);
template NextTokens likeliestNext<float>(Model<float>&, const std::vector<TokenId>&, Index, const Parallel&,
                                         const std::function<bool()>&);
template NextTokens likeliestNext<double>(Model<double>&, const std::vector<TokenId>&, Index, const Parallel&,
                                          const std::function<bool()>&);

}  // namespace unrolled

#include "inference/prompts.h"

#include <algorithm>
#include <numeric>

#include "inference/state_rows.h"

namespace unrolled {
namespace {

// Positions of a window over all rows, and time steps of a row.
constexpr Index windowPositions = 512;
constexpr Index longestPromptWindow = 64;

}  // namespace

template <class T>
bool feedPrompts(Model<T>& model, const Prompts& prompts, T* states, T* logits, const Parallel& parallel,
                 const std::function<bool()>& proceed) {
  const std::vector<Index> widths = stateWidths(model);
  const Index stateSize = model.stateSize(1);
  const Index classes = model.outputFeatures();
  // By falling length, as SequenceLayout requires: rows that have ended come last.
  std::vector<Index> order(static_cast<std::size_t>(prompts.count()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&prompts](Index a, Index b) { return prompts.length(a) > prompts.length(b); });
  const Index window = std::clamp(windowPositions / prompts.count(), Index{1}, longestPromptWindow);

  std::vector<TokenId> ids;
  std::vector<Index> starts;
  std::vector<T> flat;
  const Index longest = prompts.length(order.front());
  for (Index begin = 0; begin < longest; begin += window) {
    if (!proceed()) return false;
    const auto hasStep = [&](Index row, Index step) { return prompts.length(row) > step; };
    while (!hasStep(order.back(), begin)) order.pop_back();
    const auto rows = static_cast<Index>(order.size());
    const Index time = std::min(window, longest - begin);

    ids.clear();
    starts.assign(1, 0);
    for (Index t = 0; t < time; ++t) {
      for (const Index row : order) {
        if (!hasStep(row, begin + t)) break;
        ids.push_back(
            prompts.ids[static_cast<std::size_t>(prompts.offsets[static_cast<std::size_t>(row)] + begin + t)]);
      }
      starts.push_back(static_cast<Index>(ids.size()));
    }
    flat.resize(static_cast<std::size_t>(rows * stateSize));
    for (Index i = 0; i < rows; ++i) {
      const T* state = states + order[static_cast<std::size_t>(i)] * stateSize;
      copyStateRow(widths, state, 1, 0, flat.data(), rows, i);
    }

    const bool even = static_cast<Index>(ids.size()) == time * rows;
    const Sequence<T> output = model.forward({time, rows, ids.data(), nullptr, even ? nullptr : starts.data()},
                                             flat.data(), parallel, {}, true);

    for (Index i = 0; i < rows; ++i) {
      const Index row = order[static_cast<std::size_t>(i)];
      copyStateRow(widths, flat.data(), rows, i, states + row * stateSize, 1, 0);
      const Index last = prompts.length(row) - 1 - begin;
      if (last >= time) continue;
      const Index position = starts[static_cast<std::size_t>(last)] + i;
      std::copy_n(output.data + position * classes, classes, logits + row * classes);
    }
  }
  return true;
}

template bool feedPrompts<float>(Model<float>&, const Prompts&, float*, float*, const Parallel&,
                                 const std::function<bool()>&);
template bool feedPrompts<double>(Model<double>&, const Prompts&, double*, double*, const Parallel&,
                                  const std::function<bool()>&);

}  // namespace unrolled

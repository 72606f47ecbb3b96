#include "inference/generation.h"

#include <chrono>
#include <utility>

#include "base/floating_point_mode.h"
#include "inference/state_rows.h"

namespace unrolled {

template <class T>
RowsGeneration<T> generateRows(Model<T>& model, const Prompts& prompts, std::vector<T> states,
                               const std::vector<RowOptions>& options, const std::vector<TokenId>& excluded,
                               TokenId end, const Parallel& parallel, const std::function<bool()>& proceed) {
  const FloatingPointMode mode;
  const auto start = std::chrono::steady_clock::now();
  const Index batch = prompts.count();
  const Index classes = model.outputFeatures();
  const Index stateSize = model.stateSize(1);
  const std::vector<Index> widths = stateWidths(model);
  Sampler sampler(excluded, classes);

  RowsGeneration<T> result;
  result.ids.resize(static_cast<std::size_t>(batch));
  result.states = std::move(states);
  result.states.resize(static_cast<std::size_t>(batch * stateSize));
  std::vector<T> first(static_cast<std::size_t>(batch * classes));
  result.cancelled = !feedPrompts(model, prompts, result.states.data(), first.data(), parallel, proceed);
  if (result.cancelled) return result;

  // The rows that continue, by the caller's numbers, and their states as passes want them.
  std::vector<Index> rows;
  for (Index row = 0; row < batch; ++row) {
    if (options[static_cast<std::size_t>(row)].count > 0) rows.push_back(row);
  }
  const auto drawing = static_cast<Index>(rows.size());
  std::vector<T> flat(static_cast<std::size_t>(drawing * stateSize));
  for (Index i = 0; i < drawing; ++i) {
    const T* state = result.states.data() + rows[static_cast<std::size_t>(i)] * stateSize;
    copyStateRow(widths, state, 1, 0, flat.data(), drawing, i);
  }
  const auto keepStates = [&] {
    const auto live = static_cast<Index>(rows.size());
    for (Index i = 0; i < live; ++i) {
      T* state = result.states.data() + rows[static_cast<std::size_t>(i)] * stateSize;
      copyStateRow(widths, flat.data(), live, i, state, 1, 0);
    }
  };

  const T* logits = nullptr;  // of the rows that continue; before the first pass, of all
  std::vector<TokenId> drawn;
  std::vector<Index> kept;
  for (Index position = 0; !rows.empty(); ++position) {
    drawn.clear();
    kept.clear();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(rows[i]);
      const RowOptions& own = options[row];
      const T* ofRow = logits == nullptr ? first.data() + rows[i] * classes : logits + static_cast<Index>(i) * classes;
      const Index ofText = own.position + position;
      const TokenId id = own.isConstrained(ofText) ? sampler.draw(ofRow, own.bias.empty() ? nullptr : own.bias.data(),
                                                                  ofText < own.leastLength ? end : -1, own, ofText)
                                                   : sampler.draw(ofRow, own, ofText);
      result.ids[row].push_back(id);
      if (id == end || position + 1 == own.count) continue;
      kept.push_back(static_cast<Index>(i));
      drawn.push_back(id);
    }
    if (kept.size() < rows.size()) {
      keepStates();
      flat = takeStateRows(widths, flat, static_cast<Index>(rows.size()), kept);
      for (Index& row : kept) row = rows[static_cast<std::size_t>(row)];
      rows = kept;
    }
    if (rows.empty()) break;
    result.cancelled = !proceed();
    if (result.cancelled) break;
    const auto live = static_cast<Index>(rows.size());
    logits = model.forward({1, live, drawn.data(), nullptr}, flat.data(), parallel, {}, true).data;
  }
  keepStates();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

template <class T>
Generation<T> generate(Model<T>& model, const std::vector<TokenId>& ids, std::vector<T> state, Index count,
                       const SamplingOptions& options, const Parallel& parallel, const std::function<bool()>& proceed) {
  const Prompts prompts{ids, {0, static_cast<Index>(ids.size())}};
  RowsGeneration<T> rows = generateRows(model, prompts, std::move(state), {RowOptions{options, count, 0, {}}},
                                        options.excluded, options.end, parallel, proceed);
  return {std::move(rows.ids.front()), std::move(rows.states), rows.cancelled};
}

template RowsGeneration<float> generateRows<float>(Model<float>&, const Prompts&, std::vector<float>,
                                                   const std::vector<RowOptions>&, const std::vector<TokenId>&, TokenId,
                                                   const Parallel&, const std::function<bool()>&);
template RowsGeneration<double> generateRows<double>(Model<double>&, const Prompts&, std::vector<double>,
                                                     const std::vector<RowOptions>&, const std::vector<TokenId>&,
                                                     TokenId, const Parallel&, const std::function<bool()>&);
template Generation<float> generate<float>(Model<float>&, const std::vector<TokenId>&, std::vector<float>, Index,
                                           const SamplingOptions&, const Parallel&, const std::function<bool()>&);
template Generation<double> generate<double>(Model<double>&, const std::vector<TokenId>&, std::vector<double>, Index,
                                             const SamplingOptions&, const Parallel&, const std::function<bool()>&);

}  // namespace unrolled

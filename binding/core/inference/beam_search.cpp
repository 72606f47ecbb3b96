#include "inference/beam_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include "base/floating_point_mode.h"
#include "inference/log_softmax.h"
#include "inference/prompts.h"
#include "inference/state_rows.h"

namespace unrolled {
namespace {

constexpr Index none = -1;

// One token of a continuation, with the one before it: continuations that begin alike share their beginning.
struct Node {
  Index before = none;
  TokenId id = 0;
};

// A continuation that is followed.
struct Beam {
  Index node = none;
  double logProbability = 0;
  double bias = 0;
  std::string tail;  // of its text, for stop strings
};

// A beam with one more token.
struct Candidate {
  double rank = 0;  // logProbability + bias
  double logProbability = 0;
  double bias = 0;
  Index parent = 0;
  TokenId id = 0;

  bool operator<(const Candidate& other) const {
    return std::tuple(-rank, parent, id) < std::tuple(-other.rank, other.parent, other.id);
  }
};

class Search {
 public:
  Search(const BeamOptions& options, Index vocabulary) : options_(options), vocabulary_(vocabulary), live_(1) {
    for (TokenId id = 0; id < vocabulary; ++id) {
      const auto& excluded = options.excluded;
      if (std::find(excluded.begin(), excluded.end(), id) == excluded.end()) allowed_.push_back(id);
    }
    if (!allowed_.empty()) return;
    throw Error::of("ERR_UNROLLED_OPTION_RANGE", "excluded", "leaves no token of the vocabulary to choose")
        .about("excluded", "fewer than " + std::to_string(vocabulary) + " ids", "all of them");
  }

  // A search that continues with these sequences, all of one length, after `ended` others have ended.
  Search(const BeamOptions& options, Index vocabulary, const std::vector<Hypothesis>& live, Index endedBefore)
      : Search(options, vocabulary) {
    endedBefore_ = static_cast<std::size_t>(endedBefore);
    length_ = static_cast<Index>(live.front().ids.size());
    live_.clear();
    for (const Hypothesis& one : live) {
      Beam beam{none, one.logProbability, one.bias, {}};
      for (std::size_t i = 0; i < one.ids.size(); ++i) {
        nodes_.push_back({beam.node, one.ids[i]});
        beam.node = static_cast<Index>(nodes_.size()) - 1;
        isStopped(beam, one.ids[i], static_cast<Index>(i));
      }
      ids_.push_back(one.ids.back());
      live_.push_back(std::move(beam));
    }
  }

  [[nodiscard]] const std::vector<Beam>& live() const { return live_; }
  // For each live beam: the earlier beam that it continues, and the token that it adds.
  [[nodiscard]] const std::vector<Index>& parents() const { return parents_; }
  [[nodiscard]] const std::vector<TokenId>& ids() const { return ids_; }

  // From the scores [live beams, V].
  template <class T>
  void advance(const T* scores) {
    const std::size_t width = static_cast<std::size_t>(options_.beams) - endedBefore_ - ended_.size();
    candidates_.clear();
    for (std::size_t parent = 0; parent < live_.size(); ++parent) {
      addCandidates(static_cast<Index>(parent), scores + static_cast<Index>(parent) * vocabulary_, width);
      // Never all width² at once.
      if (candidates_.size() > 4 * width) keepBest(width);
    }
    keepBest(width);
    std::sort(candidates_.begin(), candidates_.end());

    std::vector<Beam> next;
    parents_.clear();
    ids_.clear();
    for (const Candidate& candidate : candidates_) {
      const Beam& parent = live_[static_cast<std::size_t>(candidate.parent)];
      Beam beam{static_cast<Index>(nodes_.size()), candidate.logProbability, candidate.bias, parent.tail};
      nodes_.push_back({parent.node, candidate.id});
      if (candidate.id == options_.end || isStopped(beam, candidate.id, length_)) {
        ended_.push_back(hypothesis(beam, true));
        continue;
      }
      next.push_back(std::move(beam));
      parents_.push_back(candidate.parent);
      ids_.push_back(candidate.id);
    }
    live_ = std::move(next);
    ++length_;
  }

  [[nodiscard]] std::vector<Hypothesis> liveHypotheses() const {
    std::vector<Hypothesis> result;
    for (const Beam& beam : live_) result.push_back(hypothesis(beam, false));
    return result;
  }
  std::vector<Hypothesis> takeEnded() { return std::move(ended_); }

  std::vector<Hypothesis> take() {
    for (Hypothesis& one : liveHypotheses()) ended_.push_back(std::move(one));
    std::sort(ended_.begin(), ended_.end(), [](const Hypothesis& a, const Hypothesis& b) {
      return a.score > b.score || (a.score == b.score && a.ids < b.ids);
    });
    return std::move(ended_);
  }

 private:
  // Whether a stop string is complete with the id, the text's one after `before` others.
  bool isStopped(Beam& beam, TokenId id, Index before) const {
    if (options_.stopStrings == nullptr || before < options_.leastLength) return false;
    return options_.stopStrings->push(beam.tail, id);
  }

  template <class T>
  void addBiased(Index parent, const T* scores, double logSum, std::size_t width) {
    const bool isShared = options_.bias.size() <= static_cast<std::size_t>(vocabulary_);
    const double* bias = options_.bias.empty() ? nullptr : options_.bias.data() + (isShared ? 0 : parent * vocabulary_);
    const Beam& beam = live_[static_cast<std::size_t>(parent)];
    std::vector<Candidate>& own = own_;
    own.clear();
    for (const TokenId id : allowed_) {
      const double added = bias == nullptr ? 0 : bias[id];
      const bool isEarly = id == options_.end && length_ < options_.leastLength;
      if (isEarly || added == -std::numeric_limits<double>::infinity()) continue;
      const double logProbability = beam.logProbability + (static_cast<double>(scores[id]) - logSum);
      const double sum = beam.bias + added;
      own.push_back({logProbability + sum, logProbability, sum, parent, id});
    }
    if (own.empty()) {
      throw Error::of("ERR_UNROLLED_OPTION_RANGE", "bias", "leaves no token of the vocabulary to choose")
          .about("bias", "at least one token that is not excluded", "all excluded");
    }
    if (width < own.size()) {
      std::nth_element(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(width) - 1, own.end());
      own.resize(width);
    }
    candidates_.insert(candidates_.end(), own.begin(), own.end());
  }

  template <class T>
  void addCandidates(Index parent, const T* scores, std::size_t width) {
    const double logSum = logSumExp(scores, vocabulary_);
    requireFiniteOutput(logSum);
    if (!options_.bias.empty() || length_ < options_.leastLength) {
      addBiased(parent, scores, logSum, width);
      return;
    }
    std::vector<TokenId>& order = order_;
    order = allowed_;
    if (width < order.size()) {
      const auto likelier = [scores](TokenId a, TokenId b) {
        return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
      };
      std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(width) - 1, order.end(), likelier);
      order.resize(width);
    }
    const Beam& beam = live_[static_cast<std::size_t>(parent)];
    for (const TokenId id : order) {
      const double logProbability = beam.logProbability + (static_cast<double>(scores[id]) - logSum);
      candidates_.push_back({logProbability + beam.bias, logProbability, beam.bias, parent, id});
    }
  }

  void keepBest(std::size_t count) {
    if (candidates_.size() <= count) return;
    std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(count), candidates_.end());
    candidates_.resize(count);
  }

  [[nodiscard]] Hypothesis hypothesis(const Beam& beam, bool ended) const {
    Hypothesis result;
    for (Index node = beam.node; node != none; node = nodes_[static_cast<std::size_t>(node)].before) {
      result.ids.push_back(nodes_[static_cast<std::size_t>(node)].id);
    }
    std::reverse(result.ids.begin(), result.ids.end());
    result.logProbability = beam.logProbability;
    result.bias = beam.bias;
    const auto length = static_cast<double>(result.ids.size());
    result.score = (beam.logProbability + beam.bias) / std::pow((5 + length) / 6, options_.lengthPenalty);
    result.ended = ended;
    return result;
  }

  const BeamOptions& options_;
  Index vocabulary_;
  std::vector<TokenId> allowed_;
  std::vector<Beam> live_;  // by falling log-probability
  std::vector<Hypothesis> ended_;
  std::vector<Node> nodes_;
  std::vector<Index> parents_;
  std::vector<TokenId> ids_;
  std::vector<TokenId> order_;
  std::vector<Candidate> candidates_;
  std::vector<Candidate> own_;  // of one parent
  Index length_ = 0;            // ids of the live beams
  std::size_t endedBefore_ = 0;
};

}  // namespace

template <class T>
BeamResult searchBeams(const BeamModel<T>& model, const T* firstScores, std::vector<T> state,
                       const BeamOptions& options, const std::function<bool()>& proceed) {
  const FloatingPointMode mode;
  Search search(options, model.vocabulary);
  const T* scores = firstScores;
  for (Index step = 0; step < options.length && !search.live().empty(); ++step) {
    const auto rows = static_cast<Index>(search.live().size());
    if (step > 0) {
      if (!proceed()) return {{}, true};
      scores = model.step(search.ids(), state.data());
    }
    search.advance(scores);
    state = takeStateRows(model.stateWidths, state, rows, search.parents());
  }
  return {search.take(), false};
}

template <class T>
BeamResult searchBeams(Model<T>& model, const std::vector<TokenId>& prompt, const BeamOptions& options,
                       const Parallel& parallel, const std::function<bool()>& proceed) {
  const FloatingPointMode mode;
  std::vector<T> state(static_cast<std::size_t>(model.stateSize(1)));
  std::vector<T> first(static_cast<std::size_t>(model.outputFeatures()));
  const Prompts prompts{prompt, {0, static_cast<Index>(prompt.size())}};
  if (!feedPrompts(model, prompts, state.data(), first.data(), parallel, proceed)) return {{}, true};
  const auto step = [&model, &parallel](const std::vector<TokenId>& ids, T* states) {
    return model.forward({1, static_cast<Index>(ids.size()), ids.data(), nullptr}, states, parallel, {}, true).data;
  };
  return searchBeams<T>(BeamModel<T>{model.outputFeatures(), stateWidths(model), step}, first.data(), std::move(state),
                        options, proceed);
}

template <class T>
BeamProgress<T> stepBeams(Model<T>& model, const std::vector<TokenId>& prompt, BeamProgress<T> from,
                          const BeamOptions& options, const Parallel& parallel, const std::function<bool()>& proceed) {
  const FloatingPointMode mode;
  const bool isFirst = from.live.empty();
  const Index vocabulary = model.outputFeatures();
  Search search = isFirst ? Search(options, vocabulary) : Search(options, vocabulary, from.live, from.endedBefore);
  std::vector<T> first(static_cast<std::size_t>(isFirst ? vocabulary : 0));
  const T* scores = first.data();
  const auto rows = static_cast<Index>(search.live().size());
  from.state.resize(static_cast<std::size_t>(model.stateSize(rows)));
  if (isFirst) {
    const Prompts prompts{prompt, {0, static_cast<Index>(prompt.size())}};
    from.cancelled = !feedPrompts(model, prompts, from.state.data(), first.data(), parallel, proceed);
  } else {
    from.cancelled = !proceed();
    if (!from.cancelled) {
      scores = model.forward({1, rows, search.ids().data(), nullptr}, from.state.data(), parallel, {}, true).data;
    }
  }
  if (from.cancelled) return {{}, {}, 0, {}, true};
  search.advance(scores);
  from.state = takeStateRows(stateWidths(model), from.state, rows, search.parents());
  return {search.liveHypotheses(), search.takeEnded(), from.endedBefore, std::move(from.state), false};
}

template BeamResult searchBeams<float>(const BeamModel<float>&, const float*, std::vector<float>, const BeamOptions&,
                                       const std::function<bool()>&);
template BeamResult searchBeams<double>(const BeamModel<double>&, const double*, std::vector<double>,
                                        const BeamOptions&, const std::function<bool()>&);
template BeamResult searchBeams<float>(Model<float>&, const std::vector<TokenId>&, const BeamOptions&, const Parallel&,
                                       const std::function<bool()>&);
template BeamResult searchBeams<double>(Model<double>&, const std::vector<TokenId>&, const BeamOptions&,
                                        const Parallel&, const std::function<bool()>&);
template BeamProgress<float> stepBeams<float>(Model<float>&, const std::vector<TokenId>&, BeamProgress<float>,
                                              const BeamOptions&, const Parallel&, const std::function<bool()>&);
template BeamProgress<double> stepBeams<double>(Model<double>&, const std::vector<TokenId>&, BeamProgress<double>,
                                                const BeamOptions&, const Parallel&, const std::function<bool()>&);

}  // namespace unrolled

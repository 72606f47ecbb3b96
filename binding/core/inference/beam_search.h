// Beam search: follows several of the most likely continuations at once. It knows a model only as a function from
// tokens and states to logits, so any step-by-step decoder can use it.
#pragma once

#include <functional>
#include <vector>

#include "inference/stop_strings.h"
#include "model/model.h"

namespace unrolled {

struct BeamOptions {
  Index beams = 1;                           // B, continuations followed at once
  Index length = 0;                          // most tokens of one
  double lengthPenalty = 0;                  // alpha; 0 is off
  TokenId end = -1;                          // ends a continuation; -1: none
  std::vector<TokenId> excluded;             // never taken
  const StopStrings* stopStrings = nullptr;  // end a continuation too; null: none
  Index leastLength = 0;     // tokens before which `end` is barred; stop strings are looked for after them
  std::vector<double> bias;  // [V], or one for each continuation followed; added to ranks, minus infinity bars
};

struct Hypothesis {
  std::vector<TokenId> ids;   // with the end token, and the one that completes a stop string
  double logProbability = 0;  // Σ over the ids, nats
  double score = 0;           // (logProbability + bias) / ((5 + ids) / 6)^alpha
  bool ended = false;         // by the end token or a stop string
  double bias = 0;            // Σ over the ids, where tokens have one
};

struct BeamResult {
  std::vector<Hypothesis> hypotheses;  // by falling score, at most B
  bool cancelled = false;
};

// The model of a search.
template <class T>
struct BeamModel {
  Index vocabulary = 0;            // V
  std::vector<Index> stateWidths;  // features of each state
  // Feeds one id per row from flat states of the same number of rows, which are updated. Returns scores [rows, V] whose
  // softmax is the distribution of the next id (logits, or log-probabilities); they are valid until the next call.
  std::function<const T*(const std::vector<TokenId>& ids, T* states)> step;
};

// Starts with the scores [V] of the first token and the state it continues from (flat, one row). Each step keeps the B
// most likely continuations; of equal ones that of the likelier parent, then that of the lower id. A continuation that
// ends keeps its place among the B and is not extended. With one beam the search takes the most likely token at each
// step. Log-probabilities are those of the model, independent of exclusions and of the biases that rank them. Length
// penalty: Wu et al., "Google's neural machine translation system", 2016, section 7. `proceed` is called before each
// step except the first; false ends the search without a result. Throws ERR_UNROLLED_MODEL_NOT_FINITE.
template <class T>
BeamResult searchBeams(const BeamModel<T>& model, const T* firstScores, std::vector<T> state,
                       const BeamOptions& options, const std::function<bool()>& proceed);

// The continuations of a prompt (at least one id), fed from a zero state.
template <class T>
BeamResult searchBeams(Model<T>& model, const std::vector<TokenId>& prompt, const BeamOptions& options,
                       const Parallel& parallel, const std::function<bool()>& proceed);

// A search between two of its steps.
template <class T>
struct BeamProgress {
  std::vector<Hypothesis> live;   // that are followed, all of one length; empty before the first step
  std::vector<Hypothesis> ended;  // by the last step
  Index endedBefore = 0;          // by the steps before
  std::vector<T> state;           // flat, a row for each that is followed, before its last id is fed
  bool cancelled = false;
};

// One step of the same search, for callers that give each continuation its own bias. All steps together give the result
// of the search.
template <class T>
BeamProgress<T> stepBeams(Model<T>& model, const std::vector<TokenId>& prompt, BeamProgress<T> from,
                          const BeamOptions& options, const Parallel& parallel, const std::function<bool()>& proceed);

}  // namespace unrolled

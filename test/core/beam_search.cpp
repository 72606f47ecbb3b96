// Beam search: against every continuation there is, and against the likeliest token at each step.

#include "inference/beam_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "inference/generation.h"
#include "inference/scoring.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Index vocabulary = 4;
const std::vector<TokenId> prompt = {1, 2, 0};

bool goOn() { return true; }

Model<double>& model() {
  static Model<double> shared([] {
    Chain chain;
    chain.cell = "lstm";
    chain.layers = 2;
    chain.inputSize = vocabulary;
    chain.classes = vocabulary;
    return chain.description();
  }());
  shared.initialize({Initializer::Kind::normal, 1.5}, 2);
  return shared;
}

BeamOptions beams(Index count, Index length) {
  BeamOptions options;
  options.beams = count;
  options.length = length;
  return options;
}

BeamResult search(const BeamOptions& options) {
  return searchBeams<double>(model(), prompt, options, threads(1), goOn);
}

double logProbability(const std::vector<TokenId>& ids) {
  std::vector<TokenId> all = prompt;
  all.insert(all.end(), ids.begin(), ids.end());
  double sum = 0;
  for (const double one : scoreStream<double>(model(), all, 3, threads(1), goOn).logProbabilities) sum += one;
  return sum;
}

// Every continuation of up to `options.length` tokens, by falling score.
std::vector<Hypothesis> everything(const BeamOptions& options) {
  std::vector<Hypothesis> all;
  const auto extend = [&](auto&& self, const std::vector<TokenId>& ids) -> void {
    const bool ended = !ids.empty() && ids.back() == options.end;
    if (ended || static_cast<Index>(ids.size()) == options.length) {
      const double sum = logProbability(ids);
      const double length = static_cast<double>(ids.size());
      all.push_back({ids, sum, sum / std::pow((5 + length) / 6, options.lengthPenalty), ended});
      return;
    }
    for (TokenId id = 0; id < vocabulary; ++id) {
      std::vector<TokenId> longer = ids;
      longer.push_back(id);
      self(self, longer);
    }
  };
  extend(extend, {});
  std::sort(all.begin(), all.end(), [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
  return all;
}

}  // namespace

TEST_CASE("with beams for all of them, the search finds every continuation in its order") {
  for (const TokenId end : {-1, 2}) {
    for (const double penalty : {0.0, 0.6, 2.0}) {
      CAPTURE(end);
      CAPTURE(penalty);
      BeamOptions options = beams(vocabulary * vocabulary * vocabulary * vocabulary, 4);
      options.end = end;
      options.lengthPenalty = penalty;
      const std::vector<Hypothesis> expected = everything(options);
      const std::vector<Hypothesis> found = search(options).hypotheses;
      REQUIRE(found.size() == expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i].ids == expected[i].ids);
        CHECK(std::abs(found[i].logProbability - expected[i].logProbability) < 1e-9);
        CHECK(std::abs(found[i].score - expected[i].score) < 1e-9);
        CHECK(found[i].ended == expected[i].ended);
      }
    }
  }
}

TEST_CASE("a length penalty changes what is best") {
  // Two tokens, as likely at each step: without a penalty the first end is best, with one the longest text.
  BeamModel<double> even;
  even.vocabulary = 2;
  const std::vector<double> scores(64, 0.0);
  even.step = [&scores](const std::vector<TokenId>&, double*) { return scores.data(); };
  BeamOptions options = beams(32, 4);
  options.end = 1;
  const std::vector<Hypothesis> shortest = searchBeams<double>(even, scores.data(), {}, options, goOn).hypotheses;
  CHECK(shortest.front().ids == std::vector<TokenId>{1});
  CHECK(std::abs(shortest.front().score + std::log(2)) < 1e-12);
  options.lengthPenalty = 5;
  const std::vector<Hypothesis> longest = searchBeams<double>(even, scores.data(), {}, options, goOn).hypotheses;
  CHECK(longest.front().ids == std::vector<TokenId>{0, 0, 0, 0});
  CHECK(std::abs(longest.front().score + 4 * std::log(2) / std::pow(1.5, 5)) < 1e-12);
}

TEST_CASE("few beams find continuations that exist, in order, each once") {
  for (const Index count : {2, 3, 5}) {
    BeamOptions options = beams(count, 6);
    options.end = 3;
    const std::vector<Hypothesis> found = search(options).hypotheses;
    REQUIRE(static_cast<Index>(found.size()) == count);
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(std::abs(found[i].logProbability - logProbability(found[i].ids)) < 1e-9);
      CHECK((found[i].ids.back() == 3) == found[i].ended);
      CHECK((found[i].ended || found[i].ids.size() == 6));
      if (i == 0) continue;
      CHECK(found[i - 1].score >= found[i].score);
      CHECK(found[i - 1].ids != found[i].ids);
    }
  }
}

TEST_CASE("each step keeps the likeliest of all continuations of the beams") {
  constexpr Index many = 9;
  // Scores that depend on the step and the last id only; the state counts the steps.
  const auto scoresOf = [](double step, TokenId id) {
    return normals<double>(many, 100 + static_cast<std::uint64_t>(step) * 10 + static_cast<std::uint64_t>(id), 1.5);
  };
  BeamModel<double> table;
  table.vocabulary = many;
  table.stateWidths = {1};
  std::vector<double> scores;
  table.step = [&](const std::vector<TokenId>& ids, double* states) {
    scores.clear();
    for (std::size_t row = 0; row < ids.size(); ++row) {
      states[row] += 1;
      const std::vector<double> one = scoresOf(states[row], ids[row]);
      scores.insert(scores.end(), one.begin(), one.end());
    }
    return scores.data();
  };
  const std::vector<double> first = scoresOf(0, 0);

  for (const std::size_t width : {std::size_t{3}, std::size_t{20}}) {
    std::vector<Hypothesis> expected(1);
    for (Index step = 0; step < 5; ++step) {
      std::vector<Hypothesis> all;
      for (const Hypothesis& before : expected) {
        const std::vector<double> next = step == 0 ? first : scoresOf(static_cast<double>(step), before.ids.back());
        double sum = 0;
        for (const double score : next) sum += std::exp(score);
        for (TokenId id = 0; id < many; ++id) {
          all.push_back(before);
          all.back().ids.push_back(id);
          all.back().logProbability += next[asSize(id)] - std::log(sum);
        }
      }
      std::sort(all.begin(), all.end(),
                [](const Hypothesis& a, const Hypothesis& b) { return a.logProbability > b.logProbability; });
      if (all.size() > width) all.resize(width);
      expected = all;
    }
    const std::vector<Hypothesis> found =
        searchBeams<double>(table, first.data(), {0}, beams(static_cast<Index>(width), 5), goOn).hypotheses;
    REQUIRE(found.size() == width);
    for (std::size_t i = 0; i < width; ++i) {
      CHECK(found[i].ids == expected[i].ids);
      CHECK(std::abs(found[i].logProbability - expected[i].logProbability) < 1e-9);
    }
  }
}

TEST_CASE("one beam takes the likeliest token at each step, whatever the penalty") {
  SamplingOptions greedy;
  greedy.temperature = 0;
  for (const TokenId end : {-1, 0, 1, 2, 3}) {
    CAPTURE(end);
    greedy.end = end;
    BeamOptions options = beams(1, 20);
    options.end = end;
    options.lengthPenalty = 3;
    const std::vector<Hypothesis> found = search(options).hypotheses;
    REQUIRE(found.size() == 1);
    CHECK(found[0].ids == generate<double>(model(), prompt, {}, 20, greedy, threads(1), goOn).ids);
  }
}

TEST_CASE("excluded tokens are never taken") {
  BeamOptions options = beams(300, 3);
  options.excluded = {1, 2};
  const std::vector<Hypothesis> found = search(options).hypotheses;
  CHECK(found.size() == 8);
  for (const Hypothesis& hypothesis : found) {
    for (const TokenId id : hypothesis.ids) CHECK((id == 0 || id == 3));
    CHECK(std::abs(hypothesis.logProbability - logProbability(hypothesis.ids)) < 1e-9);
  }
  options.excluded = {0, 1, 2, 3};
  CHECK_THROWS_AS(search(options), Error);
}

TEST_CASE("stop strings end a continuation across the borders of tokens") {
  const StopStrings stops({"ab", "c", "xa", "y"}, {"bx", "cc"});
  BeamOptions options = beams(256, 4);
  options.stopStrings = &stops;
  const std::vector<Hypothesis> found = search(options).hypotheses;
  bool any = false;
  for (const Hypothesis& hypothesis : found) {
    std::vector<TokenId> ids = hypothesis.ids;
    const auto stopped = [&ids] {
      for (std::size_t i = 1; i < ids.size(); ++i) {
        if ((ids[i - 1] == 0 && ids[i] == 2) || (ids[i - 1] == 1 && ids[i] == 1)) return true;
      }
      return false;
    };
    CHECK(hypothesis.ended == stopped());
    any = any || hypothesis.ended;
    CHECK((hypothesis.ended || ids.size() == 4));
    ids.pop_back();
    CHECK_FALSE(stopped());
  }
  CHECK(any);

  std::string tail;
  const StopStrings longer({"a", "b"}, {"aab"});
  std::vector<bool> seen;
  for (const TokenId id : {0, 0, 0, 1, 0, 1}) seen.push_back(longer.push(tail, id));
  CHECK(seen == std::vector<bool>{false, false, false, true, false, false});
}

TEST_CASE("a search by steps is the search, with bias, ends and stop strings") {
  constexpr double barred = -std::numeric_limits<double>::infinity();
  const StopStrings stops({"a", "b", "c", "d"}, {"bb"});
  for (const Index least : {0, 2, 5}) {
    for (const std::vector<double>& bias : {std::vector<double>(), {0.5, 0, barred, -0.25}}) {
      BeamOptions options = beams(5, 6);
      options.end = 3;
      options.leastLength = least;
      options.bias = bias;
      options.stopStrings = &stops;
      const std::vector<Hypothesis> found = search(options).hypotheses;
      BeamProgress<double> progress;
      std::vector<Hypothesis> all;
      for (Index step = 0; step < options.length && (step == 0 || !progress.live.empty()); ++step) {
        BeamOptions own = options;
        const std::size_t rows = std::max<std::size_t>(1, progress.live.size());
        own.bias.clear();
        for (std::size_t row = 0; row < rows; ++row) own.bias.insert(own.bias.end(), bias.begin(), bias.end());
        progress = stepBeams<double>(model(), prompt, progress, own, threads(1), goOn);
        progress.endedBefore += static_cast<Index>(progress.ended.size());
        all.insert(all.end(), progress.ended.begin(), progress.ended.end());
      }
      all.insert(all.end(), progress.live.begin(), progress.live.end());
      std::stable_sort(all.begin(), all.end(), [](const Hypothesis& a, const Hypothesis& b) {
        return a.score > b.score || (a.score == b.score && a.ids < b.ids);
      });
      REQUIRE(all.size() == found.size());
      for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(all[i].ids == found[i].ids);
        CHECK(all[i].logProbability == found[i].logProbability);
        CHECK(all[i].score == found[i].score);
        CHECK(all[i].ended == found[i].ended);
        CHECK(std::abs(all[i].logProbability - logProbability(all[i].ids)) < 1e-9);
        CHECK((!all[i].ended || static_cast<Index>(all[i].ids.size()) > least));
        double sum = 0;
        for (const TokenId id : all[i].ids) sum += bias.empty() ? 0 : bias[asSize(id)];
        CHECK(std::abs(all[i].score - all[i].logProbability - sum) < 1e-9);
      }
    }
  }
}

TEST_CASE("equal continuations come by their ids") {
  BeamModel<double> uniform;
  uniform.vocabulary = 3;
  const std::vector<double> scores(9, 0.5);
  uniform.step = [&scores](const std::vector<TokenId>&, double*) { return scores.data(); };
  const std::vector<Hypothesis> found = searchBeams<double>(uniform, scores.data(), {}, beams(3, 2), goOn).hypotheses;
  REQUIRE(found.size() == 3);
  CHECK(found[0].ids == std::vector<TokenId>{0, 0});
  CHECK(found[1].ids == std::vector<TokenId>{0, 1});
  CHECK(found[2].ids == std::vector<TokenId>{0, 2});
}

TEST_CASE("a search of no tokens has one empty result; one that is told to ends without any") {
  const std::vector<Hypothesis> nothing = search(beams(3, 0)).hypotheses;
  REQUIRE(nothing.size() == 1);
  CHECK(nothing[0].ids.empty());
  CHECK(nothing[0].logProbability == 0);
  int left = 3;
  const BeamResult ended =
      searchBeams<double>(model(), prompt, beams(2, 10), threads(1), [&left] { return left-- > 0; });
  CHECK(ended.cancelled);
  CHECK(ended.hypotheses.empty());
}

TEST_CASE("scores that are not finite are refused") {
  BeamModel<float> broken;
  broken.vocabulary = 2;
  const float scores[] = {0, std::numeric_limits<float>::quiet_NaN()};
  try {
    searchBeams<float>(broken, scores, {}, beams(2, 3), goOn);
    FAIL("there is no likeliest token");
  } catch (const Error& error) {
    CHECK(error.code() == "ERR_UNROLLED_MODEL_NOT_FINITE");
  }
}

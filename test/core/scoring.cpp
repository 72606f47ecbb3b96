// Log-probabilities of texts and of next tokens, against a softmax over all logits.

#include "inference/scoring.h"

#include <cmath>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "support.h"
#include "training/evaluation.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

bool goOn() { return true; }

Model<double>& model() {
  static Model<double> shared([] {
    Chain chain;
    chain.cell = "gru";
    return chain.description();
  }());
  shared.initialize({Initializer::Kind::normal, 1}, 3);
  return shared;
}

// log p of every token after each position, [T, V], of the whole text at once.
std::vector<double> logSoftmax(const std::vector<TokenId>& ids) {
  std::vector<double> states(asSize(model().stateSize(1)));
  const auto time = static_cast<Index>(ids.size());
  const Sequence<double> output = model().forward({time, 1, ids.data(), nullptr}, states.data(), threads(1));
  std::vector<double> result(output.data, output.data + time * 7);
  for (Index t = 0; t < time; ++t) {
    double sum = 0;
    for (Index c = 0; c < 7; ++c) sum += std::exp(result[asSize(t * 7 + c)]);
    for (Index c = 0; c < 7; ++c) result[asSize(t * 7 + c)] -= std::log(sum);
  }
  return result;
}

}  // namespace

TEST_CASE("each token's log-probability is that of the softmax before it") {
  const std::vector<TokenId> ids = randomIds(300, 7, 5);  // more than two windows
  const std::vector<double> all = logSoftmax(ids);
  for (const Index first : {1, 2, 128, 129, 200, 299}) {
    CAPTURE(first);
    const Scoring scoring = scoreStream<double>(model(), ids, first, threads(2), goOn);
    std::vector<double> expected;
    for (Index i = first; i < 300; ++i) expected.push_back(all[asSize((i - 1) * 7 + ids[asSize(i)])]);
    CHECK(largestError(scoring.logProbabilities, expected) < 1e-9);
  }
  const Scoring scoring = scoreStream<double>(model(), ids, 1, threads(1), goOn);
  const double sum = std::accumulate(scoring.logProbabilities.begin(), scoring.logProbabilities.end(), 0.0);
  CHECK(std::abs(sum + evaluateStream<double>(model(), MemoryIds(ids), 1, 50, threads(1), goOn).lossSum) < 1e-8);
}

TEST_CASE("the likeliest next tokens come in order, of equals the lower id first") {
  const std::vector<TokenId> ids = randomIds(150, 7, 6);
  const std::vector<double> all = logSoftmax(ids);
  const std::vector<double> last(all.end() - 7, all.end());
  const NextTokens next = likeliestNext<double>(model(), ids, 100, threads(1), goOn);
  REQUIRE(next.ids.size() == 7);
  double sum = 0;
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(std::abs(next.logProbabilities[i] - last[asSize(next.ids[i])]) < 1e-9);
    if (i > 0) CHECK(next.logProbabilities[i - 1] > next.logProbabilities[i]);
    sum += std::exp(next.logProbabilities[i]);
  }
  CHECK(std::abs(sum - 1) < 1e-12);
  const NextTokens two = likeliestNext<double>(model(), ids, 2, threads(1), goOn);
  CHECK(two.ids == std::vector<TokenId>{next.ids[0], next.ids[1]});

  Model<double> flat(Chain{}.description());
  const std::vector<double> zeros(weightsOf(flat).size());
  flat.write(zeros.data());
  CHECK(likeliestNext<double>(flat, ids, 3, threads(1), goOn).ids == std::vector<TokenId>{0, 1, 2});
}

TEST_CASE("a model whose output overflows is refused, and work ends where it is told to") {
  Model<float> broken(Chain{}.description());
  std::vector<float> weights = weightsOf(broken);
  std::fill(weights.begin(), weights.end(), 3e38F);
  broken.write(weights.data());
  CHECK_THROWS_AS(scoreStream<float>(broken, {1, 2, 3}, 1, threads(1), goOn), Error);
  CHECK_THROWS_AS(likeliestNext<float>(broken, {1, 2, 3}, 2, threads(1), goOn), Error);
  CHECK(scoreStream<double>(model(), {1, 2, 3}, 1, threads(1), [] { return false; }).cancelled);
  CHECK(likeliestNext<double>(model(), {1, 2, 3}, 1, threads(1), [] { return false; }).cancelled);
}

// Drawing tokens: what each option allows, and how often.

#include "inference/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// Probabilities 0.4, 0.3, 0.2, 0.1 of the ids 2, 0, 3, 1.
const std::vector<double> logits = {std::log(0.3), std::log(0.1), std::log(0.4), std::log(0.2)};

constexpr int draws = 20000;

// How often each id is drawn at positions 0, 1, 2 ….
std::vector<double> frequencies(const SamplingOptions& options) {
  Sampler sampler(options, static_cast<Index>(logits.size()));
  std::vector<double> seen(logits.size());
  for (Index position = 0; position < draws; ++position) {
    seen.at(static_cast<std::size_t>(sampler.draw(logits.data(), position))) += 1.0 / draws;
  }
  return seen;
}

void checkFrequencies(const SamplingOptions& options, const std::vector<double>& expected) {
  const std::vector<double> seen = frequencies(options);
  for (std::size_t id = 0; id < expected.size(); ++id) {
    CAPTURE(id);
    if (expected[id] == 0) {
      CHECK(seen[id] == 0);
    } else {
      CHECK(std::abs(seen[id] - expected[id]) < 0.018);  // five standard deviations
    }
  }
}

SamplingOptions withTemperature(double temperature) {
  SamplingOptions options;
  options.temperature = temperature;
  return options;
}

}  // namespace

TEST_CASE("tokens come as often as their probability says, at any temperature") {
  checkFrequencies({}, {0.3, 0.1, 0.4, 0.2});
  // p^2 over its sum: 0.09, 0.01, 0.16, 0.04 over 0.3.
  checkFrequencies(withTemperature(0.5), {0.3, 1.0 / 30, 16.0 / 30, 4.0 / 30});
  checkFrequencies(withTemperature(1e9), {0.25, 0.25, 0.25, 0.25});
  checkFrequencies(withTemperature(0.001), {0, 0, 1, 0});
}

TEST_CASE("temperature 0 takes the likeliest, of equals the smallest id") {
  checkFrequencies(withTemperature(0), {0, 0, 1, 0});
  Sampler sampler(withTemperature(0), 5);
  const float equal[] = {1, 3, 2, 3, 3};
  for (Index position = 0; position < 20; ++position) CHECK(sampler.draw(equal, position) == 1);
}

TEST_CASE("topK keeps the likeliest") {
  SamplingOptions options;
  options.topK = 1;
  checkFrequencies(options, {0, 0, 1, 0});
  options.topK = 2;
  checkFrequencies(options, {3.0 / 7, 0, 4.0 / 7, 0});
  options.topK = 3;
  checkFrequencies(options, {3.0 / 9, 0, 4.0 / 9, 2.0 / 9});
  options.topK = 4;
  checkFrequencies(options, {0.3, 0.1, 0.4, 0.2});
  options.topK = 1000;
  checkFrequencies(options, {0.3, 0.1, 0.4, 0.2});
}

TEST_CASE("topP keeps the fewest whose probability reaches it") {
  SamplingOptions options;
  options.topP = 0.0001;
  checkFrequencies(options, {0, 0, 1, 0});
  options.topP = 0.39;
  checkFrequencies(options, {0, 0, 1, 0});
  options.topP = 0.41;
  checkFrequencies(options, {3.0 / 7, 0, 4.0 / 7, 0});
  options.topP = 0.71;
  checkFrequencies(options, {3.0 / 9, 0, 4.0 / 9, 2.0 / 9});
  options.topP = 0.91;
  checkFrequencies(options, {0.3, 0.1, 0.4, 0.2});
}

TEST_CASE("topP keeps no more than those whose probability is just as much") {
  // Weights of equals are 1, and add up without an error.
  const std::vector<float> equals(4, 2);
  const float halves[] = {0, std::log(0.5F), std::log(0.25F), std::log(0.25F)};
  const auto keptOf = [](const float* scores, double topP) {
    SamplingOptions options;
    options.topP = topP;
    Sampler sampler(options, 4);
    std::set<TokenId> kept;
    for (Index position = 0; position < 2000; ++position) kept.insert(sampler.draw(scores, position));
    return kept;
  };
  CHECK(keptOf(equals.data(), 0.25) == std::set<TokenId>{0});
  CHECK(keptOf(equals.data(), 0.5) == std::set<TokenId>{0, 1});
  CHECK(keptOf(equals.data(), 0.75) == std::set<TokenId>{0, 1, 2});
  CHECK(keptOf(equals.data(), 0.7500001) == std::set<TokenId>{0, 1, 2, 3});
  // The exponential of a rounded logarithm is a little more or less than its power of two.
  CHECK(keptOf(halves, 0.4999) == std::set<TokenId>{0});
  CHECK(keptOf(halves, 0.5001) == std::set<TokenId>{0, 1});
  CHECK(keptOf(halves, 0.8749) == std::set<TokenId>{0, 1, 2});
}

TEST_CASE("topP is taken of what topK left") {
  SamplingOptions options;
  options.topK = 2;
  options.topP = 0.56;  // 4/7 reaches it alone
  checkFrequencies(options, {0, 0, 1, 0});
  options.topP = 0.58;
  checkFrequencies(options, {3.0 / 7, 0, 4.0 / 7, 0});
}

TEST_CASE("excluded tokens are never drawn") {
  SamplingOptions options;
  options.excluded = {2, 1};
  checkFrequencies(options, {0.6, 0, 0, 0.4});
  options.topK = 1;
  checkFrequencies(options, {1, 0, 0, 0});
  options.topK = 0;
  options.temperature = 0;
  checkFrequencies(options, {1, 0, 0, 0});
  options.excluded = {0, 1, 2, 3};
  try {
    const Sampler sampler(options, 4);
    FAIL("nothing is left to draw");
  } catch (const Error& error) {
    CHECK(error.code() == "ERR_UNROLLED_OPTION_RANGE");
    CHECK(error.option() == "excluded");
  }
}

TEST_CASE("a bias comes before temperature, topK and topP, and minus infinity bars") {
  constexpr double barred = -std::numeric_limits<double>::infinity();
  const auto frequenciesOf = [](const std::vector<double>& bias, TokenId alsoBarred, const SamplingOptions& options) {
    Sampler sampler(options, 4);
    std::vector<double> seen(logits.size());
    for (Index position = 0; position < draws; ++position) {
      seen.at(asSize(sampler.draw(logits.data(), bias.data(), alsoBarred, options, position))) += 1.0 / draws;
    }
    return seen;
  };
  const auto check = [&](const std::vector<double>& bias, TokenId alsoBarred, const SamplingOptions& options,
                         const std::vector<double>& expected) {
    const std::vector<double> seen = frequenciesOf(bias, alsoBarred, options);
    for (std::size_t id = 0; id < expected.size(); ++id) {
      CAPTURE(id);
      if (expected[id] == 0) CHECK(seen[id] == 0);
      CHECK(std::abs(seen[id] - expected[id]) < 0.018);
    }
  };
  check({0, 0, 0, 0}, -1, {}, frequencies({}));
  check({0, 0, barred, 0}, -1, {}, {0.5, 1.0 / 6, 0, 2.0 / 6});
  check({0, std::log(6), barred, 0}, -1, {}, {3.0 / 11, 6.0 / 11, 0, 2.0 / 11});
  check({0, std::log(6), barred, 0}, 0, {}, {0, 6.0 / 8, 0, 2.0 / 8});
  // Of 0.3, 0.6 and 0.2, squared: temperature takes what the bias has made.
  check({0, std::log(6), barred, 0}, -1, withTemperature(0.5), {9.0 / 49, 36.0 / 49, 0, 4.0 / 49});
  SamplingOptions one;
  one.topK = 1;
  check({0, std::log(6), barred, 0}, -1, one, {0, 1, 0, 0});
  one.topK = 0;
  one.topP = 0.5;
  check({0, std::log(6), barred, 0}, -1, one, {0, 1, 0, 0});
  Sampler sampler(SamplingOptions(), 4);
  CHECK(sampler.draw(logits.data(), nullptr, 2, withTemperature(0), 0) == 0);
  const std::vector<double> all(4, barred);
  try {
    sampler.draw(logits.data(), all.data(), -1, withTemperature(0), 0);
    FAIL("nothing is left to draw");
  } catch (const Error& error) {
    CHECK(error.code() == "ERR_UNROLLED_OPTION_RANGE");
    CHECK(error.option() == "bias");
  }
}

TEST_CASE("a draw depends on seed and position, not on the draws before it") {
  SamplingOptions options;
  options.seed = 5;
  Sampler first(options, 4);
  std::vector<TokenId> ids;
  for (Index position = 0; position < 100; ++position) ids.push_back(first.draw(logits.data(), position));
  Sampler second(options, 4);
  for (Index position = 99; position >= 0; --position) {
    CHECK(second.draw(logits.data(), position) == ids[asSize(position)]);
  }
  options.seed = 6;
  Sampler other(options, 4);
  Index same = 0;
  for (Index position = 0; position < 100; ++position) {
    if (other.draw(logits.data(), position) == ids[asSize(position)]) ++same;
  }
  CHECK(same < 60);
}

TEST_CASE("large and equal logits are drawn from without overflow") {
  const float large[] = {3e38F, 3e38F, -3e38F};
  SamplingOptions options;
  options.topP = 0.9;
  Sampler sampler(options, 3);
  Index zeros = 0;
  for (Index position = 0; position < 1000; ++position) {
    const TokenId id = sampler.draw(large, position);
    CHECK(id != 2);
    if (id == 0) ++zeros;
  }
  CHECK(std::abs(zeros - 500) < 80);
}

TEST_CASE("logits that are not finite are refused") {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    for (const TokenId excluded : {TokenId{0}, TokenId{1}}) {  // the bad one itself too
      std::vector<double> broken = logits;
      broken[1] = bad;
      SamplingOptions options;
      options.topK = 2;
      options.excluded = {excluded};
      Sampler sampler(options, 4);
      try {
        sampler.draw(broken.data(), 0);
        FAIL("there is no distribution to draw from");
      } catch (const Error& error) {
        CHECK(error.code() == "ERR_UNROLLED_MODEL_NOT_FINITE");
      }
    }
  }
}

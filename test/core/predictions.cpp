// Outputs for many sequences, in batches of about one length.

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "inference/prediction.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

bool goOn() { return true; }

const std::vector<Index> offsets = {0, 5, 6, 12, 14, 19};

}  // namespace

TEST_CASE("log-probabilities of sequences are those of each alone, in their order") {
  Chain chain;
  chain.last = true;
  chain.classes = 4;
  Model<double> model(chain.description());
  model.initialize({}, 1);
  const std::vector<TokenId> ids = randomIds(19, 7, 3);
  for (const Index batch : {Index{1}, Index{2}, Index{50}}) {
    const std::vector<double> result =
        predict<double>(model, {ids, {}, 0, offsets}, {batch, true}, threads(2), goOn).output;
    REQUIRE(result.size() == 20);
    for (std::size_t i = 0; i < 5; ++i) {
      double sum = 0;
      for (TokenId c = 0; c < 4; ++c) {
        const double logProbability = result[i * 4 + static_cast<std::size_t>(c)];
        sum += std::exp(logProbability);
        std::vector<double> states(asSize(model.stateSize(1)));
        const double loss =
            model.loss({offsets[i + 1] - offsets[i], 1, ids.data() + offsets[i]}, &c, states.data(), threads(1)).sum;
        CHECK(std::abs(logProbability + loss) < 1e-13);
      }
      CHECK(std::abs(sum - 1) < 1e-13);
    }
  }
}

TEST_CASE("outputs at every step come back in the sequences' order, of vectors too") {
  Chain chain;
  chain.inputKind = InputKind::features;
  chain.inputSize = 3;
  chain.cell = "gru";
  chain.classes = 4;
  Model<double> model(chain.description());
  model.initialize({}, 1);
  const std::vector<double> features = normals<double>(19 * 3, 8);
  const Prediction<double> result = predict<double>(model, {{}, features, 3, offsets}, {3, false}, threads(1), goOn);
  REQUIRE(result.output.size() == 19 * 4);
  for (std::size_t i = 0; i < 5; ++i) {
    std::vector<double> states(asSize(model.stateSize(1)));
    const Index time = offsets[i + 1] - offsets[i];
    const Sequence<double> alone =
        model.forward({time, 1, nullptr, features.data() + offsets[i] * 3}, states.data(), threads(1));
    for (Index j = 0; j < time * 4; ++j) {
      CHECK(std::abs(alone.data[j] - result.output[asSize(offsets[i] * 4 + j)]) < 1e-13);
    }
  }
}

TEST_CASE("a prediction ends where it is told to") {
  Chain chain;
  Model<float> model(chain.description());
  model.initialize({}, 1);
  int asked = 0;
  const Prediction<float> result = predict<float>(model, {randomIds(19, 7, 3), {}, 0, offsets}, {1, false}, threads(1),
                                                  [&asked] { return ++asked <= 2; });
  CHECK(result.cancelled);
  CHECK(asked == 3);
}

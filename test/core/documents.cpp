// Documents side by side: every id is predicted once, and no state passes from one document to the next.

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "data/document_batches.h"
#include "support.h"
#include "training/evaluation.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

// Documents of 2 to 24 ids; `long` ones take several windows.
std::vector<Index> documentOffsets(Index documents) {
  std::vector<Index> offsets = {0};
  for (Index i = 0; i < documents; ++i) offsets.push_back(offsets.back() + 2 + i * 11 % 23);
  return offsets;
}

// A size that is told without the batch is the batch's.
void checkSize(const PassSize& foretold, const Batch<float>& batch) {
  const PassSize size = batch.size(true).input;
  CHECK(foretold.time == size.time);
  CHECK(foretold.positions == size.positions);
  CHECK(foretold.batch == size.batch);
  CHECK(foretold.backward == size.backward);
}

}  // namespace

TEST_CASE("every id of a document but its first is a target once, behind the ids before it") {
  const std::vector<Index> offsets = documentOffsets(13);
  std::vector<TokenId> ids;
  for (Index i = 0; i < offsets.back(); ++i) ids.push_back(static_cast<TokenId>(i));
  for (const Index rows : {Index{1}, Index{4}, Index{30}}) {
    for (const bool shuffle : {false, true}) {
      CAPTURE(rows);
      CAPTURE(shuffle);
      DocumentBatches<float> source(ids, offsets, rows, 5, shuffle, 3);
      CHECK(source.tokensPerEpoch() == offsets.back() - 13);
      std::vector<TokenId> firstOrder;
      for (const Index epoch : {Index{0}, Index{1}}) {
        std::set<TokenId> targets;
        std::vector<TokenId> order;
        std::vector<TokenId> ends;  // the id each row of the batch before would read next
        for (Index step = 0; step < source.stepsPerEpoch(); ++step) {
          const PassSize foretold = source.size(epoch, step).input;
          const TrainingBatch<float> batch = source.batch(epoch, step);
          checkSize(foretold, batch.input);
          const SequenceLayout layout = batch.input.layout();
          CHECK(batch.targetCount == layout.positions());
          CHECK(batch.fromZeroState == (step == 0));
          std::vector<Index> lengths(asSize(layout.batch));
          layout.copyLengths(lengths.data());
          std::vector<TokenId> nextEnds;
          for (Index row = 0; row < layout.batch; ++row) {
            const TokenId begin = batch.input.ids[row];
            const Index carried = batch.carriedFrom[row];
            const bool opens = std::find(offsets.begin(), offsets.end(), Index{begin}) != offsets.end();
            CHECK((carried < 0) == opens);
            if (carried >= 0) CHECK(ends[asSize(carried)] == begin);
            for (Index t = 0; t < lengths[asSize(row)]; ++t) {
              const Index position = layout.start(t) + row;
              CHECK(batch.input.ids[position] == begin + t);
              CHECK(batch.targets.ids[position] == begin + t + 1);
              CHECK(targets.insert(batch.targets.ids[position]).second);
              order.push_back(begin);
            }
            nextEnds.push_back(static_cast<TokenId>(begin + lengths[asSize(row)]));
          }
          ends = nextEnds;
        }
        CHECK(static_cast<Index>(targets.size()) == source.tokensPerEpoch());
        for (std::size_t i = 0; i + 1 < offsets.size(); ++i)
          CHECK(targets.count(static_cast<TokenId>(offsets[i])) == 0);
        if (epoch == 0) firstOrder = order;
        if (rows == 4) CHECK((order != firstOrder) == (shuffle && epoch == 1));
      }
    }
  }
}

TEST_CASE("an id is put before each document") {
  SequenceData<float> data{{1, 2, 3, 4, 5, 6}, {}, 0, {0, 2, 3, 6}};
  data.putBefore(9);
  CHECK(data.ids == std::vector<TokenId>{9, 1, 2, 9, 3, 9, 4, 5, 6});
  CHECK(data.offsets == std::vector<Index>{0, 3, 5, 9});
}

TEST_CASE("the loss of documents side by side is the sum of each alone") {
  Chain chain;
  chain.cell = "lstm";
  chain.layers = 2;
  Model<double> model(chain.description());
  model.initialize({}, 1);
  const std::vector<Index> offsets = documentOffsets(13);
  const std::vector<TokenId> ids = randomIds(offsets.back(), 7, 5);
  double expected = 0;
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    std::vector<double> states(asSize(model.stateSize(1)));
    const TokenId* document = ids.data() + offsets[i];
    expected += model.loss({offsets[i + 1] - offsets[i] - 1, 1, document}, document + 1, states.data(), threads(1)).sum;
  }
  for (const Index rows : {Index{1}, Index{4}, Index{30}}) {
    for (const Index window : {Index{1}, Index{5}, Index{100}}) {
      DocumentBatches<double> source(ids, offsets, rows, window, true, 2);
      const Evaluation result = evaluateSource<double>(model, source, threads(2), [] { return true; });
      CHECK(result.tokens == offsets.back() - 13);
      CHECK(result.count == result.tokens);
      CHECK(std::abs(result.lossSum / expected - 1) < 1e-13);
    }
  }
}

TEST_CASE("rows of documents end at about the same step") {
  const std::vector<Index> offsets = documentOffsets(200);
  DocumentBatches<float> source(randomIds(offsets.back(), 7, 5), offsets, 8, 5, true, 2);
  Index windows = 0;
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) windows += (offsets[i + 1] - offsets[i] - 2) / 5 + 1;
  CHECK(source.stepsPerEpoch() <= windows / 8 + 1);
}

TEST_CASE("a document of one id is refused") {
  try {
    const DocumentBatches<float> source({1, 2, 3}, {0, 2, 3}, 2, 4, false, 0);
    FAIL("it was not refused");
  } catch (const Error& error) {
    CHECK(error.code() == "ERR_UNROLLED_CORPUS_TOO_SHORT");
  }
}

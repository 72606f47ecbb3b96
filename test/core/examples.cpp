// How labelled, tagged and paired sequences become packed batches.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/error.h"
#include "data/labelled_sequences.h"
#include "data/paired_sequences.h"
#include "data/tagged_sequences.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr Index count = 23;

std::vector<Index> offsetsOf(Index salt) {
  std::vector<Index> offsets = {0};
  for (Index i = 0; i < count; ++i) offsets.push_back(offsets.back() + 1 + i * salt % 7);
  return offsets;
}

// Elements that tell where they stand.
template <class Element>
std::vector<Element> counting(Index elements) {
  std::vector<Element> values(asSize(elements));
  for (Index i = 0; i < elements; ++i) values[asSize(i)] = static_cast<Element>(i);
  return values;
}

SequenceData<double> ids(Index salt) {
  const std::vector<Index> offsets = offsetsOf(salt);
  return {counting<TokenId>(offsets.back()), {}, 0, offsets};
}

// The sequence that a row of a batch of `ids` is; checks that it is whole, in order, and nothing else.
Index sequenceOf(const SequenceData<double>& data, const SequenceLayout& layout, const TokenId* packed, Index row) {
  const auto after = std::upper_bound(data.offsets.begin(), data.offsets.end(), Index{packed[row]});
  const Index sequence = after - data.offsets.begin() - 1;
  std::vector<Index> lengths(asSize(layout.batch));
  layout.copyLengths(lengths.data());
  REQUIRE(lengths[asSize(row)] == data.length(sequence));
  for (Index t = 0; t < data.length(sequence); ++t) CHECK(packed[layout.start(t) + row] == data.begin(sequence) + t);
  return sequence;
}

// The sequences of every batch of an epoch.
std::vector<std::vector<Index>> epochOf(LabelledSequences<double>& source, const SequenceData<double>& data,
                                        Index epoch) {
  std::vector<std::vector<Index>> batches;
  for (Index step = 0; step < source.stepsPerEpoch(); ++step) {
    const TrainingBatch<double> batch = source.batch(epoch, step);
    CHECK(batch.fromZeroState);
    CHECK(batch.targetCount == batch.input.batch);
    CHECK(batch.input.layout().positions() <= source.largestPass().positions);
    batches.emplace_back();
    for (Index row = 0; row < batch.input.batch; ++row) {
      const Index sequence = sequenceOf(data, batch.input.layout(), batch.input.ids, row);
      CHECK(batch.targets.ids[row] == 100 + sequence);
      batches.back().push_back(sequence);
    }
  }
  return batches;
}

std::vector<TokenId> labels() {
  std::vector<TokenId> values = counting<TokenId>(count);
  for (TokenId& value : values) value += 100;
  return values;
}

}  // namespace

TEST_CASE("labelled sequences are packed by falling length, each once an epoch") {
  const SequenceData<double> data = ids(3);
  for (const Batching batching : {Batching{5, true, 0}, Batching{5, false, 0}, Batching{5, true, 2},
                                  Batching{5, false, 2}, Batching{40, true, 0}, Batching{1, true, 3}}) {
    CAPTURE(batching.batch);
    CAPTURE(batching.shuffle);
    CAPTURE(batching.bucketing);
    LabelledSequences<double> source(data, classes<double>(labels()), batching, 4);
    const Index batch = std::min(batching.batch, count);
    CHECK(source.stepsPerEpoch() == (count + batch - 1) / batch);
    CHECK(source.tokensPerEpoch() == count);
    const auto first = epochOf(source, data, 0);
    std::multiset<Index> seen;
    int smaller = 0;
    for (const auto& sequences : first) {
      seen.insert(sequences.begin(), sequences.end());
      smaller += static_cast<Index>(sequences.size()) < batch ? 1 : 0;
    }
    CHECK(seen.size() == count);
    CHECK(std::set<Index>(seen.begin(), seen.end()).size() == count);
    CHECK(smaller == (count % batch == 0 ? 0 : 1));
    CHECK((epochOf(source, data, 1) != first) == batching.shuffle);
    CHECK(epochOf(source, data, 0) == first);  // whatever was asked for before
  }
}

TEST_CASE("bucketing leaves less of a rectangle empty, with the same sequences in a pool") {
  const SequenceData<double> data = ids(3);
  const auto emptyOf = [&](Index bucketing) {
    LabelledSequences<double> source(data, classes<double>(labels()), {4, true, bucketing}, 4);
    Index empty = 0;
    for (Index step = 0; step < source.stepsPerEpoch(); ++step) {
      const SequenceLayout layout = source.batch(0, step).input.layout();
      empty += layout.time * layout.batch - layout.positions();
    }
    return empty;
  };
  CHECK(emptyOf(3) < emptyOf(0));
  CHECK(emptyOf(100) <= emptyOf(3));  // all sorted
}

TEST_CASE("tagged sequences have a target or values at every position, vectors too") {
  const std::vector<Index> offsets = offsetsOf(5);
  const Index elements = offsets.back();
  const SequenceData<double> data{{}, counting<double>(elements * 3), 3, offsets};
  const TargetData<double> targets{LossKind::squaredError, {}, counting<double>(elements * 2), 2};
  TaggedSequences<double> source(data, targets, {4, true, 0}, 9);
  CHECK(source.tokensPerEpoch() == elements);
  std::set<Index> seen;
  for (Index step = 0; step < source.stepsPerEpoch(); ++step) {
    const TrainingBatch<double> batch = source.batch(2, step);
    CHECK(batch.input.ids == nullptr);
    CHECK(batch.targetCount == batch.input.layout().positions());
    for (Index position = 0; position < batch.targetCount; ++position) {
      const auto element = static_cast<Index>(batch.input.features[position * 3]) / 3;
      seen.insert(element);
      CHECK(batch.input.features[position * 3 + 2] == static_cast<double>(element * 3 + 2));
      CHECK(batch.targets.values[position * 2 + 1] == static_cast<double>(element * 2 + 1));
    }
  }
  CHECK(static_cast<Index>(seen.size()) == elements);
}

TEST_CASE("rows of a pair lie in the order of their own side's lengths, and find each other") {
  const SequenceData<double> source = ids(5);
  const SequenceData<double> inputs = ids(3);
  std::vector<TokenId> answers = counting<TokenId>(inputs.elements());
  for (TokenId& answer : answers) answer += 1000;
  PairedSequences<double> pairs(source, inputs, classes<double>(answers), {6, true, 0}, 3);
  CHECK(pairs.tokensPerEpoch() == inputs.elements());
  std::set<Index> seen;
  for (Index step = 0; step < pairs.stepsPerEpoch(); ++step) {
    const TrainingBatch<double> batch = pairs.batch(1, step);
    const SourceBatch<double>& other = batch.input.source;
    const SequenceLayout layout{other.time, batch.input.batch, other.starts};
    for (Index row = 0; row < batch.input.batch; ++row) {
      const Index sequence = sequenceOf(inputs, batch.input.layout(), batch.input.ids, row);
      CHECK(sequenceOf(source, layout, other.ids, other.rows[row]) == sequence);
      seen.insert(sequence);
    }
    for (Index position = 0; position < batch.targetCount; ++position) {
      CHECK(batch.targets.ids[position] == batch.input.ids[position] + 1000);
    }
  }
  CHECK(static_cast<Index>(seen.size()) == count);
}

TEST_CASE("sources of the same batches have the same identity, and others have another") {
  const auto identity = [](Index salt, Batching batching, std::uint64_t seed) {
    return LabelledSequences<double>(ids(salt), classes<double>(labels()), batching, seed).identity();
  };
  CHECK(identity(3, {4, true, 0}, 1) == identity(3, {4, true, 0}, 1));
  CHECK(identity(3, {4, false, 0}, 1) == identity(3, {4, false, 0}, 2));  // nothing is drawn
  const std::set<std::uint64_t> others = {identity(3, {4, true, 0}, 1), identity(3, {4, true, 0}, 2),
                                          identity(3, {5, true, 0}, 1), identity(3, {4, true, 2}, 1),
                                          identity(5, {4, true, 0}, 1), identity(3, {4, false, 0}, 1)};
  CHECK(others.size() == 6);
}

TEST_CASE("what does not fit its sequences is refused before anything is read") {
  const auto codeOf = [](const SequenceData<double>& data, const TargetData<double>& targets) -> std::string {
    try {
      TaggedSequences<double>(data, targets, {2, true, 0}, 0);
    } catch (const Error& error) {
      return error.code();
    }
    return "none";
  };
  const TargetData<double> three = classes<double>({0, 1, 0});
  CHECK(codeOf({{1, 2, 3}, {}, 0, {0, 1, 3}}, three) == "none");
  CHECK(codeOf({{1, 2, 3}, {}, 0, {0, 1, 3}}, classes<double>({0, 1})) == "ERR_UNROLLED_SHAPE");
  CHECK(codeOf({{}, {1, 2, 3, 4, 5}, 2, {0, 1, 2}}, classes<double>({0, 1})) == "ERR_UNROLLED_SHAPE");
  CHECK(codeOf({{}, {1, 2, 3, 4}, 2, {0, 1, 3}}, three) == "ERR_UNROLLED_SHAPE");
  CHECK(codeOf({{1, 2, 3}, {}, 0, {0, 1, 3}}, {LossKind::squaredError, {}, {1, 2, 3}, 2}) == "ERR_UNROLLED_SHAPE");
}

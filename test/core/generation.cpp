// Generation from prompts: in pieces, from several at once, up to an end token.

#include "inference/generation.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

SamplingOptions withTemperature(double temperature) {
  SamplingOptions options;
  options.temperature = temperature;
  return options;
}

bool goOn() { return true; }

// Rows that draw `count` tokens by seeds of their own, and else by these options.
std::vector<RowOptions> rowsOf(Index count, const SamplingOptions& options, const std::vector<std::uint64_t>& seeds) {
  std::vector<RowOptions> rows;
  for (const std::uint64_t seed : seeds) {
    rows.push_back({options, count});
    rows.back().seed = seed;
  }
  return rows;
}

template <class T>
RowsGeneration<T> drawRows(Model<T>& model, const Prompts& prompts, std::vector<T> states, Index count,
                           const SamplingOptions& options, const std::vector<std::uint64_t>& seeds,
                           const Parallel& parallel) {
  return generateRows(model, prompts, std::move(states), rowsOf(count, options, seeds), options.excluded, options.end,
                      parallel, goOn);
}

Model<double>& model() {
  static Model<double> shared([] {
    Chain chain;
    chain.cell = "lstm";
    chain.layers = 2;
    return chain.description();
  }());
  shared.initialize({Initializer::Kind::normal, 1}, 1);
  return shared;
}

// Prompts of these lengths, with ids of their own.
Prompts promptsOf(const std::vector<Index>& lengths) {
  Prompts prompts;
  prompts.offsets = {0};
  for (const Index length : lengths) {
    const std::vector<TokenId> ids = randomIds(length, 7, static_cast<std::uint64_t>(length));
    prompts.ids.insert(prompts.ids.end(), ids.begin(), ids.end());
    prompts.offsets.push_back(static_cast<Index>(prompts.ids.size()));
  }
  return prompts;
}

std::vector<TokenId> promptOf(const Prompts& prompts, Index row) {
  return {prompts.ids.begin() + prompts.offsets[asSize(row)], prompts.ids.begin() + prompts.offsets[asSize(row) + 1]};
}

std::vector<double> stateOf(const std::vector<double>& states, Index row) {
  const Index size = model().stateSize(1);
  return {states.begin() + row * size, states.begin() + (row + 1) * size};
}

}  // namespace

TEST_CASE("generation feeds the prompt, then each token drawn") {
  const std::vector<TokenId> prompt = randomIds(150, 7, 1);  // more than two windows
  const Generation<double> generation = generate<double>(model(), prompt, {}, 12, withTemperature(0), threads(1), goOn);
  REQUIRE(generation.ids.size() == 12);
  CHECK_FALSE(generation.cancelled);

  std::vector<TokenId> text = prompt;
  for (const TokenId id : generation.ids) {
    std::vector<double> states(asSize(model().stateSize(1)));
    const Sequence<double> output =
        model().forward({static_cast<Index>(text.size()), 1, text.data(), nullptr}, states.data(), threads(1));
    const double* last = output.data + (output.layout.time - 1) * output.features;
    CHECK(id == std::max_element(last, last + output.features) - last);
    // The state comes back as it is before the last id.
    if (text.size() == prompt.size() + 11) CHECK(largestError(generation.state, states) < 1e-12);
    text.push_back(id);
  }
}

TEST_CASE("generation in pieces equals one call") {
  SamplingOptions options;
  options.seed = 3;
  options.temperature = 1.3;
  const std::vector<TokenId> prompt = {1, 2, 3};
  const Generation<double> whole = generate<double>(model(), prompt, {}, 30, options, threads(1), goOn);

  std::vector<TokenId> ids;
  std::vector<TokenId> next = prompt;
  std::vector<double> state;
  for (const Index piece : {Index{1}, Index{5}, Index{1}, Index{10}, Index{13}}) {
    options.position = static_cast<Index>(ids.size());
    Generation<double> part = generate<double>(model(), next, state, piece, options, threads(1), goOn);
    ids.insert(ids.end(), part.ids.begin(), part.ids.end());
    next = {ids.back()};
    state = part.state;
  }
  CHECK(ids == whole.ids);
  CHECK(sameBits(state, whole.state));
}

TEST_CASE("generation ends where it is told to, with what is drawn so far") {
  int left = 4;  // the prompt's window and three tokens fed
  const Generation<double> generation =
      generate<double>(model(), {1, 2}, {}, 30, {}, threads(1), [&left] { return left-- > 0; });
  CHECK(generation.cancelled);
  const Generation<double> whole = generate<double>(model(), {1, 2}, {}, 30, {}, threads(1), goOn);
  REQUIRE(generation.ids.size() == 4);
  CHECK(std::equal(generation.ids.begin(), generation.ids.end(), whole.ids.begin()));

  const Generation<double> none = generate<double>(model(), {1, 2}, {}, 30, {}, threads(1), [] { return false; });
  CHECK(none.cancelled);
  CHECK(none.ids.empty());
}

TEST_CASE("several prompts draw what each would draw alone") {
  // Two of one length, one of more than the windows of all together, one of a single id.
  const Prompts prompts = promptsOf({3, 200, 1, 40, 40});
  const std::vector<std::uint64_t> seeds = {11, 12, 13, 14, 15};
  SamplingOptions options;
  options.temperature = 1.2;
  const RowsGeneration<double> rows = drawRows<double>(model(), prompts, {}, 25, options, seeds, threads(2));
  REQUIRE(rows.ids.size() == 5);
  for (Index row = 0; row < 5; ++row) {
    CAPTURE(row);
    options.seed = seeds[asSize(row)];
    const Generation<double> alone =
        generate<double>(model(), promptOf(prompts, row), {}, 25, options, threads(1), goOn);
    CHECK(rows.ids[asSize(row)] == alone.ids);
    CHECK(largestError(stateOf(rows.states, row), alone.state) < 1e-12);
  }
  CHECK(rows.ids[3] != rows.ids[4]);
}

TEST_CASE("prompts of one length take one pass, whatever their number") {
  const Prompts prompts = promptsOf({5, 5, 5});
  const RowsGeneration<double> rows =
      drawRows<double>(model(), prompts, {}, 8, withTemperature(0), {0, 0, 0}, threads(1));
  const Generation<double> alone =
      generate<double>(model(), promptOf(prompts, 0), {}, 8, withTemperature(0), threads(1), goOn);
  for (const std::vector<TokenId>& ids : rows.ids) CHECK(ids == alone.ids);
}

TEST_CASE("a row ends with its end token, and the others go on") {
  const Prompts prompts = promptsOf({3, 9, 1, 4});
  const std::vector<std::uint64_t> seeds = {1, 2, 3, 4};
  SamplingOptions options;
  options.temperature = 2;
  const RowsGeneration<double> whole = drawRows<double>(model(), prompts, {}, 30, options, seeds, threads(1));
  options.end = 4;
  const RowsGeneration<double> ended = drawRows<double>(model(), prompts, {}, 30, options, seeds, threads(1));
  Index shorter = 0;
  for (std::size_t row = 0; row < 4; ++row) {
    CAPTURE(row);
    const std::vector<TokenId>& all = whole.ids[row];
    auto end = std::find(all.begin(), all.end(), options.end);
    if (end != all.end()) {
      ++end;
      ++shorter;
    }
    CHECK(ended.ids[row] == std::vector<TokenId>(all.begin(), end));
  }
  CHECK(shorter > 1);
}

TEST_CASE("several prompts in pieces equal one call") {
  const Prompts prompts = promptsOf({3, 9, 1});
  const std::vector<std::uint64_t> seeds = {1, 2, 3};
  SamplingOptions options;
  const RowsGeneration<double> whole = drawRows<double>(model(), prompts, {}, 12, options, seeds, threads(1));
  const RowsGeneration<double> first = drawRows<double>(model(), prompts, {}, 5, options, seeds, threads(1));
  options.position = 5;
  const Prompts last = {{first.ids[0].back(), first.ids[1].back(), first.ids[2].back()}, {0, 1, 2, 3}};
  const RowsGeneration<double> second = drawRows<double>(model(), last, first.states, 7, options, seeds, threads(1));
  for (std::size_t row = 0; row < 3; ++row) {
    std::vector<TokenId> joined = first.ids[row];
    joined.insert(joined.end(), second.ids[row].begin(), second.ids[row].end());
    CHECK(joined == whole.ids[row]);
  }
  CHECK(sameBits(second.states, whole.states));
}

TEST_CASE_TEMPLATE("what a row draws and its state have the same bits alone, beside others, and in pieces", T, float,
                   double) {
  std::vector<Chain> chains(4);
  chains[0].input = "oneHot";
  chains[0].hidden = 9;
  chains[1].cell = "gru";
  chains[1].layers = 2;
  chains[1].hidden = 33;
  chains[2].cell = "lstm";
  chains[2].layers = 2;
  chains[2].hidden = 40;
  chains[3].cell = "gru";
  chains[3].resetAfter = false;
  chains[3].layerNorm = true;
  for (const Chain& chain : chains) {
    Model<T> own(chain.description());
    own.initialize({Initializer::Kind::normal, 0.5}, 2);
    const Prompts prompts = promptsOf({3, 130, 1, 40, 40, 17, 1, 1, 5, 2, 9, 1, 1, 1});
    std::vector<RowOptions> rows;
    for (Index row = 0; row < prompts.count(); ++row) {
      RowOptions options;
      options.seed = static_cast<std::uint64_t>(row);
      options.count = 1 + (row * 7) % 20;
      options.temperature = 0.5 + 0.1 * static_cast<double>(row);
      options.topK = row % 3 == 0 ? 4 : 0;
      options.topP = row % 2 == 0 ? 0.9 : 1;
      rows.push_back(options);
    }
    const RowsGeneration<T> together = generateRows<T>(own, prompts, {}, rows, {}, -1, threads(2), goOn);
    const Index size = own.stateSize(1);
    for (Index row = 0; row < prompts.count(); ++row) {
      CAPTURE(row);
      const std::vector<TokenId> ids = promptOf(prompts, row);
      // The prompt in two parts, where it has any, then what is drawn in two.
      const auto half = static_cast<std::ptrdiff_t>(ids.size() / 2);
      RowsGeneration<T> part;
      RowOptions options = rows[asSize(row)];
      const Index count = options.count;
      const auto go = [&](const std::vector<TokenId>& fed, Index drawn) {
        options.count = drawn;
        part = generateRows<T>(own, {fed, {0, static_cast<Index>(fed.size())}}, part.states, {options}, {}, -1,
                               threads(1), goOn);
        return part.ids.front();
      };
      if (half > 0) CHECK(go({ids.begin(), ids.begin() + half}, 0).empty());
      std::vector<TokenId> drawn = go({ids.begin() + half, ids.end()}, (count + 1) / 2);
      if (count > 1) {
        options.position = static_cast<Index>(drawn.size());
        const std::vector<TokenId> rest = go({drawn.back()}, count - options.position);
        drawn.insert(drawn.end(), rest.begin(), rest.end());
      }
      CHECK(together.ids[asSize(row)] == drawn);
      CHECK(sameBits(std::vector<T>(together.states.begin() + row * size, together.states.begin() + (row + 1) * size),
                     part.states));
    }
  }
}

TEST_CASE("what was kept of the weights is forgotten when they change") {
  Model<double>& own = model();
  SamplingOptions options;
  const auto drawn = [&] { return generate<double>(own, {1, 2, 3}, {}, 20, options, threads(1), goOn); };
  const Generation<double> before = drawn();
  Index size = 0;
  for (const Parameter& parameter : own.parameters()) size += parameter.count();
  std::vector<double> values(asSize(size));
  own.read(values.data());
  own.initialize({Initializer::Kind::normal, 1}, 5);
  CHECK(largestError(drawn().state, before.state) > 1e-3);
  own.write(values.data());
  CHECK(sameBits(drawn().state, before.state));
}

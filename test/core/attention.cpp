// Attention: against the plain formula, its gradients, padding, shared memory rows, threads.

#include "layers/attention.h"

#include <cmath>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "layer_check.h"
#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

struct Shape {
  std::vector<Index> queries;
  std::vector<Index> memory;
  bool general = true;
  std::vector<Index> rows = {};  // empty: the same
  Index queryFeatures = 3;
  Index memoryFeatures = 4;
};

template <class T>
Attention<T>& addAttention(LayerHarness<T>& harness, const Shape& shape) {
  const Index memoryFeatures = shape.general ? shape.memoryFeatures : shape.queryFeatures;
  harness.addVectors(shape.queries, shape.queryFeatures);
  harness.addVectors(shape.memory, memoryFeatures);
  auto attention =
      std::make_unique<Attention<T>>(harness.list, "attention", shape.queryFeatures, memoryFeatures, shape.general);
  if (!shape.rows.empty()) attention->setRows(shape.rows.data());
  Attention<T>& made = *attention;
  harness.joining = std::move(attention);
  return made;
}

// Rows as long as each other and not, sharing rows of the memory and not, with a row that nobody reads.
std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const bool general : {true, false}) {
    all.push_back({{3, 3}, {4, 4}, general});
    all.push_back({{3, 3, 3}, {5, 2, 1}, general});
    all.push_back({{4, 2, 1}, {3, 3, 3}, general});
    all.push_back({{4, 2, 1}, {3, 6, 1}, general, {2, 0, 1}});
    all.push_back({{2, 2, 2, 2}, {5, 3, 4}, general, {0, 2, 0, 2}});
    all.push_back({{1, 1, 1}, {5}, general, {0, 0, 0}});
  }
  return all;
}

}  // namespace

TEST_CASE_TEMPLATE("attention is the softmax of scores over a row's own steps", T, float, double) {
  for (const Shape& shape : shapes()) {
    LayerHarness<T> harness;
    const Attention<T>& attention = addAttention(harness, shape);
    harness.prepare();
    const std::vector<T> output = harness.run(1).output;
    const Index width = shape.queryFeatures;
    const Index memoryWidth = shape.general ? shape.memoryFeatures : width;
    const SequenceLayout queries = harness.layout(0);
    const SequenceLayout memory = harness.layout(1);
    std::vector<Index> lengths(asSize(memory.batch));
    memory.copyLengths(lengths.data());
    REQUIRE(attention.memorySteps() == memory.time);
    double worst = 0;
    for (Index t = 0; t < queries.time; ++t) {
      for (Index row = 0; row < queries.rowsAt(t); ++row) {
        const Index position = queries.start(t) + row;
        const Index memoryRow = shape.rows.empty() ? row : shape.rows[asSize(row)];
        const T* query = harness.vectors()[0]->data() + position * width;
        const auto memoryAt = [&](Index step) {
          return harness.vectors()[1]->data() + (memory.start(step) + memoryRow) * memoryWidth;
        };
        std::vector<double> weights;
        double sum = 0;
        for (Index step = 0; step < lengths[asSize(memoryRow)]; ++step) {
          double score = 0;
          for (Index h = 0; h < width; ++h) {
            for (Index m = 0; m < memoryWidth; ++m) {
              const double between =
                  shape.general ? static_cast<double>(harness.buffers().value(0)[h * memoryWidth + m]) : h == m;
              score += static_cast<double>(query[h]) * between * static_cast<double>(memoryAt(step)[m]);
            }
          }
          weights.push_back(std::exp(score));
          sum += weights.back();
        }
        for (Index step = 0; step < memory.time; ++step) {
          const bool inside = step < lengths[asSize(memoryRow)];
          const double expected = inside ? weights[asSize(step)] / sum : 0;
          worst = std::max(worst, std::abs(static_cast<double>(attention.weights(t, row)[step]) - expected));
        }
        const T* result = output.data() + position * (memoryWidth + width);
        for (Index m = 0; m < memoryWidth; ++m) {
          double expected = 0;
          for (std::size_t step = 0; step < weights.size(); ++step) {
            expected += weights[step] / sum * static_cast<double>(memoryAt(static_cast<Index>(step))[m]);
          }
          worst = std::max(worst, std::abs(static_cast<double>(result[m]) - expected));
        }
        CHECK(sameBits(result + memoryWidth, query, asSize(width)));
      }
    }
    CHECK(worst < (sizeof(T) == 4 ? 2e-6 : 1e-14));
  }
}

TEST_CASE("gradients of attention, of queries, memory and matrix") {
  for (const Shape& shape : shapes()) {
    checkLayer([&](auto& harness) { addAttention(harness, shape); });
  }
}

TEST_CASE_TEMPLATE("attention gives the same bits with any number of threads", T, float, double) {
  Shape shape;
  shape.queryFeatures = 40;
  shape.memoryFeatures = 56;
  for (Index row = 0; row < 30; ++row) {
    shape.queries.push_back(1 + row * 7 % 20);
    shape.memory.push_back(1 + row * 11 % 25);
    shape.rows.push_back(row * 13 % 11);
  }
  checkThreads<T>([&](auto& harness) { addAttention(harness, shape); });
  shape.queries.assign(30, 20);
  shape.memory.assign(30, 25);
  checkThreads<T>([&](auto& harness) { addAttention(harness, shape); });
}

TEST_CASE("attention without a backward pass, and in a pass no layout made room for") {
  const Shape shape{{3, 1}, {4, 2}};
  LayerHarness<double> whole;
  addAttention(whole, shape);
  whole.prepare();
  const std::vector<double> expected = whole.run(1).output;
  LayerHarness<double> forwardOnly;
  addAttention(forwardOnly, shape);
  forwardOnly.prepare(false);
  const Sequence<double> output = forwardOnly.forward(1);
  CHECK(sameBits(output.data, expected.data(), expected.size()));

  ParameterList list;
  Attention<double> unsized(list, "attention", 3, 4, true);
  ParameterBuffers<double> buffers(list);
  std::copy_n(whole.buffers().values(), list.size(), buffers.change());
  Workspace workspace;
  workspace.bind([&](Arena& arena) { unsized.layOut(arena, {{4, 2, false, true}, {6, 2, false, true}}); });
  const Parallel parallel = threads(1);
  std::vector<Sequence<double>> inputs(2);
  for (std::size_t i = 0; i < 2; ++i) {
    inputs[i].layout = whole.layout(i);
    inputs[i].data = whole.vectors()[i]->data();
  }
  const Sequence<double> again = unsized.forward(inputs, {buffers, parallel, {}});
  CHECK(sameBits(again.data, expected.data(), expected.size()));
}

// The workspace of passes: alignment, growth and reuse.

#include "base/workspace.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

bool onCacheLine(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory) % cacheLine == 0; }

}  // namespace

TEST_CASE("a layout counts first, then binds arrays on cache lines of their own") {
  Workspace workspace;
  std::vector<std::pair<float*, Index>> floats;
  double* doubles = nullptr;
  int runs = 0;
  const auto layOut = [&](Arena& arena) {
    ++runs;
    floats.clear();
    for (const Index count : {Index{1}, Index{16}, Index{17}, Index{0}, Index{100}}) {
      floats.emplace_back(arena.take<float>(count), count);
    }
    doubles = arena.take<double>(9);
  };
  workspace.bind(layOut);
  CHECK(runs == 2);
  CHECK(workspace.bytes() == 64 + 64 + 128 + 0 + 448 + 128);
  for (const auto& [memory, count] : floats) {
    CHECK(onCacheLine(memory));
    std::fill_n(memory, count, static_cast<float>(count));
  }
  CHECK(onCacheLine(doubles));
  std::fill_n(doubles, 9, -1.0);
  for (const auto& [memory, count] : floats) {
    for (Index i = 0; i < count; ++i) CHECK(memory[i] == static_cast<float>(count));
  }
}

TEST_CASE("a workspace grows when it must and keeps its block when it need not") {
  Workspace workspace;
  float* memory = nullptr;
  Index count = 100;
  const auto layOut = [&](Arena& arena) { memory = arena.take<float>(count); };
  workspace.bind(layOut);
  float* const small = memory;
  const std::size_t bytes = workspace.bytes();
  count = 50;
  workspace.bind(layOut);
  CHECK(memory == small);
  CHECK(workspace.bytes() == bytes);
  count = 100000;
  workspace.bind(layOut);
  CHECK(workspace.bytes() == 400000);
  CHECK(onCacheLine(memory));
  std::fill_n(memory, count, 1.0F);
}

TEST_CASE("a workspace that the machine cannot hold is refused, and can be asked for less again") {
  Workspace workspace;
  Index count = Index{1} << 58U;
  float* memory = nullptr;
  const auto layOut = [&](Arena& arena) { memory = arena.take<float>(count); };
  try {
    workspace.bind(layOut);
    FAIL("it was not refused");
  } catch (const Error& error) {
    CHECK(error.code() == "ERR_UNROLLED_OUT_OF_MEMORY");
  }
  CHECK(workspace.bytes() == 0);
  count = 10;
  workspace.bind(layOut);
  CHECK(memory != nullptr);
}

TEST_CASE("a model reserves for its largest pass and stays with it") {
  Chain chain;
  chain.cell = "gru";
  Model<float> model(chain.description());
  CHECK(model.workspaceBytes() == 0);
  model.reserve({{20, 4, false}});
  const std::size_t forwardOnly = model.workspaceBytes();
  CHECK(forwardOnly > 0);
  model.reserve({{12, 3, false}});
  CHECK(model.workspaceBytes() == forwardOnly);
  model.reserve({{20, 4, true}});
  const std::size_t both = model.workspaceBytes();
  CHECK(both > forwardOnly);
  model.reserve({{20, 4, false}});
  CHECK(model.workspaceBytes() == both);
  model.reserve({{20, 20, true}});  // more rows need more states, though the positions are as many
  CHECK(model.workspaceBytes() > both);
}

TEST_CASE("what a training takes is known before, the loss with it, and asking changes nothing") {
  const Chain chain;
  Model<float> model(chain.description());
  model.initialize({}, 1);
  const BatchSize size{{20, 4, true, false, 5}, {}};
  const std::size_t known = model.workspaceBytes(size, LossKind::crossEntropy);
  CHECK(model.workspaceBytes() == 0);
  CHECK(model.workspaceBytes(size, LossKind::squaredError) != known);
  const std::vector<TokenId> ids = randomIds(21, 7, 1);
  const auto gradients = [&] {
    std::vector<float> states(asSize(model.stateSize(4)));
    std::vector<float> stateGradients(states.size());
    model.lossAndGradients({5, 4, ids.data(), nullptr}, ids.data() + 1, 1, states.data(), stateGradients.data(),
                           threads(1));
    return gradientsOf(model);
  };
  const std::vector<float> before = gradients();
  CHECK(model.workspaceBytes() == known);
  CHECK(model.workspaceBytes({{2000, 40, true, false, 50}, {}}, LossKind::crossEntropy) > known);
  CHECK(model.workspaceBytes() == known);
  CHECK(sameBits(gradients(), before));
}

TEST_CASE("a pass takes memory for its own loss, and for no other") {
  const Chain chain;
  Model<float> model(chain.description());
  model.initialize({}, 1);
  const Index positions = 20;
  const std::vector<float> targets(asSize(positions * model.outputFeatures()), 0.25F);
  const std::vector<TokenId> ids = randomIds(positions, 7, 1);
  const auto pass = [&](LossKind loss) {
    std::vector<float> states(asSize(model.stateSize(4)));
    std::vector<float> stateGradients(states.size());
    model.lossAndGradients({5, 4, ids.data(), nullptr}, {loss, targets.data()}, 1, states.data(), stateGradients.data(),
                           threads(1));
    return gradientsOf(model);
  };
  const BatchSize size{{positions, 4, true, false, 5}, {}};
  const std::size_t known = model.workspaceBytes(size, LossKind::squaredError);
  CHECK(model.workspaceBytes(size, LossKind::binaryCrossEntropy) == known);
  BatchSize output = size;
  output.output = true;
  Model<float> other(chain.description());
  other.reserve(output);
  // A loss has a gradient [P, F] and results [P]; each array takes up to a cache line more.
  const std::size_t ofOneLoss = targets.size() * sizeof(float) + asSize(positions) * sizeof(LossResult) + 128;
  CHECK(known <= other.workspaceBytes() + ofOneLoss);

  const std::vector<float> squared = pass(LossKind::squaredError);
  CHECK(model.workspaceBytes() == known);
  // A model that takes both in turn has room for both, and each has the bits that it had.
  const std::vector<float> binary = pass(LossKind::binaryCrossEntropy);
  CHECK(model.workspaceBytes() > known);
  CHECK(sameBits(pass(LossKind::squaredError), squared));
  CHECK(sameBits(pass(LossKind::binaryCrossEntropy), binary));
}

TEST_CASE("passes of changing sizes give what a fresh model gives") {
  for (const std::string& cell : cells()) {
    for (const char* input : {"embedding", "oneHot"}) {
      Chain chain;
      chain.cell = cell;
      chain.input = input;
      chain.layers = 2;
      const auto pass = [](Model<double>& model, Index time, Index batch) {
        const std::vector<TokenId> ids = randomIds(time * batch + 1, 7, 1);
        std::vector<double> states = normals<double>(model.stateSize(batch), 2);
        std::vector<double> stateGradients = normals<double>(model.stateSize(batch), 3);
        model.lossAndGradients({time, batch, ids.data(), nullptr}, ids.data() + 1, 1, states.data(),
                               stateGradients.data(), threads(1));
        std::vector<double> result = gradientsOf(model);
        result.insert(result.end(), states.begin(), states.end());
        result.insert(result.end(), stateGradients.begin(), stateGradients.end());
        return result;
      };
      struct Size {
        Index time;
        Index batch;
      };
      Model<double> used(chain.description());
      used.initialize({}, 1);
      // Few positions gather the embedding, 14 and more project its table.
      for (const Size size : {Size{2, 3}, Size{9, 4}, Size{1, 1}, Size{3, 20}, Size{30, 2}, Size{2, 3}}) {
        CAPTURE(size.time);
        CAPTURE(size.batch);
        Model<double> fresh(chain.description());
        fresh.initialize({}, 1);
        CHECK(sameBits(pass(used, size.time, size.batch), pass(fresh, size.time, size.batch)));
      }
    }
  }
}

// The optimisers' steps of every instruction set.

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "optimizers/optimizer.h"
#include "optimizers/plain_updates.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr int steps = 6;

OptimizerSettings settings() {
  OptimizerSettings settings;
  settings.learningRate = 0.05;
  settings.weightDecay = 0.02;
  settings.set("momentum", 0.9);
  settings.set("alpha", 0.95);
  settings.set("beta1", 0.9);
  settings.set("beta2", 0.98);
  settings.set("epsilon", 1e-6);
  return settings;
}

// The arrays an optimiser changes, for the kernel guarded and for the reference plain.
template <class T>
struct Arrays {
  explicit Arrays(Index count) : weights(normals<T>(count, 1)), first(zeros(count)), second(zeros(count)) {}

  Guarded<T> weights;
  Guarded<T> first;
  Guarded<T> second;

 private:
  static std::vector<T> zeros(Index count) { return std::vector<T>(asSize(count)); }
};

// Runs some steps of an optimiser by every instruction set and by its plain reference.
template <class T, class Optimizer, class Reference>
void compare(OptimizerKind kind, Reference&& byReference) {
  const OptimizerSettings told = settings();
  const std::vector<const KernelTable<T>*> kernels = tables<T>();
  for (std::size_t set = 0; set < kernels.size(); ++set) {
    const std::string isa = kernels[set]->name;
    const Update<T> update = (*updateTables<T>()[set])[static_cast<std::size_t>(kind)];
    CAPTURE(isa);
    for (const Index count : oddSizes()) {
      CAPTURE(count);
      Arrays<T> actual(count);
      Arrays<T> expected(count);
      for (int step = 0; step < steps; ++step) {
        const std::vector<T> gradient = normals<T>(count, 10 + static_cast<std::uint64_t>(step));
        const typename Optimizer::template Constants<T> constants(
            OptimizerStep{.settings = told, .number = step + 1.0, .gradientScale = 0.7});
        update(count, &constants, gradient.data(), actual.weights.data(), actual.first.data(), actual.second.data());
        byReference(count, constants, gradient.data(), expected);
      }
      CHECK(largestError(actual.weights.values(), expected.weights.values()) <= 5 * roundings<T>);
      CHECK(largestError(actual.first.values(), expected.first.values()) <= 5 * roundings<T>);
      CHECK(largestError(actual.second.values(), expected.second.values()) <= 5 * roundings<T>);
      CHECK(actual.weights.intact());
      CHECK(actual.first.intact());
      CHECK(actual.second.intact());
    }
  }
}

// Runs some steps of an optimiser with its usual hyper-parameters by every instruction set, and compares with the
// first.
template <class T, class Optimizer>
void compareSets(OptimizerKind kind) {
  OptimizerOptions options(kind);
  options.learningRate = 0.05;
  options.weightDecay = 0.02;
  const std::vector<const UpdateTable<T>*> sets = updateTables<T>();
  CAPTURE(Optimizer::name);
  for (const Index count : oddSizes()) {
    CAPTURE(count);
    std::vector<Arrays<T>> results;
    for (const UpdateTable<T>* set : sets) {
      Arrays<T>& arrays = results.emplace_back(count);
      double carried = 1;
      for (int step = 1; step <= steps; ++step) {
        carried = Optimizer::carried(options, carried, step);
        const typename Optimizer::template Constants<T> constants(
            OptimizerStep{.settings = options, .number = double(step), .carried = carried, .gradientScale = 0.7});
        const std::vector<T> gradient = normals<T>(count, 10 + static_cast<std::uint64_t>(step));
        (*set)[static_cast<std::size_t>(kind)](count, &constants, gradient.data(), arrays.weights.data(),
                                               arrays.first.data(), arrays.second.data());
      }
      CHECK(largestError(arrays.weights.values(), results[0].weights.values()) <= 5 * roundings<T>);
      CHECK(largestError(arrays.first.values(), results[0].first.values()) <= 5 * roundings<T>);
      CHECK(largestError(arrays.second.values(), results[0].second.values()) <= 5 * roundings<T>);
      CHECK(arrays.weights.intact());
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("every optimiser updates alike on every instruction set", T, float, double) {
  std::apply(
      [](auto... optimizers) {
        int kind = 0;
        (compareSets<T, decltype(optimizers)>(static_cast<OptimizerKind>(kind++)), ...);
      },
      OptimizerList());
}

TEST_CASE_TEMPLATE("update by sgd", T, float, double) {
  compare<T, Sgd>(OptimizerKind::sgd, [](Index count, const auto& k, const T* g, Arrays<T>& a) {
    reference::sgd(count, k, g, a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by momentum", T, float, double) {
  compare<T, Momentum>(OptimizerKind::momentum, [](Index count, const auto& k, const T* g, Arrays<T>& a) {
    reference::momentum(count, k, g, a.first.data(), a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by adagrad", T, float, double) {
  compare<T, Adagrad>(OptimizerKind::adagrad, [](Index count, const auto& k, const T* g, Arrays<T>& a) {
    reference::adagrad(count, k, g, a.first.data(), a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by adagrad with absolute accumulation", T, float, double) {
  compare<T, AdagradAbsolute>(OptimizerKind::adagradAbsolute, [](Index count, const auto& k, const T* g, Arrays<T>& a) {
    reference::adagradAbsolute(count, k, g, a.first.data(), a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by rmsprop", T, float, double) {
  compare<T, Rmsprop>(OptimizerKind::rmsprop, [](Index count, const auto& k, const T* g, Arrays<T>& a) {
    reference::rmsprop(count, k, g, a.first.data(), a.second.data(), a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by adam", T, float, double) {
  compare<T, Adam>(OptimizerKind::adam, [](Index count, const auto& k, const T* g, Arrays<T>& a) {
    reference::adam(count, k, g, a.first.data(), a.second.data(), a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by adamw", T, float, double) {
  compare<T, AdamW>(OptimizerKind::adamw, [](Index count, const auto& k, const T* g, Arrays<T>& a) {
    reference::adamw(count, k, g, a.first.data(), a.second.data(), a.weights.data());
  });
}

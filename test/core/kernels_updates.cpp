// The optimisers' steps of every instruction set.

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "optimizers/plain_updates.h"
#include "support.h"
#include "tables.h"

using namespace unrolled;
using namespace unrolled::test;

namespace {

constexpr int steps = 6;

template <class T>
UpdateConstants<T> constantsOf(int step) {
  UpdateConstants<T> k{};
  k.gradientScale = T(0.7);
  k.learningRate = T(0.05);
  k.weightDecay = T(0.02);
  k.momentum = T(0.9);
  k.alpha = T(0.95);
  k.beta1 = T(0.9);
  k.alphaRest = T(0.05);
  k.beta1Rest = T(0.1);
  k.beta2Rest = T(0.001);
  k.beta2 = T(0.98);
  k.epsilon = T(1e-6);
  k.correction1 = static_cast<T>(1 - std::pow(0.9, step + 1));
  k.correction2 = static_cast<T>(std::sqrt(1 - std::pow(0.98, step + 1)));
  return k;
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
template <class T, class Reference>
void compare(OptimizerKind kind, Reference&& byReference) {
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
        update(count, constantsOf<T>(step), gradient.data(), actual.weights.data(), actual.first.data(),
               actual.second.data());
        byReference(count, constantsOf<T>(step), gradient.data(), expected);
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

}  // namespace

TEST_CASE_TEMPLATE("update by sgd", T, float, double) {
  compare<T>(OptimizerKind::sgd, [](Index count, const UpdateConstants<T>& k, const T* g, Arrays<T>& a) {
    reference::sgd(count, k, g, a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by momentum", T, float, double) {
  compare<T>(OptimizerKind::momentum, [](Index count, const UpdateConstants<T>& k, const T* g, Arrays<T>& a) {
    reference::momentum(count, k, g, a.first.data(), a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by adagrad", T, float, double) {
  compare<T>(OptimizerKind::adagrad, [](Index count, const UpdateConstants<T>& k, const T* g, Arrays<T>& a) {
    reference::adagrad(count, k, g, a.first.data(), a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by adagrad with absolute accumulation", T, float, double) {
  compare<T>(OptimizerKind::adagradAbsolute, [](Index count, const UpdateConstants<T>& k, const T* g, Arrays<T>& a) {
    reference::adagradAbsolute(count, k, g, a.first.data(), a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by rmsprop", T, float, double) {
  compare<T>(OptimizerKind::rmsprop, [](Index count, const UpdateConstants<T>& k, const T* g, Arrays<T>& a) {
    reference::rmsprop(count, k, g, a.first.data(), a.second.data(), a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by adam", T, float, double) {
  compare<T>(OptimizerKind::adam, [](Index count, const UpdateConstants<T>& k, const T* g, Arrays<T>& a) {
    reference::adam(count, k, g, a.first.data(), a.second.data(), a.weights.data());
  });
}

TEST_CASE_TEMPLATE("update by adamw", T, float, double) {
  compare<T>(OptimizerKind::adamw, [](Index count, const UpdateConstants<T>& k, const T* g, Arrays<T>& a) {
    reference::adamw(count, k, g, a.first.data(), a.second.data(), a.weights.data());
  });
}

// Training steps whose instructions are counted: `unrolled_steps W1|W3|W6` makes them in `countedSteps`, on one thread,
// with the same weights and ids every time.
//
// Prints one JSON line: which kernels ran, what compiled them, and the loss of the last step.

#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "blas/blas.h"
#include "data/stream_batches.h"
#include "kernels/kernel_table.h"
#include "model/model.h"
#include "training/trainer.h"

using namespace unrolled;

namespace {

#ifdef __clang__
constexpr const char* compiler = "Clang";
constexpr int compilerMajor = __clang_major__;
#else
constexpr const char* compiler = "GCC";
constexpr int compilerMajor = __GNUC__;
#endif

struct Workload {
  const char* name;
  bool oneHot;
  Index embedding;
  bool lstm;
  Index layers;
  Index hidden;
  Index vocabulary;
  Index window;
  Index batch;
  Index steps;
};

// W1 of `npm run bench` as it is, W3 with fewer positions, since Callgrind takes about a thousand times as long for
// each multiply-add of vectors. W6 is smaller throughout, but still has a softmax that is taken by blocks of classes,
// weights that are too large for the nearest cache, and an embedding that is gathered row by row.
constexpr Workload workloads[] = {
    {"W1", true, 0, false, 1, 20, 65, 25, 1, 200},
    {"W3", false, 64, true, 2, 128, 65, 16, 20, 1},
    {"W6", false, 64, false, 1, 320, 1100, 8, 16, 1},
};

ModelDescription describe(const Workload& workload) {
  ModelDescription model;
  model.inputSize = workload.vocabulary;
  if (workload.oneHot) {
    model.layers.push_back({"embedding", OneHotOptions{}});
  } else {
    model.layers.push_back({"embedding", EmbeddingOptions{workload.embedding}});
  }
  const auto addCell = [&](auto cell) {
    cell.features = workload.hidden;
    cell.layers = workload.layers;
    cell.singleBias = workload.oneHot;
    model.layers.push_back({"rnn", cell});
  };
  if (workload.lstm) {
    addCell(LstmOptions{});
  } else {
    addCell(RnnOptions{});
  }
  model.layers.push_back({"head", DenseOptions{workload.vocabulary}});
  return model;
}

// W1 trains as the tutorials do, the others with Adam and clipping by norm.
TrainingOptions trainingOptions(const Workload& workload) {
  TrainingOptions options;
  options.threads = 1;
  if (workload.oneHot) {
    options.optimizer = OptimizerOptions(OptimizerKind::adagradAbsolute);
    options.optimizer.learningRate = 0.1;
    options.reduction = Reduction::sum;
    options.clipValue = 2;
  } else {
    options.optimizer = OptimizerOptions(OptimizerKind::adam);
    options.optimizer.learningRate = 0.001;
    options.clipNorm = 5;
  }
  return options;
}

std::vector<TokenId> randomIds(const Workload& workload) {
  const Index count = workload.steps * workload.window * workload.batch + workload.batch;
  Random random(1, RandomUse::sampling, 0);
  std::vector<TokenId> ids(static_cast<std::size_t>(count));
  for (TokenId& id : ids) id = static_cast<TokenId>(random.below(static_cast<std::uint32_t>(workload.vocabulary)));
  return ids;
}

class LastLoss final : public TrainingObserver {
 public:
  void stepped(Index /*step*/, const StepRecord& record) override { loss = record.loss; }
  bool proceed() override { return true; }

  double loss = 0;
};

// Callgrind counts inside this function alone, and finds it by its name.
[[gnu::noinline]] RunResult countedSteps(Trainer<float>& trainer, Index steps, TrainingObserver& observer) {
  return trainer.run(steps, observer);
}

int run(const Workload& workload) {
  Model<float> model(describe(workload));
  model.initialize({}, 1);
  Trainer<float> trainer(model, ThreadPool::shared(), trainingOptions(workload),
                         std::make_unique<StreamBatches<float>>(randomIds(workload), workload.batch, workload.window));
  LastLoss observer;
  const RunResult result = countedSteps(trainer, workload.steps, observer);
  if (result.steps != workload.steps || !std::isfinite(observer.loss)) return 1;
  std::printf(R"({"kernels": "%s", "blasCore": "%s", "blas": "%s", "compiler": "%s", "compilerMajor": %d, )"
              R"("compilerVersion": "%s", "steps": %d, "loss": %.6f})"
              "\n",
              kernels<float>().name, blasCore().c_str(), blasConfiguration().c_str(), compiler, compilerMajor,
              __VERSION__, static_cast<int>(workload.steps), observer.loss);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  for (const Workload& workload : workloads) {
    if (count == 2 && std::strcmp(arguments[1], workload.name) == 0) return run(workload);
  }
  std::fprintf(stderr, "unrolled_steps: give one of W1, W3, W6.\n");
  return 2;
}

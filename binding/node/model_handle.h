// The JavaScript object of a model: checks arguments, copies arrays, posts jobs.
#pragma once

#include <memory>

#include <napi.h>

#include "core/model/model.h"
#include "core/parallel/thread_pool.h"
#include "node/job.h"

namespace unrolled::node {

// A model with the executor that serialises its work. The executor is declared last, so it is joined before the model
// is destroyed.
template <class T>
struct ModelCore {
  ModelCore(const ModelDescription& description, std::shared_ptr<ThreadPool> threads, std::shared_ptr<Mailbox> mailbox)
      : pool(std::move(threads)), model(description), executor(std::move(mailbox)) {}

  std::shared_ptr<ThreadPool> pool;
  Model<T> model;
  Executor executor;
};

template <class T>
class ModelHandle final : public Napi::ObjectWrap<ModelHandle<T>> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit ModelHandle(const Napi::CallbackInfo& info);
  ~ModelHandle() override;
  ModelHandle(const ModelHandle&) = delete;
  ModelHandle& operator=(const ModelHandle&) = delete;
  ModelHandle(ModelHandle&&) = delete;
  ModelHandle& operator=(ModelHandle&&) = delete;

  // Throws ERR_UNROLLED_DISPOSED once it is disposed.
  [[nodiscard]] const std::shared_ptr<ModelCore<T>>& core() const;

 private:
  Napi::Value dtype(const Napi::CallbackInfo& info);
  Napi::Value parameterCount(const Napi::CallbackInfo& info);
  Napi::Value parameters(const Napi::CallbackInfo& info);
  Napi::Value states(const Napi::CallbackInfo& info);
  Napi::Value initialize(const Napi::CallbackInfo& info);
  Napi::Value freeze(const Napi::CallbackInfo& info);
  Napi::Value workspaceBytes(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value write(const Napi::CallbackInfo& info);
  Napi::Value writeParameter(const Napi::CallbackInfo& info);
  Napi::Value forward(const Napi::CallbackInfo& info);
  Napi::Value gradients(const Napi::CallbackInfo& info);
  Napi::Value startTraining(const Napi::CallbackInfo& info);
  Napi::Value evaluate(const Napi::CallbackInfo& info);
  Napi::Value evaluateExamples(const Napi::CallbackInfo& info);
  Napi::Value predict(const Napi::CallbackInfo& info);
  // Defined in model_generation.cpp.
  Napi::Value generate(const Napi::CallbackInfo& info);
  Napi::Value beam(const Napi::CallbackInfo& info);
  Napi::Value beamStep(const Napi::CallbackInfo& info);
  Napi::Value decode(const Napi::CallbackInfo& info);
  Napi::Value score(const Napi::CallbackInfo& info);
  Napi::Value next(const Napi::CallbackInfo& info);

  Napi::Value dispose(const Napi::CallbackInfo& info);
  void release();

  std::shared_ptr<ModelCore<T>> core_;
  std::shared_ptr<Executors> executors_;
  std::int64_t toldBytes_ = 0;  // bytes reported to the garbage collector
};

}  // namespace unrolled::node

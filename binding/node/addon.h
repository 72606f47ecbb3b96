// What belongs to one JavaScript environment: the main thread's, or a worker's.
#pragma once

#include <memory>

#include <napi.h>

#include "core/parallel/thread_pool.h"
#include "node/job.h"

namespace unrolled::node {

class Addon final : public Napi::Addon<Addon> {
 public:
  Addon(Napi::Env env, Napi::Object exports);

  static Addon& of(Napi::Env env) { return *env.GetInstanceData<Addon>(); }

  [[nodiscard]] const std::shared_ptr<ThreadPool>& pool() const { return pool_; }
  [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  [[nodiscard]] const Napi::FunctionReference& errorFactory() const { return errorFactory_; }

  // Runs what belongs to no model, or must not wait for it.
  [[nodiscard]] Executor& aside() const { return *aside_; }

  // Shared with the models, which may outlive this object by a moment when the environment ends.
  [[nodiscard]] const std::shared_ptr<Executors>& executors() const { return executors_; }

  // Makes a training of a model of T: new Training(model, options).
  template <class T>
  Napi::Object newTraining(const Napi::Object& model, const Napi::Value& options) const;

 private:
  void end();
  void setErrorFactory(const Napi::CallbackInfo& info);
  Napi::Value information(const Napi::CallbackInfo& info);
  Napi::Value layerTypes(const Napi::CallbackInfo& info);
  void setThreads(const Napi::CallbackInfo& info);
  Napi::Value plan(const Napi::CallbackInfo& info);
  Napi::Value machineGflops(const Napi::CallbackInfo& info);
  Napi::Value machineReading(const Napi::CallbackInfo& info);

  std::shared_ptr<ThreadPool> pool_ = ThreadPool::shared();
  std::shared_ptr<Mailbox> mailbox_;
  Napi::FunctionReference errorFactory_;
  std::shared_ptr<Executors> executors_ = std::make_shared<Executors>();
  std::unique_ptr<Executor> aside_;
  Napi::FunctionReference trainingFloat32_;
  Napi::FunctionReference trainingFloat64_;
};

}  // namespace unrolled::node

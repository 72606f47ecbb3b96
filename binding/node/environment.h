// What belongs to one JavaScript environment: the main thread's, or a worker's.
#pragma once

#include <memory>
#include <utility>

#include <napi.h>

#include "core/distributed/group.h"
#include "core/parallel/thread_pool.h"
#include "node/job.h"
#include "node/mailbox.h"

namespace unrolled::node {

class Environment {
 public:
  explicit Environment(Napi::Env env);

  // That of the addon which was loaded there.
  static Environment& of(Napi::Env env);

  [[nodiscard]] const std::shared_ptr<ThreadPool>& pool() const { return pool_; }
  [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }

  // Makes the JavaScript errors; empty until `setErrorFactory` was called.
  [[nodiscard]] const Napi::FunctionReference& errorFactory() const { return errorFactory_; }
  void setErrorFactory(Napi::Function factory) { errorFactory_ = Napi::Persistent(factory); }

  // Runs what belongs to no model, or must not wait for it.
  [[nodiscard]] Executor& aside() const { return *aside_; }

  // Shared with the models, which may outlive this object by a moment when the environment ends.
  [[nodiscard]] const std::shared_ptr<Executors>& executors() const { return executors_; }

  // The ranks of a training; null until they are opened.
  [[nodiscard]] const std::shared_ptr<Group>& group() const { return group_; }
  void setGroup(std::shared_ptr<Group> group) { group_ = std::move(group); }

  // Is told what the group warns of.
  [[nodiscard]] const Napi::FunctionReference& onGroupWarning() const { return onGroupWarning_; }
  void setOnGroupWarning(Napi::Function listener) { onGroupWarning_ = Napi::Persistent(listener); }

  // Ends all that runs, and closes the mailbox.
  void end();

 private:
  std::shared_ptr<ThreadPool> pool_ = ThreadPool::shared();
  std::shared_ptr<Mailbox> mailbox_;
  Napi::FunctionReference errorFactory_;
  std::shared_ptr<Executors> executors_ = std::make_shared<Executors>();
  std::unique_ptr<Executor> aside_;
  std::shared_ptr<Group> group_;
  Napi::FunctionReference onGroupWarning_;
};

}  // namespace unrolled::node

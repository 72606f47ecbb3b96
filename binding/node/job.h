// Work off the JavaScript thread: jobs with a promise each, run one after another on a thread of
// their model's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <napi.h>

#include "core/base/error.h"
#include "node/cancellation.h"
#include "node/mailbox.h"

namespace unrolled::node {

// One asynchronous call. Subclasses copy their arguments in, compute in `execute` and make the value
// in `result`.
class Job {
 public:
  // `owner` is kept from the collector until the promise settles.
  Job(Napi::Env env, const Napi::Object& owner)
      : deferred_(Napi::Promise::Deferred::New(env)), owner_(Napi::Persistent(owner)) {}
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  Job(Job&&) = delete;
  Job& operator=(Job&&) = delete;

  [[nodiscard]] Napi::Promise promise() const { return deferred_.Promise(); }
  void fail(Error error) { error_ = std::move(error); }

  // Called on the JavaScript thread.
  void settle(Napi::Env env);

  // Called on the model's thread; may throw.
  virtual void execute() = 0;

  // Whether `execute` is expected to finish within this many seconds. Called while no other job of its executor runs.
  [[nodiscard]] virtual bool endsWithin(double /*seconds*/) { return false; }

  // Whether the model lacks its weights if this job fails because memory is short: then all later jobs also fail.
  [[nodiscard]] virtual bool preparesModel() const { return false; }

  // Ends a running `execute` early, if possible.
  void cancel() { cancelled_->store(true); }

 protected:
  // Called on the JavaScript thread, after `execute`.
  virtual Napi::Value result(Napi::Env env) = 0;
  // Called on the JavaScript thread, before the promise settles in either way.
  virtual void settled() {}

  // Uses the caller's flag instead of its own.
  void cancelBy(CancellationFlag flag) { cancelled_ = std::move(flag); }
  [[nodiscard]] bool cancelled() const { return cancelled_->load(); }

 private:
  Napi::Promise::Deferred deferred_;
  Napi::ObjectReference owner_;
  std::optional<Error> error_;
  CancellationFlag cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

// A job made of two functions: compute(proceed) on the model's thread, where proceed() says whether
// to continue, and convert(env, value) on JavaScript's.
template <class Compute, class Convert>
class Task final : public Job {
 public:
  Task(Napi::Env env, const Napi::Object& owner, CancellationFlag flag, Compute compute, Convert convert,
       bool preparesModel)
      : Job(env, owner), compute_(std::move(compute)), convert_(std::move(convert)), preparesModel_(preparesModel) {
    if (flag) cancelBy(std::move(flag));
  }

  [[nodiscard]] bool preparesModel() const override { return preparesModel_; }

  void execute() override {
    value_.emplace(compute_([this] { return !cancelled(); }));
  }

 protected:
  Napi::Value result(Napi::Env env) override { return convert_(env, *value_); }

 private:
  using Proceed = std::function<bool()>;
  Compute compute_;
  Convert convert_;
  bool preparesModel_;
  std::optional<std::invoke_result_t<Compute&, Proceed>> value_;
};

// Runs the jobs of one model one after another, in the order of the calls, on a thread that ends after some idle time.
// A job that takes less time than waking that thread runs on the JavaScript thread; callers that post many such jobs
// give the event loop its turns.
class Executor {
 public:
  explicit Executor(std::shared_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
  ~Executor() { shutDown(); }
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  Executor(Executor&&) = delete;
  Executor& operator=(Executor&&) = delete;

  // Called on the JavaScript thread. The promise of the job settles in any case.
  void post(std::shared_ptr<Job> job);

  // The same of a task made of two functions; returns its promise. `flag` may be null.
  template <class Compute, class Convert>
  Napi::Promise submit(const Napi::CallbackInfo& info, CancellationFlag flag, Compute compute, Convert convert,
                       bool preparesModel = false) {
    auto task = std::make_shared<Task<Compute, Convert>>(info.Env(), info.This().As<Napi::Object>(), std::move(flag),
                                                         std::move(compute), std::move(convert), preparesModel);
    const Napi::Promise promise = task->promise();
    post(std::move(task));
    return promise;
  }

  // Called on the executor's thread, inside a job: runs the waiting jobs.
  void serve();

  // Called inside a job: sends something to the JavaScript thread, before anything that is posted later.
  void tell(Mailbox::Letter letter);

  // Called on the JavaScript thread: cancels the running job, refuses the waiting ones, and joins the thread.
  void shutDown();

  // Whether a training runs; read and set on the JavaScript thread.
  bool training = false;

 private:
  void main();
  // Whether a job may run on the JavaScript thread, on which this is called; runs it there.
  [[nodiscard]] bool mayRunHere(Job& job);
  void runHere(Job& job);
  // Does what the job's `execute` does, its errors kept.
  void execute(Job& job);
  // For a job that failed, or cannot run. Called with the mutex held.
  void fail(Job& job, Error error);
  // Hands the job over to the JavaScript thread, which alone may destroy it.
  void finish(std::shared_ptr<Job> job);

  std::shared_ptr<Mailbox> mailbox_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::atomic<int> waitingCount_{0};
  std::deque<std::shared_ptr<Job>> running_;  // one, or a training with the job it serves
  bool threadAlive_ = false;
  // True while a job runs on the JavaScript thread and the executor's thread has none. Its messages are delivered at
  // its end, so that no call made in them meets a model at work.
  bool runsHere_ = false;
  std::vector<Mailbox::Letter> told_;
  bool shutDown_ = false;
  std::optional<Error> unprepared_;  // why the model lacks its weights
  std::thread thread_;
};

// The executors of one environment, to be shut down when it ends. JavaScript thread only.
using Executors = std::set<Executor*>;

}  // namespace unrolled::node

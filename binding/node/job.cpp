#include "node/job.h"

#include <chrono>
#include <exception>
#include <utility>

#include "core/base/floating_point_mode.h"
#include "node/errors.h"

namespace unrolled::node {
namespace {

// How long an executor's thread waits for its next job before it ends.
constexpr std::chrono::milliseconds idleTime{200};

// The longest job that runs on the JavaScript thread: about as long as to wake the executor's thread, and then this
// one, may take.
constexpr double shortSeconds = 0.0005;

}  // namespace

void Job::settle(Napi::Env env) {
  settled();
  owner_.Reset();
  if (error_) {
    deferred_.Reject(toJavaScript(env, *error_));
    return;
  }
  try {
    deferred_.Resolve(result(env));
  } catch (const Napi::Error& error) {
    deferred_.Reject(error.Value());
  } catch (...) {
    deferred_.Reject(toJavaScript(env, asError(std::current_exception())));
  }
}

bool Executor::mayRunHere(Job& job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (shutDown_ || !waiting_.empty() || !running_.empty()) return false;
  }
  // This cannot change meanwhile, because jobs are only posted on this thread.
  return job.endsWithin(shortSeconds);
}

void Executor::execute(Job& job) {
  try {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (unprepared_) throw Error(*unprepared_);
    }
    job.execute();
  } catch (...) {
    const std::lock_guard<std::mutex> lock(mutex_);
    fail(job, asError(std::current_exception()));
  }
}

void Executor::fail(Job& job, Error error) {
  // Wrong arguments are the caller's to mend; the model has what it had.
  if (job.preparesModel() && error.code() == "ERR_UNROLLED_OUT_OF_MEMORY") unprepared_ = error;
  job.fail(std::move(error));
}

void Executor::runHere(Job& job) {
  runsHere_ = true;
  execute(job);
  runsHere_ = false;
  const Napi::Env env = job.promise().Env();
  for (Mailbox::Letter& letter : std::exchange(told_, {})) Mailbox::read(env, letter);
  job.settle(env);
}

void Executor::tell(Mailbox::Letter letter) {
  if (runsHere_) {
    told_.push_back(std::move(letter));
  } else {
    mailbox_->post(std::move(letter));
  }
}

void Executor::post(std::shared_ptr<Job> job) {
  if (mayRunHere(*job)) {
    runHere(*job);
    return;
  }
  mailbox_->workBegins();
  std::unique_lock<std::mutex> lock(mutex_);
  if (shutDown_) {
    job->fail({"ERR_UNROLLED_DISPOSED", "The model was disposed"});
    lock.unlock();
    finish(std::move(job));
    return;
  }
  if (!threadAlive_) {
    if (thread_.joinable()) thread_.join();  // it has left its loop
    try {
      thread_ = std::thread([this] { main(); });
      threadAlive_ = true;
    } catch (const std::exception&) {  // a system_error, or a bad_alloc
      fail(*job,
           {"ERR_UNROLLED_OUT_OF_MEMORY", "The system gives this process no more threads",
            "Ask for fewer (threads, UNROLLED_THREADS), use fewer models at a time, or raise its limits (ulimit -u, "
            "ulimit -v)."});
      lock.unlock();
      finish(std::move(job));
      return;
    }
  }
  waiting_.push_back(std::move(job));
  waitingCount_.store(static_cast<int>(waiting_.size()));
  lock.unlock();
  changed_.notify_one();
}

void Executor::main() {
  const FloatingPointMode mode;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait_for(lock, idleTime, [this] { return shutDown_ || !waiting_.empty(); });
    if (waiting_.empty() || shutDown_) {
      threadAlive_ = false;
      return;
    }
    lock.unlock();
    serve();
    lock.lock();
  }
}

void Executor::serve() {
  while (waitingCount_.load() > 0) {
    std::shared_ptr<Job> job;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (waiting_.empty() || shutDown_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
      waitingCount_.store(static_cast<int>(waiting_.size()));
      running_.push_back(job);
    }
    execute(*job);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      running_.pop_back();
    }
    finish(std::move(job));
  }
}

void Executor::finish(std::shared_ptr<Job> job) {
  mailbox_->post([job = std::move(job), mailbox = mailbox_.get()](Napi::Env env) {
    mailbox->workEnds();
    job->settle(env);
  });
}

void Executor::shutDown() {
  std::deque<std::shared_ptr<Job>> refused;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    shutDown_ = true;
    refused.swap(waiting_);
    waitingCount_.store(0);
    for (const std::shared_ptr<Job>& job : running_) job->cancel();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (std::shared_ptr<Job>& job : refused) {
    job->fail({"ERR_UNROLLED_DISPOSED", "The model was disposed before this call began"});
    finish(std::move(job));
  }
}

}  // namespace unrolled::node

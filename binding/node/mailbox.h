// The way back to the JavaScript thread: results, errors and progress, in their order.
#pragma once

#include <deque>
#include <functional>
#include <mutex>

#include <napi.h>

namespace unrolled::node {

// Brings closures from any thread to the JavaScript thread of one environment, in their order.
// Shared by the environment's jobs; closed, with the closures dropped, when it ends.
class Mailbox {
 public:
  using Letter = std::function<void(Napi::Env)>;

  explicit Mailbox(Napi::Env env);

  // Called on any thread.
  void post(Letter letter);

  // Called on the JavaScript thread: work that keeps the process alive begins or ends.
  void workBegins();
  void workEnds();

  // Called on the JavaScript thread, after all senders have ended.
  void close();

  // Called on the JavaScript thread.
  static void read(Napi::Env env, Letter& letter);

 private:
  static void deliver(napi_env env, napi_value callback, void* context, void* data);
  void deliverAll(Napi::Env env);

  Napi::Env env_;
  napi_threadsafe_function wake_ = nullptr;
  std::mutex mutex_;
  std::deque<Letter> letters_;
  bool closed_ = false;
  int working_ = 0;
};

}  // namespace unrolled::node

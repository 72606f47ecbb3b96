#include "node/mailbox.h"

#include <utility>

namespace unrolled::node {

Mailbox::Mailbox(Napi::Env env) : env_(env) {
  const Napi::String name = Napi::String::New(env, "unrolled");
  const napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                                             &Mailbox::deliver, &wake_);
  if (status != napi_ok) throw Napi::Error::New(env, "unrolled could not make its thread-safe function");
  napi_unref_threadsafe_function(env, wake_);
}

void Mailbox::post(Letter letter) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  letters_.push_back(std::move(letter));
  // One call is enough for all letters that lie there when it arrives.
  if (letters_.size() == 1) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
}

void Mailbox::workBegins() {
  if (working_++ == 0) napi_ref_threadsafe_function(env_, wake_);
}

void Mailbox::workEnds() {
  if (--working_ == 0) napi_unref_threadsafe_function(env_, wake_);
}

void Mailbox::close() {
  std::deque<Letter> dropped;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    dropped.swap(letters_);
  }
  napi_release_threadsafe_function(wake_, napi_tsfn_abort);
}

void Mailbox::deliver(napi_env env, napi_value /*callback*/, void* context, void* /*data*/) {
  if (env != nullptr) static_cast<Mailbox*>(context)->deliverAll(Napi::Env(env));
}

void Mailbox::deliverAll(Napi::Env env) {
  std::deque<Letter> letters;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    letters.swap(letters_);
  }
  for (Letter& letter : letters) read(env, letter);
}

void Mailbox::read(Napi::Env env, Letter& letter) {
  const Napi::HandleScope scope(env);
  try {
    letter(env);
  } catch (const Napi::Error& error) {
    // A handler of the caller's threw: to the process's uncaughtException.
    napi_fatal_exception(env, error.Value());
  }
  letter = nullptr;  // what it held is released in this scope
}

}  // namespace unrolled::node

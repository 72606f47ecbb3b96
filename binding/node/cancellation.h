// A flag that stops a running call: set from JavaScript, read between two steps.
#pragma once

#include <atomic>
#include <memory>

#include <napi.h>

namespace unrolled::node {

using CancellationFlag = std::shared_ptr<std::atomic<bool>>;

class Cancellation final : public Napi::ObjectWrap<Cancellation> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Cancellation", {InstanceMethod<&Cancellation::cancel>("cancel")});
  }

  explicit Cancellation(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Cancellation>(info) {}

  [[nodiscard]] const CancellationFlag& flag() const { return flag_; }

 private:
  void cancel(const Napi::CallbackInfo& /*info*/) { flag_->store(true); }

  CancellationFlag flag_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace unrolled::node

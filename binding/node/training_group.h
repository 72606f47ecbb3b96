// The group that a training or an evaluation is given: MPI's (group_handle.h), or ranks of this process, which tests
// make.
#pragma once

#include <memory>
#include <utility>

#include <napi.h>

#include "core/distributed/group.h"
#include "node/errors.h"
#include "node/group_handle.h"

namespace unrolled::node {

// A rank of a group in this process.
class InProcessRank final : public Napi::ObjectWrap<InProcessRank> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "InProcessRank",
                       {
                           InstanceMethod<&InProcessRank::information>("info"),
                           InstanceMethod<&InProcessRank::secondsWaited>("secondsWaited"),
                           InstanceMethod<&InProcessRank::fail>("fail"),
                       });
  }

  // From native code only: an external std::shared_ptr<Group>.
  explicit InProcessRank(const Napi::CallbackInfo& info) : Napi::ObjectWrap<InProcessRank>(info) {
    guarded(info.Env(), [&] {
      if (!info[0].IsExternal()) throw Error("ERR_UNROLLED_OPTION_TYPE", "A rank is made by the addon alone");
      group_ = *info[0].As<Napi::External<std::shared_ptr<Group>>>().Data();
      // By which it is known from MPI's.
      info.This().As<Napi::Object>().Set("inProcess", true);
    });
  }

  static Napi::Object make(const Napi::Function& constructor, std::shared_ptr<Group> group) {
    return constructor.New({Napi::External<std::shared_ptr<Group>>::New(constructor.Env(), &group)});
  }

  [[nodiscard]] const std::shared_ptr<Group>& group() const { return group_; }

 private:
  Napi::Value information(const Napi::CallbackInfo& info) {
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("rank", group_->rank());
    object.Set("size", group_->size());
    object.Set("host", group_->host());
    object.Set("library", "none");
    object.Set("file", "");
    object.Set("processorShare", 1);
    return object;
  }

  Napi::Value secondsWaited(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), group_->secondsWaited());
  }

  // (code, fault)
  Napi::Value fail(const Napi::CallbackInfo& info) {
    group_->fail(Error(info[0].ToString().Utf8Value(), info[1].ToString().Utf8Value()));
    const Napi::Promise::Deferred told = Napi::Promise::Deferred::New(info.Env());
    told.Resolve(info.Env().Undefined());
    return told.Promise();
  }

  std::shared_ptr<Group> group_;
};

// The group of the option `group`; null where it is absent.
inline std::shared_ptr<Group> trainingGroup(const Napi::Value& value) {
  if (value.IsUndefined()) return nullptr;
  if (value.IsObject() && value.As<Napi::Object>().Has("inProcess")) {
    InProcessRank* const rank = InProcessRank::Unwrap(value.As<Napi::Object>());
    if (rank != nullptr) return rank->group();
  }
  return groupOf("group", value);
}

}  // namespace unrolled::node

// A rank of a group, as JavaScript holds it and hands it to the trainings and evaluations that the ranks share.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <napi.h>

#include "core/distributed/group.h"
#include "node/errors.h"

namespace unrolled::node {

class GroupHandle final : public Napi::ObjectWrap<GroupHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Group",
                       {
                           InstanceAccessor<&GroupHandle::rank>("rank"),
                           InstanceAccessor<&GroupHandle::size>("size"),
                           InstanceAccessor<&GroupHandle::secondsWaited>("secondsWaited"),
                           InstanceMethod<&GroupHandle::fail>("fail"),
                       });
  }

  // From native code only: an external std::shared_ptr<Group>.
  explicit GroupHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<GroupHandle>(info) {
    guarded(info.Env(), [&] {
      if (!info[0].IsExternal()) throw Error("ERR_UNROLLED_OPTION_TYPE", "A group is made by the addon alone");
      group_ = *info[0].As<Napi::External<std::shared_ptr<Group>>>().Data();
    });
  }

  static Napi::Object make(const Napi::Function& constructor, std::shared_ptr<Group> group) {
    return constructor.New({Napi::External<std::shared_ptr<Group>>::New(constructor.Env(), &group)});
  }

  // The group of a handle; null where the option is absent.
  static std::shared_ptr<Group> of(const Napi::Value& value) {
    if (value.IsUndefined()) return nullptr;
    GroupHandle* const handle = value.IsObject() ? Unwrap(value.As<Napi::Object>()) : nullptr;
    if (handle == nullptr) throw Error("ERR_UNROLLED_OPTION_TYPE", "group must be a Group");
    return handle->group_;
  }

 private:
  Napi::Value rank(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), group_->rank()); }
  Napi::Value size(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), group_->size()); }
  Napi::Value secondsWaited(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), group_->secondsWaited());
  }
  // fail(code, message)
  void fail(const Napi::CallbackInfo& info) {
    group_->fail(Error(info[0].ToString().Utf8Value(), info[1].ToString().Utf8Value()));
  }

  std::shared_ptr<Group> group_;
};

}  // namespace unrolled::node

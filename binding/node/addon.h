// The native module, once for each JavaScript environment: its classes and functions.
#pragma once

#include <napi.h>

#include "node/environment.h"

namespace unrolled::node {

class Addon final : public Napi::Addon<Addon> {
 public:
  Addon(Napi::Env env, Napi::Object exports);

  static Addon& of(Napi::Env env) { return *env.GetInstanceData<Addon>(); }

  [[nodiscard]] Environment& environment() { return environment_; }

  // Makes a training of a model of T: new Training(model, options).
  template <class T>
  Napi::Object newTraining(const Napi::Object& model, const Napi::Value& options) const;

 private:
  void setErrorFactory(const Napi::CallbackInfo& info);
  Napi::Value information(const Napi::CallbackInfo& info);
  Napi::Value layerTypes(const Napi::CallbackInfo& info);
  Napi::Value optimizerKinds(const Napi::CallbackInfo& info);
  void setThreads(const Napi::CallbackInfo& info);
  Napi::Value plan(const Napi::CallbackInfo& info);
  Napi::Value machineGflops(const Napi::CallbackInfo& info);
  Napi::Value machineReading(const Napi::CallbackInfo& info);
  Napi::Value inProcessRanks(const Napi::CallbackInfo& info);
  Napi::Value openGroup(const Napi::CallbackInfo& info);
  void endGroup(const Napi::CallbackInfo& info);

  Environment environment_;
  Napi::FunctionReference trainingFloat32_;
  Napi::FunctionReference trainingFloat64_;
  Napi::FunctionReference rank_;
};

}  // namespace unrolled::node

// The JavaScript object of a training: its optimiser, its place in the data and its hidden state.
#pragma once

#include <functional>
#include <memory>

#include <napi.h>

#include "core/training/trainer.h"
#include "node/model_handle.h"
#include "node/training_state.h"

namespace unrolled::node {

template <class T>
class TrainingHandle final : public Napi::ObjectWrap<TrainingHandle<T>> {
 public:
  static Napi::Function define(Napi::Env env);

  // Called from ModelHandle::startTraining only: (model, options).
  explicit TrainingHandle(const Napi::CallbackInfo& info);

 private:
  Napi::Value stepsPerEpoch(const Napi::CallbackInfo& info);
  Napi::Value tokensPerEpoch(const Napi::CallbackInfo& info);
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value prepare(const Napi::CallbackInfo& info);
  Napi::Value resume(const Napi::CallbackInfo& info);
  Napi::Value identity(const Napi::CallbackInfo& info);
  Napi::Value readState(const Napi::CallbackInfo& info);
  Napi::Value setLearningRateScale(const Napi::CallbackInfo& info);
  Napi::Value say(const Napi::CallbackInfo& info);
  Napi::Value agree(const Napi::CallbackInfo& info);
  Napi::Value shareChanges(const Napi::CallbackInfo& info);
  Napi::Value requireSameWeights(const Napi::CallbackInfo& info);
  // A collective call of the ranks, of which nothing comes.
  template <class Call>
  Napi::Value together(const Napi::CallbackInfo& info, Call&& call);
  Napi::Value dispose(const Napi::CallbackInfo& info);
  [[nodiscard]] const std::shared_ptr<Trainer<T>>& trainer() const;

  std::shared_ptr<ModelCore<T>> core_;
  std::function<std::shared_ptr<Trainer<T>>()> make_;  // until it is prepared, where that takes long
  std::shared_ptr<Trainer<T>> trainer_;
  std::shared_ptr<Snapshot<T>> snapshot_;  // the last one
  Napi::ObjectReference model_;
};

}  // namespace unrolled::node

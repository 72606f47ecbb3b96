// A training's state from and to JavaScript: plain objects and typed arrays.
#pragma once

#include <vector>

#include <napi.h>

#include "core/training/trainer.h"

namespace unrolled::node {

// A training and its model's parameters at one instant.
template <class T>
struct Snapshot {
  std::vector<T> parameters;
  TrainingState<T> state;
};

template <class T>
Napi::Value toJavaScript(Napi::Env env, const Snapshot<T>& snapshot);

// The state, without the parameters. Throws for what no training ever wrote.
template <class T>
TrainingState<T> trainingState(const Napi::Value& value);

}  // namespace unrolled::node

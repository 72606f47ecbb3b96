// A training's state from and to JavaScript: plain objects and typed arrays.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <napi.h>

#include "core/training/trainer.h"

namespace unrolled::node {

// A training and its model's parameters at one instant.
template <class T>
struct Snapshot {
  std::vector<T> parameters;
  TrainingState<T> state;
  bool finite = true;     // whether all parameters are
  std::size_t slots = 0;  // arrays of the optimiser that there are
  bool free = true;       // whether another instant may take its place; JavaScript thread only

  // Between two steps. The memory is kept for the next one, since the system takes longer to give it than a copy does.
  void take(const Trainer<T>& trainer, Model<T>& model);

  // The parameters, or after them an array of the optimiser.
  [[nodiscard]] const std::vector<T>& part(std::size_t index) const;
};

// The state, with a function that copies the long arrays in pieces, so that the event loop continues.
template <class T>
Napi::Value toJavaScript(Napi::Env env, const std::shared_ptr<Snapshot<T>>& snapshot);

// The 16 digits that an identity has in JavaScript, whose numbers hold fewer bits.
std::string toHexadecimal(std::uint64_t value);

// The state, without the parameters. Throws for what no training ever wrote.
template <class T>
TrainingState<T> trainingState(const Napi::Value& value);

}  // namespace unrolled::node

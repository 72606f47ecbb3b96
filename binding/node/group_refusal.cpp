#include "node/arguments.h"
#include "node/errors.h"
#include "node/group_handle.h"

namespace unrolled::node {

Napi::Value openGroup(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), []() -> Napi::Value {
    throw Error("ERR_UNROLLED_MPI", "Training on several ranks over MPI needs Linux", "Train on this machine alone.");
  });
}

void endGroup(const Napi::CallbackInfo& /*info*/) {}

std::shared_ptr<Group> groupOf(const char* name, const Napi::Value& value) {
  throw wrongType(name, "the ranks of a training", value);
}

}  // namespace unrolled::node

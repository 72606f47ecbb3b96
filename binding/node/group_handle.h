// The ranks of a training for JavaScript: MPI on Linux (group_handle.cpp), a refusal elsewhere (group_refusal.cpp).
#pragma once

#include <memory>

#include <napi.h>

#include "core/distributed/group.h"

namespace unrolled::node {

// Begins MPI: (options, cancellation, onWarning), a promise of a handle. Once in a process.
Napi::Value openGroup(const Napi::CallbackInfo& info);

// Before the process exits with this status: (status). Ends the other ranks unless all is well.
void endGroup(const Napi::CallbackInfo& info);

// The group that a handle stands for.
std::shared_ptr<Group> groupOf(const char* name, const Napi::Value& value);

}  // namespace unrolled::node

// What the layers and the optimisers declare, for JavaScript.
#pragma once

#include <napi.h>

namespace unrolled::node {

// Of each layer its type, what it reads and its options: `NativeLayerType` of src/native/native.ts.
Napi::Value layerSchema(Napi::Env env);

// Each optimiser's name, slots and hyper-parameters: `NativeOptimizerKind` there.
Napi::Value optimizerSchema(Napi::Env env);

}  // namespace unrolled::node

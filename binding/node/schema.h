// The declarations of the layers and the optimisers, for JavaScript.
#pragma once

#include <napi.h>

namespace unrolled::node {

// The type of each layer, its kind of input and its options: `NativeLayerType` of src/native/native.ts.
Napi::Value layerSchema(Napi::Env env);

// Each optimiser's name, slots and hyper-parameters: `NativeOptimizerKind` there.
Napi::Value optimizerSchema(Napi::Env env);

}  // namespace unrolled::node

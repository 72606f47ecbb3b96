// The declarations of the layers, for JavaScript.
#pragma once

#include <napi.h>

namespace unrolled::node {

// The type of each layer, its kind of input and its options: `NativeLayerType` of src/native/native.ts.
Napi::Value layerSchema(Napi::Env env);

}  // namespace unrolled::node

// What the layers declare of themselves, for JavaScript.
#pragma once

#include <napi.h>

namespace unrolled::node {

// Of each layer its type, what it reads and its options: `NativeLayerType` of src/native/native.ts.
Napi::Value layerSchema(Napi::Env env);

}  // namespace unrolled::node

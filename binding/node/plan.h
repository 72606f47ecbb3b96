// A plan of a description, for JavaScript.
#pragma once

#include <napi.h>

#include "core/model/plan.h"

namespace unrolled::node {

Napi::Value planToJavaScript(Napi::Env env, const ModelPlan& plan);

}  // namespace unrolled::node

// Converts the core's errors to JavaScript's, with the factory that src/native/load.ts sets.
#pragma once

#include <exception>
#include <utility>

#include <napi.h>

#include "core/base/error.h"

namespace unrolled::node {

// The JavaScript error for a core error.
Napi::Value toJavaScript(Napi::Env env, const Error& error);

// Whatever was caught, as a core error: memory that ran out and faults of ours have codes too.
Error asError(const std::exception_ptr& caught);

// Runs a method's body; a core error becomes a JavaScript exception.
template <class Body>
auto guarded(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw Napi::Error(env, toJavaScript(env, asError(std::current_exception())));
  }
}

}  // namespace unrolled::node

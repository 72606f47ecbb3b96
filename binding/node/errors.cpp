#include "node/errors.h"

#include <new>
#include <string>

#include "node/environment.h"

namespace unrolled::node {

Napi::Value toJavaScript(Napi::Env env, const Error& error) {
  const Napi::FunctionReference& factory = Environment::of(env).errorFactory();
  if (factory.IsEmpty()) {
    const Napi::Error plain = Napi::Error::New(env, error.message());
    plain.Value().Set("code", error.code());
    return plain.Value();
  }
  Napi::Object details = Napi::Object::New(env);
  if (!error.advice().empty()) details.Set("advice", error.advice());
  if (!error.predicate().empty()) details.Set("predicate", error.predicate());
  if (!error.option().empty()) details.Set("option", error.option());
  if (!error.expected().empty()) details.Set("expected", error.expected());
  if (!error.received().empty()) details.Set("received", error.received());
  if (error.step() >= 0) details.Set("step", static_cast<double>(error.step()));
  return factory.Call({Napi::String::New(env, error.code()), Napi::String::New(env, error.fault()), details});
}

Error asError(const std::exception_ptr& caught) {
  try {
    std::rethrow_exception(caught);
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {
        "ERR_UNROLLED_OUT_OF_MEMORY", "The machine does not have enough memory for this call",
        "Process less at a time (a smaller batch or window, fewer sequences), or raise the process's limit (ulimit -v, "
        "ulimit -d)."};
  } catch (const std::exception& error) {
    return {"ERR_UNROLLED_INTERNAL", std::string("The native core failed: ") + error.what()};
  }
}

}  // namespace unrolled::node

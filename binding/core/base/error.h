// The one exception of the core. Front ends turn it into their own errors by its code.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "base/types.h"

namespace unrolled {

class Error : public std::exception {
 public:
  // `code` is one of the closed list in src/base/errors.ts. `fault` says what is wrong, without a full stop at its end,
  // and `advice` what to do about it, in whole sentences: a front end may say either in its own words.
  Error(std::string code, std::string fault, std::string advice = {})
      : code_(std::move(code)), fault_(std::move(fault)), advice_(std::move(advice)) {
    compose();
  }

  // The fault of an option, with whose name it begins: "`option` `predicate`".
  static Error of(std::string code, const std::string& option, const std::string& predicate, std::string advice = {}) {
    Error error(std::move(code), option + " " + predicate, std::move(advice));
    error.option_ = option;
    error.predicate_ = predicate;
    return error;
  }

  // An option whose value is not what it must be.
  static Error mustBe(std::string code, const std::string& option, const std::string& expected,
                      const std::string& received) {
    return of(std::move(code), option, "must be " + expected + ", not " + received).about(option, expected, received);
  }

  // Names the option at fault, what was expected of it and what came.
  Error& about(std::string option, std::string expected, std::string received) {
    option_ = std::move(option);
    expected_ = std::move(expected);
    received_ = std::move(received);
    return *this;
  }

  Error& atStep(Index step) {
    step_ = step;
    compose();
    return *this;
  }

  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] const std::string& code() const { return code_; }
  // The fault and the advice as sentences, one after the other.
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] const std::string& advice() const { return advice_; }
  // The fault without the option's name at its beginning; empty if the fault does not begin with an option.
  [[nodiscard]] const std::string& predicate() const { return predicate_; }
  [[nodiscard]] const std::string& option() const { return option_; }
  [[nodiscard]] const std::string& expected() const { return expected_; }
  [[nodiscard]] const std::string& received() const { return received_; }
  // The training step it belongs to, of which the fault does not speak, or -1.
  [[nodiscard]] Index step() const { return step_; }

 private:
  // Whoever catches it as a std::exception reads its message without allocating anything.
  void compose() {
    message_ = fault_ + (step_ < 0 ? "" : " at step " + std::to_string(step_)) + ".";
    if (!advice_.empty()) message_ += " " + advice_;
  }

  std::string code_;
  std::string fault_;
  std::string advice_;
  std::string predicate_;
  std::string message_;
  std::string option_;
  std::string expected_;
  std::string received_;
  Index step_ = -1;
};

// An array's size that does not fit what a model asks of it.
inline void requireSize(const char* option, Index expected, Index received) {
  if (expected == received) return;
  throw Error::of("ERR_UNROLLED_SHAPE", option,
                  "must have " + std::to_string(expected) + " elements, not " + std::to_string(received))
      .about(option, std::to_string(expected) + " elements", std::to_string(received));
}

}  // namespace unrolled

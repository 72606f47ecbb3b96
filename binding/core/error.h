// The one exception of the core. Front ends turn it into their own errors by its code.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "types.h"

namespace unrolled {

class Error : public std::exception {
 public:
  // `code` is one of the closed list in src/errors.ts; `message` is a sentence for people.
  Error(std::string code, std::string message) : code_(std::move(code)), message_(std::move(message)) {}

  // Names the option at fault, what was expected of it and what came.
  Error& about(std::string option, std::string expected, std::string received) {
    option_ = std::move(option);
    expected_ = std::move(expected);
    received_ = std::move(received);
    return *this;
  }

  Error& atStep(Index step) {
    step_ = step;
    return *this;
  }

  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] const std::string& code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] const std::string& option() const { return option_; }
  [[nodiscard]] const std::string& expected() const { return expected_; }
  [[nodiscard]] const std::string& received() const { return received_; }
  // The training step it belongs to, or -1.
  [[nodiscard]] Index step() const { return step_; }

 private:
  std::string code_;
  std::string message_;
  std::string option_;
  std::string expected_;
  std::string received_;
  Index step_ = -1;
};

// An array's size that does not fit what a model asks of it.
inline void requireSize(const char* option, Index expected, Index received) {
  if (expected == received) return;
  throw Error("ERR_UNROLLED_SHAPE", std::string(option) + " must have " + std::to_string(expected) + " elements, not " +
                                        std::to_string(received) + ".")
      .about(option, std::to_string(expected) + " elements", std::to_string(received));
}

}  // namespace unrolled

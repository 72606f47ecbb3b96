// A training that no other process takes part in.
#pragma once

#include "distributed/group.h"

namespace unrolled {

class SingleProcess final : public Group {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int size() const override { return 1; }
  [[nodiscard]] std::string host() const override { return "localhost"; }
  void fail(const Error& /*reason*/) noexcept override {}
  void interrupt() noexcept override {}

 protected:
  void exchange(std::span<const Outgoing> /*sends*/, std::span<const Incoming> /*receives*/) override {}
};

}  // namespace unrolled

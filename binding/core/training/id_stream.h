// The ids of one long stream, wherever they lie.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "types.h"

namespace unrolled {

class IdStream {
 public:
  IdStream() = default;
  virtual ~IdStream() = default;
  IdStream(const IdStream&) = delete;
  IdStream& operator=(const IdStream&) = delete;
  IdStream(IdStream&&) = delete;
  IdStream& operator=(IdStream&&) = delete;

  [[nodiscard]] virtual Index size() const = 0;
  // Whether they have to be read from a file.
  [[nodiscard]] virtual bool inFile() const { return false; }
  // Copies ids [first, first + count), which must lie in the stream, to `to`. May throw where they
  // have to be fetched.
  virtual void read(Index first, Index count, TokenId* to) const = 0;
};

class MemoryIds final : public IdStream {
 public:
  explicit MemoryIds(std::vector<TokenId> ids) : ids_(std::move(ids)) {}

  [[nodiscard]] Index size() const override { return static_cast<Index>(ids_.size()); }
  void read(Index first, Index count, TokenId* to) const override { std::copy_n(ids_.data() + first, count, to); }

 private:
  std::vector<TokenId> ids_;
};

}  // namespace unrolled

// The ids of one long stream, wherever they lie.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/types.h"

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
  [[nodiscard]] virtual bool inFile() const = 0;
  // Copies ids [first, first + count), which must lie in the stream, to `to`. May throw where they
  // have to be fetched.
  virtual void read(Index first, Index count, TokenId* to) const = 0;
};

class MemoryIds final : public IdStream {
 public:
  explicit MemoryIds(std::vector<TokenId> ids) : ids_(std::move(ids)) {}

  [[nodiscard]] Index size() const override { return static_cast<Index>(ids_.size()); }
  [[nodiscard]] bool inFile() const override { return false; }
  void read(Index first, Index count, TokenId* to) const override { std::copy_n(ids_.data() + first, count, to); }

 private:
  std::vector<TokenId> ids_;
};

// A stream with one more id before its first.
class PrecededIds final : public IdStream {
 public:
  PrecededIds(TokenId before, std::unique_ptr<IdStream> ids) : before_(before), ids_(std::move(ids)) {}

  [[nodiscard]] Index size() const override { return ids_->size() + 1; }
  [[nodiscard]] bool inFile() const override { return ids_->inFile(); }
  void read(Index first, Index count, TokenId* to) const override {
    if (count == 0) return;
    if (first > 0) return ids_->read(first - 1, count, to);
    *to = before_;
    ids_->read(0, count - 1, to + 1);
  }

 private:
  TokenId before_;
  std::unique_ptr<IdStream> ids_;
};

}  // namespace unrolled

// Memory for passes: laid out once for the largest pass, reused by every one after it.
//
// A layout is a function that takes its arrays from an arena. It runs twice: over an empty arena to
// count, then over the block itself. So the size is known before anything is allocated.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string>

#include "base/error.h"
#include "base/types.h"

namespace unrolled {

constexpr std::size_t cacheLine = 64;

class Arena {
 public:
  explicit Arena(std::byte* base) : base_(base) {}

  // `count` elements that start on a cache line; null while counting.
  template <class T>
  T* take(Index count) {
    const std::size_t offset = used_;
    const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(T);
    used_ += (bytes + cacheLine - 1) / cacheLine * cacheLine;
    return base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + offset);
  }

  // `count` elements that a layer keeps elsewhere, for longer than a layout; whether to allocate them now.
  template <class T>
  bool keep(Index count) {
    kept_ += static_cast<std::size_t>(count) * sizeof(T);
    return base_ != nullptr;
  }

  [[nodiscard]] std::size_t used() const { return used_; }
  [[nodiscard]] std::size_t kept() const { return kept_; }

 private:
  std::byte* base_;
  std::size_t used_ = 0;
  std::size_t kept_ = 0;
};

class Workspace {
 public:
  // Runs `layOut(Arena&)` to count, grows the block if it is too small, and runs it to bind.
  template <class Layout>
  void bind(Layout&& layOut) {
    Arena counting(nullptr);
    layOut(counting);
    if (counting.used() > size_) {
      block_.reset();
      size_ = 0;
      block_.reset(static_cast<std::byte*>(
          ::operator new[](counting.used() + cacheLine, std::align_val_t{cacheLine}, std::nothrow)));
      if (!block_) {
        throw Error(
            "ERR_UNROLLED_OUT_OF_MEMORY",
            "The machine does not have " + std::to_string(counting.used()) + " bytes for the workspace of a step",
            "Lower batch or window, or raise the process's limit (ulimit -v, ulimit -d).");
      }
      size_ = counting.used();
    }
    kept_ = counting.kept();
    Arena binding(block_.get());
    layOut(binding);
  }

  // Bytes of the block, and of memory that layers keep elsewhere.
  [[nodiscard]] std::size_t bytes() const { return size_ + kept_; }

 private:
  struct Free {
    void operator()(std::byte* block) const { ::operator delete[](block, std::align_val_t{cacheLine}); }
  };

  std::unique_ptr<std::byte, Free> block_;
  std::size_t size_ = 0;
  std::size_t kept_ = 0;
};

}  // namespace unrolled

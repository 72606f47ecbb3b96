// A stream of ids in a file, for corpora that memory does not hold.
#pragma once

#include <cstdint>
#include <string>

#include "data/id_stream.h"

namespace unrolled {

// The range of a file's ids that a stream consists of.
struct IdFileRange {
  std::string path;  // UTF-8
  Index total = 0;   // ids in the whole file
  Index first = 0;
  Index count = 0;
};

// Little-endian 32-bit ids, read by position for each row of each window. They are not mapped: a
// mapped file that someone cuts short ends the process, a read that comes back short is an error.
// Ids are checked as they are read, since a check at the start says nothing of a file that changes.
class FileIds final : public IdStream {
 public:
  // `state` is "device:inode:nanoseconds of the last change" that the file must have; empty if it may be any.
  // Throws ERR_UNROLLED_FILE_NOT_FOUND, and ERR_UNROLLED_FILE_READ for what is not a file of `total`
  // ids or of another state, ERR_UNROLLED_SHAPE for a range outside of it.
  FileIds(IdFileRange range, Index vocabulary, const std::string& state = {});
  ~FileIds() override;

  [[nodiscard]] Index size() const override { return range_.count; }
  [[nodiscard]] bool inFile() const override { return true; }
  // Throws ERR_UNROLLED_FILE_READ if the file has got shorter, or holds an id that is not below
  // the vocabulary's size.
  void read(Index first, Index count, TokenId* to) const override;

 private:
  IdFileRange range_;
  Index vocabulary_;
  std::intptr_t file_;
};

}  // namespace unrolled

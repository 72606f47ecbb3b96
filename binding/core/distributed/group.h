// The ranks that train one model together, as each of them sees the others.
//
// Every call that communicates is collective: all ranks make the same calls, in the same order, with the same sizes,
// from one thread at a time. One that cannot be finished throws: ERR_UNROLLED_RANK_LOST if a rank failed, left or is
// silent, ERR_UNROLLED_ABORTED after `interrupt`. No later call succeeds then.
//
// Results follow from the ranks' order alone, never from who is faster or which library carries the bytes: all is built
// on one primitive, `exchange`.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/types.h"

namespace unrolled {

// Something that must be alike on all ranks: an option as text, a version, a hash of weights or of data.
struct SharedFact {
  std::string name;
  std::string value;
  // Whether `name` is an option's, which front ends write in their own way.
  bool isOption = false;
};

class Group {
 public:
  Group() = default;
  virtual ~Group() = default;
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  Group(Group&&) = delete;
  Group& operator=(Group&&) = delete;

  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  // Where this rank runs, for messages.
  [[nodiscard]] virtual std::string host() const = 0;

  // The bytes of rank `root` on all ranks.
  void broadcast(void* data, std::size_t bytes, int root = 0);

  // Element-wise sums over the ranks, in the order of `addInTree`: the same bits on every rank.
  void sum(float* values, Index count);
  void sum(double* values, Index count);

  // What each rank has, in the order of ranks; the ranks' sizes may differ.
  [[nodiscard]] std::vector<std::vector<std::byte>> gatherAll(const void* data, std::size_t bytes);

  // Returns when all ranks have called it.
  void barrier();

  // Compares facts, which every rank gives under the same names in the same order. All ranks throw the same
  // ERR_UNROLLED_RANKS_DIFFER if they are not alike. It names the first fact that differs, and the ranks with their
  // hosts.
  void agree(const std::vector<SharedFact>& facts);

  // Seconds that this rank has spent in the calls above.
  [[nodiscard]] double secondsWaited() const { return secondsWaited_.load(); }

  // The step that this rank is at, which the others' messages name if it falls silent.
  virtual void atStep(Index /*step*/) noexcept {}

  // This rank cannot go on, for a reason the others do not know: their calls throw an error that says it.
  virtual void fail(const Error& reason) noexcept = 0;

  // From any thread: the call that waits, and any later one, throws ERR_UNROLLED_ABORTED.
  virtual void interrupt() noexcept = 0;

 protected:
  struct Outgoing {
    const void* data = nullptr;
    std::size_t bytes = 0;
  };
  struct Incoming {
    void* data = nullptr;
    std::size_t bytes = 0;
  };

  // Sends sends[r] to rank r and receives receives[r] from it, for all ranks but this one, whose entries are not looked
  // at. Both sides know the sizes, and no message of 0 bytes is sent. Returns when all are done. Implementations are
  // given one entry a rank.
  virtual void exchange(std::span<const Outgoing> sends, std::span<const Incoming> receives) = 0;

 private:
  template <class T>
  void sumInTree(T* values, Index count);
  void communicate(std::span<const Outgoing> sends, std::span<const Incoming> receives);
  // From all ranks to all, in place: rank r has [begin(r), begin(r + 1)) of `data`.
  void gatherRanges(std::byte* data, const std::vector<std::size_t>& begins);

  std::atomic<double> secondsWaited_{0};
  std::vector<std::byte> received_;  // parts of other ranks that are summed
};

}  // namespace unrolled

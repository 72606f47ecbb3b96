// A group of ranks over MPI.
//
// One thread of this process's own begins MPI, makes every call of it and ends it. It never blocks in MPI while a
// training runs: it posts messages and asks whether they are done, with short sleeps between, so that a rank that waits
// leaves its processor to those that compute, and notices a rank that fails or falls silent.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "distributed/group.h"
#include "mpi/launcher_watch.h"
#include "mpi/library.h"
#include "mpi/peers.h"

namespace unrolled::mpi {

struct MpiOptions {
  std::vector<std::string> libraries;  // files or names, in the order in which they are tried
  // What the launcher's environment says, against a library that is not the launcher's: how many ranks there are, 0 if
  // it does not say, and what the version of its library begins with, or does not, empty if it does not say.
  int expectedSize = 0;
  std::string expectedVersion;
  std::string refusedVersion;
  double stallTimeout = 60;  // seconds
  LauncherProcess launcher;
  std::function<void(const std::string&)> warn;  // called on MPI's thread
};

class MpiGroup final : public Group, public std::enable_shared_from_this<MpiGroup> {
  struct Private {};

 public:
  // Begins MPI, which a process can do once; the ranks then tell each other where they run. `proceed` says whether to
  // go on waiting for that. Throws ERR_UNROLLED_MPI, or ERR_UNROLLED_ABORTED.
  static std::shared_ptr<MpiGroup> open(MpiOptions options, const std::function<bool()>& proceed);

  MpiGroup(MpiOptions options, Private);

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] std::string host() const override { return host_; }
  void atStep(Index step) noexcept override { step_.store(step); }
  void fail(const Error& reason) noexcept override;
  void interrupt() noexcept override;

  [[nodiscard]] const Library& library() const { return library_; }
  // How many processors this rank has if the ranks of a host share those they are allowed; at least 1.
  [[nodiscard]] int processorShare() const { return processorShare_; }

  // All ranks say goodbye, and MPI ends. Throws as the calls for all ranks do.
  void close();

  // Before this process exits: says goodbye if the exit status is 0 and nothing has failed, else ends all ranks.
  // Returns whether the process may go on to exit; MPI may be in the way of that if not.
  bool endProcess(int exitStatus) noexcept;

 protected:
  void exchange(std::span<const Outgoing> sends, std::span<const Incoming> receives) override;

 private:
  enum class Stage { opening, open, closing, finalizing, closed };
  // What a call for all ranks asks of MPI's thread.
  struct Transfer {
    std::span<const Outgoing> sends;
    std::span<const Incoming> receives;
    bool done = false;
  };
  struct Request {
    Handle handle = 0;
    int peer = 0;
    bool receives = false;
  };

  void introduce();

  // On MPI's thread.
  void run();
  void begin();
  [[nodiscard]] Error notOfLauncher(const std::string& finding) const;
  void serve();
  void transfer(const Transfer& transfer);
  void post(const Transfer& transfer);
  void farewell();
  // Throws what keeps this rank from going on.
  void tend(bool waiting);
  void requireNobodyLeft();
  void lose(const Error& error);
  void tellOthers(const Error& error);
  void awaitEnd();

  MpiOptions options_;
  Library library_;
  int rank_ = 0;
  int size_ = 1;
  std::string host_;
  int processorShare_ = 1;
  std::atomic<Index> step_{-1};
  std::optional<Peers> peers_;
  LauncherWatch watch_;
  std::vector<Request> requests_;
  std::uint64_t received_ = 0;
  int looksAtLeft_ = 0;  // of a transfer, those that found it waiting for a rank that has left

  std::mutex mutex_;
  std::condition_variable wake_;     // MPI's thread
  std::condition_variable changed_;  // those that wait for it
  Stage stage_ = Stage::opening;
  Transfer* transfer_ = nullptr;
  std::vector<std::string> hosts_;  // for `peers_`
  bool interrupted_ = false;
  std::optional<Error> failing_;  // this rank's own failure, which the others are to be told
  std::optional<Error> error_;    // why no call succeeds any more
  std::optional<int> abortStatus_;
};

}  // namespace unrolled::mpi

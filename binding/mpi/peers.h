// What ranks tell each other beside their data: that they live, that they fail, that they leave.
//
// A rank that is silent may be stopped, or its network down. Who computes for an hour, or writes a file, is not silent:
// MPI's thread says every few seconds that the rank lives.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/types.h"
#include "mpi/library.h"

namespace unrolled::mpi {

// Throws ERR_UNROLLED_RANK_LOST, with what MPI says, unless a call of it was successful.
void check(const Library& mpi, int code, const char* call);

// What a rank does, as it tells the others.
struct Activity {
  bool waiting = false;        // in a call for all ranks
  std::uint64_t received = 0;  // messages so far
  Index step = -1;
};

// On MPI's thread alone, but for `name`.
class Peers {
 public:
  // `silence` is after how many seconds a rank is lost.
  Peers(const Library& mpi, int rank, int size, double silence);

  void setHosts(std::vector<std::string> hosts) { hosts_ = std::move(hosts); }
  // "rank 2 (host b)"
  [[nodiscard]] std::string name(int rank) const;

  // Reads what has come, and tells the others from time to time that this rank lives.
  void tend(const Activity& mine);

  // Says that this rank fails, or that another is lost (`Word::lost`, whose error all give then), or that it leaves.
  enum class Word : std::uint32_t { alive = 1, failed = 2, lost = 3, goodbye = 4 };
  void tell(Word word, const std::string& text);
  // Whether all that was told is on its way.
  [[nodiscard]] bool told();

  // Why this rank cannot go on: another has failed, or lost one.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] bool hasLeft(int rank) const { return at(rank).left; }
  [[nodiscard]] bool allHaveLeft() const;

  // While this rank waits: the error for one that is silent for too long, or for ranks that wait for each other.
  [[nodiscard]] std::optional<Error> stalled(const Activity& mine);
  // Once for each silence, half the time before that error, on the first rank that is not silent.
  [[nodiscard]] std::optional<std::string> warning();

 private:
  // What travels.
  struct Sign {
    Word word = Word::alive;
    std::uint32_t waiting = 0;
    std::uint64_t received = 0;
    std::int64_t step = -1;
    std::array<char, 1000> text{};
  };
  struct Peer {
    Sign incoming;
    Handle receiving = 0;
    Sign alive;
    Handle sending = 0;
    bool isSending = false;
    bool left = false;
    bool warned = false;
    Activity activity;
    double heard = 0;     // when it last gave a sign of life
    double advanced = 0;  // when it last computed, or received something
  };
  struct Notice {
    Sign sign;
    std::vector<Handle> requests;
  };

  [[nodiscard]] const Peer& at(int rank) const { return peers_[static_cast<std::size_t>(rank)]; }
  void receive(int rank);
  void hear(int rank, const Sign& sign);
  void sayAlive(const Activity& mine);
  [[nodiscard]] bool test(Handle& request);
  [[nodiscard]] std::string silentWords(int rank) const;
  // Seconds in which this process ran: a process that was stopped itself, or slept, has not waited for others
  // meanwhile.
  double now();

  const Library& mpi_;
  int rank_;
  double silence_;
  std::vector<Peer> peers_;
  std::vector<std::string> hosts_;
  std::deque<Notice> notices_;
  std::optional<Error> failure_;
  Activity own_;
  double ownAdvanced_ = 0;
  double saidAlive_ = -1e9;
  double clock_ = 0;
  double lastReading_ = 0;
};

}  // namespace unrolled::mpi

#include "distributed/in_process_group.h"

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace unrolled {

namespace {

// A message that its sender waits to have taken.
struct Message {
  const void* data = nullptr;
  std::size_t bytes = 0;
};

struct Shared {
  explicit Shared(int ranks)
      : size(ranks), messages(static_cast<std::size_t>(ranks) * static_cast<std::size_t>(ranks)) {}

  [[nodiscard]] std::optional<Message>& message(int from, int to) {
    return messages[static_cast<std::size_t>(from) * static_cast<std::size_t>(size) + static_cast<std::size_t>(to)];
  }

  int size;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<Message>> messages;  // [from, to], one at a time
  std::vector<bool> left = std::vector<bool>(static_cast<std::size_t>(size));
  std::optional<Error> failure;  // of any rank: no call succeeds any more
};

class InProcessRank final : public Group {
 public:
  InProcessRank(std::shared_ptr<Shared> shared, int rank) : shared_(std::move(shared)), rank_(rank) {}

  // As a process that ends.
  ~InProcessRank() override {
    const std::scoped_lock lock(shared_->mutex);
    shared_->left[static_cast<std::size_t>(rank_)] = true;
    withdraw();
  }

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return shared_->size; }
  [[nodiscard]] std::string host() const override { return "host" + std::to_string(rank_); }

  void fail(const Error& reason) noexcept override {
    const std::scoped_lock lock(shared_->mutex);
    if (!shared_->failure) shared_->failure = lost(rank_, " failed: " + reason.fault(), reason.advice());
    withdraw();
  }

  void interrupt() noexcept override {
    const std::scoped_lock lock(shared_->mutex);
    interrupted_ = true;
    shared_->changed.notify_all();
  }

 protected:
  void exchange(std::span<const Outgoing> sends, std::span<const Incoming> receives) override {
    std::unique_lock lock(shared_->mutex);
    const auto waitFor = [&](int other, const auto& holds) {
      const std::vector<bool>::reference left = shared_->left[static_cast<std::size_t>(other)];
      shared_->changed.wait(lock, [&] { return interrupted_ || shared_->failure || left || holds(); });
      if (interrupted_) throw Error("ERR_UNROLLED_ABORTED", "The call was aborted");
      if (holds()) return;
      if (shared_->failure) throw *shared_->failure;
      throw lost(other, " has left the training");
    };
    for (int other = 0; other < size(); ++other) {
      const Outgoing& send = sends[static_cast<std::size_t>(other)];
      if (other == rank_ || send.bytes == 0) continue;
      shared_->message(rank_, other) = Message{.data = send.data, .bytes = send.bytes};
    }
    shared_->changed.notify_all();
    for (int other = 0; other < size(); ++other) {
      const Incoming& receive = receives[static_cast<std::size_t>(other)];
      if (other == rank_ || receive.bytes == 0) continue;
      std::optional<Message>& message = shared_->message(other, rank_);
      waitFor(other, [&] { return message.has_value(); });
      if (message->bytes != receive.bytes) {
        throw Error("ERR_UNROLLED_INTERNAL", "Ranks do not make the same calls");
      }
      std::memcpy(receive.data, message->data, receive.bytes);
      message.reset();
      shared_->changed.notify_all();
    }
    for (int other = 0; other < size(); ++other) {
      waitFor(other, [&] { return !shared_->message(rank_, other).has_value(); });
    }
  }

 private:
  static Error lost(int rank, const std::string& how, std::string advice = {}) {
    const std::string number = std::to_string(rank);
    return {"ERR_UNROLLED_RANK_LOST", "Rank " + number + " (host host" + number + ")" + how, std::move(advice)};
  }

  // What this rank still offers is in memory that may go away. Under the mutex.
  void withdraw() {
    for (int other = 0; other < size(); ++other) shared_->message(rank_, other).reset();
    shared_->changed.notify_all();
  }

  std::shared_ptr<Shared> shared_;
  int rank_;
  bool interrupted_ = false;
};

}  // namespace

std::vector<std::unique_ptr<Group>> inProcessGroup(int size) {
  const auto shared = std::make_shared<Shared>(size);
  std::vector<std::unique_ptr<Group>> ranks;
  ranks.reserve(static_cast<std::size_t>(size));
  for (int rank = 0; rank < size; ++rank) ranks.push_back(std::make_unique<InProcessRank>(shared, rank));
  return ranks;
}

}  // namespace unrolled

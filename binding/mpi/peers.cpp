#include "mpi/peers.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <utility>

namespace unrolled::mpi {

namespace {

// Data has another tag (mpi_group.cpp).
constexpr int signTag = 2;
constexpr const char* resumeAdvice = "Resume the training from its last checkpoint.";

std::string seconds(double count) {
  const long long tenths = std::llround(count * 10);
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text.append(".").append(std::to_string(tenths % 10));
  return text.append(" s");
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace

void check(const Library& mpi, int code, const char* call) {
  if (code == 0) return;
  throw Error("ERR_UNROLLED_RANK_LOST", std::string(call) + " failed: " + mpi.textOf(code), resumeAdvice);
}

Peers::Peers(const Library& mpi, int rank, int size, double silence)
    : mpi_(mpi), rank_(rank), silence_(silence), peers_(static_cast<std::size_t>(size)) {
  for (int other = 0; other < size; ++other) {
    if (other != rank_) receive(other);
  }
}

std::string Peers::name(int rank) const {
  const auto place = static_cast<std::size_t>(rank);
  return "rank " + std::to_string(rank) + (place < hosts_.size() ? " (host " + hosts_[place] + ")" : "");
}

double Peers::now() {
  const std::chrono::duration<double> time = std::chrono::steady_clock::now().time_since_epoch();
  if (lastReading_ > 0) clock_ += std::min(1.0, time.count() - lastReading_);
  lastReading_ = time.count();
  return clock_;
}

bool Peers::test(Handle& request) {
  int done = 0;
  check(mpi_, mpi_.test(&request, &done, mpi_.statusIgnore), "MPI_Test");
  return done != 0;
}

void Peers::receive(int rank) {
  Peer& peer = peers_[static_cast<std::size_t>(rank)];
  peer.receiving = 0;
  check(mpi_, mpi_.irecv(&peer.incoming, sizeof(Sign), mpi_.byte, rank, signTag, mpi_.world, &peer.receiving),
        "MPI_Irecv");
}

void Peers::tend(const Activity& mine) {
  const double time = now();
  if (!mine.waiting || !own_.waiting || mine.received != own_.received) ownAdvanced_ = time;
  own_ = mine;
  for (int other = 0; other < static_cast<int>(peers_.size()); ++other) {
    Peer& peer = peers_[static_cast<std::size_t>(other)];
    while (other != rank_ && !peer.left && test(peer.receiving)) {
      hear(other, peer.incoming);
      if (!peer.left) receive(other);
    }
  }
  const double interval = std::min(5.0, silence_ / 8);
  if (time - saidAlive_ < interval) return;
  saidAlive_ = time;
  sayAlive(mine);
}

void Peers::hear(int rank, const Sign& sign) {
  Peer& peer = peers_[static_cast<std::size_t>(rank)];
  peer.heard = clock_;
  peer.warned = false;
  const std::string text(sign.text.data(), strnlen(sign.text.data(), sign.text.size()));
  switch (sign.word) {
    case Word::alive:
      if (sign.waiting == 0 || sign.received != peer.activity.received) peer.advanced = clock_;
      peer.activity = {.waiting = sign.waiting != 0, .received = sign.received, .step = sign.step};
      break;
    case Word::failed:
      if (!failure_)
        failure_ = Error("ERR_UNROLLED_RANK_LOST", capitalised(name(rank)) + " failed: " + text, resumeAdvice);
      break;
    case Word::lost:
      if (!failure_) failure_ = Error("ERR_UNROLLED_RANK_LOST", text, resumeAdvice);
      break;
    case Word::goodbye:
      peer.left = true;
      break;
  }
}

void Peers::sayAlive(const Activity& mine) {
  for (int other = 0; other < static_cast<int>(peers_.size()); ++other) {
    Peer& peer = peers_[static_cast<std::size_t>(other)];
    if (other == rank_ || peer.left) continue;
    // One that does not take its messages has one of these at most on its way.
    if (peer.isSending && !test(peer.sending)) continue;
    peer.alive = {.waiting = mine.waiting ? 1U : 0U, .received = mine.received, .step = mine.step};
    peer.sending = 0;
    check(mpi_, mpi_.isend(&peer.alive, sizeof(Sign), mpi_.byte, other, signTag, mpi_.world, &peer.sending),
          "MPI_Isend");
    peer.isSending = true;
  }
}

void Peers::tell(Word word, const std::string& text) {
  Notice& notice = notices_.emplace_back();
  notice.sign.word = word;
  std::memcpy(notice.sign.text.data(), text.data(), std::min(text.size(), notice.sign.text.size()));
  for (int other = 0; other < static_cast<int>(peers_.size()); ++other) {
    // One that has said goodbye waits for ours, and for nothing else.
    if (other == rank_ || (hasLeft(other) && word != Word::goodbye)) continue;
    Handle request = 0;
    check(mpi_, mpi_.isend(&notice.sign, sizeof(Sign), mpi_.byte, other, signTag, mpi_.world, &request), "MPI_Isend");
    notice.requests.push_back(request);
  }
}

bool Peers::told() {
  bool all = true;
  for (Peer& peer : peers_) {
    if (peer.isSending) peer.isSending = !test(peer.sending);
    all = all && !peer.isSending;
  }
  for (Notice& notice : notices_) {
    std::erase_if(notice.requests, [this](Handle& request) { return test(request); });
    all = all && notice.requests.empty();
  }
  return all;
}

bool Peers::allHaveLeft() const {
  for (int other = 0; other < static_cast<int>(peers_.size()); ++other) {
    if (other != rank_ && !hasLeft(other)) return false;
  }
  return true;
}

std::string Peers::silentWords(int rank) const {
  const Peer& peer = at(rank);
  std::string words = capitalised(name(rank)) + " has given no sign of life for " + seconds(clock_ - peer.heard);
  if (peer.activity.step >= 0) words += "; it was at step " + std::to_string(peer.activity.step);
  return words;
}

std::optional<Error> Peers::stalled(const Activity& mine) {
  bool allWait = mine.waiting && clock_ - ownAdvanced_ > silence_;
  for (int other = 0; other < static_cast<int>(peers_.size()); ++other) {
    const Peer& peer = at(other);
    if (other == rank_ || peer.left) continue;
    if (clock_ - peer.heard > silence_) {
      return Error("ERR_UNROLLED_RANK_LOST", silentWords(other),
                   std::string("Look at its host and network. ") + resumeAdvice);
    }
    allWait = allWait && peer.activity.waiting && clock_ - peer.advanced > silence_;
  }
  if (!allWait) return std::nullopt;
  return Error("ERR_UNROLLED_RANK_LOST",
               "All ranks have waited for each other for " + seconds(silence_) + ", and no message has come",
               resumeAdvice);
}

std::optional<std::string> Peers::warning() {
  const auto isSilent = [this](const Peer& peer) { return !peer.left && clock_ - peer.heard > silence_ / 2; };
  // The first rank that is not silent warns for all.
  for (int before = 0; before < rank_; ++before) {
    if (!at(before).left && !isSilent(at(before))) return std::nullopt;
  }
  for (int other = 0; other < static_cast<int>(peers_.size()); ++other) {
    Peer& peer = peers_[static_cast<std::size_t>(other)];
    if (other == rank_ || peer.warned || !isSilent(peer)) continue;
    peer.warned = true;
    return silentWords(other) + ". The training ends when it has been silent for " + seconds(silence_) + ".";
  }
  return std::nullopt;
}

}  // namespace unrolled::mpi

#include "distributed/group.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>

#include "base/floating_point_mode.h"
#include "distributed/tree_sum.h"

namespace unrolled {

namespace {

// Longer sums and broadcasts go in pieces of this size: it bounds the memory that they take, and no message of a piece
// has more bytes than a library can count.
constexpr std::size_t pieceBytes = std::size_t{16} << 20U;
// A broadcast of fewer bytes goes straight from its root, in one round instead of two.
constexpr std::size_t smallBroadcast = std::size_t{16} << 10U;

std::size_t asSize(Index count) { return static_cast<std::size_t>(count); }

// Cuts [0, count) into ranges of nearly equal length, one a rank: where each begins, and the end.
std::vector<std::size_t> cut(std::size_t count, std::size_t ranks) {
  std::vector<std::size_t> begins;
  for (std::size_t rank = 0; rank <= ranks; ++rank) begins.push_back(rank * count / ranks);
  return begins;
}

void append(std::vector<std::byte>& bytes, const std::string& text) {
  const std::uint64_t length = text.size();
  const std::size_t begin = bytes.size();
  bytes.resize(begin + sizeof length + text.size());
  std::memcpy(bytes.data() + begin, &length, sizeof length);
  std::memcpy(bytes.data() + begin + sizeof length, text.data(), text.size());
}

std::vector<std::string> textsIn(const std::vector<std::byte>& bytes) {
  std::vector<std::string> texts;
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= bytes.size();) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at, sizeof length);
    at += sizeof length;
    // Another release may write something else.
    length = std::min<std::uint64_t>(length, bytes.size() - at);
    texts.emplace_back(reinterpret_cast<const char*>(bytes.data() + at), length);
    at += length;
  }
  return texts;
}

// The text at `place` that most ranks have; of several, that of the first rank.
std::string mostCommon(const std::vector<std::vector<std::string>>& ranks, std::size_t place) {
  std::map<std::string, int> counts;
  for (const auto& texts : ranks) ++counts[texts[place]];
  const std::string* common = nullptr;
  for (const auto& texts : ranks) {
    if (common == nullptr || counts[texts[place]] > counts[*common]) common = &texts[place];
  }
  return *common;
}

Error unlikeCalls() { return {"ERR_UNROLLED_INTERNAL", "The ranks do not make the same calls"}; }

}  // namespace

void Group::communicate(std::span<const Outgoing> sends, std::span<const Incoming> receives) {
  const auto begin = std::chrono::steady_clock::now();
  exchange(sends, receives);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  secondsWaited_.store(secondsWaited_.load() + took.count());
}

void Group::gatherRanges(std::byte* data, const std::vector<std::size_t>& begins) {
  const auto me = asSize(rank());
  const auto ranks = asSize(size());
  std::vector<Outgoing> sends(ranks);
  std::vector<Incoming> receives(ranks);
  for (std::size_t other = 0; other < ranks; ++other) {
    sends[other] = {.data = data + begins[me], .bytes = begins[me + 1] - begins[me]};
    receives[other] = {.data = data + begins[other], .bytes = begins[other + 1] - begins[other]};
  }
  communicate(sends, receives);
}

void Group::broadcast(void* data, std::size_t bytes, int root) {
  if (size() == 1) return;
  const auto ranks = asSize(size());
  auto* piece = static_cast<std::byte*>(data);
  for (std::size_t left = bytes; left > 0;) {
    const std::size_t length = std::min(left, pieceBytes);
    const bool small = length <= smallBroadcast;
    // The root sends a part to each rank, and the ranks hand the parts on, so that nobody sends much more than the
    // whole.
    const std::vector<std::size_t> begins = cut(length, ranks);
    std::vector<Outgoing> sends(ranks);
    std::vector<Incoming> receives(ranks);
    const auto part = [&](std::size_t rank) -> std::pair<std::size_t, std::size_t> {
      if (small) return {0, length};
      return {begins[rank], begins[rank + 1] - begins[rank]};
    };
    if (rank() == root) {
      for (std::size_t other = 0; other < ranks; ++other) {
        const auto place = part(other);
        sends[other] = {.data = piece + place.first, .bytes = place.second};
      }
    } else {
      const auto place = part(asSize(rank()));
      receives[asSize(root)] = {.data = piece + place.first, .bytes = place.second};
    }
    communicate(sends, receives);
    if (!small) gatherRanges(piece, begins);
    piece += length;
    left -= length;
  }
}

void Group::sum(float* values, Index count) { sumInTree(values, count); }
void Group::sum(double* values, Index count) { sumInTree(values, count); }

template <class T>
void Group::sumInTree(T* values, Index count) {
  if (size() == 1) return;
  // Subnormal sums are zero on every rank, as in the sums of one.
  const FloatingPointMode mode;
  const auto me = asSize(rank());
  const auto ranks = asSize(size());
  constexpr std::size_t pieceElements = pieceBytes / sizeof(T);
  std::vector<Outgoing> sends(ranks);
  std::vector<Incoming> receives(ranks);
  std::vector<T*> parts(ranks);
  for (std::size_t done = 0; done < asSize(count); done += pieceElements) {
    const std::size_t length = std::min(asSize(count) - done, pieceElements);
    T* const piece = values + done;
    // Each rank adds up one range of the elements. Everyone sends it that range, and it sends everyone the sums.
    std::vector<std::size_t> begins = cut(length, ranks);
    const std::size_t mine = begins[me + 1] - begins[me];
    if (received_.size() < mine * sizeof(T) * ranks) received_.resize(mine * sizeof(T) * ranks);
    for (std::size_t other = 0; other < ranks; ++other) {
      parts[other] = other == me ? piece + begins[me] : reinterpret_cast<T*>(received_.data()) + other * mine;
      sends[other] = {.data = piece + begins[other], .bytes = (begins[other + 1] - begins[other]) * sizeof(T)};
      receives[other] = {.data = parts[other], .bytes = mine * sizeof(T)};
    }
    communicate(sends, receives);
    addInTree(parts.data(), size(), static_cast<Index>(mine));
    if (me != 0 && mine > 0) std::memcpy(piece + begins[me], parts[0], mine * sizeof(T));
    for (std::size_t& begin : begins) begin *= sizeof(T);
    gatherRanges(reinterpret_cast<std::byte*>(piece), begins);
  }
}

std::vector<std::vector<std::byte>> Group::gatherAll(const void* data, std::size_t bytes) {
  const auto me = asSize(rank());
  const auto ranks = asSize(size());
  std::vector<std::uint64_t> lengths(ranks);
  lengths[me] = bytes;
  std::vector<std::size_t> places;
  for (std::size_t rank = 0; rank <= ranks; ++rank) places.push_back(rank * sizeof(std::uint64_t));
  if (ranks > 1) gatherRanges(reinterpret_cast<std::byte*>(lengths.data()), places);

  std::vector<std::vector<std::byte>> all(ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank) all[rank].resize(lengths[rank]);
  if (bytes > 0) std::memcpy(all[me].data(), data, bytes);
  const std::size_t longest = *std::max_element(lengths.begin(), lengths.end());
  std::vector<Outgoing> sends(ranks);
  std::vector<Incoming> receives(ranks);
  for (std::size_t done = 0; ranks > 1 && done < longest; done += pieceBytes) {
    const auto piece = [&](std::size_t rank) {
      return lengths[rank] <= done ? 0 : std::min<std::size_t>(lengths[rank] - done, pieceBytes);
    };
    for (std::size_t other = 0; other < ranks; ++other) {
      sends[other] = {.data = all[me].data() + (piece(me) > 0 ? done : 0), .bytes = piece(me)};
      receives[other] = {.data = all[other].data() + (piece(other) > 0 ? done : 0), .bytes = piece(other)};
    }
    communicate(sends, receives);
  }
  return all;
}

void Group::barrier() {
  const auto ranks = asSize(size());
  std::vector<std::byte> tokens(ranks);
  std::vector<std::size_t> begins;
  for (std::size_t rank = 0; rank <= ranks; ++rank) begins.push_back(rank);
  if (ranks > 1) gatherRanges(tokens.data(), begins);
}

void Group::agree(const std::vector<SharedFact>& facts) {
  std::vector<std::byte> mine;
  append(mine, host());
  for (const SharedFact& fact : facts) {
    append(mine, fact.name);
    append(mine, fact.value);
  }
  std::vector<std::vector<std::string>> ranks;
  for (const auto& bytes : gatherAll(mine.data(), mine.size())) ranks.push_back(textsIn(bytes));
  std::size_t places = mine.size();
  for (const auto& texts : ranks) places = std::min(places, texts.size());
  for (std::size_t fact = 0; 2 * fact + 2 < places; ++fact) {
    const std::size_t place = 2 * fact + 1;
    if (mostCommon(ranks, place) != facts[fact].name) throw unlikeCalls();
    const std::string expected = mostCommon(ranks, place + 1);
    std::string differing;
    std::string received;
    for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
      const auto& texts = ranks[rank];
      if (texts[place + 1] == expected) continue;
      if (differing.empty()) received = texts[place + 1];
      differing += ", but " + texts[place + 1] + " on rank " + std::to_string(rank) + " (host " + texts[0] + ")";
    }
    if (differing.empty()) continue;
    const auto& [name, value, isOption] = facts[fact];
    const std::string code = "ERR_UNROLLED_RANKS_DIFFER";
    std::string predicate = "must be the same on all ranks; it is ";
    predicate.append(expected).append(differing);
    const std::string advice = "Start every rank with the same command, files and release of unrolled.";
    const std::string fault = std::string(name).append(" ").append(predicate);
    Error error = isOption ? Error::of(code, name, predicate, advice) : Error(code, fault, advice);
    error.about(name, expected, received);
    throw error;
  }
  for (const auto& texts : ranks) {
    if (texts.size() != 1 + 2 * facts.size()) throw unlikeCalls();
  }
}

}  // namespace unrolled

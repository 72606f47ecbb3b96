#include "training/agreement.h"

#include <cstring>
#include <string>
#include <utility>

#include "base/hash.h"
#include "blas/blas.h"
#include "kernels/kernel_table.h"

namespace unrolled {
namespace {

std::string digitsOf(std::uint64_t value) {
  std::string digits(16, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, value >>= 4U) {
    *digit = "0123456789abcdef"[value & 15U];
  }
  return digits;
}

template <class T>
std::uint64_t hashOf(const ParameterBuffers<T>& buffers) {
  static_assert(sizeof(T) <= sizeof(std::uint64_t));
  Hash hash;
  for (Index i = 0; i < buffers.size(); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, buffers.values() + i, sizeof(T));
    hash.add(word);
  }
  return hash.value();
}

template <class T>
std::string describe(const Model<T>& model) {
  std::string text = sizeof(T) == sizeof(float) ? "float32" : "float64";
  for (const Parameter& parameter : model.parameters()) {
    text.append(", ").append(parameter.name);
    for (const Index size : parameter.shape) text.append(" ").append(std::to_string(size));
    if (!parameter.trainable) text += " frozen";
  }
  return text;
}

// What a rank tells of its weights.
struct Weights {
  std::uint64_t hash = 0;
  std::string place;  // where they were computed, and by which kernels
};

std::vector<std::byte> toBytes(const Weights& weights) {
  std::vector<std::byte> bytes(sizeof weights.hash + weights.place.size());
  std::memcpy(bytes.data(), &weights.hash, sizeof weights.hash);
  std::memcpy(bytes.data() + sizeof weights.hash, weights.place.data(), weights.place.size());
  return bytes;
}

Weights fromBytes(const std::vector<std::byte>& bytes) {
  Weights weights;
  std::memcpy(&weights.hash, bytes.data(), sizeof weights.hash);
  weights.place.assign(reinterpret_cast<const char*>(bytes.data()) + sizeof weights.hash,
                       bytes.size() - sizeof weights.hash);
  return weights;
}

template <class Element>
void sendAll(Group& group, std::vector<Element>& elements) {
  auto count = static_cast<std::uint64_t>(elements.size());
  group.broadcast(&count, sizeof count);
  elements.resize(count);
  group.broadcast(elements.data(), elements.size() * sizeof(Element));
}

}  // namespace

template <class T>
void requireAlike(Group& group, Model<T>& model, std::uint64_t data, std::vector<SharedFact> facts, bool weights) {
  facts.push_back({"model", describe(model), false});
  facts.push_back({"data", digitsOf(data), false});
  if (weights) facts.push_back({"weights", digitsOf(hashOf(model.buffers())), false});
  group.agree(facts);
}

template <class T>
void requireSameWeights(Group& group, Model<T>& model) {
  const Weights own = {hashOf(model.buffers()),
                       "host " + group.host() + ", " + kernels<T>().name + " kernels, OpenBLAS for " + blasCore()};
  const std::vector<std::byte> bytes = toBytes(own);
  const std::vector<std::vector<std::byte>> all = group.gatherAll(bytes.data(), bytes.size());
  const Weights first = fromBytes(all.front());
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    const Weights other = fromBytes(all[rank]);
    if (other.hash == first.hash) continue;
    throw Error(
        "ERR_UNROLLED_RANKS_DIFFER",
        "The weights of rank " + std::to_string(rank) + " (" + other.place + ") are not those of rank 0 (" +
            first.place + ")",
        "Hosts that compute with other kernels round in another way: UNROLLED_KERNELS and OPENBLAS_CORETYPE make "
        "them alike.")
        .about("weights", digitsOf(first.hash), digitsOf(other.hash));
  }
}

template <class T>
void sendWeights(Group& group, Model<T>& model) {
  ParameterBuffers<T>& buffers = model.buffers();
  group.broadcast(buffers.change(), static_cast<std::size_t>(buffers.size()) * sizeof(T));
}

template <class T>
void sendState(Group& group, TrainingState<T>& state) {
  OptimizerState<T>& optimizer = state.optimizer;
  const auto send = [&](auto&... figures) { (group.broadcast(&figures, sizeof figures), ...); };
  send(state.identity, state.kind, state.learningRateScale, state.rows);
  send(optimizer.steps, optimizer.carried, optimizer.weightBound, optimizer.velocityBound, optimizer.sumBound);
  sendAll(group, optimizer.first);
  sendAll(group, optimizer.second);
  sendAll(group, state.hidden);
}

template void requireAlike<float>(Group&, Model<float>&, std::uint64_t, std::vector<SharedFact>, bool);
template void requireAlike<double>(Group&, Model<double>&, std::uint64_t, std::vector<SharedFact>, bool);
template void requireSameWeights<float>(Group&, Model<float>&);
template void requireSameWeights<double>(Group&, Model<double>&);
template void sendWeights<float>(Group&, Model<float>&);
template void sendWeights<double>(Group&, Model<double>&);
template void sendState<float>(Group&, TrainingState<float>&);
template void sendState<double>(Group&, TrainingState<double>&);

}  // namespace unrolled

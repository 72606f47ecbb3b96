#include "losses/value_losses.h"

#include <array>
#include <limits>

#include "losses/binary_cross_entropy.h"
#include "losses/squared_error.h"
#include "unreachable.h"

namespace unrolled {
namespace {

template <class T>
struct Entry {
  LossKind kind;
  TargetRange targets;
  std::unique_ptr<ValueLoss<T>> (*make)(Index features);
};

template <class T, class Loss>
std::unique_ptr<ValueLoss<T>> make(Index features) {
  return std::make_unique<Loss>(features);
}

constexpr TargetRange anyNumber = {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()};

template <class T>
constexpr std::array all = {Entry<T>{LossKind::binaryCrossEntropy, {0, 1}, make<T, BinaryCrossEntropy<T>>},
                            Entry<T>{LossKind::squaredError, anyNumber, make<T, SquaredError<T>>}};

}  // namespace

TargetRange targetRange(LossKind kind) {
  for (const Entry<double>& entry : all<double>) {
    if (entry.kind == kind) return entry.targets;
  }
  unreachable();
}

template <class T>
ValueLosses<T>::ValueLosses(Index features) : losses_(lossNames.size()) {
  for (const Entry<T>& entry : all<T>) losses_[static_cast<std::size_t>(entry.kind)] = entry.make(features);
}

template <class T>
void ValueLosses<T>::layOut(Arena& arena, LossSet set, PassSize size) {
  for (const Entry<T>& entry : all<T>) {
    if (set.has(entry.kind)) of(entry.kind).layOut(arena, size);
  }
}

template class ValueLosses<float>;
template class ValueLosses<double>;

}  // namespace unrolled

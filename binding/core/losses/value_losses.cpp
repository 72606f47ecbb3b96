#include "losses/value_losses.h"

#include "base/unreachable.h"

namespace unrolled {
namespace {

template <class T, class Kind>
class LossOf final : public ValueLoss<T> {
 public:
  using ValueLoss<T>::ValueLoss;

 private:
  LossResult row(Index count, const T* outputs, const T* targets, T scale, T* gradient) const noexcept override {
    LossResult result;
    for (Index i = 0; i < count; ++i) {
      const OutputLoss output = Kind::of(static_cast<double>(outputs[i]), static_cast<double>(targets[i]));
      result.sum += output.loss;
      if (output.correct) ++result.correct;
      if (gradient != nullptr) gradient[i] = static_cast<T>(static_cast<double>(scale) * output.slope);
    }
    return result;
  }
};

template <class T>
using Make = std::unique_ptr<ValueLoss<T>> (*)(Index features);

template <class T>
constexpr auto makers = forEachValueLoss([](auto loss) -> Make<T> {
  return [](Index features) -> std::unique_ptr<ValueLoss<T>> {
    return std::make_unique<LossOf<T, decltype(loss)>>(features);
  };
});

}  // namespace

TargetRange targetRange(LossKind kind) {
  if (isOfClasses(kind)) unreachable();
  static constexpr auto ranges = forEachValueLoss([](auto loss) { return decltype(loss)::targets; });
  return ranges[static_cast<std::size_t>(kind) - 1];
}

template <class T>
ValueLosses<T>::ValueLosses(Index features) : losses_(lossNames.size()) {
  for (std::size_t i = 0; i < valueLossCount; ++i) {
    losses_[static_cast<std::size_t>(valueLossKind(i))] = makers<T>[i](features);
  }
}

template <class T>
void ValueLosses<T>::layOut(Arena& arena, LossSet set, PassSize size) {
  for (std::size_t i = 0; i < valueLossCount; ++i) {
    const LossKind kind = valueLossKind(i);
    if (set.has(kind)) of(kind).layOut(arena, size);
  }
}

template class ValueLosses<float>;
template class ValueLosses<double>;

}  // namespace unrolled

#include "layers/recurrent/recurrent_dropout.h"

#include <array>

#include "base/random.h"
#include "kernels/kernel_table.h"

namespace unrolled {

template <class T>
void RecurrentDropout<T>::layOut(Arena& arena, PassSize size) {
  if (rate_ == 0) return;
  mask_ = arena.take<T>(size.batch * hidden_);
  states_ = arena.take<T>(size.positions * hidden_);
  if (size.backward) gradient_ = arena.take<T>(size.batch * hidden_);
}

template <class T>
void RecurrentDropout<T>::prepare(const Dropping& dropping, Index batch) {
  active_ = dropping.active && rate_ > 0;
  if (!active_) return;
  Random random(dropping.seed, RandomUse::dropout, dropping.step, part_);
  const double threshold = rate_ * 0x1p32;
  const T kept = static_cast<T>(1 / (1 - rate_));
  const auto draw = [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) mask_[i] = static_cast<double>(random.next()) < threshold ? T(0) : kept;
  };
  if (dropping.whole == nullptr) {
    draw(0, batch * hidden_);
    return;
  }
  for (Index row = 0; row < batch; ++row) {
    const Index first = dropping.whole->rows[row] * hidden_;
    constexpr Index ofBlock = std::tuple_size_v<Random::Block>;
    random.seek(static_cast<std::uint32_t>(first / ofBlock));
    for (Index skipped = 0; skipped < first % ofBlock; ++skipped) random.next();
    draw(row * hidden_, (row + 1) * hidden_);
  }
}

template <class T>
void RecurrentDropout<T>::drop(Index position, Index row, Index rows, const T* state) noexcept {
  kernels<T>().multiply(rows * hidden_, state, mask_ + row * hidden_, states_ + position * hidden_);
}

template <class T>
void RecurrentDropout<T>::pass(Index row, Index rows, const T* gradient, T* stateGradient,
                               bool accumulate) const noexcept {
  const auto kernel = accumulate ? kernels<T>().multiplyAdd : kernels<T>().multiply;
  kernel(rows * hidden_, gradient, mask_ + row * hidden_, stateGradient);
}

template class RecurrentDropout<float>;
template class RecurrentDropout<double>;

}  // namespace unrolled

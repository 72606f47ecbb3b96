#include "losses/narrow_weight.h"

#include <algorithm>

namespace unrolled {
namespace {

// Elements of the packed weight in a tile, which stay in a core's own cache across the rows.
constexpr Index tileElements = Index{1} << 14U;

}  // namespace

template <class T>
Index NarrowWeight<T>::tileClasses() const {
  const Index panel = kernels<T>().panelColumns;
  return std::max<Index>(1, tileElements / features_ / panel) * panel;
}

template <class T>
void NarrowWeight<T>::layOut(Arena& arena, Index rows, bool backward) {
  const Index panel = kernels<T>().panelColumns;
  const Index size = (classes_ + panel - 1) / panel * panel * features_;
  packed_ = arena.take<T>(size);
  if (!backward) return;
  packedGradient_ = arena.take<T>(size);
  partials_ = arena.take<T>(tiles() * rows * features_);
}

template <class T>
void NarrowWeight<T>::pack(const T* weight) {
  kernels<T>().packTransposed(features_, classes_, weight, features_, packed_);
}

template <class T>
void NarrowWeight<T>::multiply(const Parallel& parallel, Index rows, const T* vectors, T* scores) const {
  parallel.forRange(classes_, tileClasses(), [&](Index begin, Index end) noexcept {
    kernels<T>().packedProduct(rows, end - begin, features_, vectors, features_, packed_ + begin * features_,
                               scores + begin, classes_, false);
  });
}

template <class T>
void NarrowWeight<T>::differentiate(const Parallel& parallel, Index rows, const T* vectors, const T* scores,
                                    T* vectorGradients, bool more) {
  const KernelTable<T>& kernel = kernels<T>();
  const Index classes = tileClasses();
  const Index count = rows * features_;
  parallel.forEach(tiles(), [&](Index tile) noexcept {
    const Index begin = tile * classes;
    kernel.narrowBackward(rows, std::min(classes, classes_ - begin), features_, vectors, scores + begin, classes_,
                          packed_ + begin * features_, packedGradient_ + begin * features_, partials_ + tile * count,
                          more);
  });
  std::copy_n(partials_, count, vectorGradients);
  for (Index tile = 1; tile < tiles(); ++tile) kernel.add(count, partials_ + tile * count, vectorGradients);
}

template <class T>
void NarrowWeight<T>::unpackGradient(T* gradient) const {
  const Index panel = kernels<T>().panelColumns;
  for (Index begin = 0; begin < classes_; begin += panel) {
    const T* from = packedGradient_ + begin * features_;
    for (Index row = 0; row < std::min(panel, classes_ - begin); ++row) {
      for (Index i = 0; i < features_; ++i) gradient[(begin + row) * features_ + i] = from[i * panel + row];
    }
  }
}

template class NarrowWeight<float>;
template class NarrowWeight<double>;

}  // namespace unrolled

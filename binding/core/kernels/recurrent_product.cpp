#include "kernels/recurrent_product.h"

#include "blas/blas_memory.h"
#include "kernels/product.h"

namespace unrolled {

template <class T>
bool RecurrentProduct<T>::readsBackwardUnpacked() const {
  constexpr Index firstCache = Index{32} * 1024;
  return !untransposed_ && hidden_ % kernels<T>().panelColumns == 0 &&
         gates_ * hidden_ * static_cast<Index>(sizeof(T)) <= firstCache;
}

template <class T>
void RecurrentProduct<T>::layOut(Arena& arena, bool backward) {
  packs_ = !blasAlone();
  if (!packs_) {
    reserveBlasMemory();
    return;
  }
  const Index forwardSize = PanelKernels<T>::size(hidden_, gates_);
  if (arena.keep<T>(forwardSize)) forward_.panels.resize(static_cast<std::size_t>(forwardSize));
  unpackedBackward_ = readsBackwardUnpacked();
  if (!backward || unpackedBackward_) return;
  const Index backwardSize = PanelKernels<T>::size(gates_, hidden_);
  if (arena.keep<T>(backwardSize)) backward_.panels.resize(static_cast<std::size_t>(backwardSize));
}

template <class T>
void RecurrentProduct<T>::prepareForward(const T* weights, Index version, const Bf16Kernels* bf16) {
  prepare(forward_, hidden_, gates_, true, packs_, weights, version, bf16);
}

template <class T>
void RecurrentProduct<T>::prepareBackward(const T* weights, Index version, const Bf16Kernels* bf16) {
  prepare(backward_, gates_, hidden_, untransposed_, packs_ && !unpackedBackward_, weights, version, bf16);
}

template <class T>
void RecurrentProduct<T>::prepare(Packed& packed, Index depth, Index columns, bool transposed, bool plainPacked,
                                  const T* weights, Index version, const Bf16Kernels* bf16) {
  weights_ = weights;
  const bool changed = packed.version != version || packed.bf16 != bf16;
  packed.bf16 = bf16;
  const PanelKernels<T> products(bf16);
  if (!changed || !(products.rounds() || plainPacked)) return;
  const auto size = static_cast<std::size_t>(PanelKernels<T>::size(depth, columns));
  if (packed.panels.size() < size) packed.panels.resize(size);
  if (transposed) {
    products.packTransposed(depth, columns, weights, hidden_, packed.panels.data());
  } else {
    products.pack(depth, columns, weights, hidden_, packed.panels.data());
  }
  packed.version = version;
}

template <class T>
void RecurrentProduct<T>::forward(Index rows, const T* state, T* gates, bool accumulate) const noexcept {
  const PanelKernels<T> products(forward_.bf16);
  if (packs_ || products.rounds()) {
    products.packedProduct(rows, gates_, hidden_, state, hidden_, forward_.panels.data(), gates, stride_, accumulate);
  } else {
    multiply<T>(rows, gates_, hidden_, {state, hidden_}, {weights_, hidden_, Transpose::yes}, gates, stride_,
                accumulate);
  }
}

template <class T>
void RecurrentProduct<T>::backward(Index rows, const T* gates, T* state, bool accumulate) const noexcept {
  const PanelKernels<T> products(backward_.bf16);
  if (unpackedBackward_ && !products.rounds()) {
    kernels<T>().smallProduct(rows, hidden_, gates_, gates, stride_, weights_, hidden_, state, hidden_, accumulate);
  } else if (packs_ || products.rounds()) {
    products.packedProduct(rows, hidden_, gates_, gates, stride_, backward_.panels.data(), state, hidden_, accumulate);
  } else {
    multiply<T>(rows, hidden_, gates_, {gates, stride_},
                {weights_, hidden_, untransposed_ ? Transpose::yes : Transpose::no}, state, hidden_, accumulate);
  }
}

template class RecurrentProduct<float>;
template class RecurrentProduct<double>;

}  // namespace unrolled

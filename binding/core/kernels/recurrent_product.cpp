#include "kernels/recurrent_product.h"

#include <type_traits>

#include "blas.h"

namespace unrolled {

template <class T>
Index RecurrentProduct<T>::packedSize(Index depth, Index columns) {
  const Index panel = kernels<T>().panelColumns;
  return (columns + panel - 1) / panel * panel * depth;
}

template <class T>
bool RecurrentProduct<T>::readsBackwardUnpacked() const {
  constexpr Index firstCache = Index{32} * 1024;
  return !blasAlone() && !untransposed_ && hidden_ % kernels<T>().panelColumns == 0 &&
         gates_ * hidden_ * static_cast<Index>(sizeof(T)) <= firstCache;
}

template <class T>
void RecurrentProduct<T>::layOut(Arena& arena, bool backward) {
  if (blasAlone()) return;
  const Index forwardSize = packedSize(hidden_, gates_);
  if (arena.keep<T>(forwardSize)) packedForward_.resize(static_cast<std::size_t>(forwardSize));
  unpackedBackward_ = readsBackwardUnpacked();
  if (!backward || unpackedBackward_) return;
  const Index backwardSize = packedSize(gates_, hidden_);
  if (arena.keep<T>(backwardSize)) packedBackward_.resize(static_cast<std::size_t>(backwardSize));
}

template <class T>
void RecurrentProduct<T>::prepareForward(const T* weights, Index version, const Bf16Kernels* bf16) {
  weights_ = weights;
  bf16Forward_ = bf16;
  if constexpr (std::is_same_v<T, float>) {
    if (bf16 != nullptr) {
      if (roundedForward_.version == version) return;
      roundedForward_.packed.resize(static_cast<std::size_t>(bf16PackedSize(hidden_, gates_)));
      bf16->packTransposed(hidden_, gates_, weights, hidden_, roundedForward_.packed.data());
      roundedForward_.version = version;
      return;
    }
  }
  if (packedForward_.empty() || forwardVersion_ == version) return;
  kernels<T>().packTransposed(hidden_, gates_, weights, hidden_, packedForward_.data());
  forwardVersion_ = version;
}

template <class T>
void RecurrentProduct<T>::prepareBackward(const T* weights, Index version, const Bf16Kernels* bf16) {
  weights_ = weights;
  bf16Backward_ = bf16;
  if constexpr (std::is_same_v<T, float>) {
    if (bf16 != nullptr) {
      if (roundedBackward_.version == version) return;
      roundedBackward_.packed.resize(static_cast<std::size_t>(bf16PackedSize(gates_, hidden_)));
      const auto pack = untransposed_ ? bf16->packTransposed : bf16->pack;
      pack(gates_, hidden_, weights, hidden_, roundedBackward_.packed.data());
      roundedBackward_.version = version;
      return;
    }
  }
  if (packedBackward_.empty() || backwardVersion_ == version) return;
  const auto pack = untransposed_ ? kernels<T>().packTransposed : kernels<T>().pack;
  pack(gates_, hidden_, weights, hidden_, packedBackward_.data());
  backwardVersion_ = version;
}

template <class T>
void RecurrentProduct<T>::forward(Index rows, const T* state, T* gates, bool accumulate) const noexcept {
  if constexpr (std::is_same_v<T, float>) {
    if (bf16Forward_ != nullptr) {
      bf16Forward_->packedProduct(rows, gates_, hidden_, state, hidden_, roundedForward_.packed.data(), gates, stride_,
                                  accumulate);
      return;
    }
  }
  if (packedForward_.empty()) {
    multiply<T>(rows, gates_, hidden_, {state, hidden_}, {weights_, hidden_, Transpose::yes}, gates, stride_,
                accumulate);
  } else {
    kernels<T>().packedProduct(rows, gates_, hidden_, state, hidden_, packedForward_.data(), gates, stride_,
                               accumulate);
  }
}

template <class T>
void RecurrentProduct<T>::backward(Index rows, const T* gates, T* state, bool accumulate) const noexcept {
  if constexpr (std::is_same_v<T, float>) {
    if (bf16Backward_ != nullptr) {
      bf16Backward_->packedProduct(rows, hidden_, gates_, gates, stride_, roundedBackward_.packed.data(), state,
                                   hidden_, accumulate);
      return;
    }
  }
  if (unpackedBackward_) {
    kernels<T>().smallProduct(rows, hidden_, gates_, gates, stride_, weights_, hidden_, state, hidden_, accumulate);
  } else if (packedBackward_.empty()) {
    multiply<T>(rows, hidden_, gates_, {gates, stride_},
                {weights_, hidden_, untransposed_ ? Transpose::yes : Transpose::no}, state, hidden_, accumulate);
  } else {
    kernels<T>().packedProduct(rows, hidden_, gates_, gates, stride_, packedBackward_.data(), state, hidden_,
                               accumulate);
  }
}

template class RecurrentProduct<float>;
template class RecurrentProduct<double>;

}  // namespace unrolled

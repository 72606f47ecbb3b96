#include "layers/recurrent/cell_normalization.h"

namespace unrolled {

template <class T>
CellNormalization<T>::CellNormalization(ParameterList& list, const std::string& name, const std::string& suffix,
                                        Index gates, Index hidden, double epsilon)
    : width_(gates * hidden),
      hidden_(hidden),
      inputGain_(list.addGain(name + ".norm_ih" + suffix + ".weight", width_)),
      stateGain_(list.addGain(name + ".norm_hh" + suffix + ".weight", width_)),
      input_(gates, hidden, epsilon),
      state_(gates, hidden, epsilon) {}

template <class T>
void CellNormalization<T>::layOut(Arena& arena, PassSize size) {
  input_.layOut(arena, size);
  state_.layOut(arena, size);
  products_ = arena.take<T>(size.batch * width_);
}

template <class T>
void CellNormalization<T>::prepare(const Pass<T>& pass, const T* inputShift, const T* stateShift) {
  input_.prepare(pass.parameters.value(inputGain_), inputShift);
  state_.prepare(pass.parameters.value(stateGain_), stateShift);
}

template <class T>
void CellNormalization<T>::clearGradients(Index batch) {
  input_.clearGradients(batch);
  state_.clearGradients(batch);
}

template <class T>
void CellNormalization<T>::forwardInput(const Rows& rows, T* gates) noexcept {
  input_.forward(input_.whole(rows.position, rows.count), gates, gates, false);
}

template <class T>
void CellNormalization<T>::backwardInput(const Rows& rows, T* gates) noexcept {
  input_.backward(input_.whole(rows.position, rows.count), rows.first, gates, gates);
}

template <class T>
void CellNormalization<T>::forwardState(const RecurrentProduct<T>& product, Index gate, Index count, const Rows& rows,
                                        const T* state, T* sums, bool accumulate) noexcept {
  T* const products = products_ + rows.first * width_ + gate * hidden_;
  product.forward(rows.count, state, products, false);
  state_.forward({rows.position, rows.count, gate, count}, products, sums, accumulate);
}

template <class T>
void CellNormalization<T>::backwardState(const RecurrentProduct<T>& product, Index gate, Index count, const Rows& rows,
                                         const T* gradients, T* stateGradient, bool accumulate) noexcept {
  T* const products = state_.normalized() + rows.position * width_ + gate * hidden_;
  state_.backward({rows.position, rows.count, gate, count}, rows.first, gradients, products);
  product.backward(rows.count, products, stateGradient, accumulate);
}

template <class T>
void CellNormalization<T>::writeGradients(const Pass<T>& pass, Index batch, T* inputShift, T* stateShift) const {
  input_.writeGradients(pass, batch, pass.parameters.gradient(inputGain_), inputShift);
  state_.writeGradients(pass, batch, pass.parameters.gradient(stateGain_), stateShift);
}

template class CellNormalization<float>;
template class CellNormalization<double>;

}  // namespace unrolled

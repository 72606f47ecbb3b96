// The kernels of one instruction set. CMake compiles this file once for each, with the set's flags,
// UNROLLED_ISA (its name, a namespace) and UNROLLED_VECTOR_BYTES.

#include "kernels/activation.h"
#include "kernels/dropout.h"
#include "kernels/gru_step.h"
#include "kernels/kernel_table.h"
#include "kernels/lstm_step.h"
#include "kernels/narrow_product.h"
#include "kernels/normalization.h"
#include "kernels/packed_product.h"
#include "kernels/rnn_step.h"
#include "kernels/row_math.h"
#include "kernels/row_product.h"
#include "kernels/small_product.h"
#include "kernels/softmax_panel.h"
#include "kernels/updates.h"

#define UNROLLED_TEXT_OF(name) #name
#define UNROLLED_NAME(name) UNROLLED_TEXT_OF(name)

namespace unrolled::UNROLLED_ISA {

template <class T>
const KernelTable<T>& table() {
  static constexpr KernelTable<T> filled = {
      UNROLLED_NAME(UNROLLED_ISA),
      panelColumns<T>,
      pack<T>,
      packTransposed<T>,
      packedProduct<T>,
      packedProductTransposed<T>,
      rowProduct<T>,
      smallProduct<T>,
      smallProductTransposed<T>,
      narrowBackward<T>,
      rnnForward<T>,
      rnnBackward<T>,
      gruForward<T>,
      gruBackward<T>,
      gruResetForward<T>,
      gruCandidateForward<T>,
      gruCandidateBackward<T>,
      gruResetBackward<T>,
      lstmForward<T>,
      lstmBackward<T>,
      lstmCellForward<T>,
      lstmOutputForward<T>,
      lstmOutputBackward<T>,
      lstmCellBackward<T>,
      normalize<T>,
      normalizeBackward<T>,
      softmaxRow<T>,
      softmaxPanel<T>,
      scaleColumns<T>,
      add<T>,
      multiply<T>,
      multiplyAdd<T>,
      scale<T>,
      columnSums<T>,
      sumOfSquares<T>,
      clamp<T>,
      sgd<T>,
      momentum<T>,
      adagrad<T>,
      adagradAbsolute<T>,
      rmsprop<T>,
      adam<T>,
      adamw<T>,
      drop<T>,
      activate<T>,
      activateBackward<T>,
  };
  return filled;
}

template const KernelTable<float>& table<float>();
template const KernelTable<double>& table<double>();

}  // namespace unrolled::UNROLLED_ISA

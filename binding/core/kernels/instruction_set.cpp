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

#define UNROLLED_TEXT_OF(name) #name
#define UNROLLED_NAME(name) UNROLLED_TEXT_OF(name)

namespace unrolled::UNROLLED_ISA {

template <class T>
const KernelTable<T>& table() {
  static constexpr KernelTable<T> filled = {
      .name = UNROLLED_NAME(UNROLLED_ISA),
      .panelColumns = UNROLLED_ISA::panelColumns<T>,
      .pack = UNROLLED_ISA::pack<T>,
      .packTransposed = UNROLLED_ISA::packTransposed<T>,
      .packedProduct = UNROLLED_ISA::packedProduct<T>,
      .packedProductTransposed = UNROLLED_ISA::packedProductTransposed<T>,
      .rowProduct = UNROLLED_ISA::rowProduct<T>,
      .smallProduct = UNROLLED_ISA::smallProduct<T>,
      .smallProductTransposed = UNROLLED_ISA::smallProductTransposed<T>,
      .narrowBackward = UNROLLED_ISA::narrowBackward<T>,
      .rnnForward = UNROLLED_ISA::rnnForward<T>,
      .rnnBackward = UNROLLED_ISA::rnnBackward<T>,
      .gruForward = UNROLLED_ISA::gruForward<T>,
      .gruBackward = UNROLLED_ISA::gruBackward<T>,
      .gruResetForward = UNROLLED_ISA::gruResetForward<T>,
      .gruCandidateForward = UNROLLED_ISA::gruCandidateForward<T>,
      .gruCandidateBackward = UNROLLED_ISA::gruCandidateBackward<T>,
      .gruResetBackward = UNROLLED_ISA::gruResetBackward<T>,
      .lstmForward = UNROLLED_ISA::lstmForward<T>,
      .lstmBackward = UNROLLED_ISA::lstmBackward<T>,
      .lstmCellForward = UNROLLED_ISA::lstmCellForward<T>,
      .lstmOutputForward = UNROLLED_ISA::lstmOutputForward<T>,
      .lstmOutputBackward = UNROLLED_ISA::lstmOutputBackward<T>,
      .lstmCellBackward = UNROLLED_ISA::lstmCellBackward<T>,
      .normalize = UNROLLED_ISA::normalize<T>,
      .normalizeBackward = UNROLLED_ISA::normalizeBackward<T>,
      .softmaxRow = UNROLLED_ISA::softmaxRow<T>,
      .softmaxPanel = UNROLLED_ISA::softmaxPanel<T>,
      .scaleColumns = UNROLLED_ISA::scaleColumns<T>,
      .add = UNROLLED_ISA::add<T>,
      .multiply = UNROLLED_ISA::multiply<T>,
      .multiplyAdd = UNROLLED_ISA::multiplyAdd<T>,
      .scale = UNROLLED_ISA::scale<T>,
      .columnSums = UNROLLED_ISA::columnSums<T>,
      .sumOfSquares = UNROLLED_ISA::sumOfSquares<T>,
      .clamp = UNROLLED_ISA::clamp<T>,
      .drop = UNROLLED_ISA::drop<T>,
      .activate = UNROLLED_ISA::activate<T>,
      .activateBackward = UNROLLED_ISA::activateBackward<T>,
  };
  return filled;
}

template const KernelTable<float>& table<float>();
template const KernelTable<double>& table<double>();

}  // namespace unrolled::UNROLLED_ISA

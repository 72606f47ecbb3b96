// The project's own kernels, as a table of functions: one table for each instruction set the binary
// was built with, chosen at run time. Each is single-threaded, allocates nothing and gives bits that
// depend on its arguments and the instruction set alone. Their plain counterparts, for tests, are in test/core/kernels.
#pragma once

#include "base/types.h"

namespace unrolled {

// Functions a layer may put over its sums.
enum class Activation { tanh, relu, sigmoid, linear };

// The functions of a gated cell. An LSTM also applies the candidate's function to its cell.
struct CellActivations {
  Activation candidate = Activation::tanh;
  Activation gate = Activation::sigmoid;
};

// A stream of random.h's generator: its key, and its counter after the first word, which counts blocks of four.
struct RandomStream {
  std::uint32_t key[2];
  std::uint32_t counter[3];
};

// Elements whose random numbers a kernel draws together. A kernel must start at a multiple of this number.
constexpr Index dropoutGroup = 64;

template <class T>
struct KernelTable {
  const char* name;

  // Columns of one panel of a packed matrix.
  Index panelColumns;

  // Packs a matrix [depth, columns] for `packedProduct`: panels of `panelColumns` columns, each
  // [depth, panelColumns], the last filled up with zeros.
  void (*pack)(Index depth, Index columns, const T* matrix, Index stride, T* packed);
  // The same of the transpose of a matrix [columns, depth].
  void (*packTransposed)(Index depth, Index columns, const T* matrix, Index stride, T* packed);
  // c [rows, columns] = (accumulate ? c : 0) + a [rows, depth] · packed.
  void (*packedProduct)(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* packed, T* c,
                        Index cStride, bool accumulate);
  // The same of an a that is stored transposed, [depth, rows].
  void (*packedProductTransposed)(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* packed,
                                  T* c, Index cStride, bool accumulate);
  // c [rows, columns] = (accumulate ? c : 0) + a [rows, depth] · bᵀ, b [columns, depth] as it is stored; the bits of an
  // element depend on its row of a and its row of b alone.
  void (*rowProduct)(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride, T* c,
                     Index cStride, bool accumulate);

  // c [rows, columns] = (accumulate ? c : 0) + a [rows, depth] · b [depth, columns], and the same of an a that is
  // stored transposed, [depth, rows]; b is read as it is, for products whose b stays in the first cache.
  void (*smallProduct)(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b, Index bStride,
                       T* c, Index cStride, bool accumulate);
  void (*smallProductTransposed)(Index rows, Index columns, Index depth, const T* a, Index aStride, const T* b,
                                 Index bStride, T* c, Index cStride, bool accumulate);

  // Backward of c [rows, columns] = x [rows, width] · packed, for few columns of x: from the gradient of c, whose rows
  // are `stride` apart, computes dx [rows, width] and the packed gradient of the matrix, which is added to if
  // `accumulate`.
  void (*narrowBackward)(Index rows, Index columns, Index width, const T* x, const T* gradient, Index stride,
                         const T* packed, T* packedGradient, T* dx, bool accumulate);

  // One row of a vanilla RNN: state = f(gates).
  void (*rnnForward)(Index hidden, Activation activation, const T* gates, T* state);
  // gates becomes the gradient before f, of `gradient` and `outputGradient` (may be null) added.
  void (*rnnBackward)(Index hidden, Activation activation, const T* state, const T* gradient, const T* outputGradient,
                      T* gates);

  // One row of a GRU with the reset gate after the product. gates [3H] holds the input's part of r, z, n and becomes
  // their values; products [3H] is the state's part; candidate [H] takes the product of n.
  void (*gruForward)(Index hidden, const CellActivations& activations, T* gates, const T* products, const T* previous,
                     T* candidate, T* state);
  // gates becomes the gradient of the input's part, products [3H] that of the state's part, candidate [H] its n;
  // gradient [H] is the gradient of the new state and becomes the part that reaches the old one directly.
  void (*gruBackward)(Index hidden, const CellActivations& activations, T* gates, const T* previous, T* candidate,
                      T* gradient, const T* outputGradient, T* products);

  // One row of a GRU with the reset gate before the product. r and z of gates [3H] become their values, of their sums;
  // resetState [H] = r∘input, where `input` is h on its way into the product.
  void (*gruResetForward)(Index hidden, const CellActivations& activations, T* gates, const T* input, T* resetState);
  // Then n of gates becomes its value, of its sum.
  void (*gruCandidateForward)(Index hidden, const CellActivations& activations, T* gates, const T* previous, T* state);
  // z and n of gates become the gradients of their sums; gradient [H] as in gruBackward.
  void (*gruCandidateBackward)(Index hidden, const CellActivations& activations, T* gates, const T* previous,
                               T* gradient, const T* outputGradient);
  // Then r does; resetGradient [H], the gradient of resetState, becomes that of `input`.
  void (*gruResetBackward)(Index hidden, const CellActivations& activations, T* gates, const T* input,
                           T* resetGradient);

  // One row of an LSTM. gates [4H] holds i, f, g, o before their functions and becomes their values; cellOutput [H]
  // takes the function of the new cell.
  void (*lstmForward)(Index hidden, const CellActivations& activations, T* gates, const T* previousCell, T* cell,
                      T* cellOutput, T* state);
  // gates becomes the gradient before the functions; cellGradient [H] passes on to the step before.
  void (*lstmBackward)(Index hidden, const CellActivations& activations, T* gates, const T* previousCell,
                       const T* cellOutput, const T* gradient, const T* outputGradient, T* cellGradient);

  // The same in parts: as far as the new cell; then from what became of it in cellOutput, which takes its function.
  void (*lstmCellForward)(Index hidden, const CellActivations& activations, T* gates, const T* previousCell, T* cell);
  void (*lstmOutputForward)(Index hidden, const CellActivations& activations, const T* gates, T* cellOutput, T* state);
  // o of gates becomes its gradient, and cellOutput that before its function; then i, f and g of gates do, and
  // cellGradient [H], all of the new cell's, passes on to the step before.
  void (*lstmOutputBackward)(Index hidden, const CellActivations& activations, T* gates, T* cellOutput,
                             const T* gradient, const T* outputGradient);
  void (*lstmCellBackward)(Index hidden, const CellActivations& activations, T* gates, const T* previousCell,
                           T* cellGradient);

  // One row of a layer normalisation: normalized = (x - mean) / sqrt(variance + epsilon), the variance being the mean
  // square; y = (accumulate ? y : 0) + gain∘normalized + shift (null: none). Returns 1 / sqrt(variance + epsilon).
  // y may be x. A row of equal elements gives zeros exactly; one that is not finite, or whose variance is not,
  // not-a-number.
  T(*normalize)
  (Index count, T epsilon, const T* gain, const T* shift, const T* x, T* normalized, T* y, bool accumulate);
  // From the gradient of y computes dx, the gradient of x, which may overwrite `gradient` or `normalized`; `inverse` is
  // the result of `normalize`. Adds to the gradients of gain and shift (null: none). If gain∘gradient is equal for all
  // elements, for example if there is only one, dx is exactly zero.
  void (*normalizeBackward)(Index count, T inverse, const T* gain, const T* gradient, const T* normalized,
                            T* gainGradient, T* shiftGradient, T* dx);

  // One row of logits: returns log Σ exp(logits + bias) and leaves exp(logits + bias - max), and the inverse of its sum
  // in *scale, so that probability = logits[v] · *scale. *targetLogit becomes the biased logit of the target. A logit
  // that is not finite makes the result and *scale not-a-number.
  double (*softmaxRow)(Index classes, const T* bias, Index target, T* logits, T* scale, T* targetLogit);

  // The softmax over some classes [C] of a panel of `panelColumns` adjacent positions: logits [C, panelColumns]
  // (stride) become exp(logits + bias - highest) (bias [C], or null). For each position, *highest becomes the highest
  // biased logit, *sum the sum of the results, and *which the first class with the highest logit. A logit that is not
  // finite makes the sum not-a-number.
  void (*softmaxPanel)(Index classes, const T* bias, T* logits, Index stride, T* highest, T* sum, T* which);
  // Then the gradient: values [C, positions] (stride) times factors [positions], and sums [C] (or null) of each class
  // over the positions, whose number is a multiple of `panelColumns`.
  void (*scaleColumns)(Index classes, Index positions, const T* factors, T* values, Index stride, T* sums);

  // y += x; y = a∘b; y += a∘b; y *= factor.
  void (*add)(Index count, const T* x, T* y);
  void (*multiply)(Index count, const T* a, const T* b, T* y);
  void (*multiplyAdd)(Index count, const T* a, const T* b, T* y);
  void (*scale)(Index count, T factor, T* y);
  // sums[c] = Σ over rows of matrix[row, c], in the order of the rows.
  void (*columnSums)(Index rows, Index columns, const T* matrix, Index stride, T* sums);
  double (*sumOfSquares)(Index count, const T* x);
  // Limits each element to [-limit, limit]. An element that is not finite stays, and the norm finds it.
  void (*clamp)(Index count, T limit, T* x);

  // y[i] = x[i]·scale where the random number of element first + i is not below `threshold`, else 0, or not-a-number
  // for what is not finite; x may be y. Element 64·g + 16·w + b has word w of block 16·g + b.
  void (*drop)(Index count, const RandomStream& stream, Index first, std::uint32_t threshold, T scale, const T* x,
               T* y);

  // y = f(y), and the gradient of f(x) to that of x, from y = f(x). Where a slope is zero, what is not finite becomes
  // not-a-number.
  void (*activate)(Index count, Activation activation, T* y);
  void (*activateBackward)(Index count, Activation activation, const T* y, T* gradient);
};

// The table of the best instruction set of this processor.
template <class T>
const KernelTable<T>& kernels();

// Whether OpenBLAS computes all products instead of our own kernels: as the environment (UNROLLED_KERNELS=blas) said at
// the first request, or when it was last read again, as tests do.
bool blasAlone();
void readKernelChoice();

// Every table that runs on this processor, the plainest first; for tests.
template <class T>
const KernelTable<T>* const* availableKernels(Index* count);

}  // namespace unrolled

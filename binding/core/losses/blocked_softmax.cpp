#include "losses/blocked_softmax.h"

#include <algorithm>
#include <cmath>

#include "kernels/gather.h"
#include "kernels/panel_kernels.h"
#include "layers/pass_product.h"

namespace unrolled {
namespace {

// Below it, the products of all classes at once are as fast.
constexpr Index leastClasses = 1024;
// Memory of a chunk: the more positions, the fewer passes over the weights.
constexpr Index mostBytes = Index{50} << 20U;
// Memory of a chunk's logits, whose positions are filled up to whole panels and to an odd number of cache lines.
constexpr Index mostFilledBytes = Index{56} << 20U;
// The weights of a forward block stay in a core's second-level cache.
constexpr Index blockBytes = Index{256} * 1024;
constexpr Index mostBlockClasses = 480;
// Classes of a backward block: the depth of the product that makes the input's gradient.
constexpr Index leastBackwardClasses = 240;
// Rows of register tiles, the same for every instruction set.
constexpr Index tileMultiple = 12;
constexpr Index classesOfSlice = 1000;
constexpr Index mostSlices = 8;
// Positions whose part of the input's gradient stays in a second-level cache.
constexpr Index gradientRows = 96;
constexpr Index joinedPositions = 64;
// In bf16 the weights of a block are rounded at each product, so a product has many positions: as many logits as stay
// in a second-level cache.
constexpr Index roundedLogits = Index{1} << 18U;

Index blockClassesOf(Index features, Index elementBytes) {
  const Index fitting = blockBytes / (features * elementBytes) / tileMultiple * tileMultiple;
  return std::clamp(fitting, tileMultiple, mostBlockClasses);
}

Index slicesOf(Index classes) {
  Index slices = 1;
  while (slices < mostSlices && 2 * slices * classesOfSlice <= classes) slices *= 2;
  return slices;
}

Index roundUp(Index value, Index multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace

template <class T>
BlockedSoftmax<T>::BlockedSoftmax(Weight<T> weight, std::size_t bias, Index features, Index classes)
    : weight_(weight),
      bias_(bias),
      features_(features),
      classes_(classes),
      blockClasses_(blockClassesOf(features, sizeof(T))),
      backwardClasses_(roundUp(leastBackwardClasses, blockClasses_)),
      slices_(slicesOf(classes)),
      fitting_(classes >= leastClasses && !blasAlone()) {}

template <class T>
bool BlockedSoftmax<T>::suits(Index positions) const {
  return fitting_ && positions >= leastPositions;
}

template <class T>
Index BlockedSoftmax<T>::mostRows() const {
  const Index elements = classes_ + 3 * blocks() + (slices_ + 1) * features_;
  Index rows = mostBytes / (elements * static_cast<Index>(sizeof(T)));
  const Index panel = kernels<T>().panelColumns;
  const Index filled = mostFilledBytes / (classes_ * static_cast<Index>(sizeof(T)));
  while (rows > panel && chunkOf({}, rows).stride > filled) rows = (rows - 1) / panel * panel;
  return std::max(leastPositions, rows);
}

// The distance between rows of classes must not be a power of two: they would share one set of a cache.
template <class T>
typename BlockedSoftmax<T>::Chunk BlockedSoftmax<T>::chunkOf(const Positions& from, Index rows) const {
  constexpr auto line = static_cast<Index>(cacheLine / sizeof(T));
  const Index columns = roundUp(rows, kernels<T>().panelColumns);
  const Index lines = (columns + line - 1) / line;
  return {from, rows, columns, (lines % 2 == 0 ? lines + 1 : lines) * line};
}

template <class T>
void BlockedSoftmax<T>::layOut(Arena& arena, PassSize size) {
  const Chunk most = chunkOf({}, std::min(size.positions, mostRows()));
  values_ = arena.take<T>(classes_ * most.stride);
  highest_ = arena.take<T>(blocks() * most.columns);
  sums_ = arena.take<T>(blocks() * most.columns);
  which_ = arena.take<T>(blocks() * most.columns);
  targetLogits_ = arena.take<T>(most.columns);
  packedForward_ = arena.take<T>(PanelKernels<T>::size(features_, most.columns));
  if (!size.backward) return;
  packedInput_ = arena.take<T>(PanelKernels<T>::size(most.rows, features_));
  packedWeight_ = arena.take<T>(slices_ * PanelKernels<T>::size(backwardClasses_, features_));
  partial_ = arena.take<T>((slices_ - 1) * most.rows * features_);
  biasSum_ = arena.take<T>(classes_);
}

template <class T>
void BlockedSoftmax<T>::run(const Positions& all, Index positions, T scale, const Pass<T>& pass) {
  const bool backwardToo = all.inputGradient != nullptr;
  const Index most = mostRows();
  const Index chunks = (positions + most - 1) / most;
  const Index even = (positions + chunks - 1) / chunks;  // so that no slice is left with only a few
  for (Index begin = 0; begin < positions; begin += even) {
    const Chunk chunk = chunkOf({all.input + begin * features_, all.targets + begin, all.losses + begin,
                                 all.hits + begin, backwardToo ? all.inputGradient + begin * features_ : nullptr},
                                std::min(even, positions - begin));
    forward(chunk, pass);
    join(chunk, scale, pass);
    if (backwardToo) backward(chunk, scale, begin > 0, pass);
  }
}

template <class T>
void BlockedSoftmax<T>::forward(const Chunk& chunk, const Pass<T>& pass) {
  const KernelTable<T>& kernel = kernels<T>();
  const PanelKernels<T> products(bf16Kernels(pass));
  const Index panel = kernel.panelColumns;
  const Index wide = products.rounds() ? roundUp(roundedLogits / blockClasses_, products.panelColumns()) : panel;
  const T* weight = weight_.value(pass);
  const T* bias = bias_ == noParameter ? nullptr : pass.parameters.value(bias_);
  pass.parallel.forRange(chunk.rows, products.panelColumns(), [&](Index begin, Index end) noexcept {
    products.packTransposed(features_, end - begin, chunk.input + begin * features_, features_,
                            packedForward_ + products.offset(features_, begin));
  });
  pass.parallel.forEach(blocks(), [&](Index block) noexcept {
    const Index first = block * blockClasses_;
    const Index count = std::min(blockClasses_, classes_ - first);
    const T* blockBias = bias == nullptr ? nullptr : bias + first;
    for (Index begin = 0; begin < chunk.columns; begin += panel) {
      T* logits = values_ + first * chunk.stride + begin;
      if (begin % wide == 0) {
        products.packedProduct(count, std::min(wide, chunk.columns - begin), features_, weight + first * features_,
                               features_, packedForward_ + products.offset(features_, begin), logits, chunk.stride,
                               false);
      }
      for (Index row = begin; row < std::min(begin + panel, chunk.rows); ++row) {
        const Index inBlock = chunk.targets[row] - first;
        if (inBlock < 0 || inBlock >= count) continue;
        targetLogits_[row] =
            logits[inBlock * chunk.stride + row - begin] + (blockBias == nullptr ? T(0) : blockBias[inBlock]);
      }
      const Index at = block * chunk.columns + begin;
      kernel.softmaxPanel(count, blockBias, logits, chunk.stride, highest_ + at, sums_ + at, which_ + at);
    }
  });
}

template <class T>
void BlockedSoftmax<T>::join(const Chunk& chunk, T scale, const Pass<T>& pass) {
  pass.parallel.forRange(chunk.columns, joinedPositions, [&](Index begin, Index end) noexcept {
    T top[joinedPositions];
    Index likeliest[joinedPositions];
    double sum[joinedPositions] = {};
    for (Index block = 0; block < blocks(); ++block) {
      const Index at = block * chunk.columns;
      for (Index row = begin; row < end; ++row) {
        if (block > 0 && !(highest_[at + row] > top[row - begin])) continue;
        top[row - begin] = highest_[at + row];
        likeliest[row - begin] = block * blockClasses_ + static_cast<Index>(which_[at + row]);
      }
    }
    for (Index block = 0; block < blocks(); ++block) {
      const Index at = block * chunk.columns;
      for (Index row = begin; row < end; ++row) {
        const double part = std::exp(static_cast<double>(highest_[at + row] - top[row - begin]));
        sum[row - begin] += part * static_cast<double>(sums_[at + row]);
        highest_[at + row] = static_cast<T>(part);
      }
    }
    for (Index row = begin; row < std::min(end, chunk.rows); ++row) {
      chunk.losses[row] = std::log(sum[row - begin]) + static_cast<double>(top[row - begin] - targetLogits_[row]);
      chunk.hits[row] = std::isfinite(chunk.losses[row]) && likeliest[row - begin] == chunk.targets[row];
    }
    for (Index block = 0; block < blocks(); ++block) {
      const Index at = block * chunk.columns;
      for (Index row = begin; row < end; ++row) {
        // The padding of the last panel does not count.
        const double factor = row < chunk.rows ? static_cast<double>(scale) / sum[row - begin] : 0;
        highest_[at + row] = static_cast<T>(static_cast<double>(highest_[at + row]) * factor);
      }
    }
  });
}

template <class T>
void BlockedSoftmax<T>::backward(const Chunk& chunk, T scale, bool more, const Pass<T>& pass) {
  const KernelTable<T>& kernel = kernels<T>();
  const PanelKernels<T> products(bf16Kernels(pass));
  pass.parallel.forRange(features_, products.panelColumns(), [&](Index begin, Index end) noexcept {
    products.pack(chunk.rows, end - begin, chunk.input + begin, features_,
                  packedInput_ + products.offset(chunk.rows, begin));
  });
  const Index elements = chunk.rows * features_;
  pass.parallel.forEach(slices_, [&](Index slice) noexcept {
    backwardSlice(chunk, slice, scale, more, slice == 0 ? chunk.inputGradient : partial_ + (slice - 1) * elements,
                  pass);
  });
  pass.parallel.forRange(elements, gatherGrain, [&](Index begin, Index end) noexcept {
    for (Index slice = 1; slice < slices_; ++slice) {
      kernel.add(end - begin, partial_ + (slice - 1) * elements + begin, chunk.inputGradient + begin);
    }
  });
  if (bias_ == noParameter) return;
  T* biasGradient = pass.parameters.gradient(bias_);
  if (more) {
    kernel.add(classes_, biasSum_, biasGradient);
  } else {
    std::copy_n(biasSum_, classes_, biasGradient);
  }
}

template <class T>
void BlockedSoftmax<T>::backwardSlice(const Chunk& chunk, Index slice, T scale, bool more, T* inputGradient,
                                      const Pass<T>& pass) noexcept {
  const KernelTable<T>& kernel = kernels<T>();
  const PanelKernels<T> products(bf16Kernels(pass));
  const T* weight = weight_.value(pass);
  T* weightGradient = weight_.gradient(pass);
  T* packed = packedWeight_ + slice * PanelKernels<T>::size(backwardClasses_, features_);
  const Index firstBlock = backwardBlocks() * slice / slices_;
  const Index endBlock = backwardBlocks() * (slice + 1) / slices_;
  for (Index block = firstBlock; block < endBlock; ++block) {
    const Index first = block * backwardClasses_;
    const Index count = std::min(backwardClasses_, classes_ - first);
    T* values = values_ + first * chunk.stride;
    for (Index from = 0; from < count; from += blockClasses_) {
      kernel.scaleColumns(std::min(blockClasses_, count - from), chunk.columns,
                          highest_ + (first + from) / blockClasses_ * chunk.columns, values + from * chunk.stride,
                          chunk.stride, biasSum_ + first + from);
    }
    for (Index row = 0; row < chunk.rows; ++row) {
      const Index inBlock = chunk.targets[row] - first;
      if (inBlock < 0 || inBlock >= count) continue;
      values[inBlock * chunk.stride + row] -= scale;
      biasSum_[first + inBlock] -= scale;
    }
    products.packedProduct(count, features_, chunk.rows, values, chunk.stride, packedInput_,
                           weightGradient + first * features_, features_, more);
    products.pack(count, features_, weight + first * features_, features_, packed);
    for (Index row = 0; row < chunk.rows; row += gradientRows) {
      products.packedProductTransposed(std::min(gradientRows, chunk.rows - row), features_, count, values + row,
                                       chunk.stride, packed, inputGradient + row * features_, features_,
                                       block > firstBlock);
    }
  }
}

template class BlockedSoftmax<float>;
template class BlockedSoftmax<double>;

}  // namespace unrolled

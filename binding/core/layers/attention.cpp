#include "layers/attention.h"

#include <algorithm>
#include <cmath>

#include "blas/blas_memory.h"
#include "kernels/product.h"

namespace unrolled {
namespace {

template <class Element>
void growTo(std::size_t count, std::vector<Element>& elements) {
  if (count <= elements.size()) return;
  try {
    elements.resize(count);
  } catch (const std::exception&) {
    throw Error("ERR_UNROLLED_OUT_OF_MEMORY", "The machine does not have enough memory for " + std::to_string(count) +
                                                  " weights of an attention layer");
  }
}

}  // namespace

template <class T>
Attention<T>::Attention(ParameterList& list, const std::string& name, Index queryFeatures, Index memoryFeatures,
                        bool general)
    : queryFeatures_(queryFeatures), memoryFeatures_(memoryFeatures) {
  if (!general) return;
  // Like a linear layer from the memory to the queries.
  const double bound = 1 / std::sqrt(static_cast<double>(memoryFeatures));
  weight_ =
      list.addWeight(name + ".weight", queryFeatures, memoryFeatures, {DefaultInitialization::Kind::uniform, bound});
}

template <class T>
PassSize Attention<T>::layOut(Arena& arena, const std::vector<PassSize>& sizes) {
  const PassSize& query = sizes[0];
  const PassSize& memory = sizes[1];
  queries_.reserve(query.batch);
  memory_.reserve(memory.batch);
  growTo(static_cast<std::size_t>(query.batch), memoryRowOf_);
  growTo(static_cast<std::size_t>(query.batch), readers_);
  growTo(static_cast<std::size_t>(memory.batch + 1), readersBegin_);
  growTo(static_cast<std::size_t>(query.positions * memory.time), weights_);
  if (query.backward) growTo(static_cast<std::size_t>(query.positions * memory.time), scoreGradients_);

  const Index queryMatrix = query.positions * memoryFeatures_;
  const Index memoryMatrix = memory.positions * memoryFeatures_;
  if (weight_ != none || query.ragged) projected_ = arena.take<T>(queryMatrix);
  if (query.ragged) projectedCopy_ = arena.take<T>(queryMatrix);
  if (memory.ragged) memoryCopy_ = arena.take<T>(memoryMatrix);
  context_ = arena.take<T>(queryMatrix);
  output_ = arena.take<T>(query.positions * outputs());
  if (query.backward) {
    projectedGradient_ = arena.take<T>(queryMatrix);
    memoryGradient_ = arena.take<T>(memoryMatrix);
    queryGradient_ = arena.take<T>(query.positions * queryFeatures_);
  }
  return query;
}

// Lists the query rows by the row of the memory they read, in rising order.
template <class T>
void Attention<T>::findReaders() {
  const Index rows = queries_.layout().batch;
  const Index memoryRows = memory_.layout().batch;
  std::fill_n(readersBegin_.begin(), memoryRows + 1, Index{0});
  const auto begin = [this](Index memoryRow) -> Index& { return readersBegin_[static_cast<std::size_t>(memoryRow)]; };
  for (Index row = 0; row < rows; ++row) {
    const Index memoryRow = rows_ == nullptr ? row : rows_[row];
    memoryRowOf_[static_cast<std::size_t>(row)] = memoryRow;
    ++begin(memoryRow + 1);
  }
  for (Index row = 0; row < memoryRows; ++row) begin(row + 1) += begin(row);
  // Each beginning is the next reader's position, and so becomes the end.
  for (Index row = 0; row < rows; ++row) {
    Index& place = begin(memoryRowOf_[static_cast<std::size_t>(row)]);
    readers_[static_cast<std::size_t>(place++)] = row;
  }
  for (Index row = memoryRows; row > 0; --row) begin(row) = begin(row - 1);
  begin(0) = 0;
}

template <class T>
Sequence<T> Attention<T>::forward(const std::vector<Sequence<T>>& inputs, const Pass<T>& pass) {
  const Sequence<T>& query = inputs[0];
  queries_.follow(query.layout);
  memory_.follow(inputs[1].layout);
  findReaders();
  growTo(static_cast<std::size_t>(query.positions() * memorySteps()), weights_);
  reserveBlasMemory();

  queryVectors_ = query.data;
  const T* projected = query.data;
  if (weight_ != none) {
    multiply<T>(pass.parallel, query.positions(), memoryFeatures_, queryFeatures_, {query.data, queryFeatures_},
                {pass.parameters.value(weight_), memoryFeatures_}, projected_, memoryFeatures_, false);
    projected = projected_;
  }
  projectedRows_ = queries_.toRows(pass.parallel, memoryFeatures_, projected, projectedCopy_);
  memoryRows_ = memory_.toRows(pass.parallel, memoryFeatures_, inputs[1].data, memoryCopy_);
  pass.parallel.forEach(query.layout.batch, [this](Index row) noexcept { attend(row); });

  Sequence<T> output;
  output.layout = query.layout;
  output.features = outputs();
  output.data = output_;
  return output;
}

// All queries of one row.
template <class T>
void Attention<T>::attend(Index row) noexcept {
  const KernelTable<T>& kernel = kernels<T>();
  const Index memoryRow = memoryRowOf_[static_cast<std::size_t>(row)];
  const Index count = queries_.length(row);
  const Index steps = memory_.length(memoryRow);
  const Index width = memoryFeatures_;
  const ConstMatrix query = matrixOf(queries_, row, width, projectedRows_);
  const ConstMatrix memory = matrixOf(memory_, memoryRow, width, memoryRows_);
  const Matrix weights = matrixOf(queries_, row, memorySteps(), weights_.data());
  const Matrix context = matrixOf(queries_, row, width, context_);

  multiply<T>(count, steps, width, {query.data, query.stride}, {memory.data, memory.stride, Transpose::yes},
              weights.data, weights.stride, false);
  for (Index t = 0; t < count; ++t) {
    T* const weight = weights.data + t * weights.stride;
    T inverse = 0;
    T first = 0;
    kernel.softmaxRow(steps, nullptr, 0, weight, &inverse, &first);
    kernel.scale(steps, inverse, weight);
    std::fill_n(weight + steps, memorySteps() - steps, T(0));
  }
  multiply<T>(count, width, steps, {weights.data, weights.stride}, {memory.data, memory.stride}, context.data,
              context.stride, false);
  for (Index t = 0; t < count; ++t) {
    const Index position = queries_.layout().start(t) + row;
    T* const to = std::copy_n(context.data + t * context.stride, width, output_ + position * outputs());
    std::copy_n(queryVectors_ + position * queryFeatures_, queryFeatures_, to);
  }
}

template <class T>
void Attention<T>::backward(T* outputGradient, const std::vector<bool>& wanted, std::vector<T*>& inputGradients,
                            const Pass<T>& pass) {
  const Parallel& parallel = pass.parallel;
  const Index positions = queries_.layout().positions();
  growTo(static_cast<std::size_t>(positions * memorySteps()), scoreGradients_);
  const bool memoryWanted = wanted[1];
  parallel.forEach(memory_.layout().batch,
                   [&](Index memoryRow) noexcept { attendBackward(memoryRow, outputGradient, memoryWanted); });

  const T* projected = queries_.toSteps(parallel, memoryFeatures_, projectedGradient_, projected_);
  if (weight_ != none) {
    multiply<T>(parallel, queryFeatures_, memoryFeatures_, positions, {queryVectors_, queryFeatures_, Transpose::yes},
                {projected, memoryFeatures_}, pass.parameters.gradient(weight_), memoryFeatures_, false);
  }
  inputGradients[0] = wanted[0] ? queryGradient_ : nullptr;
  if (wanted[0]) {
    const Index grain = std::max<Index>(1, gatherGrain / queryFeatures_);
    parallel.forRange(positions, grain, [&](Index begin, Index end) noexcept {
      for (Index position = begin; position < end; ++position) {
        T* const to = queryGradient_ + position * queryFeatures_;
        std::copy_n(outputGradient + position * outputs() + memoryFeatures_, queryFeatures_, to);
        if (weight_ == none) kernels<T>().add(queryFeatures_, projected + position * queryFeatures_, to);
      }
    });
    if (weight_ != none) {
      multiply<T>(parallel, positions, queryFeatures_, memoryFeatures_, {projected, memoryFeatures_},
                  {pass.parameters.value(weight_), memoryFeatures_, Transpose::yes}, queryGradient_, queryFeatures_,
                  true);
    }
  }
  inputGradients[1] = memoryWanted ? memory_.toSteps(parallel, memoryFeatures_, memoryGradient_, memoryCopy_) : nullptr;
}

// The gradients of one row of the memory: its own, summed over its readers, and that of their scores.
template <class T>
void Attention<T>::attendBackward(Index memoryRow, const T* outputGradient, bool memoryWanted) noexcept {
  const Index steps = memory_.length(memoryRow);
  const Index width = memoryFeatures_;
  const ConstMatrix memory = matrixOf(memory_, memoryRow, width, memoryRows_);
  const Matrix memoryGradient = matrixOf(memory_, memoryRow, width, memoryGradient_);
  const Index begin = readersBegin_[static_cast<std::size_t>(memoryRow)];
  const Index end = readersBegin_[static_cast<std::size_t>(memoryRow + 1)];
  for (Index t = 0; begin == end && t < steps; ++t) {
    std::fill_n(memoryGradient.data + t * memoryGradient.stride, width, T(0));
  }
  for (Index reader = begin; reader < end; ++reader) {
    const Index row = readers_[static_cast<std::size_t>(reader)];
    const Index count = queries_.length(row);
    const ConstMatrix query = matrixOf(queries_, row, width, projectedRows_);
    const Matrix weights = matrixOf(queries_, row, memorySteps(), weights_.data());
    const Matrix scores = matrixOf(queries_, row, memorySteps(), scoreGradients_.data());
    const Matrix context = matrixOf(queries_, row, width, context_);
    const Matrix projected = matrixOf(queries_, row, width, projectedGradient_);

    for (Index t = 0; t < count; ++t) {
      const Index position = queries_.layout().start(t) + row;
      std::copy_n(outputGradient + position * outputs(), width, context.data + t * context.stride);
    }
    multiply<T>(count, steps, width, {context.data, context.stride}, {memory.data, memory.stride, Transpose::yes},
                scores.data, scores.stride, false);
    for (Index t = 0; t < count; ++t) {
      const T* weight = weights.data + t * weights.stride;
      T* const score = scores.data + t * scores.stride;
      T mean = 0;
      for (Index step = 0; step < steps; ++step) mean += weight[step] * score[step];
      for (Index step = 0; step < steps; ++step) score[step] = weight[step] * (score[step] - mean);
    }
    multiply<T>(count, width, steps, {scores.data, scores.stride}, {memory.data, memory.stride}, projected.data,
                projected.stride, false);
    if (!memoryWanted) continue;
    multiply<T>(steps, width, count, {weights.data, weights.stride, Transpose::yes}, {context.data, context.stride},
                memoryGradient.data, memoryGradient.stride, reader > begin);
    multiply<T>(steps, width, count, {scores.data, scores.stride, Transpose::yes}, {query.data, query.stride},
                memoryGradient.data, memoryGradient.stride, true);
  }
}

template class Attention<float>;
template class Attention<double>;

}  // namespace unrolled

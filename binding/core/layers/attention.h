// Attention of queries q [Tq, B, H] to a memory m [Tm, B', M] (Luong, Pham and Manning 2015): each query's score of
// every step of its memory row, q·W·m ("general") or q·m ("dot"), a softmax over the row's steps, and the sum of the
// memory so weighted, the context. Output: context and query side by side, [Tq, B, M + H].
//
// Rows of either may differ in length; no padding takes part. Several query rows may share a row of the memory.
//
// Memory, in elements, for P queries, P' vectors of memory: P·Tm weights; P·(2·M + H) context and output, P·M for
// queries times W; backward P·Tm, P·(M + H) and P'·M gradients; for rows of different length P·M + P'·M copies.
#pragma once

#include <string>

#include "layers/builder.h"
#include "layers/layer.h"
#include "layers/options.h"
#include "layers/row_order.h"

namespace unrolled {

// Joins two inputs: the queries, then the memory.
template <class T>
class Attention final : public JoiningLayer<T> {
 public:
  // A general score adds NAME.weight [H, M]; a direct one has H = M.
  Attention(ParameterList& list, const std::string& name, Index queryFeatures, Index memoryFeatures, bool general);

  // The row of the memory for each row of the queries.
  void setRows(const Index* rows) override { rows_ = rows; }

  // The weights need `time` of the memory's size; a pass that no layout made room for makes it itself.
  PassSize layOut(Arena& arena, const std::vector<PassSize>& sizes) override;
  // Throws ERR_UNROLLED_OUT_OF_MEMORY.
  Sequence<T> forward(const std::vector<Sequence<T>>& inputs, const Pass<T>& pass) override;
  void backward(T* outputGradient, const std::vector<bool>& wanted, std::vector<T*>& inputGradients,
                const Pass<T>& pass) override;

  [[nodiscard]] Index outputs() const { return memoryFeatures_ + queryFeatures_; }
  // Each query is compared with every step of the memory.
  [[nodiscard]] Index stepWork() const override { return outputs(); }

  // After a forward pass: steps of the longest row of the memory, Tm, and the weights [Tm] of the query at step t of a
  // row, zero after the end of its memory row.
  [[nodiscard]] Index memorySteps() const { return memory_.layout().time; }
  [[nodiscard]] const T* weights(Index t, Index row) const {
    return weights_.data() + queries_.place(t, row) * memorySteps();
  }

 private:
  // The matrix of a row: its first element and its stride.
  struct Matrix {
    T* data;
    Index stride;
  };
  struct ConstMatrix {
    const T* data;
    Index stride;
  };
  static Matrix matrixOf(const RowOrder& order, Index row, Index width, T* rows) {
    return {rows + order.first(row) * width, order.stride() * width};
  }
  static ConstMatrix matrixOf(const RowOrder& order, Index row, Index width, const T* rows) {
    return {rows + order.first(row) * width, order.stride() * width};
  }

  void findReaders();
  void attend(Index row) noexcept;
  void attendBackward(Index memoryRow, const T* outputGradient, bool memoryWanted) noexcept;

  static constexpr std::size_t none = noParameter;
  std::size_t weight_ = none;
  Index queryFeatures_;
  Index memoryFeatures_;
  const Index* rows_ = nullptr;

  // Results of the last forward pass.
  RowOrder queries_;
  RowOrder memory_;
  const T* queryVectors_ = nullptr;   // [Tq, B, H]
  const T* projectedRows_ = nullptr;  // [P, M]: what meets the memory, row by row
  const T* memoryRows_ = nullptr;     // [P', M], row by row
  std::vector<Index> memoryRowOf_;    // [B]
  std::vector<Index> readers_;        // [B]: query rows; those of the first row of the memory come first
  std::vector<Index> readersBegin_;   // [B' + 1]: of each row of the memory
  std::vector<T> weights_;            // [P, Tm], row by row
  std::vector<T> scoreGradients_;     // the same

  T* projected_ = nullptr;          // [Tq, B, M]: queries · W; backward, their gradient where rows differ in length
  T* projectedCopy_ = nullptr;      // [P, M], row by row
  T* memoryCopy_ = nullptr;         // [P', M], row by row; backward, the memory's gradient step by step
  T* context_ = nullptr;            // [P, M], row by row; backward, its gradient
  T* output_ = nullptr;             // [Tq, B, M + H]
  T* projectedGradient_ = nullptr;  // [P, M], row by row
  T* memoryGradient_ = nullptr;     // [P', M], row by row
  T* queryGradient_ = nullptr;      // [Tq, B, H]
};

struct AttentionOptions {
  static constexpr const char* type = "attention";
  static constexpr Reads reads = Reads::pair;

  // Whether queries meet the memory through a trained matrix, else directly.
  bool general = true;

  static constexpr auto fields() {
    return std::tuple{option("score", &AttentionOptions::general, oneOf<bool>({{"general", true}, {"dot", false}}))};
  }

  template <class T>
  Flow make(Builder<T>& builder, const std::vector<Flow>& inputs) const {
    const Flow& queries = inputs[0];
    const Flow& memory = inputs[1];
    if (!general && queries.features != memory.features) {
      throw impossible(builder.where(), "general, because the queries and the memory have different features", "dot");
    }
    auto layer = std::make_unique<Attention<T>>(builder.parameters(), builder.name(), queries.features, memory.features,
                                                general);
    const Index outputs = layer->outputs();
    return builder.add(std::move(layer), inputs, queries.vectors(outputs));
  }
};

}  // namespace unrolled

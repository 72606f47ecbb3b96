// The sum of the gradients of a batch's parts in a fixed binary tree: ((g0 + g1) + (g2 + g3)) + ..., whose bits are
// those of the tree however its subtrees are computed.
//
// The parts come one after the other and are added as a binary counter counts: a part that completes a pair is added
// to its left neighbour at once, the pair to the pair before it, and so on. Of a table whose touched rows are known
// (parameters/touched_rows.h) only these are added: the sum has the rows of all parts. A row that only one side has
// is added to zero, which makes -0 to 0, so that the bits are those of whole tables.
//
// Memory, in elements: log2(S)·P.
#pragma once

#include <vector>

#include "distributed/group.h"
#include "parallel/thread_pool.h"
#include "parameters/parameters.h"

namespace unrolled {

template <class T>
class GradientTree {
 public:
  // For this many parts, a power of two, whose gradients come in the buffers.
  GradientTree(ParameterBuffers<T>& buffers, Index parts);

  // Adds the next part's gradient, which the last pass left in the buffers; or zeros, of a part without rows.
  void add(bool zero, const Parallel& parallel);

  // Once all parts are added, the buffers have the sum; this lists the rows that it touches, and begins anew.
  void finish();

  // Before `finish`, over the ranks of a group, each of which has added as many parts: the trees' sums in a tree of
  // their own. Every rank hands all of them the rows that it has first. Then the buffers have the sum of all.
  [[nodiscard]] const std::vector<TokenId>& rowsAdded();
  void sumOver(Group& group, const std::vector<std::vector<TokenId>>& rowsOfRanks);

 private:
  // The rows of a parameter that may not be zero. A dense one is not listed.
  struct Rows {
    bool listed = false;
    std::vector<TokenId> ids;
  };
  // A gradient of all parameters.
  struct Sum {
    T* values = nullptr;
    std::vector<T> own;  // what `values` is, but for the one in the buffers
    std::vector<Rows> rows;
  };
  // Whether both sides have a row of a union, or one of them.
  enum class Side : char { both, into, from };

  [[nodiscard]] const std::vector<Parameter>& parameters() const { return buffers_.parameters(); }
  void list(bool zero);
  // For any number of rows of a table, so that only the first step allocates.
  void makeRoom(std::size_t index);
  // Makes zeros of the gradients in the buffers, of which all levels have some rows at most: rows are added to these,
  // and whole ones need none.
  void clear();
  // level [P] = the part in the buffers.
  void keep(Sum& level, const Parallel& parallel) const;
  void merge(Sum& into, const Sum& from, const Parallel& parallel);
  // Merges one table, at least one side of which is listed.
  void mergeTable(std::size_t index, Sum& into, const Sum& from, const Parallel& parallel);
  void unite(const std::vector<TokenId>& into, const std::vector<TokenId>& from);
  // To or from the rows that are exchanged in place of a whole table.
  template <class Move>
  void forPacked(const std::vector<std::size_t>& tables, Move&& move);

  ParameterBuffers<T>& buffers_;
  Index parts_;
  Index added_ = 0;
  Sum part_;                 // the one in the buffers
  std::vector<Sum> levels_;  // of 1, 2, 4, … parts
  std::vector<TokenId> union_;
  std::vector<Side> sides_;  // of the union's rows
  std::vector<TokenId> message_;
  std::vector<T> packed_;  // rows of tables, of all ranks
};

}  // namespace unrolled

#include "training/gradient_tree.h"

#include <algorithm>
#include <utility>

#include "kernels/gather.h"

namespace unrolled {
namespace {

// Multiply-adds that take as long as the memory of one element.
constexpr double elementWork = 4;

// In the place of a number of rows: all of them.
constexpr TokenId dense = -1;

// into (+)= from, or with zero in the place of what is missing.
template <class T>
void addRun(Index count, const T* from, T* into) {
  kernels<T>().add(count, from, into);
}
template <class T>
void addZero(Index count, T* into) {
  for (Index i = 0; i < count; ++i) into[i] += T(0);
}
template <class T>
void takeRun(Index count, const T* from, T* into) {
  for (Index i = 0; i < count; ++i) into[i] = from[i] + T(0);
}

// visit(begin, end) over rows or elements, cut by their size alone.
template <class Visit>
void forTiles(const Parallel& parallel, Index count, Index width, Visit&& visit) {
  const Parallel chosen = parallel.forWork(elementWork * static_cast<double>(count) * static_cast<double>(width));
  chosen.forRange(count, std::max<Index>(1, gatherGrain / width), std::forward<Visit>(visit));
}

}  // namespace

template <class T>
GradientTree<T>::GradientTree(ParameterBuffers<T>& buffers, Index parts) : buffers_(buffers), parts_(parts) {
  part_.values = buffers.gradients();
  part_.rows.resize(parameters().size());
  for (Index width = 1; width < parts; width *= 2) {
    Sum& level = levels_.emplace_back();
    level.own.resize(static_cast<std::size_t>(buffers.size()));
    level.values = level.own.data();
    level.rows.resize(parameters().size());
  }
}

template <class T>
void GradientTree<T>::list(bool zero) {
  for (std::size_t index = 0; index < part_.rows.size(); ++index) {
    const TouchedRows& touched = buffers_.touched(index);
    Rows& rows = part_.rows[index];
    rows.listed = zero || touched.known();
    rows.ids.clear();
    if (zero || !touched.known()) continue;
    makeRoom(index);
    rows.ids = touched.rows();
  }
}

template <class T>
void GradientTree<T>::makeRoom(std::size_t index) {
  const auto rows = static_cast<std::size_t>(parameters()[index].rows());
  if (part_.rows[index].ids.capacity() >= rows) return;
  part_.rows[index].ids.reserve(rows);
  for (Sum& level : levels_) level.rows[index].ids.reserve(rows);
  union_.reserve(std::max(union_.capacity(), rows));
  sides_.reserve(union_.capacity());
}

template <class T>
void GradientTree<T>::add(bool zero, const Parallel& parallel) {
  list(zero);
  const Index number = added_++;
  if (added_ < parts_) {
    std::size_t level = 0;
    if (number % 2 == 0) {
      keep(levels_[0], parallel);
      return;
    }
    merge(levels_[0], part_, parallel);
    for (; ((number >> (level + 1)) & 1) != 0; ++level) merge(levels_[level + 1], levels_[level], parallel);
    std::swap(levels_[level], levels_[level + 1]);
    return;
  }
  if (zero) clear();
  for (const Sum& level : levels_) merge(part_, level, parallel);
}

template <class T>
void GradientTree<T>::clear() {
  for (std::size_t index = 0; index < parameters().size(); ++index) {
    const Parameter& parameter = parameters()[index];
    const auto isListed = [index](const Sum& level) { return level.rows[index].listed; };
    if (!parameter.trainable || !std::all_of(levels_.begin(), levels_.end(), isListed)) continue;
    T* const gradient = buffers_.gradients() + parameter.offset;
    buffers_.touched(index).clear(nullptr, 0, parameter.rows(), parameter.columns(), gradient);
  }
}

template <class T>
void GradientTree<T>::finish() {
  added_ = 0;
  for (std::size_t index = 0; index < part_.rows.size(); ++index) {
    // Of a frozen one the buffers have what the last pass wrote.
    if (!parameters()[index].trainable) continue;
    TouchedRows& touched = buffers_.touched(index);
    if (part_.rows[index].listed) {
      touched.take(part_.rows[index].ids);
    } else {
      touched.forget();
    }
  }
}

template <class T>
const std::vector<TokenId>& GradientTree<T>::rowsAdded() {
  message_.clear();
  for (std::size_t index = 0; index < parameters().size(); ++index) {
    if (!parameters()[index].trainable) continue;
    const Rows& rows = part_.rows[index];
    message_.push_back(rows.listed ? static_cast<TokenId>(rows.ids.size()) : dense);
    message_.insert(message_.end(), rows.ids.begin(), rows.listed ? rows.ids.end() : rows.ids.begin());
  }
  return message_;
}

template <class T>
void GradientTree<T>::sumOver(Group& group, const std::vector<std::vector<TokenId>>& rowsOfRanks) {
  std::vector<std::size_t> places(rowsOfRanks.size());
  std::vector<std::size_t> tables;  // of which rows are exchanged
  Index begin = 0;                  // of what is exchanged whole and is still to be added
  const auto sumWhole = [&](Index end) { group.sum(part_.values + begin, end - begin); };
  std::vector<std::vector<TokenId>> own(parameters().size());
  for (std::size_t index = 0; index < parameters().size(); ++index) {
    const Parameter& parameter = parameters()[index];
    Rows& rows = part_.rows[index];
    bool listed = parameter.trainable;
    std::vector<TokenId> all;
    for (std::size_t rank = 0; parameter.trainable && rank < rowsOfRanks.size(); ++rank) {
      const TokenId* at = rowsOfRanks[rank].data() + places[rank];
      const TokenId count = std::max(*at, TokenId{0});
      listed = listed && *at != dense;
      places[rank] += 1 + static_cast<std::size_t>(count);
      unite(all, {at + 1, at + 1 + count});
      all = union_;
    }
    own[index] = rows.ids;
    rows.listed = listed;
    rows.ids = listed ? all : std::vector<TokenId>();
    // Rows that most of the table has are faster to exchange with the others, which are zeros.
    const bool whole = !listed || 2 * static_cast<Index>(all.size()) > parameter.rows();
    if (parameter.trainable && whole) continue;
    sumWhole(parameter.offset);
    begin = parameter.offset + parameter.count();
    if (parameter.trainable) tables.push_back(index);
  }
  sumWhole(buffers_.size());

  std::size_t size = 0;
  for (const std::size_t index : tables) {
    size += part_.rows[index].ids.size() * static_cast<std::size_t>(parameters()[index].columns());
  }
  packed_.assign(size, T(0));
  forPacked(tables, [&](std::size_t index, TokenId row, const T* gradient, T* packed, Index columns) {
    const bool has = std::binary_search(own[index].begin(), own[index].end(), row);
    if (has) std::copy_n(gradient, columns, packed);
  });
  group.sum(packed_.data(), static_cast<Index>(size));
  forPacked(tables, [](std::size_t /*index*/, TokenId /*row*/, T* gradient, const T* packed, Index columns) {
    std::copy_n(packed, columns, gradient);
  });
}

template <class T>
template <class Move>
void GradientTree<T>::forPacked(const std::vector<std::size_t>& tables, Move&& move) {
  T* packed = packed_.data();
  for (const std::size_t index : tables) {
    const Parameter& parameter = parameters()[index];
    const Index columns = parameter.columns();
    for (const TokenId row : part_.rows[index].ids) {
      move(index, row, part_.values + parameter.offset + row * columns, packed, columns);
      packed += columns;
    }
  }
}

template <class T>
void GradientTree<T>::keep(Sum& level, const Parallel& parallel) const {
  const auto copy = [&](Index begin, Index end) {
    forTiles(parallel, end - begin, 1, [&](Index first, Index last) noexcept {
      std::copy(part_.values + begin + first, part_.values + begin + last, level.values + begin + first);
    });
  };
  Index begin = 0;  // of the dense parameters that are still to be copied
  for (std::size_t index = 0; index < parameters().size(); ++index) {
    const Parameter& parameter = parameters()[index];
    level.rows[index].listed = part_.rows[index].listed;
    level.rows[index].ids = part_.rows[index].ids;
    if (!part_.rows[index].listed) continue;
    copy(begin, parameter.offset);
    begin = parameter.offset + parameter.count();
    const Index columns = parameter.columns();
    const std::vector<TokenId>& ids = part_.rows[index].ids;
    forTiles(parallel, static_cast<Index>(ids.size()), columns, [&](Index first, Index last) noexcept {
      for (Index i = first; i < last; ++i) {
        const Index row = parameter.offset + ids[static_cast<std::size_t>(i)] * columns;
        std::copy_n(part_.values + row, columns, level.values + row);
      }
    });
  }
  copy(begin, buffers_.size());
}

template <class T>
void GradientTree<T>::merge(Sum& into, const Sum& from, const Parallel& parallel) {
  const auto addWhole = [&](Index begin, Index end) {
    forTiles(parallel, end - begin, 1, [&](Index first, Index last) noexcept {
      addRun(last - first, from.values + begin + first, into.values + begin + first);
    });
  };
  Index begin = 0;  // of the dense parameters that are still to be added
  for (std::size_t index = 0; index < parameters().size(); ++index) {
    const Parameter& parameter = parameters()[index];
    const bool whole = !into.rows[index].listed && !from.rows[index].listed;
    if (whole && parameter.trainable) continue;
    addWhole(begin, parameter.offset);
    begin = parameter.offset + parameter.count();
    if (parameter.trainable) mergeTable(index, into, from, parallel);
  }
  addWhole(begin, buffers_.size());
}

template <class T>
void GradientTree<T>::mergeTable(std::size_t index, Sum& into, const Sum& from, const Parallel& parallel) {
  const Parameter& parameter = parameters()[index];
  const Index columns = parameter.columns();
  T* const to = into.values + parameter.offset;
  const T* const source = from.values + parameter.offset;
  Rows& rows = into.rows[index];
  const Rows& others = from.rows[index];
  if (rows.listed && others.listed) {
    unite(rows.ids, others.ids);
    forTiles(parallel, static_cast<Index>(union_.size()), columns, [&](Index first, Index last) noexcept {
      for (Index i = first; i < last; ++i) {
        const Index row = union_[static_cast<std::size_t>(i)] * columns;
        switch (sides_[static_cast<std::size_t>(i)]) {
          case Side::both:
            addRun(columns, source + row, to + row);
            break;
          case Side::into:
            addZero(columns, to + row);
            break;
          case Side::from:
            takeRun(columns, source + row, to + row);
            break;
        }
      }
    });
    rows.ids = union_;
    return;
  }
  // One side is whole: the other adds its rows.
  const std::vector<TokenId>& ids = rows.listed ? rows.ids : others.ids;
  forTiles(parallel, parameter.rows(), columns, [&](Index first, Index last) noexcept {
    auto next = std::lower_bound(ids.begin(), ids.end(), static_cast<TokenId>(first));
    for (Index number = first; number < last; ++number) {
      const Index row = number * columns;
      if (next != ids.end() && *next == number) {
        addRun(columns, source + row, to + row);
        ++next;
      } else if (rows.listed) {
        takeRun(columns, source + row, to + row);
      } else {
        addZero(columns, to + row);
      }
    }
  });
  rows.listed = false;
}

template <class T>
void GradientTree<T>::unite(const std::vector<TokenId>& into, const std::vector<TokenId>& from) {
  union_.clear();
  sides_.clear();
  auto a = into.begin();
  auto b = from.begin();
  while (a != into.end() || b != from.end()) {
    const bool left = b == from.end() || (a != into.end() && *a <= *b);
    const bool right = a == into.end() || (b != from.end() && *b <= *a);
    union_.push_back(left ? *a : *b);
    sides_.push_back(left && right ? Side::both : left ? Side::into : Side::from);
    if (left) ++a;
    if (right) ++b;
  }
}

template class GradientTree<float>;
template class GradientTree<double>;

}  // namespace unrolled

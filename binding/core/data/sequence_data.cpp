#include "data/sequence_data.h"

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace unrolled {

void checkOffsets(const std::vector<Index>& offsets, Index elements) {
  const auto wrong = [](const std::string& expected, const std::string& received) {
    return Error::of("ERR_UNROLLED_SHAPE", "offsets", "must " + expected + ", not " + received)
        .about("offsets", expected, received);
  };
  if (offsets.size() < 2 || offsets.front() != 0 || offsets.back() != elements) {
    throw wrong("start at 0 and end at the number of elements, " + std::to_string(elements),
                std::to_string(offsets.size()) + " numbers that do not");
  }
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] > offsets[i - 1]) continue;
    throw wrong("rise, so that each sequence has at least one element",
                "an empty one, number " + std::to_string(i - 1));
  }
}

template <class T>
void SequenceData<T>::check() const {
  if (width == 0) return checkOffsets(offsets, static_cast<Index>(ids.size()));
  const auto elements = static_cast<Index>(features.size());
  if (elements % width != 0) requireSize("features", (elements / width + 1) * width, elements);
  checkOffsets(offsets, elements / width);
}

template <class T>
void SequenceData<T>::putBefore(TokenId id) {
  std::vector<TokenId> all;
  all.reserve(ids.size() + offsets.size());
  for (Index sequence = 0; sequence < count(); ++sequence) {
    all.push_back(id);
    all.insert(all.end(), ids.begin() + begin(sequence), ids.begin() + begin(sequence + 1));
  }
  ids = std::move(all);
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] += static_cast<Index>(i);
}

template <class T>
void TargetData<T>::check(Index count) const {
  if (isOfClasses(loss)) {
    requireSize("targets.ids", count, static_cast<Index>(ids.size()));
  } else {
    requireSize("targets.values", count * width, static_cast<Index>(values.size()));
  }
}

template struct SequenceData<float>;
template struct SequenceData<double>;
template struct TargetData<float>;
template struct TargetData<double>;

}  // namespace unrolled

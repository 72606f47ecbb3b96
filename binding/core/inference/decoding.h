// Writing what an encoder–decoder answers to a source: greedily with one beam, else by beam search.
#pragma once

#include <functional>
#include <vector>

#include "inference/beam_search.h"
#include "model/model.h"

namespace unrolled {

// One source: ids [T], or vectors [T, sourceSize].
template <class T>
struct DecodingSource {
  Index time = 0;
  const TokenId* ids = nullptr;
  const T* features = nullptr;
};

// The most likely answers. The encoder runs once; the decoder starts with the id `start`, and with zero states except
// those that the encoder gives. `proceed` is called before each step; false ends the search without a result. Throws
// ERR_UNROLLED_MODEL_NOT_FINITE.
template <class T>
BeamResult decode(Model<T>& model, const DecodingSource<T>& source, TokenId start, const BeamOptions& options,
                  const Parallel& parallel, const std::function<bool()>& proceed);

}  // namespace unrolled

#include "inference/decoding.h"

#include <algorithm>

#include "base/floating_point_mode.h"
#include "inference/state_rows.h"

namespace unrolled {

template <class T>
BeamResult decode(Model<T>& model, const DecodingSource<T>& source, TokenId start, const BeamOptions& options,
                  const Parallel& parallel, const std::function<bool()>& proceed) {
  const FloatingPointMode mode;
  if (!proceed()) return {{}, true};
  // Room for all beams at once, since what the encoder gave is lost where the workspace grows.
  BatchSize size{{options.beams, options.beams, false, false, 1}, {source.time, 1, false, false, source.time}};
  size.output = true;
  model.reserve(size);

  std::vector<T> state(static_cast<std::size_t>(model.stateSize(1)));
  Batch<T> first{1, 1, &start, nullptr};
  first.source = {source.time, source.ids, source.features, nullptr, nullptr};
  const Index vocabulary = model.outputFeatures();
  const T* output = model.forward(first, state.data(), parallel).data;
  const std::vector<T> scores(output, output + vocabulary);

  const std::vector<Index> theSource(static_cast<std::size_t>(options.beams), 0);
  const auto step = [&](const std::vector<TokenId>& ids, T* states) {
    Batch<T> beams{1, static_cast<Index>(ids.size()), ids.data(), nullptr};
    beams.source.rows = theSource.data();
    return model.forward(beams, states, parallel).data;
  };
  return searchBeams<T>(BeamModel<T>{vocabulary, stateWidths(model), step}, scores.data(), std::move(state), options,
                        proceed);
}

template BeamResult decode<float>(Model<float>&, const DecodingSource<float>&, TokenId, const BeamOptions&,
                                  const Parallel&, const std::function<bool()>&);
template BeamResult decode<double>(Model<double>&, const DecodingSource<double>&, TokenId, const BeamOptions&,
                                   const Parallel&, const std::function<bool()>&);

}  // namespace unrolled

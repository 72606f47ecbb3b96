// The last layers that cross-entropy of classes can be taken over, from their descriptions.
#pragma once

#include <memory>
#include <string>

#include "layers/adaptive_softmax.h"
#include "layers/dense.h"
#include "losses/class_loss.h"
#include "model/description.h"

namespace unrolled {

// Throws ERR_UNROLLED_OPTION_RANGE naming `option`, as in layers[2], for what is only for a last layer, or for another.
void checkHead(const LayerDescription& layer, bool last, const std::string& option);

// Over a linear dense layer of `features` inputs: exact, or of samples. Throws ERR_UNROLLED_OPTION_RANGE.
template <class T>
std::unique_ptr<ClassLoss<T>> crossEntropyOver(const Dense<T>& dense, const LayerDescription& layer, Index features,
                                               const std::string& option);

// Throws ERR_UNROLLED_OPTION_RANGE for what cuts nothing.
template <class T>
std::unique_ptr<AdaptiveSoftmax<T>> makeAdaptiveSoftmax(ParameterList& parameters, const LayerDescription& layer,
                                                        Index features, const std::string& option);

}  // namespace unrolled

// Chooses the loss over a layer that scores classes.
#pragma once

#include <memory>

#include "layers/layer.h"
#include "losses/class_loss.h"

namespace unrolled {

// The cross-entropy over a model's last layer: of an adaptive softmax, or of a linear dense layer, exact or sampled.
// Null for any other layer.
template <class T>
std::unique_ptr<ClassLoss<T>> crossEntropyOver(Layer<T>& layer);

}  // namespace unrolled

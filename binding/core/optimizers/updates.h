// A step of each optimiser over a range of parameters, for every instruction set.
#pragma once

#include "optimizers/all.h"

namespace unrolled {

// `constants` points to the optimiser's Constants<T>. Slots that the optimiser does not have are null.
template <class T>
using Update = void (*)(Index count, const void* constants, const T* gradient, T* weights, T* first, T* second);

template <class T>
using UpdateTable = std::array<Update<T>, optimizerCount>;

// Those of the best instruction set of this processor, by the kinds of optimisers.
template <class T>
const UpdateTable<T>& updates();

// Every table that runs on this processor, in the order of `availableKernels`; for tests.
template <class T>
const UpdateTable<T>* const* availableUpdates();

}  // namespace unrolled

// A step of each optimiser over a range of parameters, for every instruction set.
#pragma once

#include "optimizers/all.h"

namespace unrolled {

// Slots that the optimiser has not are null.
template <class T>
using Update = void (*)(Index count, const UpdateConstants<T>& constants, const T* gradient, T* weights, T* first,
                        T* second);

template <class T>
using UpdateTable = std::array<Update<T>, optimizerCount>;

// Those of the best instruction set of this processor, by the kinds of optimisers.
template <class T>
const UpdateTable<T>& updates();

// Every table that runs on this processor, in the order of `availableKernels`; for tests.
template <class T>
const UpdateTable<T>* const* availableUpdates();

}  // namespace unrolled

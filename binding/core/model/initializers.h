// Laws by which parameters are drawn.
#pragma once

#include <vector>

#include "base/random.h"
#include "parameters/parameters.h"

namespace unrolled {

// A parameter of one size is a bias or a gain: `constant` and `zeros` set it, with the initializers for matrices,
// biases are zero and gains keep their default value.
//
// A weight [rows, columns] has fan-in `columns` and fan-out `rows`. In a recurrent layer [G·H, columns] each gate's
// block [H, columns] is initialised separately, like PyTorch's nn.init called on the block: its fan-out is H, not G·H.
struct Initializer {
  enum class Kind {
    byDefault,       // like PyTorch for this kind of layer; `scale` is unused
    normal,          // of standard deviation `scale`
    uniform,         // in [-scale, scale)
    constant,        // `scale` itself
    zeros,           // `scale` is unused
    identity,        // `scale` on the diagonal, zeros elsewhere
    orthogonal,      // the fewer of rows or columns are orthogonal and of length `scale` (Saxe et al. 2014)
    xavierUniform,   // in ±scale·sqrt(6 / (fan-in + fan-out)) (Glorot and Bengio 2010)
    xavierNormal,    // of deviation scale·sqrt(2 / (fan-in + fan-out))
    kaimingUniform,  // in ±scale·sqrt(6 / fan-in): the gain sqrt(2) of relu is in it (He et al. 2015)
    kaimingNormal    // of deviation scale·sqrt(2 / fan-in)
  } kind = Kind::byDefault;
  double scale = 1;
};

// `values` become the parameter's, in PyTorch's shape.
template <class T>
void fill(const Parameter& parameter, const Initializer& initializer, Random& random, std::vector<T>& values);

}  // namespace unrolled

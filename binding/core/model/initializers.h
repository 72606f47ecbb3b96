// Laws by which parameters are drawn.
#pragma once

#include <vector>

#include "base/random.h"
#include "parameters/parameters.h"

namespace unrolled {

// A parameter of one size is a bias or a gain: `constant` and `zeros` set it, under the laws for matrices biases are
// zero and gains keep the value they begin with by default.
//
// A weight [rows, columns] has fan-in `columns` and fan-out `rows`. Of a recurrent layer [G·H, columns] each gate's
// block [H, columns] is drawn and measured by itself, as PyTorch's nn.init would if called on the block: its fan-out
// is H, not G·H.
struct Initializer {
  enum class Kind {
    byDefault,       // as PyTorch draws this kind of layer; `scale` is of no use
    normal,          // of standard deviation `scale`
    uniform,         // in [-scale, scale)
    constant,        // `scale` itself
    zeros,           // `scale` is of no use
    identity,        // `scale` on the diagonal, zeros elsewhere
    orthogonal,      // rows or columns, whichever are fewer, orthogonal and of length `scale` (Saxe et al. 2014)
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

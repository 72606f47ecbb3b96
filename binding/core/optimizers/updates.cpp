#include "optimizers/updates.h"

#include "kernels/instruction_sets.h"

namespace unrolled {

#define UNROLLED_DECLARE_UPDATES(isa)  \
  namespace isa {                      \
  template <class T>                   \
  const UpdateTable<T>& updateTable(); \
  }

UNROLLED_DECLARE_UPDATES(baseline)
#ifdef UNROLLED_X86_KERNELS
UNROLLED_DECLARE_UPDATES(avx2)
UNROLLED_DECLARE_UPDATES(avx512)
#endif

namespace {

template <class T>
const RunnableTables<UpdateTable<T>>& available() {
  static const RunnableTables<UpdateTable<T>> found = UNROLLED_RUNNABLE_TABLES(updateTable<T>);
  return found;
}

}  // namespace

template <class T>
const UpdateTable<T>& updates() {
  return available<T>().best();
}

template <class T>
const UpdateTable<T>* const* availableUpdates() {
  return available<T>().tables;
}

template const UpdateTable<float>& updates<float>();
template const UpdateTable<double>& updates<double>();
template const UpdateTable<float>* const* availableUpdates<float>();
template const UpdateTable<double>* const* availableUpdates<double>();

}  // namespace unrolled

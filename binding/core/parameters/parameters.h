// Named parameters in one flat buffer, and their gradients in another of the same layout.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/types.h"
#include "parameters/touched_rows.h"

namespace unrolled {

// The default initialisation of a parameter, like PyTorch's. A constant one is the same with every initializer.
struct DefaultInitialization {
  enum class Kind { normal, uniform, constant } kind = Kind::uniform;
  double scale = 1;  // standard deviation, the bound, or the value
};

// Stands for the index of a missing parameter.
constexpr std::size_t noParameter = ~std::size_t{0};

struct Parameter {
  std::string name;
  // PyTorch's shape, one or two sizes.
  std::vector<Index> shape;
  Index offset = 0;
  bool isBias = false;
  // Held as its transpose here; read and written in PyTorch's shape.
  bool transposed = false;
  DefaultInitialization initialization;
  // False: the optimiser leaves it as it is.
  bool trainable = true;
  // Blocks of rows that are separate matrices: the gates of a recurrent layer.
  Index gates = 1;

  [[nodiscard]] Index count() const {
    Index product = 1;
    for (const Index size : shape) product *= size;
    return product;
  }
  // Shape of the matrix as it is stored.
  [[nodiscard]] Index rows() const { return shape[transposed ? 1 : 0]; }
  [[nodiscard]] Index columns() const { return count() / rows(); }
};

// The parameters of a model. Layers add theirs while the model is built and keep the indices.
class ParameterList {
 public:
  std::size_t addWeight(std::string name, Index rows, Index columns, DefaultInitialization initialization,
                        bool transposed = false) {
    return add({std::move(name), {rows, columns}, size_, false, transposed, initialization, true});
  }

  std::size_t addBias(std::string name, Index count, DefaultInitialization initialization) {
    return add({std::move(name), {count}, size_, true, false, initialization, true});
  }

  // A factor for each feature, one at first.
  std::size_t addGain(std::string name, Index count) {
    return add({std::move(name), {count}, size_, false, false, {DefaultInitialization::Kind::constant, 1}});
  }

  // The shift of a normalisation; 0 at first.
  std::size_t addShift(std::string name, Index count) {
    return addBias(std::move(name), count, {DefaultInitialization::Kind::constant, 0});
  }

  // Says that a weight [G·rows, columns] is G matrices, which laws of initialization are to draw one by one.
  void setGates(std::size_t parameter, Index gates) { parameters_[parameter].gates = gates; }

  void setTrainable(std::size_t parameter, bool trainable) { parameters_[parameter].trainable = trainable; }

  [[nodiscard]] const std::vector<Parameter>& all() const { return parameters_; }
  [[nodiscard]] Index size() const { return size_; }

 private:
  std::size_t add(Parameter parameter) {
    // If a plan has more elements than 64 bits can count, this is the largest number, for which there is no memory
    // either.
    size_ += std::min(parameter.count(), std::numeric_limits<Index>::max() - size_);
    parameters_.push_back(std::move(parameter));
    return parameters_.size() - 1;
  }

  std::vector<Parameter> parameters_;
  Index size_ = 0;
};

// The flat buffers that belong to a list.
template <class T>
class ParameterBuffers {
 public:
  explicit ParameterBuffers(const ParameterList& list)
      : list_(&list),
        values_(static_cast<std::size_t>(list.size())),
        gradients_(values_.size()),
        touched_(list.all().size()) {}

  [[nodiscard]] const T* value(std::size_t parameter) const { return values_.data() + offset(parameter); }
  [[nodiscard]] T* gradient(std::size_t parameter) { return gradients_.data() + offset(parameter); }

  // Knowledge about the rows of the gradient.
  [[nodiscard]] TouchedRows& touched(std::size_t parameter) { return touched_[parameter]; }
  [[nodiscard]] const TouchedRows& touched(std::size_t parameter) const { return touched_[parameter]; }
  // Whether the next passes list the rows they touch in any case: TouchedRows's `listAlways`, of all tables.
  void listRowsAlways(bool always) {
    for (TouchedRows& touched : touched_) touched.listAlways(always);
  }
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return list_->all(); }

  // All values, for writing; marks them as changed.
  [[nodiscard]] T* change() {
    ++version_;
    return values_.data();
  }
  [[nodiscard]] const T* values() const { return values_.data(); }
  [[nodiscard]] T* gradients() { return gradients_.data(); }
  [[nodiscard]] Index size() const { return static_cast<Index>(values_.size()); }

  // Increases with every change, so that users of packed weights know when to pack again.
  [[nodiscard]] Index version() const { return version_; }

 private:
  [[nodiscard]] Index offset(std::size_t parameter) const { return list_->all()[parameter].offset; }

  const ParameterList* list_;
  std::vector<T> values_;
  std::vector<T> gradients_;
  std::vector<TouchedRows> touched_;  // of each parameter
  Index version_ = 1;
};

}  // namespace unrolled

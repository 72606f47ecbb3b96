// How a layer becomes part of a graph: the values that pass between layers while the graph is built, and what the
// `make` of a layer's options can request from the builder.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "layers/layer.h"
#include "layers/option_errors.h"

namespace unrolled {

// The kinds of input of a layer. Each is created by make(builder, input), or by make(builder, inputs) for the last two.
enum class Reads {
  ids,       // ids
  sequence,  // vectors, or what an embedding or a one-hot layer made of ids
  vectors,   // vectors: embedded ids are looked up
  pair,      // two of them, which may run over different steps
  several    // two or more of them, over the same steps
};

// The model's input that determines the rows and steps of a value.
enum class Side { input, source };

// The output of a node.
struct Flow {
  enum class Form { ids, oneHot, table, vectors } form = Form::vectors;
  Index node = 0;
  Index features = 0;
  Index ahead = 0;  // the subset that runs from the first step to the last
  Side side = Side::input;
  bool oneStep = false;
  Index tableRows = 0;    // of embedded ids
  std::string name = {};  // what it comes from: a layer, or an input

  // Vectors of that many features over the same steps.
  [[nodiscard]] Flow vectors(Index count) const {
    return {.features = count, .ahead = count, .side = side, .oneStep = oneStep};
  }
  // Vectors over the same steps, each feature in its place: both directions' halves stay where they are.
  [[nodiscard]] Flow likewise() const {
    Flow same = vectors(features);
    same.ahead = ahead;
    return same;
  }
};

// A recurrent layer, as another may start from its final states.
struct RecurrentStack {
  std::string type;
  Index features = 0;
  Index layers = 1;
  bool bidirectional = false;
  std::vector<Index> nodes = {};  // of its levels
};

template <class T>
class Builder {
 public:
  Builder() = default;
  virtual ~Builder() = default;
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;
  Builder(Builder&&) = delete;
  Builder& operator=(Builder&&) = delete;

  // The layer that is being made: its name; its name in errors, layers[2], and that of its options, layers[2].features;
  // the number of layers that read it; whether it is the last.
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual std::string where() const = 0;
  [[nodiscard]] std::string where(const char* field) const { return where() + "." + field; }
  [[nodiscard]] virtual Index readers() const = 0;
  [[nodiscard]] virtual bool last() const = 0;

  // The list for its parameters, and its number among the layers that draw random numbers.
  virtual ParameterList& parameters() = 0;
  virtual std::uint32_t nextPart() = 0;

  // Adds a node, and returns what flows out of it: `output` with the node's number and name.
  virtual Flow add(std::unique_ptr<Layer<T>> layer, const Flow& input, Flow output) = 0;
  virtual Flow add(std::unique_ptr<JoiningLayer<T>> layer, const std::vector<Flow>& inputs, Flow output) = 0;
  // Says where a node's initial states come from: from another's final ones, or its first one from another's output.
  virtual void startFromStates(Index node, Index from) = 0;
  virtual void startFromOutput(Index node, Index from) = 0;
  // Earlier layers by name: the output of a layer and its first node, null if there is none; the names of the layers; a
  // remark on a name that no layer has; and the name of a layer in errors, with its type and sizes.
  [[nodiscard]] virtual const Flow* flowOf(const std::string& name) const = 0;
  [[nodiscard]] virtual Layer<T>* layerOf(const std::string& name) const = 0;
  [[nodiscard]] virtual std::vector<std::string> namesBefore() const = 0;
  [[nodiscard]] virtual std::string remarkOn(const std::string& name) const = 0;
  [[nodiscard]] virtual std::string described(const std::string& name) const = 0;
  // The recurrent layers.
  std::map<std::string, RecurrentStack>& stacks() { return stacks_; }

  // The layer of that name, which must be one of these: `kind` says which, "an embedding". `field` is the option.
  template <template <class> class Kind>
  Kind<T>& require(const char* field, const std::string& kind, const std::string& name) const {
    if (auto* const found = dynamic_cast<Kind<T>*>(layerOf(name))) return *found;
    std::vector<std::string> there;
    for (const std::string& before : namesBefore()) {
      if (dynamic_cast<Kind<T>*>(layerOf(before)) != nullptr) there.push_back(before);
    }
    throw unknownName(where(field), "the name of " + kind + " before it", name,
                      flowOf(name) != nullptr ? "which is not " + kind : remarkOn(name), there);
  }

 private:
  std::map<std::string, RecurrentStack> stacks_;
};

}  // namespace unrolled

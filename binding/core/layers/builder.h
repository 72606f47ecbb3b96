// How a layer becomes a part of a graph: what flows from layer to layer while they are made, and what the `make` of a
// layer's options may ask of whoever makes the graph.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "layers/layer.h"
#include "layers/option_errors.h"

namespace unrolled {

// What a layer reads. Each is made by make(builder, input), but those of the last two by make(builder, inputs).
enum class Reads {
  ids,       // ids
  sequence,  // vectors, or what an embedding or a one-hot layer made of ids
  vectors,   // vectors: embedded ids are looked up
  pair,      // two of them, which may run over different steps
  several    // two or more of them, over the same steps
};

// Which of the model's inputs a value's rows and steps come from.
enum class Side { input, source };

// What flows out of a node.
struct Flow {
  enum class Form { ids, oneHot, table, vectors } form = Form::vectors;
  Index node = 0;
  Index features = 0;
  Index ahead = 0;  // of them, those that run from the first step to the last
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

  // Of the layer that is made: its name; how errors name it, layers[2], and its options, layers[2].features; how many
  // layers read it; whether it is the last.
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual std::string where() const = 0;
  [[nodiscard]] std::string where(const char* field) const { return where() + "." + field; }
  [[nodiscard]] virtual Index readers() const = 0;
  [[nodiscard]] virtual bool last() const = 0;

  // What it adds its parameters to, and its number among those that draw random numbers.
  virtual ParameterList& parameters() = 0;
  virtual std::uint32_t nextPart() = 0;

  // Adds a node, and returns what flows out of it: `output` with the node's number and name.
  virtual Flow add(std::unique_ptr<Layer<T>> layer, const Flow& input, Flow output) = 0;
  virtual Flow add(std::unique_ptr<JoiningLayer<T>> layer, const std::vector<Flow>& inputs, Flow output) = 0;
  // Says where a node's initial states come from: from another's final ones, or its first one from another's output.
  virtual void startFromStates(Index node, Index from) = 0;
  virtual void startFromOutput(Index node, Index from) = 0;
  // Of what is there already, by name: what flows out of it and its first layer, null if there is none; the names of
  // the layers; what may be said of a name that is none; and how errors name it, with its type and sizes.
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

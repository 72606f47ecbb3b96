// A description made into layers: nodes in the order they run, each with what it reads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layers/builder.h"
#include "layers/layer.h"
#include "losses/class_loss.h"
#include "model/description.h"
#include "model/plan.h"
#include "parameters/parameters.h"

namespace unrolled {

// One layer of the graph. Levels of a recurrent stack are separate nodes.
template <class T>
struct Node {
  static constexpr Index modelInput = -1;
  static constexpr Index modelSource = -2;
  static constexpr Index none = -3;

  std::string name;  // of the layer in the description
  std::unique_ptr<Layer<T>> layer;
  std::unique_ptr<JoiningLayer<T>> joining;  // instead of `layer`, if it reads several inputs
  std::vector<Index> inputs;                 // nodes by number, or one of the above
  Index features = 0;                        // of its output
  Side side = Side::input;
  bool oneStep = false;            // its output has one step however long its input
  std::vector<Index> stateWidths;  // features of each of its states
  Index stateOffset = 0;           // features of the states before its own
  Index initialState = none;       // the node whose final states, or whose output, its own start from
  bool fromStates = false;         // final states of it; else its output
  std::vector<bool> wanted;        // whether the gradient of each input is used: not that of bare ids
  bool onlyStatesRead = false;     // no layer reads its output

  // Values of the last pass.
  Sequence<T> output;
  std::vector<Sequence<T>> values;  // what a joining layer reads
  std::vector<T*> inputGradients;   // and their gradients
  T* gradient = nullptr;            // of its output, so far
  T* zeros = nullptr;               // [P, F] where only its states are read
  T* initialGradient = nullptr;     // [B, H]: of the output it starts from
  PassSize size;                    // of its output, as laid out
};

template <class T>
struct Graph {
  std::vector<Node<T>> nodes;
  std::vector<LayerPlan> layers;  // of the description, each of one node or several
  std::vector<StateInfo> states;
  Index outputFeatures = 0;
  // Cross-entropy of classes over the last layer, if it scores classes: a linear dense layer, or an adaptive softmax.
  std::unique_ptr<ClassLoss<T>> crossEntropy;

  // The index of the node with that name, for a stack its last level; `Node<T>::none` if there is none.
  [[nodiscard]] Index find(const std::string& name) const;
};

// Throws ERR_UNROLLED_OPTION_RANGE for a description that makes no graph, naming the layer.
template <class T>
Graph<T> buildGraph(const ModelDescription& description, ParameterList& parameters);

}  // namespace unrolled

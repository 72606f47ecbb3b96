#include "layers/adaptive_softmax.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/gather.h"
#include "kernels/log_sum_exp.h"
#include "kernels/product.h"
#include "layers/pass_product.h"

namespace unrolled {
namespace {

// Scores whose exponentials make a task worth handing out.
constexpr Index grainScores = 4096;

DefaultInitialization uniformOf(Index features) {
  return {DefaultInitialization::Kind::uniform, 1 / std::sqrt(static_cast<double>(features))};
}

bool rises(const std::vector<Index>& cutoffs, Index classes) {
  Index before = 0;
  for (const Index cutoff : cutoffs) {
    if (cutoff <= before || cutoff >= classes) return false;
    before = cutoff;
  }
  return before > 0;
}

}  // namespace

template <class T>
AdaptiveSoftmax<T>::AdaptiveSoftmax(ParameterList& list, const std::string& name, Index features, RankTable ranks,
                                    const AdaptiveSoftmaxOptions& options)
    : ranks_(std::move(ranks)), features_(features), frequent_(options.cutoffs.front()) {
  const auto count = static_cast<Index>(options.cutoffs.size());
  headWeight_ = list.addWeight(name + ".head.weight", frequent_ + count, features, uniformOf(features));
  headBias_ = options.bias ? list.addBias(name + ".head.bias", frequent_ + count, uniformOf(features)) : noParameter;
  auto width = static_cast<double>(features);
  for (Index i = 0; i < count; ++i) {
    width /= options.divisor;
    Cluster cluster;
    cluster.begin = options.cutoffs[static_cast<std::size_t>(i)];
    const Index end = i + 1 < count ? options.cutoffs[static_cast<std::size_t>(i) + 1] : ranks_.classes();
    cluster.count = end - cluster.begin;
    cluster.width = std::max<Index>(1, static_cast<Index>(width));
    const std::string tail = name + ".tail." + std::to_string(i);
    cluster.projection = list.addWeight(tail + ".0.weight", cluster.width, features, uniformOf(features));
    cluster.weight = list.addWeight(tail + ".1.weight", cluster.count, cluster.width, uniformOf(cluster.width));
    clusters_.push_back(cluster);
  }
}

template <class T>
PassSize AdaptiveSoftmax<T>::layOut(Arena& arena, PassSize size) {
  const Index outputs = size.positions * ranks_.classes();
  const Index entries = size.positions * static_cast<Index>(clusters_.size());
  byRank_ = arena.take<T>(outputs);
  byId_ = ranks_.same() ? byRank_ : arena.take<T>(outputs);
  entries_ = arena.take<T>(entries);
  for (Cluster& cluster : clusters_) cluster.hidden = arena.take<T>(size.positions * cluster.width);
  if (!size.backward) return size;
  for (Cluster& cluster : clusters_) cluster.hiddenGradient = arena.take<T>(size.positions * cluster.width);
  entryGradients_ = arena.take<T>(entries);
  gradient_ = arena.take<T>(outputs);
  inputGradient_ = arena.take<T>(size.positions * features_);
  return size;
}

template <class T>
void AdaptiveSoftmax<T>::permute(Index positions, const T* from, T* to, bool toIds, const Pass<T>& pass) const {
  const Index classes = ranks_.classes();
  pass.parallel.forRange(positions, std::max<Index>(1, gatherGrain / classes), [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      const T* source = from + position * classes;
      T* target = to + position * classes;
      for (Index rank = 0; rank < classes; ++rank) {
        const Index id = ranks_.idOf(static_cast<TokenId>(rank));
        if (toIds) {
          target[id] = source[rank];
        } else {
          target[rank] = source[id];
        }
      }
    }
  });
}

template <class T>
void AdaptiveSoftmax<T>::normalize(T* row, T* entries) const noexcept {
  const auto count = static_cast<Index>(clusters_.size());
  const double words = logSumExp(row, frequent_);
  const double others = logSumExp(entries, count);
  const double total = std::max(words, others) + std::log1p(std::exp(-std::abs(words - others)));
  for (Index i = 0; i < frequent_; ++i) row[i] = static_cast<T>(static_cast<double>(row[i]) - total);
  for (Index i = 0; i < count; ++i) {
    const Cluster& cluster = clusters_[static_cast<std::size_t>(i)];
    T* scores = row + cluster.begin;
    const double ofCluster = static_cast<double>(entries[i]) - total;
    const double less = ofCluster - logSumExp(scores, cluster.count);
    for (Index j = 0; j < cluster.count; ++j) scores[j] = static_cast<T>(static_cast<double>(scores[j]) + less);
    entries[i] = static_cast<T>(ofCluster);
  }
}

template <class T>
Sequence<T> AdaptiveSoftmax<T>::forward(const Sequence<T>& input, T* /*states*/, const Pass<T>& pass) {
  input_ = input;
  const Parallel& parallel = pass.parallel;
  const Index positions = input.positions();
  const Index classes = ranks_.classes();
  const auto count = static_cast<Index>(clusters_.size());
  const T* head = pass.parameters.value(headWeight_);
  const T* bias = headBias_ == noParameter ? nullptr : pass.parameters.value(headBias_);

  if (bias != nullptr) {
    for (Index position = 0; position < positions; ++position) {
      std::copy_n(bias, frequent_, byRank_ + position * classes);
      std::copy_n(bias + frequent_, count, entries_ + position * count);
    }
  }
  multiplyWeight<T>(pass, positions, frequent_, features_, input.data, head, byRank_, classes, bias != nullptr);
  multiplyWeight<T>(pass, positions, count, features_, input.data, head + frequent_ * features_, entries_, count,
                    bias != nullptr);
  for (const Cluster& cluster : clusters_) {
    multiplyWeight<T>(pass, positions, cluster.width, features_, input.data, pass.parameters.value(cluster.projection),
                      cluster.hidden, cluster.width, false);
    multiplyWeight<T>(pass, positions, cluster.count, cluster.width, cluster.hidden,
                      pass.parameters.value(cluster.weight), byRank_ + cluster.begin, classes, false);
  }
  parallel.forRange(positions, std::max<Index>(1, grainScores / classes), [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      normalize(byRank_ + position * classes, entries_ + position * count);
    }
  });
  if (!ranks_.same()) permute(positions, byRank_, byId_, true, pass);

  Sequence<T> output;
  output.layout = input.layout;
  output.features = classes;
  output.data = byId_;
  return output;
}

template <class T>
void AdaptiveSoftmax<T>::differentiate(const T* row, const T* entries, T* gradient, T* sums) const noexcept {
  double total = 0;
  for (Index j = 0; j < frequent_; ++j) total += static_cast<double>(gradient[j]);
  for (std::size_t i = 0; i < clusters_.size(); ++i) {
    const Cluster& cluster = clusters_[i];
    T* own = gradient + cluster.begin;
    double sum = 0;
    for (Index j = 0; j < cluster.count; ++j) sum += static_cast<double>(own[j]);
    for (Index j = 0; j < cluster.count; ++j) {
      own[j] -= static_cast<T>(std::exp(static_cast<double>(row[cluster.begin + j] - entries[i])) * sum);
    }
    sums[i] = static_cast<T>(sum);
    total += sum;
  }
  for (Index j = 0; j < frequent_; ++j) {
    gradient[j] -= static_cast<T>(std::exp(static_cast<double>(row[j])) * total);
  }
  for (std::size_t i = 0; i < clusters_.size(); ++i) {
    sums[i] -= static_cast<T>(std::exp(static_cast<double>(entries[i])) * total);
  }
}

template <class T>
T* AdaptiveSoftmax<T>::backward(T* outputGradient, T* /*stateGradients*/, bool wanted, const Pass<T>& pass) {
  const Parallel& parallel = pass.parallel;
  const Index positions = input_.positions();
  const Index classes = ranks_.classes();
  const auto count = static_cast<Index>(clusters_.size());
  ParameterBuffers<T>& parameters = pass.parameters;
  T* gradient = outputGradient;
  if (!ranks_.same()) {
    gradient = gradient_;
    permute(positions, outputGradient, gradient, false, pass);
  }
  parallel.forRange(positions, std::max<Index>(1, grainScores / classes), [&](Index begin, Index end) noexcept {
    for (Index position = begin; position < end; ++position) {
      differentiate(byRank_ + position * classes, entries_ + position * count, gradient + position * classes,
                    entryGradients_ + position * count);
    }
  });

  const Operand<T> vectors{input_.data, features_};
  const T* head = parameters.value(headWeight_);
  T* headGradient = parameters.gradient(headWeight_);
  T* const clusterRows = headGradient + frequent_ * features_;
  multiply<T>(parallel, frequent_, features_, positions, {gradient, classes, Transpose::yes}, vectors, headGradient,
              features_, false);
  multiply<T>(parallel, count, features_, positions, {entryGradients_, count, Transpose::yes}, vectors, clusterRows,
              features_, false);
  if (headBias_ != noParameter) {
    T* bias = parameters.gradient(headBias_);
    sumColumns<T>(parallel, positions, frequent_, gradient, classes, bias);
    sumColumns<T>(parallel, positions, count, entryGradients_, count, bias + frequent_);
  }
  if (wanted) {
    multiply<T>(parallel, positions, features_, frequent_, {gradient, classes}, {head, features_}, inputGradient_,
                features_, false);
    multiply<T>(parallel, positions, features_, count, {entryGradients_, count},
                {head + frequent_ * features_, features_}, inputGradient_, features_, true);
  }
  for (const Cluster& cluster : clusters_) {
    const Index width = cluster.width;
    const Operand<T> hidden{cluster.hidden, width};
    multiply<T>(parallel, cluster.count, width, positions, {gradient + cluster.begin, classes, Transpose::yes}, hidden,
                parameters.gradient(cluster.weight), width, false);
    multiply<T>(parallel, positions, width, cluster.count, {gradient + cluster.begin, classes},
                {parameters.value(cluster.weight), width}, cluster.hiddenGradient, width, false);
    multiply<T>(parallel, width, features_, positions, {cluster.hiddenGradient, width, Transpose::yes}, vectors,
                parameters.gradient(cluster.projection), features_, false);
    if (!wanted) continue;
    multiply<T>(parallel, positions, features_, width, {cluster.hiddenGradient, width},
                {parameters.value(cluster.projection), features_}, inputGradient_, features_, true);
  }
  return wanted ? inputGradient_ : nullptr;
}

template <class T>
Flow AdaptiveSoftmaxOptions::make(Builder<T>& builder, const Flow& input) const {
  if (!builder.last()) throw impossible(builder.where(), "the last layer", "an adaptive softmax before others");
  if (!rises(cutoffs, features)) {
    throw impossible(builder.where("cutoffs"), "rising whole numbers from 1 to " + std::to_string(features - 1),
                     std::to_string(cutoffs.size()) + " that are not");
  }
  auto softmax = std::make_unique<AdaptiveSoftmax<T>>(builder.parameters(), builder.name(), input.features,
                                                      rankTable(builder.where("ranks"), features, ranks), *this);
  return builder.add(std::move(softmax), input, input.vectors(features));
}

template Flow AdaptiveSoftmaxOptions::make<float>(Builder<float>&, const Flow&) const;
template Flow AdaptiveSoftmaxOptions::make<double>(Builder<double>&, const Flow&) const;
template class AdaptiveSoftmax<float>;
template class AdaptiveSoftmax<double>;

}  // namespace unrolled

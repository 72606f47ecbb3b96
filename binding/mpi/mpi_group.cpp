#include "mpi/mpi_group.h"

#include <array>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <sched.h>
#include <unistd.h>

#include "mpi/pause.h"
#include "mpi/processor_share.h"

namespace unrolled::mpi {

namespace {

using Seconds = std::chrono::duration<double>;

// Signs of life have another tag (peers.cpp).
constexpr int dataTag = 1;
// Data goes in messages of this size, so that the next ones are on their way while one is taken.
constexpr std::size_t messageBytes = std::size_t{1} << 20U;
// Between two looks at what the others say and at the launcher, while data is awaited and while a rank computes.
constexpr Seconds tendingInterval{0.01};
constexpr std::chrono::milliseconds idleInterval{50};
constexpr int looksAtLeftMost = 100;
// How long the others are told that this rank fails, and how long the process then has to say why and to exit.
constexpr Seconds tellingTime{1};
constexpr Seconds graceTime{10};

std::string hostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

Error wasAborted() { return {"ERR_UNROLLED_ABORTED", "The call was aborted"}; }

}  // namespace

MpiGroup::MpiGroup(MpiOptions options, Private /*only*/)
    : options_(std::move(options)), host_(hostName()), watch_(options_.launcher) {}

std::shared_ptr<MpiGroup> MpiGroup::open(MpiOptions options, const std::function<bool()>& proceed) {
  auto group = std::make_shared<MpiGroup>(std::move(options), Private{});
  // Never joined: a library may hang as it begins or ends. The thread keeps what it uses.
  std::thread([group] { group->run(); }).detach();
  {
    std::unique_lock lock(group->mutex_);
    const auto start = std::chrono::steady_clock::now();
    while (group->stage_ == Stage::opening) {
      group->changed_.wait_for(lock, idleInterval);
      if (group->stage_ != Stage::opening) break;
      if (!proceed()) throw wasAborted();
      if (Seconds(std::chrono::steady_clock::now() - start).count() > group->options_.stallTimeout) {
        throw Error("ERR_UNROLLED_MPI", "MPI has not begun after the stall time-out",
                    "See whether the launcher has started all ranks, and whether their hosts reach each other.");
      }
    }
    if (group->error_) throw *group->error_;
  }
  group->introduce();
  return group;
}

void MpiGroup::introduce() {
  const std::string mine = describeProcessors(host_);
  std::vector<std::string> ranks;
  std::vector<std::string> hosts;
  for (const auto& bytes : gatherAll(mine.data(), mine.size())) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    hosts.push_back(hostOf(text));
    ranks.push_back(text);
  }
  processorShare_ = shareOf(ranks, static_cast<std::size_t>(rank_));
  const std::scoped_lock lock(mutex_);
  hosts_ = std::move(hosts);
}

void MpiGroup::exchange(std::span<const Outgoing> sends, std::span<const Incoming> receives) {
  Transfer transfer{.sends = sends, .receives = receives};
  std::unique_lock lock(mutex_);
  if (error_) throw *error_;
  if (stage_ != Stage::open) throw Error("ERR_UNROLLED_RANK_LOST", "This rank has left the training");
  transfer_ = &transfer;
  wake_.notify_one();
  // Until MPI's thread lets go of the memory.
  changed_.wait(lock, [&] { return transfer.done; });
  if (error_) throw *error_;
}

void MpiGroup::fail(const Error& reason) noexcept {
  std::unique_lock lock(mutex_);
  if (error_ || stage_ != Stage::open) return;
  if (!failing_) failing_ = reason;
  wake_.notify_one();
  changed_.wait_for(lock, 2 * tellingTime, [&] { return error_.has_value(); });
}

void MpiGroup::interrupt() noexcept {
  const std::scoped_lock lock(mutex_);
  interrupted_ = true;
  wake_.notify_one();
}

void MpiGroup::close() {
  std::unique_lock lock(mutex_);
  if (stage_ == Stage::open && !error_) stage_ = Stage::closing;
  wake_.notify_one();
  double finalizing = 0;
  while (stage_ != Stage::closed && !error_) {
    const auto start = std::chrono::steady_clock::now();
    changed_.wait_for(lock, idleInterval);
    if (stage_ != Stage::finalizing) continue;
    finalizing += Seconds(std::chrono::steady_clock::now() - start).count();
    if (finalizing > options_.stallTimeout) {
      throw Error("ERR_UNROLLED_RANK_LOST", "MPI has not ended after the stall time-out");
    }
  }
  if (error_) throw *error_;
}

bool MpiGroup::endProcess(int exitStatus) noexcept {
  try {
    {
      const std::scoped_lock lock(mutex_);
      if (stage_ == Stage::closed || stage_ == Stage::opening) return stage_ == Stage::closed;
    }
    if (exitStatus == 0) {
      close();
      return true;
    }
    fail({"ERR_UNROLLED_RANK_LOST", "it exited with status " + std::to_string(exitStatus)});
  } catch (const std::exception&) {
    // The others are told; what is left is to end them.
  }
  std::unique_lock lock(mutex_);
  abortStatus_ = exitStatus == 0 ? 1 : exitStatus;
  wake_.notify_one();
  // MPI ends this process meanwhile.
  changed_.wait_for(lock, 3 * tellingTime, [] { return false; });
  return false;
}

void MpiGroup::run() {
  const std::shared_ptr<MpiGroup> self = shared_from_this();
  try {
    becomePrecise();
    begin();
    serve();
    farewell();
  } catch (const Error& error) {
    lose(error);
  } catch (const std::exception& error) {
    lose({"ERR_UNROLLED_INTERNAL", std::string("The thread of MPI failed: ") + error.what()});
  }
}

void MpiGroup::begin() {
  library_ = openLibrary(options_.libraries);
  const auto succeed = [this](int code, const char* call) {
    if (code == 0) return;
    throw Error("ERR_UNROLLED_MPI",
                std::string(call) + " failed: " + library_.textOf(code) + " (" + library_.version + ")");
  };
  // Some libraries end the process if they meet a launcher that they do not know.
  const auto beginsWith = [this](const std::string& name) { return library_.version.rfind(name, 0) == 0; };
  if (!beginsWith(options_.expectedVersion) ||
      (!options_.refusedVersion.empty() && beginsWith(options_.refusedVersion))) {
    throw notOfLauncher("is not the launcher's");
  }
  int isInitialized = 0;
  succeed(library_.initialized(&isInitialized), "MPI_Initialized");
  if (isInitialized != 0) throw Error("ERR_UNROLLED_MPI", "This process uses MPI already");
  int provided = 0;
  succeed(library_.initThread(nullptr, nullptr, library_.funneled, &provided), "MPI_Init_thread");
  succeed(library_.setErrorHandler(library_.world, library_.errorsReturn), "MPI_Comm_set_errhandler");
  int size = 0;
  succeed(library_.rank(library_.world, &rank_), "MPI_Comm_rank");
  succeed(library_.size(library_.world, &size), "MPI_Comm_size");
  if (size != options_.expectedSize && (options_.expectedSize != 0 || size == 1)) {
    library_.finalize();
    throw notOfLauncher("sees " + std::to_string(size) + " of them, so it is not the launcher's");
  }
  size_ = size;
  peers_.emplace(library_, rank_, size_, options_.stallTimeout);
  const std::scoped_lock lock(mutex_);
  stage_ = Stage::open;
  changed_.notify_all();
}

Error MpiGroup::notOfLauncher(const std::string& finding) const {
  const std::string ranks = options_.expectedSize == 0 ? "the" : std::to_string(options_.expectedSize);
  return {"ERR_UNROLLED_MPI",
          options_.launcher.name + " started " + ranks + " ranks, but the library " + library_.file + " (" +
              library_.version + ") " + finding,
          "Set UNROLLED_MPI to the MPI library of the launcher, or start the ranks with the launcher of this library."};
}

void MpiGroup::serve() {
  for (;;) {
    Transfer* next = nullptr;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, idleInterval,
                     [&] { return transfer_ != nullptr || failing_ || interrupted_ || stage_ != Stage::open; });
      if (!hosts_.empty()) peers_->setHosts(std::exchange(hosts_, {}));
      next = transfer_;
      if (next == nullptr && stage_ == Stage::closing) return;
    }
    if (next == nullptr) {
      tend(false);
      continue;
    }
    transfer(*next);
    const std::scoped_lock lock(mutex_);
    next->done = true;
    transfer_ = nullptr;
    changed_.notify_all();
  }
}

void MpiGroup::post(const Transfer& transfer) {
  requests_.clear();
  // Each rank begins with the one after it, so that not all send to the same.
  for (int distance = 1; distance < size_; ++distance) {
    const int from = (rank_ + size_ - distance) % size_;
    const Incoming& receive = transfer.receives[static_cast<std::size_t>(from)];
    for (std::size_t done = 0; done < receive.bytes; done += messageBytes) {
      const auto count = static_cast<int>(std::min(messageBytes, receive.bytes - done));
      Request& request = requests_.emplace_back(Request{.peer = from, .receives = true});
      check(library_,
            library_.irecv(static_cast<std::byte*>(receive.data) + done, count, library_.byte, from, dataTag,
                           library_.world, &request.handle),
            "MPI_Irecv");
    }
  }
  for (int distance = 1; distance < size_; ++distance) {
    const int to = (rank_ + distance) % size_;
    const Outgoing& send = transfer.sends[static_cast<std::size_t>(to)];
    for (std::size_t done = 0; done < send.bytes; done += messageBytes) {
      const auto count = static_cast<int>(std::min(messageBytes, send.bytes - done));
      Request& request = requests_.emplace_back(Request{.peer = to});
      check(library_,
            library_.isend(static_cast<const std::byte*>(send.data) + done, count, library_.byte, to, dataTag,
                           library_.world, &request.handle),
            "MPI_Isend");
    }
  }
}

void MpiGroup::transfer(const Transfer& transfer) {
  post(transfer);
  looksAtLeft_ = 0;
  Pause pause;
  auto tended = std::chrono::steady_clock::now();
  while (!requests_.empty()) {
    const std::size_t before = requests_.size();
    std::erase_if(requests_, [this](Request& request) {
      int done = 0;
      check(library_, library_.test(&request.handle, &done, library_.statusIgnore), "MPI_Test");
      if (done != 0 && request.receives) ++received_;
      return done != 0;
    });
    if (requests_.empty()) break;
    const auto now = std::chrono::steady_clock::now();
    if (now - tended > tendingInterval) {
      tended = now;
      tend(true);
    }
    pause.take(requests_.size() < before);
  }
  // A rank that failed meanwhile may have let go of the memory from which it was sending.
  tend(false);
}

void MpiGroup::tend(bool waiting) {
  {
    const std::scoped_lock lock(mutex_);
    if (failing_) throw *failing_;
    if (interrupted_) throw wasAborted();
  }
  const Activity mine{.waiting = waiting, .received = received_, .step = step_.load()};
  peers_->tend(mine);
  if (peers_->failure()) throw *peers_->failure();
  watch_.look();
  if (const auto warning = peers_->warning(); warning && options_.warn) options_.warn(*warning);
  if (!waiting) return;
  requireNobodyLeft();
  if (const auto error = peers_->stalled(mine)) throw *error;
}

void MpiGroup::requireNobodyLeft() {
  for (const Request& request : requests_) {
    if (!peers_->hasLeft(request.peer)) continue;
    // What it sent before it left may come later than its goodbye, but not this much.
    if (++looksAtLeft_ < looksAtLeftMost) return;
    throw Error("ERR_UNROLLED_RANK_LOST", "R" + peers_->name(request.peer).substr(1) + " has left the training",
                "All ranks must make the same calls.");
  }
}

void MpiGroup::farewell() {
  peers_->tell(Peers::Word::goodbye, "");
  Pause pause;
  while (!peers_->allHaveLeft() || !peers_->told()) {
    peers_->tend({.step = step_.load()});
    if (peers_->failure()) throw *peers_->failure();
    if (const auto error = peers_->stalled({})) throw *error;
    watch_.look();
    pause.take(false);
  }
  const auto reach = [this](Stage stage) {
    const std::scoped_lock lock(mutex_);
    stage_ = stage;
    changed_.notify_all();
  };
  reach(Stage::finalizing);
  library_.finalize();
  reach(Stage::closed);
}

void MpiGroup::lose(const Error& error) {
  bool hasBegun = false;
  {
    const std::scoped_lock lock(mutex_);
    hasBegun = stage_ != Stage::opening;
  }
  // The memory of a transfer stays until the others are told; no call of MPI comes after that but the one that ends
  // all.
  if (hasBegun) tellOthers(error);
  {
    const std::scoped_lock lock(mutex_);
    error_ = error;
    if (!hasBegun) stage_ = Stage::closed;
    if (transfer_ != nullptr) transfer_->done = true;
    transfer_ = nullptr;
    changed_.notify_all();
  }
  if (hasBegun) awaitEnd();
}

void MpiGroup::tellOthers(const Error& error) {
  // Who failed or lost a rank has told all.
  if (peers_->failure()) return;
  bool isOwn = false;
  {
    const std::scoped_lock lock(mutex_);
    isOwn = failing_.has_value() || interrupted_;
  }
  try {
    peers_->tell(isOwn ? Peers::Word::failed : Peers::Word::lost, error.fault());
    const auto start = std::chrono::steady_clock::now();
    for (Pause pause; !peers_->told() && std::chrono::steady_clock::now() - start < tellingTime;) pause.take(false);
  } catch (const Error&) {
    // MPI fails: the launcher ends the others.
  }
}

void MpiGroup::awaitEnd() {
  int status = 1;
  {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, graceTime, [&] { return abortStatus_.has_value(); });
    status = abortStatus_.value_or(status);
  }
  // The others, who were told by another rank too, are to have said why they end.
  if (peers_->failure()) std::this_thread::sleep_for(tellingTime);
  // The launcher ends those that are stopped, too.
  library_.abort(library_.world, status);
  _exit(status);
}

}  // namespace unrolled::mpi

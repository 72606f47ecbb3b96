#include "node/group_handle.h"

#include <atomic>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "mpi/mpi_group.h"
#include "node/arguments.h"
#include "node/environment.h"
#include "node/errors.h"
#include "node/job.h"

namespace unrolled::node {
namespace {

// MPI begins once in a process, whichever of its environments asks.
std::atomic<bool>& hasBegun() {
  static std::atomic<bool> begun{false};
  return begun;
}

std::vector<std::byte> bytesOf(const char* name, const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw wrongType(name, "a Uint8Array", value);
  }
  const auto array = value.As<Napi::Uint8Array>();
  std::vector<std::byte> bytes(array.ByteLength());
  if (!bytes.empty()) std::memcpy(bytes.data(), array.Data(), bytes.size());
  return bytes;
}

Napi::Value toArray(Napi::Env env, const std::vector<std::byte>& bytes) {
  Napi::Uint8Array array = Napi::Uint8Array::New(env, bytes.size());
  if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
  return array;
}

class GroupHandle final : public Napi::ObjectWrap<GroupHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Group",
                       {
                           InstanceMethod<&GroupHandle::information>("info"),
                           InstanceMethod<&GroupHandle::secondsWaited>("secondsWaited"),
                           InstanceMethod<&GroupHandle::agree>("agree"),
                           InstanceMethod<&GroupHandle::broadcast>("broadcast"),
                           InstanceMethod<&GroupHandle::gather>("gather"),
                           InstanceMethod<&GroupHandle::sum>("sum"),
                           InstanceMethod<&GroupHandle::barrier>("barrier"),
                           InstanceMethod<&GroupHandle::fail>("fail"),
                           InstanceMethod<&GroupHandle::interrupt>("interrupt"),
                           InstanceMethod<&GroupHandle::close>("close"),
                       });
  }

  explicit GroupHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<GroupHandle>(info) {
    Environment& environment = Environment::of(info.Env());
    group_ = std::static_pointer_cast<mpi::MpiGroup>(environment.group());
    executor_ = std::make_unique<Executor>(environment.mailbox());
    executors_ = environment.executors();
    executors_->insert(executor_.get());
  }

  ~GroupHandle() override {
    executor_->shutDown();
    executors_->erase(executor_.get());
  }
  GroupHandle(const GroupHandle&) = delete;
  GroupHandle& operator=(const GroupHandle&) = delete;
  GroupHandle(GroupHandle&&) = delete;
  GroupHandle& operator=(GroupHandle&&) = delete;

  [[nodiscard]] const std::shared_ptr<mpi::MpiGroup>& group() const { return group_; }

 private:
  Napi::Value information(const Napi::CallbackInfo& info) {
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("rank", group_->rank());
    object.Set("size", group_->size());
    object.Set("host", group_->host());
    object.Set("library", group_->library().version);
    object.Set("file", group_->library().file);
    object.Set("processorShare", group_->processorShare());
    return object;
  }

  Napi::Value secondsWaited(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), group_->secondsWaited());
  }

  // A call for all ranks, without a result.
  template <class Call>
  Napi::Value submit(const Napi::CallbackInfo& info, Call call) {
    return executor_->submit(
        info, nullptr,
        [group = group_, call = std::move(call)](const auto& /*proceed*/) {
          call(*group);
          return true;
        },
        [](Napi::Env env, bool) -> Napi::Value { return env.Undefined(); });
  }

  Napi::Value agree(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
      if (!info[0].IsArray()) throw wrongType("facts", "an array", info[0]);
      const auto list = info[0].As<Napi::Array>();
      std::vector<SharedFact> facts;
      for (std::uint32_t i = 0; i < list.Length(); ++i) {
        const Napi::Object fact = object("facts", list.Get(i));
        facts.push_back({.name = text("name", fact.Get("name")),
                         .value = text("value", fact.Get("value")),
                         .isOption = flag("isOption", fact.Get("isOption"), false)});
      }
      return submit(info, [facts = std::move(facts)](Group& group) { group.agree(facts); });
    });
  }

  // (bytes, root): the bytes of that rank; what other ranks give is not looked at.
  Napi::Value broadcast(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
      const auto root = static_cast<int>(integer("root", info[1], 0, group_->size() - 1));
      std::vector<std::byte> given;
      if (root == group_->rank()) given = bytesOf("bytes", info[0]);
      return executor_->submit(
          info, nullptr,
          [group = group_, root, bytes = std::move(given)](const auto& /*proceed*/) mutable {
            std::uint64_t count = bytes.size();
            group->broadcast(&count, sizeof count, root);
            bytes.resize(count);
            group->broadcast(bytes.data(), bytes.size(), root);
            return std::move(bytes);
          },
          [](Napi::Env env, const std::vector<std::byte>& bytes) { return toArray(env, bytes); });
    });
  }

  Napi::Value gather(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
      return executor_->submit(
          info, nullptr,
          [group = group_, bytes = bytesOf("bytes", info[0])](const auto& /*proceed*/) {
            return group->gatherAll(bytes.data(), bytes.size());
          },
          [](Napi::Env env, const std::vector<std::vector<std::byte>>& all) -> Napi::Value {
            Napi::Array array = Napi::Array::New(env, all.size());
            for (std::uint32_t i = 0; i < all.size(); ++i) array.Set(i, toArray(env, all[i]));
            return array;
          });
    });
  }

  Napi::Value sum(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
      const bool isFloat64 =
          info[0].IsTypedArray() && info[0].As<Napi::TypedArray>().TypedArrayType() == napi_float64_array;
      return isFloat64 ? sumOf(info, floats<double>("values", info[0])) : sumOf(info, floats<float>("values", info[0]));
    });
  }

  template <class T>
  Napi::Value sumOf(const Napi::CallbackInfo& info, std::vector<T> given) {
    return executor_->submit(
        info, nullptr,
        [group = group_, values = std::move(given)](const auto& /*proceed*/) mutable {
          group->sum(values.data(), static_cast<Index>(values.size()));
          return std::move(values);
        },
        [](Napi::Env env, const std::vector<T>& values) { return typedArray(env, values); });
  }

  Napi::Value barrier(const Napi::CallbackInfo& info) {
    return submit(info, [](Group& group) { group.barrier(); });
  }

  // (code, fault): beside a call that waits, so not on the same thread.
  Napi::Value fail(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
      return Environment::of(info.Env())
          .aside()
          .submit(
              info, nullptr,
              [group = group_, reason = Error(text("code", info[0]), text("fault", info[1]))](const auto& /*proceed*/) {
                group->fail(reason);
                return true;
              },
              [](Napi::Env env, bool) -> Napi::Value { return env.Undefined(); });
    });
  }

  void interrupt(const Napi::CallbackInfo& /*info*/) { group_->interrupt(); }

  Napi::Value close(const Napi::CallbackInfo& info) {
    return executor_->submit(
        info, nullptr,
        [group = group_](const auto& /*proceed*/) {
          group->close();
          return true;
        },
        [](Napi::Env env, bool) -> Napi::Value { return env.Undefined(); });
  }

  std::shared_ptr<mpi::MpiGroup> group_;
  std::shared_ptr<Executors> executors_;
  std::unique_ptr<Executor> executor_;
};

mpi::MpiOptions groupOptions(const Napi::Value& value, std::shared_ptr<Mailbox> mailbox) {
  const Napi::Object from = object("options", value);
  mpi::MpiOptions options;
  options.libraries = names("libraries", from.Get("libraries"));
  options.expectedSize = static_cast<int>(integer("expectedSize", from.Get("expectedSize"), 0, largestSize));
  options.expectedVersion = text("expectedVersion", from.Get("expectedVersion"));
  options.refusedVersion = text("refusedVersion", from.Get("refusedVersion"));
  options.stallTimeout = number("stallTimeout", from.Get("stallTimeout"));
  options.launcher.name = text("launcher", from.Get("launcher"));
  options.launcher.process = static_cast<int>(integer("launcherProcess", from.Get("launcherProcess"), 0, largestSize));
  options.launcher.child = static_cast<int>(integer("launcherChild", from.Get("launcherChild"), 0, largestSize));
  options.warn = [mailbox = std::move(mailbox)](const std::string& warning) {
    mailbox->post(
        [warning](Napi::Env env) { Environment::of(env).onGroupWarning().Call({Napi::String::New(env, warning)}); });
  };
  return options;
}

}  // namespace

Napi::Value openGroup(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    Environment& environment = Environment::of(info.Env());
    mpi::MpiOptions options = groupOptions(info[0], environment.mailbox());
    if (!info[2].IsFunction()) throw wrongType("onWarning", "a function", info[2]);
    CancellationFlag flag = cancellation(info[1]);
    if (hasBegun().exchange(true)) {
      throw Error("ERR_UNROLLED_MPI", "MPI has begun in this process already, and it can begin only once",
                  "Make all trainings of a process with several ranks on one thread, while its group is open.");
    }
    environment.setOnGroupWarning(info[2].As<Napi::Function>());
    return environment.aside().submit(
        info, std::move(flag),
        [options = std::move(options)](const auto& proceed) { return mpi::MpiGroup::open(options, proceed); },
        [](Napi::Env env, const std::shared_ptr<mpi::MpiGroup>& group) -> Napi::Value {
          Environment::of(env).setGroup(group);
          return GroupHandle::define(env).New({});
        });
  });
}

void endGroup(const Napi::CallbackInfo& info) {
  const auto group = std::static_pointer_cast<mpi::MpiGroup>(Environment::of(info.Env()).group());
  if (!group) return;
  const int status = info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : 1;
  // MPI could not end what it should have ended, and a thread of it may wait for ever.
  if (!group->endProcess(status)) _exit(status == 0 ? 1 : status);
}

std::shared_ptr<Group> groupOf(const char* name, const Napi::Value& value) {
  GroupHandle* const handle = GroupHandle::Unwrap(object(name, value));
  if (handle == nullptr) throw wrongType(name, "the ranks of a training", value);
  return handle->group();
}

}  // namespace unrolled::node

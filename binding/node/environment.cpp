#include "node/environment.h"

namespace unrolled::node {

Environment::Environment(Napi::Env env)
    : mailbox_(std::make_shared<Mailbox>(env)), aside_(std::make_unique<Executor>(mailbox_)) {
  executors_->insert(aside_.get());
}

void Environment::end() {
  // What waits for other ranks would keep the threads from being joined.
  if (group_) group_->interrupt();
  for (Executor* executor : *executors_) executor->shutDown();
  mailbox_->close();
}

}  // namespace unrolled::node

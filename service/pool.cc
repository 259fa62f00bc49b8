#include "service/pool.h"

#include <utility>

namespace laurel {

Pool::Pool(int threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

Pool::~Pool() { Stop(); }

void Pool::Stop() {
  {
    MutexLock lock(&mutex_);
    is_stopping_ = true;
  }
  wakes_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool Pool::Submit(Task task) {
  {
    MutexLock lock(&mutex_);
    if (queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(task));
  }
  wakes_.NotifyOne();
  return true;
}

void Pool::Continue(Task task) {
  {
    MutexLock lock(&mutex_);
    queue_.push_back(std::move(task));
  }
  wakes_.NotifyOne();
}

void Pool::Run() {
  while (true) {
    Task task;
    {
      MutexLock lock(&mutex_);
      while (queue_.empty() && !is_stopping_) wakes_.Wait(&mutex_);
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    std::move(task)();
  }
}

}  // namespace laurel

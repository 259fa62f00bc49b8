// Serves a ledger under load until it is killed:
//   crash_child DATA_DIR DIARIES RUN THREADS COMMANDS stay|exit
// First sends every command of former runs again and compares the answers; then says "ready" on
// standard output, and each thread sends COMMANDS new ones. To exit is to end then; to stay is to
// send duplicates, too, for ever. Exit codes: 0 done, 3 an answer that contradicts an earlier one,
// 74 the disk failed, otherwise boot's.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <future>
#include <random>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "tests/crash/ledger_on_disk.h"
#include "tests/crash/load_log.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

constexpr int kContradiction = 3;

struct Arguments {
  std::string data_dir;
  std::string diaries;
  int run = 0;
  int threads = 1;
  int commands = 0;  // of each thread
  bool stays = false;
};

[[noreturn]] void Contradict(absl::string_view id, absl::string_view what) {
  std::fprintf(stderr, "%s: %s\n", std::string(id).c_str(), std::string(what).c_str());
  ::_exit(kContradiction);
}

struct Own {
  std::string id;
  std::string content;
  Ack ack;
};

class Client {
 public:
  Client(const Arguments& arguments, LedgerOnDisk& ledger, const History& history, int thread)
      : arguments_(arguments),
        ledger_(ledger),
        history_(history),
        thread_(thread),
        log_(absl::StrFormat("%s/%05d.%02d", arguments.diaries, arguments.run, thread)),
        random_(TestSeed(1) * 1'000'003 + static_cast<std::uint64_t>(arguments.run * 64 + thread)) {
  }

  // This client's share of what former runs sent.
  void SendAgain() {
    int number = 0;
    for (const auto& [id, sent] : history_.sent) {
      if (number++ % arguments_.threads != thread_) continue;
      const Ack ack = Send(id, sent.content);
      if (!sent.ack) {
        log_.Acknowledge(id, ack);
        continue;
      }
      if (!ack.is_replayed || ack.sequence != sent.ack->sequence || ack.leaf != sent.ack->leaf) {
        Contradict(
            id, absl::StrCat("was acknowledged as entry ", sent.ack->sequence, ", answered now as ",
                             ack.is_replayed ? "replayed " : "fresh ", ack.sequence));
      }
    }
  }

  void SendNew() {
    for (int i = 0; i < arguments_.commands; ++i) {
      const std::string id = absl::StrFormat("run-%05d-%02d-%06d", arguments_.run, thread_, i);
      const std::string content = Invent(i);
      log_.Intend(id, content);
      // Now and then twice at once: the second waits for the first one's answer.
      const bool is_double = arguments_.stays && random_() % 8 == 0;
      std::future<Ack> twin;
      if (is_double) twin = SendLater(id, content);
      const Ack ack = Send(id, content);
      if (is_double && twin.get().sequence != ack.sequence)
        Contradict(id, "two sends, two entries");
      log_.Acknowledge(id, ack);
      own_.push_back(Own{id, content, ack});
      if (arguments_.stays && random_() % 8 == 0) SendOldAgain();
    }
    while (arguments_.stays) SendOldAgain();
  }

 private:
  std::future<Ack> SendLater(const std::string& id, const std::string& content) {
    auto promise = std::make_shared<std::promise<Ack>>();
    std::future<Ack> ack = promise->get_future();
    ledger_.engine().Submit(CommandOf(id, content), std::nullopt,
                            [promise, id](absl::StatusOr<Reply> reply) {
                              if (!reply.ok()) Contradict(id, reply.status().ToString());
                              promise->set_value(AckOf(*reply));
                            });
    return ack;
  }
  Ack Send(const std::string& id, const std::string& content) {
    return SendLater(id, content).get();
  }

  void SendOldAgain() {
    const Own& own = own_[random_() % own_.size()];
    const Ack ack = Send(own.id, own.content);
    if (!ack.is_replayed || ack.sequence != own.ack.sequence || ack.leaf != own.ack.leaf) {
      Contradict(own.id, "a duplicate was not answered as the first");
    }
  }

  // Few members, so that the threads meet. Numbers are unique over all runs and threads.
  std::string Invent(int i) {
    const std::uint64_t identity = 1 + random_() % kCrashMembers;
    const int receipt = (arguments_.run * 64 + thread_) * 10'000 + 2 * i;
    const std::int64_t now = ledger_.engine().Now().micros();
    const std::uint64_t kind = random_() % 10;
    if (kind < 3) return absl::StrCat("redeem ", identity, " ", 1 + random_() % 60);
    if (kind < 4 && !own_.empty()) {  // often something that cannot be reversed: a refusal has to
                                      // survive as well
      return absl::StrCat("reverse ", own_[random_() % own_.size()].ack.sequence, " ",
                          1 + random_() % 20);
    }
    if (kind < 5 && !receipts_.empty()) {
      return absl::StrCat("return ", receipt + 1, " ", receipts_[random_() % receipts_.size()], " ",
                          now);
    }
    receipts_.push_back(receipt);
    return absl::StrCat("accrue ", identity, " ", receipt, " ", 100 + random_() % 20'000, " ", now);
  }

  const Arguments& arguments_;
  LedgerOnDisk& ledger_;
  const History& history_;
  const int thread_;
  LoadLog log_;
  std::mt19937_64 random_;
  std::vector<Own> own_;
  std::vector<int> receipts_;
};

int Serve(const Arguments& arguments) {
  const History history = ReadHistory(arguments.diaries);
  LedgerOnDisk::Options options;
  options.on_fatal = [](const absl::Status& status) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    ::_exit(74);
  };
  options.checkpoint_interval_micros = 5'000;
  auto started = LedgerOnDisk::Start(arguments.data_dir, std::move(options));
  if (const Refusal* refusal = std::get_if<Refusal>(&started)) {
    std::fprintf(stderr, "%s", Render(*refusal).c_str());
    return ExitCode(*refusal);
  }
  LedgerOnDisk& ledger = *std::get<std::unique_ptr<LedgerOnDisk>>(started);

  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < arguments.threads; ++i) {
    clients.push_back(std::make_unique<Client>(arguments, ledger, history, i));
  }
  const auto in_threads = [&clients](void (Client::*work)()) {
    std::vector<std::thread> threads;
    for (const auto& client : clients)
      threads.emplace_back([&client, work] { (client.get()->*work)(); });
    for (std::thread& thread : threads) thread.join();
  };
  in_threads(&Client::SendAgain);
  LAUREL_CHECK(::write(STDOUT_FILENO, "ready\n", 6) == 6, "the parent listens");
  in_threads(&Client::SendNew);
  return 0;
}

}  // namespace
}  // namespace laurel

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: crash_child DATA_DIR DIARIES RUN THREADS COMMANDS stay|exit\n");
    return 2;
  }
  return laurel::Serve({argv[1], argv[2], std::atoi(argv[3]), std::atoi(argv[4]),
                        std::atoi(argv[5]), std::string(argv[6]) == "stay"});
}

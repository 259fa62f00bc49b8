#include "service/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <signal.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/journal/checkpoint.h"
#include "engine/journal/note.h"
#include "engine/store/boot.h"
#include "engine/store/key.h"
#include "engine/store/row_cache.h"
#include "engine/verify.h"
#include "engine/version.h"
#include "service/keys.h"
#include "service/service_set.h"

namespace laurel {
namespace {

constexpr PartitionId kPartition = 0;
constexpr std::chrono::seconds kDrainPatience(25);

[[noreturn]] void StopAtOnce(const Log& log, const absl::Status& why) {
  log.Write(LogLevel::kError, "storage failed: nothing more is acknowledged",
            {{"error", why.ToString()}});
  ::_exit(kExitIoError);
}

RocksDbOptions StoreOptions(const Config& config, const Log& log) {
  RocksDbOptions options;
  options.block_cache_bytes = static_cast<std::size_t>(config.block_cache_bytes);
  options.write_buffer_bytes = static_cast<std::size_t>(config.write_buffer_bytes);
  options.on_fatal = [&log](const absl::Status& why) { StopAtOnce(log, why); };
  return options;
}

// Null where none is wanted.
std::unique_ptr<RowCache> MakeRowCache(Store& store, const Config& config) {
  if (config.row_cache_bytes == 0) return nullptr;
  return std::make_unique<RowCache>(store, static_cast<std::size_t>(config.row_cache_bytes),
                                    IsReadOften);
}

int Refuse(const Log& log, absl::string_view what, const absl::Status& why, int code) {
  log.Write(LogLevel::kError, what, {{"error", std::string(why.message())}});
  return code;
}

// 2 GiB or 5 % of the disk, whichever is more.
std::int64_t DefaultFreeSpace(const std::string& path) {
  constexpr std::int64_t kBytesMin = std::int64_t{2} << 30;
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0) return kBytesMin;
  const auto size = static_cast<std::int64_t>(disk.f_blocks * disk.f_frsize);
  return std::max(kBytesMin, size / 20);
}

std::string OriginOf(const LedgerIdentity& identity) {
  return absl::StrCat(identity.origin, "/", kPartition);
}
std::string CheckpointFile(const DataDir& dir) {
  return absl::StrCat(dir.checkpoint_path(), "/", kPartition);
}

// A key file, made if it may be: a key that was lost is not replaced, because a new one knows
// neither the members nor the checkpoints of the old.
absl::StatusOr<std::string> LoadOrCreateKey(const std::string& path, bool may_create,
                                            const Log& log) {
  absl::StatusOr<std::string> key = LoadKeyFile(path);
  if (key.ok() || !absl::IsNotFound(key.status())) return key;
  if (!may_create) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": must be the key this ledger began with, was missing; restore it"));
  }
  RETURN_IF_ERROR(CreateKeyFile(path));
  log.Write(LogLevel::kInfo, "key made: keep a copy of it apart from the data", {{"file", path}});
  return LoadKeyFile(path);
}

absl::StatusOr<bool> HasMembers(RocksDbStore& store) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Snapshot> snapshot, store.TakeSnapshot(kPartition));
  const KeyRange members = MemberRange(kPartition);
  bool has_members = false;
  RETURN_IF_ERROR(snapshot->Scan(Space::kMembers, members.begin, members.end, ScanOptions{},
                                 [&has_members](absl::string_view, absl::string_view) {
                                   has_members = true;
                                   return false;
                                 }));
  return has_members;
}

// With another key than the ledger's own every lookup would miss and members be enrolled twice. A
// ledger that does not know its key yet notes it, unless there are members whom it may not fit.
absl::Status CheckIdentityKey(Booted& booted, const IdentityHasher& hasher, const Config& config,
                              const Log& log) {
  const std::string fingerprint = hasher.Fingerprint();
  const std::string& known = booted.dir.identity().identity_key;
  if (known == fingerprint) return absl::OkStatus();
  if (!known.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        config.identity_key_file, ": must be the key this ledger began with (fingerprint ", known,
        "), was another (", fingerprint, "), with which no member would be found; restore it"));
  }
  ASSIGN_OR_RETURN(const bool has_members, HasMembers(*booted.store));
  if (has_members && !config.adopts_identity_key) {
    return absl::FailedPreconditionError(absl::StrCat(
        config.identity_key_file,
        ": must be the key this ledger began with, which the ledger does not know because an "
        "earlier version made it; if it is, start once with --adopt-identity-key"));
  }
  RETURN_IF_ERROR(booted.dir.SetIdentityKey(fingerprint));
  log.Write(LogLevel::kInfo, "identity key noted: the ledger takes no other from now on",
            {{"file", config.identity_key_file}, {"fingerprint", fingerprint}});
  return absl::OkStatus();
}

absl::StatusOr<Signer> MakeSigner(const LedgerIdentity& identity, const std::string& seed) {
  return Signer::FromSeed(OriginOf(identity), KeyType::kNote, seed);
}

// What the ledger has signed last, for boot.
absl::StatusOr<std::map<PartitionId, SignedCheckpoint>> LoadSigned(const Config& config,
                                                                   const DataDir& dir) {
  std::map<PartitionId, SignedCheckpoint> result;
  const absl::StatusOr<std::string> text = ReadFile(CheckpointFile(dir));
  if (absl::IsNotFound(text.status())) return result;
  RETURN_IF_ERROR(text.status());
  const absl::StatusOr<std::string> seed = LoadKeyFile(config.signing_key_file);
  if (absl::IsNotFound(seed.status())) return result;  // refused below, unless the ledger is empty
  RETURN_IF_ERROR(seed.status());
  ASSIGN_OR_RETURN(const Signer signer, MakeSigner(dir.identity(), *seed));
  const std::vector<VerifierKey> keys = {signer.key()};
  const absl::StatusOr<VerifiedCheckpoint> opened = OpenCheckpoint(*text, keys);
  if (!opened.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(CheckpointFile(dir), ": must be signed by ",
                                                      config.signing_key_file,
                                                      ", was not: ", opened.status().message()));
  }
  result[kPartition] = SignedCheckpoint{opened->checkpoint.size, opened->checkpoint.root};
  return result;
}

sigset_t StopSignals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  return signals;
}

// Those and the one that asks for new settings.
sigset_t ServedSignals() {
  sigset_t signals = StopSignals();
  ::sigaddset(&signals, SIGHUP);
  return signals;
}

void SetServing(grpc::Server& server, bool is_serving) {
  grpc::HealthCheckServiceInterface* health = server.GetHealthCheckService();
  if (health == nullptr) return;
  for (const std::string& name : ServiceSet::Names()) health->SetServingStatus(name, is_serving);
  health->SetServingStatus("readiness", is_serving);
  health->SetServingStatus("", is_serving);
}

// The address with the port that was chosen.
std::string ServedAddress(const std::string& listen, int port) {
  if (absl::StartsWith(listen, "unix:")) return listen;
  return absl::StrCat(listen.substr(0, listen.rfind(':')), ":", port);
}

// A configuration that is wrong changes nothing.
void TakeNewSettings(const Config& config, const Reload& reload, Log& log) {
  const absl::StatusOr<Config> next = reload();
  if (!next.ok()) {
    return log.Write(LogLevel::kError, "new configuration refused: the old one stays in force",
                     {{"error", std::string(next.status().message())}});
  }
  std::vector<std::string> waiting = ChangedSettings(config, *next);
  std::erase(waiting, "log_level");
  if (!waiting.empty()) {
    log.Write(LogLevel::kWarning, "changed settings need a restart",
              {{"settings", absl::StrJoin(waiting, ", ")}});
  }
  // Told at whichever level tells more.
  const LogLevel old = log.level();
  log.SetLevel(std::min(old, next->log_level));
  log.Write(LogLevel::kInfo, "configuration read again",
            {{"log_level", std::string(ToString(next->log_level))}});
  log.SetLevel(next->log_level);
}

void WaitForStop(const Config& config, const Reload& reload, Log& log) {
  const sigset_t signals = ServedSignals();
  int signal = 0;
  while (::sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
    TakeNewSettings(config, reload, log);
  }
}

// Tells load balancers to send calls elsewhere, and gives them time to.
void AnnounceStop(grpc::Server& server, const Config& config, const Log& log) {
  log.Write(LogLevel::kInfo, "draining");
  SetServing(server, false);
  const sigset_t signals = StopSignals();
  if (config.drain_delay_micros > 0) {
    // A second signal ends the delay.
    timespec delay{};
    delay.tv_sec = config.drain_delay_micros / kMicrosPerSecond;
    delay.tv_nsec = config.drain_delay_micros % kMicrosPerSecond * 1'000;
    ::sigtimedwait(&signals, nullptr, &delay);
  }
  // And from now on it ends the process: what was acknowledged is durable.
  std::thread([signals, &log] {
    int signal = 0;
    ::sigwait(&signals, &signal);
    log.Write(LogLevel::kWarning, "stopped by a second signal");
    ::_exit(kExitDone);
  }).detach();
}

// gRPC's own shutdown would answer calls that come meanwhile with CANCELLED, which no client sends
// again, and would wait until idle clients have noticed. So the server refuses calls until there is
// no process: what comes too late finds either DRAINING or a closed connection, and both are
// UNAVAILABLE.
[[noreturn]] void Stop(ServiceSet& services, std::unique_ptr<Engine> engine,
                       std::unique_ptr<RowCache> rows, Booted& booted, const Config& config,
                       const Log& log) {
  const bool is_answered = services.Drain(kDrainPatience);
  engine->Drain();
  const std::string sequence = absl::StrCat(engine->sequence());
  if (is_answered) {
    engine = nullptr;
    rows = nullptr;
    booted.store = nullptr;
    booted.anchors = nullptr;
  } else {
    log.Write(LogLevel::kWarning, "calls are cut off that would not end",
              {{"after_s", absl::StrCat(kDrainPatience.count())}});
  }
  absl::string_view socket = config.listen;
  if (absl::ConsumePrefix(&socket, "unix:")) {
    absl::ConsumePrefix(&socket, "//");
    ::unlink(std::string(socket).c_str());
  }
  log.Write(LogLevel::kInfo, "stopped", {{"sequence", sequence}});
  ::_exit(kExitDone);
}

}  // namespace

void BlockSignals() {
  const sigset_t signals = ServedSignals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

absl::Status CheckKeyFiles(const Config& config) {
  for (const std::string& file : {config.identity_key_file, config.signing_key_file}) {
    const absl::Status key = LoadKeyFile(file).status();
    if (!key.ok() && !absl::IsNotFound(key)) return key;
  }
  return absl::OkStatus();
}

int InitLedger(const Config& config, const Log& log) {
  if (config.origin.empty()) {
    return Refuse(log, "init refused",
                  absl::InvalidArgumentError("origin: must be set, such as "
                                             "ledger.example.com/laurel, was empty"),
                  kExitRefused);
  }
  DataDir::InitOptions options;
  options.origin = config.origin;
  options.store = StoreOptions(config, log);
  const absl::StatusOr<LedgerIdentity> identity = DataDir::Init(config.data_dir, options);
  if (!identity.ok()) {
    const bool is_io =
        absl::IsUnavailable(identity.status()) || absl::IsResourceExhausted(identity.status());
    return Refuse(log, "init refused", identity.status(), is_io ? kExitIoError : kExitRefused);
  }
  for (const std::string& file : {config.identity_key_file, config.signing_key_file}) {
    const absl::StatusOr<std::string> key = LoadOrCreateKey(file, true, log);
    if (!key.ok()) return Refuse(log, "init refused", key.status(), kExitRefused);
  }
  const absl::StatusOr<std::string> seed = LoadKeyFile(config.signing_key_file);
  const absl::StatusOr<Signer> signer =
      seed.ok() ? MakeSigner(*identity, *seed) : absl::StatusOr<Signer>(seed.status());
  if (!signer.ok()) return Refuse(log, "init refused", signer.status(), kExitRefused);
  std::printf("ledger %s in %s\nverifier key %s\n", identity->origin.c_str(),
              config.data_dir.c_str(), signer->key().Render().c_str());
  return kExitDone;
}

int Serve(const Config& config, const Reload& reload, Log& log) {
  BlockSignals();
  StopLockCycleChecks();
  if (const absl::Status keys = CheckKeyFiles(config); !keys.ok())
    return Refuse(log, "key refused", keys, kExitRefused);
  BootOptions boot;
  boot.data_dir = config.data_dir;
  boot.store = StoreOptions(config, log);
  boot.binary_version = kVersion;
  boot.root_at = [](const Snapshot& snapshot, PartitionId partition, std::uint64_t size) {
    return RootAt(snapshot, partition, size);
  };
  boot.check_tail = CheckTail;
  boot.checkpoints = [&config](const DataDir& dir) { return LoadSigned(config, dir); };
  std::variant<Booted, Refusal> outcome = Boot(boot);
  if (const auto* refusal = std::get_if<Refusal>(&outcome)) {
    log.Write(LogLevel::kError, "ledger refused",
              {{"code", std::string(ToString(refusal->code))}, {"error", Render(*refusal)}});
    return ExitCode(*refusal);
  }
  Booted& booted = std::get<Booted>(outcome);
  for (const std::string& warning : booted.warnings) log.Write(LogLevel::kWarning, warning);
  const Head& head = booted.heads.at(kPartition);

  const bool may_create = head.sequence == 0;
  const bool knows_key = !booted.dir.identity().identity_key.empty();
  const absl::StatusOr<std::string> identity_key =
      LoadOrCreateKey(config.identity_key_file, may_create && !knows_key, log);
  if (!identity_key.ok()) return Refuse(log, "key refused", identity_key.status(), kExitRefused);
  const IdentityHasher hasher(*identity_key);
  if (const absl::Status fits = CheckIdentityKey(booted, hasher, config, log); !fits.ok()) {
    return Refuse(log, "key refused", fits, kExitRefused);
  }
  const absl::StatusOr<std::string> seed =
      LoadOrCreateKey(config.signing_key_file, may_create, log);
  if (!seed.ok()) return Refuse(log, "key refused", seed.status(), kExitRefused);
  const LedgerIdentity& identity = booted.dir.identity();
  const absl::StatusOr<Signer> signer = MakeSigner(identity, *seed);
  if (!signer.ok()) return Refuse(log, "key refused", signer.status(), kExitRefused);

  Engine::Options options;
  options.queue_commands_max = config.queue_commands_max;
  options.batch_commands_max = config.batch_commands_max;
  options.approvals = config.approvals;
  options.adjust_limits = config.adjust_limits;
  options.approval_limits = config.approval_limits;
  options.transfers = config.transfers;
  options.reinstate_days = config.reinstate_days;
  options.checkpoint_file = CheckpointFile(booted.dir);
  options.origin = OriginOf(identity);
  options.signer = *signer;
  options.checkpoint_interval_micros = config.checkpoint_interval_micros;
  options.space_path = config.data_dir;
  options.free_bytes_min = config.free_space_min.value_or(DefaultFreeSpace(config.data_dir));
  options.on_fatal = [&log](const absl::Status& why) { StopAtOnce(log, why); };
  std::unique_ptr<RowCache> rows = MakeRowCache(*booted.store, config);
  Store& store = rows != nullptr ? static_cast<Store&>(*rows) : *booted.store;
  absl::StatusOr<std::unique_ptr<Engine>> engine = Engine::Start(
      store, booted.anchors.get(), identity.ledger_id, head, SystemClock(), std::move(options));
  if (!engine.ok()) return Refuse(log, "ledger refused", engine.status(), kExitRefused);
  if (rows != nullptr) rows->StartWarming(kPartition);

  ServiceSet services(**engine, hasher, log,
                      ServerIdentity{.ledger = identity.origin,
                                     .data_format = identity.format,
                                     .origin = OriginOf(identity),
                                     .vkey = signer->key().Render()},
                      absl::StrCat(config.data_dir, "/simulations"));
  grpc::EnableDefaultHealthCheckService(true);
  if (config.reflection == Switch::kOn ||
      (config.reflection == Switch::kAuto && config.is_loopback)) {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  }
  grpc::ServerBuilder builder;
  services.AddTo(builder);
  int port = 0;
  builder.AddListeningPort(config.listen, grpc::InsecureServerCredentials(), &port);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || (port == 0 && !absl::StartsWith(config.listen, "unix:"))) {
    return Refuse(
        log, "cannot listen",
        absl::UnavailableError(absl::StrCat("listen: must be a free address, was ", config.listen)),
        kExitFailed);
  }
  server->GetHealthCheckService()->SetServingStatus("liveness", true);
  SetServing(*server, true);
  const std::string address = ServedAddress(config.listen, port);
  if (!config.port_file.empty()) {
    const absl::Status written = WriteFileAtomically(config.port_file, absl::StrCat(port, "\n"));
    if (!written.ok()) return Refuse(log, "port_file refused", written, kExitIoError);
  }
  std::printf("listening %s\n", address.c_str());
  std::fflush(stdout);
  if (!config.is_loopback) {
    log.Write(LogLevel::kWarning, "callers on other machines are served and not authenticated");
  }
  log.Write(LogLevel::kInfo, "serving",
            {{"version", kVersion},
             {"address", address},
             {"approvals", ToString(config.approvals)},
             {"adjust_limits", ToString(config.adjust_limits)},
             {"approval_limits", ToString(config.approval_limits)},
             {"transfers", ToString(config.transfers)},
             {"ledger", identity.origin},
             {"epoch", absl::StrCat(head.epoch)},
             {"sequence", absl::StrCat(head.sequence)}});

  WaitForStop(config, reload, log);
  AnnounceStop(*server, config, log);
  Stop(services, *std::move(engine), std::move(rows), booted, config, log);
}

}  // namespace laurel

#ifndef LAUREL_SERVICE_CLI_EXIT_CODE_H_
#define LAUREL_SERVICE_CLI_EXIT_CODE_H_

// What laurelctl tells the shell. Scripts depend on the numbers: they are frozen.
namespace laurel::cli {

enum class ExitCode : int {
  kDone = 0,
  kRefused = 1,  // by the server; the reason is printed
  kWrongUsage = 2,
  kDoneInPart = 3,  // the reject file is named
  kVerifyFailed = 4,
  kUnavailable = 69,  // no server, or no answer
  kIoError = 74,
  kLocked = 75,  // another process has the data directory
  kNotPermitted = 77,
  kLedgerRefused = 78,  // configuration or ledger cannot be used
  kInterrupted = 130,
};

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_EXIT_CODE_H_

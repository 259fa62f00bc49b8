#ifndef LAUREL_BENCH_FLOOR_SERVER_H_
#define LAUREL_BENCH_FLOOR_SERVER_H_

#include <string>

namespace laurel::bench {

// The files of a folder in which the floor finds its replies.
inline constexpr char kAccrueReplyFile[] = "accrue.reply";
inline constexpr char kLookupReplyFile[] = "lookup.reply";

// Serves AccruePurchase and LookupMember with handlers that do nothing: what gRPC alone costs on
// this machine, with the same messages and the same threads as the ledger's server. Replies are
// empty or, where `reply_folder` is not empty, copies of what is stored there, so that they take as
// many bytes as the ledger's. Prints "listening HOST:PORT"; ends on SIGTERM, which must be blocked.
// Returns an exit code.
int ServeFloor(const std::string& reply_folder);

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_FLOOR_SERVER_H_

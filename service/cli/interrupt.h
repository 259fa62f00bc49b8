#ifndef LAUREL_SERVICE_CLI_INTERRUPT_H_
#define LAUREL_SERVICE_CLI_INTERRUPT_H_

namespace laurel::cli {

// Ctrl-C. Without a watch it ends the process at once with exit code 130; with one the work stops
// by itself and says what was done, and a second Ctrl-C ends the process.
void InstallInterruptHandler();

// Work that ends itself when interrupted. One at a time.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
};

bool IsInterrupted();

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_INTERRUPT_H_

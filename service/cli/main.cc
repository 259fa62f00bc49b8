// laurelctl: the command line of Laurel.
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "service/cli/app.h"
#include "service/cli/interrupt.h"

int main(int argc, char** argv) {
  laurel::cli::InstallInterruptHandler();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const laurel::cli::Environment environment = {&std::cout, &std::cerr,
                                                ::isatty(STDERR_FILENO) == 1, nullptr};
  return static_cast<int>(laurel::cli::Run(arguments, environment));
}

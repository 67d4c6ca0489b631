#include "abi.h"

#include <c10/util/Exception.h>

#include <string>

namespace tss {

static thread_local std::string message;

void store_error() noexcept {
  try {
    try {
      throw;
    } catch (const c10::Error& error) {
      message = error.what_without_backtrace();
    } catch (const std::exception& error) {
      message = error.what();
    } catch (...) {
      message = "unknown exception in libtorch";
    }
    // TorchScript and some operators append the C++ call stack to the message itself.
    const auto stack = message.find("\nException raised from ");
    if (stack != std::string::npos) message.resize(stack);
    while (!message.empty() && message.back() == '\n') message.pop_back();
  } catch (...) {
    message.clear();
  }
}

}  // namespace tss

// The message of the last failure on this thread, UTF-8, valid until the next one.
TSS_EXPORT const char* tss_error_message() { return tss::message.c_str(); }

// Registering a kernel for an operator that libtorch itself already implements.
#pragma once

#include <c10/util/Exception.h>
#include <torch/library.h>

namespace sam2torch {

// Runs `fill` on a library handle for the kernels of `aten` under `key`. The dispatcher warns whenever a
// kernel is replaced; here that is the purpose, so warnings raised meanwhile are dropped. The handle is
// never destroyed: deregistration at process exit would race with libtorch's own teardown.
inline bool override_aten(c10::DispatchKey key, void (*fill)(torch::Library&)) {
    struct Silent final : c10::WarningHandler {
        void process(const c10::SourceLocation&, const std::string&, const bool) override {}
    } silent;
    c10::Warning::WarningHandlerGuard guard(&silent);
    fill(*new torch::Library(torch::Library::IMPL, "aten", key, __FILE__, __LINE__));
    return true;
}

}  // namespace sam2torch

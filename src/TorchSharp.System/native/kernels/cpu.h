// Kernels compiled for several instruction sets, and the choice among them when the library is loaded.
#pragma once

namespace sam2torch {

enum class InstructionSet { kGeneric, kAvx2, kAvx512 };

inline InstructionSet instruction_set() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma")) {
        return InstructionSet::kAvx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return InstructionSet::kAvx2;
    }
#endif
    return InstructionSet::kGeneric;
}

// Whether the processor has products of bfloat16 pairs.
inline bool multiplies_pairs() {
#if defined(__x86_64__)
    return instruction_set() == InstructionSet::kAvx512 && __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

}  // namespace sam2torch

#if defined(__x86_64__)
#define SAM2TORCH_DECLARE(kernel, ...) \
    void kernel##_generic(__VA_ARGS__); \
    void kernel##_avx2(__VA_ARGS__);    \
    void kernel##_avx512(__VA_ARGS__)
#define SAM2TORCH_SELECT(kernel)                                                 \
    (instruction_set() == InstructionSet::kAvx512     ? kernel##_avx512          \
         : instruction_set() == InstructionSet::kAvx2 ? kernel##_avx2            \
                                                      : kernel##_generic)
#else
#define SAM2TORCH_DECLARE(kernel, ...) void kernel##_generic(__VA_ARGS__)
#define SAM2TORCH_SELECT(kernel) kernel##_generic
#endif

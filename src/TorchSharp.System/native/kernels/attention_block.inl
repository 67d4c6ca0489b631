// Body of attention_block_*: included by one source file per instruction set, which defines
// SAM2TORCH_WIDTH (floats per vector), SAM2TORCH_ROWS (rows of a register tile) and SAM2TORCH_ATTENTION (name).
//
// Layout. A vector holds one number for each of several *queries*. Scores are kept transposed, [key][query]:
//   S[key][q] = sum_t K[key][t] * Q[t][q]      O[c][q] = sum_key V[key][c] * P[key][q]
// Both products then broadcast single numbers straight from the caller's K and V rows (any row stride, nothing
// is packed or copied), the maximum and sum of the softmax are vertical, and only the queries on the way in and
// the result on the way out are transposed. Keys are taken in blocks; a block's scores stay in the first-level
// cache. The softmax is the online one: running maximum m, sum l, and rescaling of O when m grows.

#include "attention_block.h"

#include <string.h>

namespace sam2torch {
namespace {

constexpr int kRows = SAM2TORCH_ROWS;
constexpr int64_t kKeysAtOnce = 240;  // keys of a call that are taken as a single block
constexpr int64_t kKeyBlock = 144;    // otherwise: 18 kB of scores for 32 queries

template <int W>
struct Simd {
    typedef float F __attribute__((vector_size(W * 4)));
    typedef int32_t I __attribute__((vector_size(W * 4)));
    typedef float Unaligned __attribute__((vector_size(W * 4), aligned(4), may_alias));
};

template <int W>
inline typename Simd<W>::F load(const float* p) {
    return *reinterpret_cast<const typename Simd<W>::Unaligned*>(p);
}

template <int W>
inline void store(float* p, typename Simd<W>::F v) {
    *reinterpret_cast<typename Simd<W>::Unaligned*>(p) = v;
}

inline float widen(uint16_t bits) {
    const uint32_t word = static_cast<uint32_t>(bits) << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

inline uint16_t narrow(float value) {
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    if ((word & 0x7fffffffu) > 0x7f800000u) {
        return 0x7fc0;  // NaN
    }
    return static_cast<uint16_t>((word + 0x7fffu + ((word >> 16) & 1u)) >> 16);  // to nearest even
}

// `count` ≤ W numbers, the rest zero.
template <int W>
inline typename Simd<W>::F load_some(const float* p, int64_t count) {
    if (count >= W) {
        return load<W>(p);
    }
    typename Simd<W>::F v = {};
    for (int64_t i = 0; i < count; i++) {
        v[i] = p[i];
    }
    return v;
}

template <int W>
inline typename Simd<W>::F load_some(const uint16_t* p, int64_t count) {
    typename Simd<W>::F v = {};
    for (int64_t i = 0; i < (count < W ? count : W); i++) {
        v[i] = widen(p[i]);
    }
    return v;
}

template <int W>
inline void store_some(float* p, typename Simd<W>::F v, int64_t count) {
    if (count >= W) {
        store<W>(p, v);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        p[i] = v[i];
    }
}

template <int W>
inline void store_some(uint16_t* p, typename Simd<W>::F v, int64_t count) {
    for (int64_t i = 0; i < (count < W ? count : W); i++) {
        p[i] = narrow(v[i]);
    }
}

// In-place transposition of a W × W matrix held in W vectors: log2(W) stages that swap off-diagonal blocks.
template <int W, int H>
inline void transpose_stage(typename Simd<W>::F* r) {
    using I = typename Simd<W>::I;
    I low, high;
    for (int i = 0; i < W; i++) {
        low[i] = (i & H) ? W + i - H : i;
        high[i] = (i & H) ? W + i : i + H;
    }
#pragma GCC unroll 16
    for (int i = 0; i < W; i++) {
        if ((i & H) == 0) {
            const auto a = r[i], b = r[i + H];
#if defined(__clang__)
            for (int j = 0; j < W; j++) {
                r[i][j] = low[j] < W ? a[low[j]] : b[low[j] - W];
                r[i + H][j] = high[j] < W ? a[high[j]] : b[high[j] - W];
            }
#else
            r[i] = __builtin_shuffle(a, b, low);
            r[i + H] = __builtin_shuffle(a, b, high);
#endif
        }
    }
}

template <int W>
inline void transpose(typename Simd<W>::F* r) {
    transpose_stage<W, 1>(r);
    if constexpr (W > 2) transpose_stage<W, 2>(r);
    if constexpr (W > 4) transpose_stage<W, 4>(r);
    if constexpr (W > 8) transpose_stage<W, 8>(r);
}

// 2^x for x ≤ 0, relative error 1.5e-7; NaN stays NaN. 2^f on [-½, ½] by a minimax polynomial.
template <int W>
inline typename Simd<W>::F exp2(typename Simd<W>::F x) {
    using F = typename Simd<W>::F;
    using I = typename Simd<W>::I;
    const F lowest = F{} - 126.0f, magic = F{} + 12582912.0f;  // 1.5 · 2^23: rounds to an integer in the low bits
    x = x < lowest ? lowest : x;
    const F shifted = x + magic;
    const F f = x - (shifted - magic);
    F p = f * 0.001327647129073739f + 0.009675540961325169f;
    p = p * f + 0.05550713092088699f;
    p = p * f + 0.24022120237350464f;
    p = p * f + 0.6931469440460205f;
    p = p * f + 1.0000001192092896f;
    return (F)((I)p + ((I)shifted << 23));
}

// A group of NV vectors of queries.
template <int W, int NV>
struct Group {
    using F = typename Simd<W>::F;
    static constexpr int kLanes = W * NV;

    // [queries, d] to [d][lane], scaled; lanes without a query are zero.
    template <class T>
    static void read_queries(const T* q, int64_t row, int64_t queries, int64_t d, float scale, F* qt) {
        for (int v = 0; v < NV; v++) {
            for (int64_t t = 0; t < d; t += W) {
                F r[W];
#pragma GCC unroll 16
                for (int i = 0; i < W; i++) {
                    const int64_t lane = v * W + i;
                    r[i] = lane < queries ? load_some<W>(q + lane * row + t, d - t) : F{};
                }
                transpose<W>(r);
                if (t + W <= d) {
#pragma GCC unroll 16
                    for (int i = 0; i < W; i++) {
                        qt[(t + i) * NV + v] = r[i] * scale;
                    }
                } else {
                    for (int i = 0; i < d - t; i++) {
                        qt[(t + i) * NV + v] = r[i] * scale;
                    }
                }
            }
        }
    }

    // [dv][lane], divided by the sums, to [queries, dv].
    template <class T>
    static void write_output(const F* ot, const F* sums, int64_t queries, int64_t dv, T* out, int64_t row) {
        for (int v = 0; v < NV; v++) {
            const F inverse = 1.0f / sums[v];
            for (int64_t c = 0; c < dv; c += W) {
                F r[W];
                if (c + W <= dv) {
#pragma GCC unroll 16
                    for (int i = 0; i < W; i++) {
                        r[i] = ot[(c + i) * NV + v] * inverse;
                    }
                } else {
                    for (int i = 0; i < W; i++) {
                        r[i] = c + i < dv ? ot[(c + i) * NV + v] * inverse : F{};
                    }
                }
                transpose<W>(r);
#pragma GCC unroll 16
                for (int i = 0; i < W; i++) {
                    const int64_t lane = v * W + i;
                    if (lane < queries) {
                        store_some<W>(out + lane * row + c, r[i], dv - c);
                    }
                }
            }
        }
    }

    // Scores of R keys; `top` collects the maxima.
    template <int R>
    static inline void score_tile(const float* k, int64_t row, const F* qt, int64_t d, F* s, F* top) {
        F acc[R][NV];
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++) {
                acc[r][v] = F{};
            }
        }
        // Every third row gets a pointer of its own; the rows between are reached by index, which leaves the
        // compiler enough address registers.
        const float* base[(R + 2) / 3];
#pragma GCC unroll 8
        for (int r = 0; r < (R + 2) / 3; r++) {
            base[r] = k + 3 * r * row;
        }
        for (int64_t t = 0; t < d; t++) {
            F q[NV];
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++) {
                q[v] = qt[t * NV + v];
            }
#pragma GCC unroll 16
            for (int r = 0; r < R; r++) {
                const F number = base[r / 3][(r % 3) * row + t] - F{};
#pragma GCC unroll 4
                for (int v = 0; v < NV; v++) {
                    acc[r][v] += number * q[v];
                }
            }
        }
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++) {
                s[r * NV + v] = acc[r][v];
                // This order of operands lets a NaN score through to the result.
                top[v] = top[v] > acc[r][v] ? top[v] : acc[r][v];
            }
        }
    }

    // R columns of the output: O = O * decay + V P.
    template <int R>
    static inline void value_tile(const float* value, int64_t row, const F* p, int64_t keys, const F* decay, bool first,
                                  F* o) {
        F acc[R][NV];
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++) {
                acc[r][v] = first ? F{} : o[r * NV + v] * decay[v];
            }
        }
        for (int64_t j = 0; j < keys; j++) {
            F w[NV];
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++) {
                w[v] = p[j * NV + v];
            }
#pragma GCC unroll 16
            for (int r = 0; r < R; r++) {
                const F number = value[j * row + r] - F{};
#pragma GCC unroll 4
                for (int v = 0; v < NV; v++) {
                    acc[r][v] += number * w[v];
                }
            }
        }
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++) {
                o[r * NV + v] = acc[r][v];
            }
        }
    }

    // The last rows, fewer than a tile: the largest power of two that fits, and so on.
    template <int R>
    static void score_rest(int64_t rows, const float* k, int64_t row, const F* qt, int64_t d, F* s, F* top) {
        if constexpr (R > 0) {
            if (rows >= R) {
                score_tile<R>(k, row, qt, d, s, top);
                k += R * row;
                s += R * NV;
                rows -= R;
            }
            score_rest<R / 2>(rows, k, row, qt, d, s, top);
        }
    }

    template <int R>
    static void value_rest(int64_t rows, const float* value, int64_t row, const F* p, int64_t keys, const F* decay,
                           bool first, F* o) {
        if constexpr (R > 0) {
            if (rows >= R) {
                value_tile<R>(value, row, p, keys, decay, first, o);
                value += R;
                o += R * NV;
                rows -= R;
            }
            value_rest<R / 2>(rows, value, row, p, keys, decay, first, o);
        }
    }

    static constexpr int kRest = kRows > 8 ? 8 : 4;

    // One block of keys for this group. `scores` is scratch.
    static void step(const float* k, int64_t key_row, const float* value, int64_t value_row, int64_t keys, int64_t d,
                     int64_t dv, bool first, const F* qt, F* scores, F* maxima, F* sums, F* ot) {
        F top[NV], decay[NV];
        const F lowest = F{} - __builtin_inff();
        for (int v = 0; v < NV; v++) {
            top[v] = first ? lowest : maxima[v];
        }
        int64_t j = 0;
        for (; j + kRows <= keys; j += kRows) {
            score_tile<kRows>(k + j * key_row, key_row, qt, d, scores + j * NV, top);
        }
        score_rest<kRest>(keys - j, k + j * key_row, key_row, qt, d, scores + j * NV, top);

        for (int v = 0; v < NV; v++) {
            decay[v] = first ? F{} : exp2<W>(maxima[v] - top[v]);
            maxima[v] = top[v];
            F sum = first ? F{} : sums[v] * decay[v];
            for (int64_t i = 0; i < keys; i++) {
                const F p = exp2<W>(scores[i * NV + v] - top[v]);
                scores[i * NV + v] = p;
                sum += p;
            }
            sums[v] = sum;
        }

        int64_t c = 0;
        for (; c + kRows <= dv; c += kRows) {
            value_tile<kRows>(value + c, value_row, scores, keys, decay, first, ot + c * NV);
        }
        value_rest<kRest>(dv - c, value + c, value_row, scores, keys, decay, first, ot + c * NV);
    }
};

// Calls f with the narrowest group that holds `queries` lanes.
template <class Function>
inline void with_group(int64_t queries, Function&& f) {
    constexpr int W = SAM2TORCH_WIDTH;
    if (queries > W) {
        f(Group<W, 2>());
    } else if (W > 8 && queries <= W / 2) {
        f(Group<W / 2, 1>());
    } else {
        f(Group<W, 1>());
    }
}

template <class T>
void attend(const AttentionBlock& b) {
    constexpr int64_t kLanes = 2 * SAM2TORCH_WIDTH;
    const T* query = static_cast<const T*>(b.query);
    const T* key = static_cast<const T*>(b.key);
    const T* value = static_cast<const T*>(b.value);
    T* output = static_cast<T*>(b.output);

    const int64_t groups = (b.queries + kLanes - 1) / kLanes;
    const int64_t block = b.keys <= kKeysAtOnce ? b.keys : kKeyBlock;
    float* qt = b.scratch;
    float* ot = qt + groups * kLanes * b.d;
    float* maxima = ot + groups * kLanes * b.dv;
    float* sums = maxima + groups * kLanes;
    float* scores = sums + groups * kLanes;
    float* wide_keys = scores + block * kLanes;
    float* wide_values = wide_keys + block * b.d;

    for (int64_t g = 0; g < groups; g++) {
        const int64_t start = g * kLanes, count = b.queries - start < kLanes ? b.queries - start : kLanes;
        with_group(count, [&](auto group) {
            using G = decltype(group);
            G::read_queries(query + start * b.query_row, b.query_row, count, b.d, b.scale,
                            reinterpret_cast<typename G::F*>(qt + start * b.d));
        });
    }
    for (int64_t first = 0; first < b.keys; first += block) {
        const int64_t keys = b.keys - first < block ? b.keys - first : block;
        const float* k;
        const float* v;
        int64_t key_row = b.key_row, value_row = b.value_row;
        if constexpr (sizeof(T) == sizeof(float)) {
            k = key + first * key_row;
            v = value + first * value_row;
        } else {
            for (int64_t j = 0; j < keys; j++) {
                for (int64_t t = 0; t < b.d; t++) {
                    wide_keys[j * b.d + t] = widen(key[(first + j) * b.key_row + t]);
                }
                for (int64_t t = 0; t < b.dv; t++) {
                    wide_values[j * b.dv + t] = widen(value[(first + j) * b.value_row + t]);
                }
            }
            k = wide_keys;
            v = wide_values;
            key_row = b.d;
            value_row = b.dv;
        }
        for (int64_t g = 0; g < groups; g++) {
            const int64_t start = g * kLanes, count = b.queries - start < kLanes ? b.queries - start : kLanes;
            with_group(count, [&](auto group) {
                using G = decltype(group);
                using F = typename G::F;
                G::step(k, key_row, v, value_row, keys, b.d, b.dv, first == 0,
                        reinterpret_cast<const F*>(qt + start * b.d), reinterpret_cast<F*>(scores),
                        reinterpret_cast<F*>(maxima + start), reinterpret_cast<F*>(sums + start),
                        reinterpret_cast<F*>(ot + start * b.dv));
            });
        }
    }
    for (int64_t g = 0; g < groups; g++) {
        const int64_t start = g * kLanes, count = b.queries - start < kLanes ? b.queries - start : kLanes;
        with_group(count, [&](auto group) {
            using G = decltype(group);
            using F = typename G::F;
            G::write_output(reinterpret_cast<const F*>(ot + start * b.dv), reinterpret_cast<const F*>(sums + start),
                            count, b.dv, output + start * b.output_row, b.output_row);
        });
    }
}

}  // namespace

void SAM2TORCH_ATTENTION(const AttentionBlock& block) {
    if (block.type == AttentionType::kFloat32) {
        attend<float>(block);
    } else {
        attend<uint16_t>(block);
    }
}

}  // namespace sam2torch

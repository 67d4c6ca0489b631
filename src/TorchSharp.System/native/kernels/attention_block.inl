// Body of attention_block_*: included by one source file per instruction set (cpu_*.cpp).
//
// Layout. A vector holds one number for each of several *queries*. Scores are kept transposed, [key][query]:
//   S[key][q] = sum_t K[key][t] * Q[t][q]      O[c][q] = sum_key V[key][c] * P[key][q]
// Both products then broadcast single numbers straight from the caller's K and V rows (any row stride, nothing
// is packed or copied), the maximum and sum of the softmax are vertical, and only the queries on the way in and
// the result on the way out are transposed. Keys are taken in blocks; a block's scores stay in the first-level
// cache. The softmax is the online one: running maximum m, sum l, and rescaling of O when m grows.

#include "attention_block.h"
#include "simd.inl"

namespace sam2torch {
namespace {

constexpr int kRows = SAM2TORCH_ROWS;
constexpr int64_t kKeysAtOnce = 240;  // keys of a call that are taken as a single block
constexpr int64_t kKeyBlock = 144;    // otherwise: 18 kB of scores for 32 queries

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
inline void gather_rows(const T* rows, int64_t stride, int64_t count, int64_t width, float* out) {
    constexpr int W = SAM2TORCH_WIDTH;
    for (int64_t j = 0; j < count; j++) {
        for (int64_t t = 0; t < width; t += W) {
            store_some<W>(out + j * width + t, load_some<W>(rows + j * stride + t, width - t), width - t);
        }
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
    // bfloat16 has to be widened. Rows far apart (slices of a fused projection) are gathered when enough queries
    // share the block: each on a page of its own, they would overrun the address translation cache.
    const bool gather = sizeof(T) != sizeof(float) || (b.queries >= 128 && (b.key_row > b.d || b.value_row > b.dv));
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
        if (gather) {
            gather_rows(key + first * key_row, key_row, keys, b.d, wide_keys);
            gather_rows(value + first * value_row, value_row, keys, b.dv, wide_values);
            k = wide_keys;
            v = wide_values;
            key_row = b.d;
            value_row = b.dv;
        } else {
            k = reinterpret_cast<const float*>(key + first * key_row);
            v = reinterpret_cast<const float*>(value + first * value_row);
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

void SAM2TORCH_NAME(attention_block)(const AttentionBlock& block) {
    if (block.type == AttentionType::kFloat32) {
        attend<float>(block);
    } else {
        attend<uint16_t>(block);
    }
}

}  // namespace sam2torch

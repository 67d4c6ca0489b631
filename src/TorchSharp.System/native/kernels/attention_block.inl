// Body of attention_block_*: included by one source file per instruction set (cpu_*.cpp).
//
// Layout. A vector holds one number for each of several *queries*. Scores are kept transposed, [key][query]:
//   S[key][q] = sum_t K[key][t] * Q[t][q]      O[c][q] = sum_key V[key][c] * P[key][q]
// Both products then broadcast single numbers straight from the caller's K and V rows (any row stride, nothing
// is packed or copied), the maximum and sum of the softmax are vertical, and only the queries on the way in and
// the result on the way out are transposed. Keys are taken in blocks; a block's scores stay in the first-level
// cache. The softmax is the online one: running maximum m, sum l, and rescaling of O when m grows.
//
// Where the processor multiplies pairs of bfloat16 numbers (SAM2TORCH_PAIRS), bfloat16 stays what it is: t, and in the second
// product the key, advance by two, sums are float32, and P is rounded to bfloat16.

#include "attention_block.h"
#include "simd.inl"

namespace sam2torch {
namespace {

constexpr int kRows = SAM2TORCH_ROWS;
constexpr int64_t kKeysAtOnce = 240;  // keys of a call that are taken as a single block
constexpr int64_t kKeyBlock = 144;    // otherwise: 18 kB of scores for 32 queries

// How the sums of products are taken: a Number at a time from the rows of K and V, each with a vector of Q or P.
template <int W>
struct Floats {
    using F = typename Simd<W>::F;
    using Number = float;
    static constexpr int kAtOnce = 1;

    static inline F broadcast(Number n) { return n - F{}; }
    static inline F add_product(F sum, F number, F v) { return sum + number * v; }
};

#if defined(SAM2TORCH_PAIRS)
// A Number is a pair of bfloat16 numbers, and so is each lane of the vectors, whatever their type says.
template <int W>
struct Pairs {
    using F = typename Simd<W>::F;
    using U = typename Simd<W>::U;
    typedef uint32_t Number __attribute__((aligned(2), may_alias));
    static constexpr int kAtOnce = 2;

    static inline F broadcast(Number n) { return (F)(static_cast<uint32_t>(n) - U{}); }

    static inline F add_product(F sum, F number, F v) {
        if constexpr (W == 16) {
            return (F)_mm512_dpbf16_ps((__m512)sum, (__m512bh)number, (__m512bh)v);
        } else {
            return (F)_mm256_dpbf16_ps((__m256)sum, (__m256bh)number, (__m256bh)v);
        }
    }

    static inline U rounded(F v) {
        if constexpr (W == 16) {
            return __builtin_convertvector((typename Simd<W>::H)_mm512_cvtneps_pbh((__m512)v), U);
        } else {
            return __builtin_convertvector((typename Simd<W>::H)_mm256_cvtneps_pbh((__m256)v), U);
        }
    }

    static inline F pack(F first, F second) { return (F)(rounded(first) | rounded(second) << 16); }
};
#endif

// A group of NV vectors of queries.
template <int W, int NV, template <int> class Product>
struct Group {
    using F = typename Simd<W>::F;
    using P = Product<W>;
    using Number = typename P::Number;
    static constexpr int kLanes = W * NV;

    // [queries, d] to [d][lane], scaled; lanes without a query are zero. Pairs are moved as they are.
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
                        qt[(t + i) * NV + v] = P::kAtOnce == 1 ? r[i] * scale : r[i];
                    }
                } else {
                    for (int i = 0; i < d - t; i++) {
                        qt[(t + i) * NV + v] = P::kAtOnce == 1 ? r[i] * scale : r[i];
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
    static inline void score_tile(const Number* k, int64_t row, const F* qt, int64_t d, float scale, F* s, F* top) {
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
        const Number* base[(R + 2) / 3];
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
                const F number = P::broadcast(base[r / 3][(r % 3) * row + t]);
#pragma GCC unroll 4
                for (int v = 0; v < NV; v++) {
                    acc[r][v] = P::add_product(acc[r][v], number, q[v]);
                }
            }
        }
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
            for (int v = 0; v < NV; v++) {
                const F score = P::kAtOnce == 1 ? acc[r][v] : acc[r][v] * scale;
                s[r * NV + v] = score;
                // This order of operands lets a NaN score through to the result.
                top[v] = top[v] > score ? top[v] : score;
            }
        }
    }

    // R columns of the output: O = O * decay + V P.
    template <int R>
    static inline void value_tile(const Number* value, int64_t row, const F* p, int64_t keys, const F* decay, bool first,
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
                const F number = P::broadcast(value[j * row + r]);
#pragma GCC unroll 4
                for (int v = 0; v < NV; v++) {
                    acc[r][v] = P::add_product(acc[r][v], number, w[v]);
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
    static void score_rest(int64_t rows, const Number* k, int64_t row, const F* qt, int64_t d, float scale, F* s,
                           F* top) {
        if constexpr (R > 0) {
            if (rows >= R) {
                score_tile<R>(k, row, qt, d, scale, s, top);
                k += R * row;
                s += R * NV;
                rows -= R;
            }
            score_rest<R / 2>(rows, k, row, qt, d, scale, s, top);
        }
    }

    template <int R>
    static void value_rest(int64_t rows, const Number* value, int64_t row, const F* p, int64_t keys, const F* decay,
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

    // One block of keys for this group: rows of d / kAtOnce Numbers, and of values keys / kAtOnce rows (rounded up) of dv
    // Numbers. `scores` is scratch.
    static void step(const Number* k, int64_t key_row, const Number* value, int64_t value_row, int64_t keys, int64_t d,
                     int64_t dv, float scale, bool first, const F* qt, F* scores, F* maxima, F* sums, F* ot) {
        d /= P::kAtOnce;
        F top[NV], decay[NV];
        const F lowest = F{} - __builtin_inff();
        for (int v = 0; v < NV; v++) {
            top[v] = first ? lowest : maxima[v];
        }
        int64_t j = 0;
        for (; j + kRows <= keys; j += kRows) {
            score_tile<kRows>(k + j * key_row, key_row, qt, d, scale, scores + j * NV, top);
        }
        score_rest<kRest>(keys - j, k + j * key_row, key_row, qt, d, scale, scores + j * NV, top);

        for (int v = 0; v < NV; v++) {
            decay[v] = first ? F{} : exp2<W>(maxima[v] - top[v]);
            maxima[v] = top[v];
            F sum = first ? F{} : sums[v] * decay[v];
            if constexpr (P::kAtOnce == 1) {
                for (int64_t i = 0; i < keys; i++) {
                    const F p = exp2<W>(scores[i * NV + v] - top[v]);
                    scores[i * NV + v] = p;
                    sum += p;
                }
            } else {
                for (int64_t i = 0; i < keys; i += 2) {
                    const F p = exp2<W>(scores[i * NV + v] - top[v]);
                    const F next = i + 1 < keys ? exp2<W>(scores[(i + 1) * NV + v] - top[v]) : F{};
                    scores[i / 2 * NV + v] = P::pack(p, next);
                    sum += p + next;
                }
            }
            sums[v] = sum;
        }
        keys = (keys + P::kAtOnce - 1) / P::kAtOnce;

        int64_t c = 0;
        for (; c + kRows <= dv; c += kRows) {
            value_tile<kRows>(value + c, value_row, scores, keys, decay, first, ot + c * NV);
        }
        value_rest<kRest>(dv - c, value + c, value_row, scores, keys, decay, first, ot + c * NV);
    }
};

// Calls f with the narrowest group that holds `queries` lanes.
template <template <int> class Product, class Function>
inline void with_group(int64_t queries, Function&& f) {
    constexpr int W = SAM2TORCH_WIDTH;
    if (queries > W) {
        f(Group<W, 2, Product>());
    } else if (W > 8 && queries <= W / 2) {
        f(Group<W / 2, 1, Product>());
    } else {
        f(Group<W, 1, Product>());
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

// Keys and values of a block as `Floats` reads them.
template <class T>
struct FloatRows {
    // bfloat16 has to be widened. Rows far apart (slices of a fused projection) are gathered when enough queries
    // share the block: each on a page of its own, they would overrun the address translation cache.
    FloatRows(const AttentionBlock& b, float* scratch, int64_t block)
        : gather(sizeof(T) != sizeof(float) || (b.queries >= 128 && (b.key_row > b.d || b.value_row > b.dv))),
          wide_keys(scratch),
          wide_values(scratch + block * b.d) {}

    void read(const AttentionBlock& b, int64_t first, int64_t keys) {
        const T* key = static_cast<const T*>(b.key) + first * b.key_row;
        const T* value = static_cast<const T*>(b.value) + first * b.value_row;
        if (gather) {
            gather_rows(key, b.key_row, keys, b.d, wide_keys);
            gather_rows(value, b.value_row, keys, b.dv, wide_values);
            k = wide_keys;
            v = wide_values;
            key_row = b.d;
            value_row = b.dv;
        } else {
            k = reinterpret_cast<const float*>(key);
            v = reinterpret_cast<const float*>(value);
            key_row = b.key_row;
            value_row = b.value_row;
        }
    }

    const bool gather;
    float *wide_keys, *wide_values;
    const float *k = nullptr, *v = nullptr;
    int64_t key_row = 0, value_row = 0;
};

#if defined(SAM2TORCH_PAIRS)
// Keys and values of a block as `Pairs` reads them: keys in pairs along d, as they lie; values in pairs of rows.
struct PairRows {
    using Number = Pairs<16>::Number;

    PairRows(const AttentionBlock& b, float* scratch, int64_t block)
        : gather(b.key_row % 2 != 0 || (b.queries >= 128 && b.key_row > b.d)),
          gathered_keys(reinterpret_cast<uint16_t*>(scratch)),
          paired_values(reinterpret_cast<uint32_t*>(scratch + block * b.d)) {}

    void read(const AttentionBlock& b, int64_t first, int64_t keys) {
        const uint16_t* key = static_cast<const uint16_t*>(b.key) + first * b.key_row;
        const uint16_t* value = static_cast<const uint16_t*>(b.value) + first * b.value_row;
        k = reinterpret_cast<const Number*>(gather ? gathered_keys : key);
        key_row = (gather ? b.d : b.key_row) / 2;
        if (gather) {
            for (int64_t j = 0; j < keys; j++) {
                memcpy(gathered_keys + j * b.d, key + j * b.key_row, static_cast<size_t>(b.d) * sizeof(uint16_t));
            }
        }
        v = reinterpret_cast<const Number*>(paired_values);
        value_row = b.dv;
        for (int64_t j = 0; j < keys; j += 2) {
            const uint16_t* even = value + j * b.value_row;
            uint32_t* out = paired_values + j / 2 * b.dv;
            if (j + 1 < keys) {
                const uint16_t* odd = even + b.value_row;
                for (int64_t c = 0; c < b.dv; c++) {
                    out[c] = even[c] | static_cast<uint32_t>(odd[c]) << 16;
                }
            } else {
                for (int64_t c = 0; c < b.dv; c++) {
                    out[c] = even[c];
                }
            }
        }
    }

    const bool gather;
    uint16_t* gathered_keys;
    uint32_t* paired_values;
    const Number *k = nullptr, *v = nullptr;
    int64_t key_row = 0, value_row = 0;
};
#endif

// T: the elements in memory; Q: what a lane of the transposed queries is read from.
template <template <int> class Product, class Rows, class T, class Q>
void attend(const AttentionBlock& b) {
    constexpr int64_t kLanes = 2 * SAM2TORCH_WIDTH;
    constexpr int64_t kAtOnce = Product<SAM2TORCH_WIDTH>::kAtOnce;
    const Q* query = static_cast<const Q*>(b.query);
    T* output = static_cast<T*>(b.output);

    const int64_t groups = (b.queries + kLanes - 1) / kLanes;
    const int64_t block = b.keys <= kKeysAtOnce ? b.keys : kKeyBlock;
    float* qt = b.scratch;
    float* ot = qt + groups * kLanes * b.d;
    float* maxima = ot + groups * kLanes * b.dv;
    float* sums = maxima + groups * kLanes;
    float* scores = sums + groups * kLanes;
    Rows rows(b, scores + block * kLanes, block);

    for (int64_t g = 0; g < groups; g++) {
        const int64_t start = g * kLanes, count = b.queries - start < kLanes ? b.queries - start : kLanes;
        with_group<Product>(count, [&](auto group) {
            using G = decltype(group);
            G::read_queries(query + start * (b.query_row / kAtOnce), b.query_row / kAtOnce, count, b.d / kAtOnce, b.scale,
                            reinterpret_cast<typename G::F*>(qt + start * b.d));
        });
    }
    for (int64_t first = 0; first < b.keys; first += block) {
        const int64_t keys = b.keys - first < block ? b.keys - first : block;
        rows.read(b, first, keys);
        for (int64_t g = 0; g < groups; g++) {
            const int64_t start = g * kLanes, count = b.queries - start < kLanes ? b.queries - start : kLanes;
            with_group<Product>(count, [&](auto group) {
                using G = decltype(group);
                using F = typename G::F;
                G::step(rows.k, rows.key_row, rows.v, rows.value_row, keys, b.d, b.dv, b.scale, first == 0,
                        reinterpret_cast<const F*>(qt + start * b.d), reinterpret_cast<F*>(scores),
                        reinterpret_cast<F*>(maxima + start), reinterpret_cast<F*>(sums + start),
                        reinterpret_cast<F*>(ot + start * b.dv));
            });
        }
    }
    for (int64_t g = 0; g < groups; g++) {
        const int64_t start = g * kLanes, count = b.queries - start < kLanes ? b.queries - start : kLanes;
        with_group<Product>(count, [&](auto group) {
            using G = decltype(group);
            using F = typename G::F;
            G::write_output(reinterpret_cast<const F*>(ot + start * b.dv), reinterpret_cast<const F*>(sums + start),
                            count, b.dv, output + start * b.output_row, b.output_row);
        });
    }
}

}  // namespace

void SAM2TORCH_NAME(attention_block)(const AttentionBlock& block) {
#if defined(SAM2TORCH_PAIRS)
    attend<Pairs, PairRows, uint16_t, float>(block);
#else
    if (block.type == AttentionType::kFloat32) {
        attend<Floats, FloatRows<float>, float, float>(block);
    } else {
        attend<Floats, FloatRows<uint16_t>, uint16_t, uint16_t>(block);
    }
#endif
}

}  // namespace sam2torch
